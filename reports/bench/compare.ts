/** What changed from one benchmark to another, beyond what the rounds of either differ by themselves. */
import type { BenchFigure, BenchFile, BenchMachine } from './figures.js';

export interface FigureChange {
  readonly name: string;
  readonly before: BenchFigure;
  /** Null where it was not measured now. */
  readonly now: BenchFigure | null;
  /** By what share the median is better (above 0) or worse (below 0); a time that is halved is 1 better. Null with `now`. */
  readonly gain: number | null;
  /** Whether every round of one benchmark was better than every round of the other. */
  readonly beyondNoise: boolean;
  /** Worse beyond the noise and below the threshold, or missing where that counts. */
  readonly regression: boolean;
}

export interface BenchComparison {
  readonly threshold: number;
  readonly changes: readonly FigureChange[];
  /** Names of figures that the earlier benchmark does not have. */
  readonly added: readonly string[];
  /** Names of the earlier benchmark's figures that were not measured now; regressions only where that counts. */
  readonly missing: readonly string[];
  /** What is to be known for reading the comparison. */
  readonly notes: readonly string[];
}

export interface CompareOptions {
  /** Share of the earlier figure that one must reach: 0.9 lets it become a tenth worse. */
  readonly threshold: number;
  /** Whether a figure that is not measured any more is a regression. */
  readonly missing: 'regression' | 'let pass';
  /** Times are left out, whatever machines they come from. */
  readonly ratiosOnly?: boolean;
}

const MACHINE_FIELDS = ['cpu', 'cores', 'node'] as const satisfies readonly (keyof BenchMachine)[];

function machineNotes({ machine: before }: BenchFile, { machine: now }: BenchFile): string[] {
  if (before === null || now === null) return ['a file does not say on which machine it was made'];
  return MACHINE_FIELDS.filter((field) => before[field] !== now[field]).map(
    (field) => `machine, ${field}: ${before[field]} before, ${now[field]} now`,
  );
}

/** How many times as good `now` is as `before`. */
function goodness(before: BenchFigure, now: BenchFigure): number {
  return before.unit === 'x' ? now.median / before.median : before.median / now.median;
}

function change(
  before: BenchFigure,
  now: BenchFigure | undefined,
  { threshold, missing }: CompareOptions,
): FigureChange {
  const { name } = before;
  if (now === undefined) {
    return { name, before, now: null, gain: null, beyondNoise: true, regression: missing === 'regression' };
  }
  const good = goodness(before, now);
  const beyondNoise = now.min > before.max || now.max < before.min;
  return { name, before, now, gain: good - 1, beyondNoise, regression: beyondNoise && good < threshold };
}

/**
 * Compares by name, in the order of the earlier file. Ratios are compared always, times at most where both files come
 * from machines that are alike (processor, cores, Node): elsewhere they say nothing about the program.
 */
export function compareBench(before: BenchFile, now: BenchFile, options: CompareOptions): BenchComparison {
  const notes = machineNotes(before, now);
  const ratiosOnly = options.ratiosOnly === true || notes.length > 0;
  const compared = ({ figures }: BenchFile): readonly BenchFigure[] =>
    ratiosOnly ? figures.filter(({ unit }) => unit === 'x') : figures;
  if (notes.length > 0) notes.push('so that only ratios are compared');
  const measured = new Map(compared(now).map((figure) => [figure.name, figure]));
  const known = new Set(compared(before).map(({ name }) => name));
  const missing = [...known].filter((name) => !measured.has(name));
  const changes = compared(before)
    .filter(({ name }) => options.missing === 'regression' || measured.has(name))
    .map((figure) => change(figure, measured.get(figure.name), options));
  const added = [...measured.keys()].filter((name) => !known.has(name));
  return { threshold: options.threshold, changes, added, missing, notes };
}

export function hasRegression({ changes }: BenchComparison): boolean {
  return changes.some(({ regression }) => regression);
}
