/**
 * Named faults of the engine and of the runner: what each changes in which source, as text that must stand there exactly once. The
 * fault build (`build.ts`) compiles all of them into one copy of the sources, each behind a switch of its name; the
 * shipped sources know nothing of it.
 *
 * A fault is worth having if it can change what a block comes to, or break what a test demands of the engine's
 * statistics. Nearly everything that speculation does is advice, which may be wrong without harm
 * (`src/scheduler/advice.ts`), so faults stand where something is decided. A fault of the runner is worth having if it lets
 * something pass that is wrong, or keeps it from being told.
 */

const ENGINE_AREAS = [
  'multi-version memory',
  'validation',
  'commit lane',
  'scheduler',
  'deferred fees',
  'credits',
  'balances',
  'resets',
  'hints',
  'images',
  'shared memory',
  'mapping',
  'state changes',
  'outcomes',
  'transition',
  'machine host',
] as const;

/** Comparisons; rules of chains and of the engine API; what fixtures say; which cases run, and how that is kept; what is told. */
const RUNNER_AREAS = ['verdicts', 'chains', 'fixtures', 'runs', 'reports'] as const;

/** The areas of each part. */
export const PARTS = { engine: ENGINE_AREAS, runner: RUNNER_AREAS } as const;
export type Part = keyof typeof PARTS;

export const AREAS = [...ENGINE_AREAS, ...RUNNER_AREAS] as const;
export type Area = (typeof AREAS)[number];

/** One changed place. */
export interface Edit {
  /** Source, from the package's root, with forward slashes. */
  readonly file: string;
  /** What stands there and is right. `before`, `right` and `after` together occur exactly once in the file. */
  readonly right: string;
  readonly before: string;
  readonly after: string;
  /** What takes its place; may be empty for statements. */
  readonly wrong: string;
  /** Whether these are expressions or statements: they are switched by `?:` or by `if`. */
  readonly form: 'expression' | 'statement';
}

export interface Fault {
  /** Lower-case words joined by hyphens. */
  readonly name: string;
  readonly area: Area;
  /** What goes wrong, in a few words. */
  readonly about: string;
  readonly edits: readonly Edit[];
  /** Unit tests that guard the place: names of files in `test/unit`, cheapest first. */
  readonly units: readonly string[];
}

/** The part to which an area belongs. */
export function partOf(area: Area): Part {
  return (RUNNER_AREAS as readonly Area[]).includes(area) ? 'runner' : 'engine';
}

type Around = Partial<Pick<Edit, 'before' | 'after'>>;

/** An expression and what is there instead. Wrong code may name anything of `src/layout.ts` as `layout.NAME`. */
export function expression(file: string, right: string, wrong: string, { before = '', after = '' }: Around = {}): Edit {
  return { file, right, wrong, before, after, form: 'expression' };
}

/** Statements and what is there instead; declarations may not be among them. */
export function statement(file: string, right: string, wrong: string, { before = '', after = '' }: Around = {}): Edit {
  return { file, right, wrong, before, after, form: 'statement' };
}

/** Faults of one area, one edit each; `units` guards all of them that name none themselves. */
export function faultsIn(area: Area, units: readonly string[]) {
  return (name: string, about: string, edit: Edit, own: readonly string[] = units): Fault => ({
    name,
    area,
    about,
    edits: [edit],
    units: own,
  });
}
