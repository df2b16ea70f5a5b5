/**
 * Figures of a benchmark's JSON file, for comparing with those of an earlier one. What `npm run bench` writes (the
 * suite), and what `npm run bench -- vm --json` and `-- engine --json` do.
 */
import { readFile } from 'node:fs/promises';
import { amount, type Check, count, flag, listOf, orNull, pathOf, shape, text } from '../../runners/events/shapes.js';
import { whyUnreadable } from '../../runners/events/unreadable.js';

/** A measured quantity with the least and the greatest of its rounds. */
export interface BenchFigure {
  readonly name: string;
  /** Ratios are better the greater they are, microseconds per transaction the smaller. */
  readonly unit: 'x' | 'us/tx';
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The machine as far as times depend on it. */
export interface BenchMachine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
}

export interface BenchFile {
  readonly path: string;
  readonly bench: 'suite' | 'vm' | 'engine';
  readonly machine: BenchMachine | null;
  readonly figures: readonly BenchFigure[];
}

/** A file of figures that is none; names the file, and the field where one is at fault. */
export class BenchFileError extends Error {
  override readonly name = 'BenchFileError';
  readonly code = 'BENCH_FILE';
}

interface SpreadJson {
  readonly median: number;
  readonly min?: number;
  readonly max?: number;
}

const SPREAD = shape<SpreadJson>({ median: amount, min: amount, max: amount }, ['min', 'max']);
const MACHINE = shape<BenchMachine>({ cpu: text, cores: count, node: text });

interface VmRowJson {
  readonly name: string;
  readonly setting: string;
  readonly ratio: SpreadJson;
}

interface EngineRowJson {
  readonly workload: string;
  readonly size: number;
  readonly parallel: readonly { readonly threads: number; readonly speedup: SpreadJson }[];
}

interface SuiteRowJson {
  readonly name: string;
  readonly detail: boolean;
  readonly transactions: number;
  readonly serial: { readonly time: SpreadJson };
  readonly parallel: readonly { readonly threads: number; readonly speedup: SpreadJson }[];
  readonly peer: { readonly ratio: SpreadJson } | null;
}

const SPEEDUPS = listOf(shape<EngineRowJson['parallel'][number]>({ threads: amount, speedup: SPREAD }));
const ROWS: Readonly<Record<BenchFile['bench'], Check>> = {
  vm: listOf(shape<VmRowJson>({ name: text, setting: text, ratio: SPREAD })),
  engine: listOf(shape<EngineRowJson>({ workload: text, size: amount, parallel: SPEEDUPS })),
  suite: listOf(
    shape<SuiteRowJson>({
      name: text,
      detail: flag,
      transactions: count,
      serial: shape<SuiteRowJson['serial']>({ time: SPREAD }),
      parallel: SPEEDUPS,
      peer: orNull(shape<NonNullable<SuiteRowJson['peer']>>({ ratio: orNull(SPREAD) })),
    }),
  ),
};

function figureOf(name: string, unit: BenchFigure['unit'], spread: SpreadJson, scale = 1): BenchFigure {
  const { median, min = median, max = median } = spread;
  return { name, unit, median: median * scale, min: min * scale, max: max * scale };
}

const threadsName = (threads: number): string => (threads === 1 ? '1 thread' : `${threads} threads`);

const FIGURES: Readonly<Record<BenchFile['bench'], (rows: readonly never[]) => BenchFigure[]>> = {
  vm: (rows: readonly VmRowJson[]) =>
    rows.map(({ name, setting, ratio }) => figureOf(`${name}, ${setting}`, 'x', ratio)),
  engine: (rows: readonly EngineRowJson[]) =>
    rows.flatMap(({ workload, size, parallel }) =>
      parallel.map(({ threads, speedup }) => figureOf(`${workload} × ${size}, ${threadsName(threads)}`, 'x', speedup)),
    ),
  suite: (rows: readonly SuiteRowJson[]) => rows.filter(({ detail }) => !detail).flatMap(suiteFigures),
};

function suiteFigures({ name, transactions, serial, parallel, peer }: SuiteRowJson): BenchFigure[] {
  return [
    figureOf(`${name}, serial`, 'us/tx', serial.time, 1 / Math.max(1, transactions)),
    ...parallel.map(({ threads, speedup }) => figureOf(`${name}, ${threadsName(threads)}`, 'x', speedup)),
    ...(peer === null || peer.ratio === null ? [] : [figureOf(`${name}, over runBlock`, 'x', peer.ratio)]),
  ];
}

function isBench(value: unknown): value is BenchFile['bench'] {
  return typeof value === 'string' && Object.hasOwn(ROWS, value);
}

/** Figures in parsed JSON; `path` is for messages. Throws {@link BenchFileError}. */
export function benchFigures(path: string, value: unknown): BenchFile {
  const file = value as { bench?: unknown; machine?: unknown; rows?: unknown } | null;
  const bench = file?.bench;
  if (!isBench(bench)) {
    throw new BenchFileError(
      `${path}: field bench: is none of ${Object.keys(ROWS).join(', ')}, whose figures are compared`,
    );
  }
  const fault = ROWS[bench](file?.rows);
  if (fault !== null) throw new BenchFileError(`${path}: field rows${pathOf(fault)}: ${fault.detail}`);
  const machine = MACHINE(file?.machine) === null ? (file?.machine as BenchMachine) : null;
  return { path, bench, machine, figures: FIGURES[bench](file?.rows as never[]) };
}

/** Reads a benchmark's JSON file. Throws {@link BenchFileError}. */
export async function readBenchFile(path: string): Promise<BenchFile> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new BenchFileError(`${path}: ${whyUnreadable(error)}`);
  }
  try {
    return benchFigures(path, JSON.parse(content));
  } catch (error) {
    if (error instanceof SyntaxError) throw new BenchFileError(`${path}: malformed JSON: ${error.message}`);
    throw error;
  }
}
