/**
 * What a report page holds: the page's script reads nothing else. Cases are columns, sorted by id, since a run has up
 * to some hundred thousands of them and an object each would cost the browser seconds.
 */

export const OUTCOMES = [
  'pass',
  'nonconformant',
  'divergent',
  'unstable',
  'crashed',
  'timeout',
  'skipped',
  'expected',
  'unexpected pass',
] as const;

/** Verdicts; `expected` is a failure that the expectations file foresees, `unexpected pass` a pass that it does not. */
export type Outcome = (typeof OUTCOMES)[number];

/** Makes a run fail. */
export function isBad(outcome: Outcome): boolean {
  return outcome !== 'pass' && outcome !== 'skipped' && outcome !== 'expected';
}

export interface CaseColumns {
  /** Ids are front-coded: how many characters an id shares with the one before, and what follows these. */
  readonly shared: readonly number[];
  readonly rest: readonly string[];
  /** Indices into {@link PageNames}. */
  readonly source: readonly number[];
  readonly suite: readonly number[];
  readonly fork: readonly number[];
  /** Index into {@link OUTCOMES}. */
  readonly outcome: readonly number[];
  /** By the clock and of the processor. */
  readonly milliseconds: readonly number[];
  readonly cpuMilliseconds: readonly number[];
  readonly blocks: readonly number[];
  readonly transactions: readonly number[];
  readonly aborts: readonly number[];
  /** Job process, and milliseconds from the run's start to the case's end; -1 where they are not known. */
  readonly job: readonly number[];
  readonly end: readonly number[];
  /** Microseconds of serial execution; -1 where they are not known. */
  readonly serial: readonly number[];
  /** The same of each parallel run, a column for each of the settings' thread counts. */
  readonly parallel: readonly (readonly number[])[];
}

export interface PageNames {
  readonly sources: readonly string[];
  readonly suites: readonly string[];
  /** Oldest first. */
  readonly forks: readonly string[];
}

export interface PageDifference {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

export interface PageExplanation {
  readonly transaction: number | null;
  readonly subject: string | null;
  readonly outcome: readonly PageDifference[];
  readonly writes: readonly PageDifference[];
  readonly reads: readonly {
    readonly location: string;
    readonly serial: string;
    readonly parallel: string;
    readonly origin: string;
    readonly standing: string;
  }[];
  readonly finding: string;
  readonly incarnations: readonly { readonly transaction: number; readonly state: string; readonly history: string }[];
  readonly schedule: readonly string[];
}

/** What is told of a case that did not simply pass. */
export interface PageFailure {
  /** Row in the columns. */
  readonly row: number;
  readonly cause: string;
  readonly file: string;
  readonly differences: readonly PageDifference[];
  readonly block: number | null;
  readonly transaction: number | null;
  readonly threads: number | null;
  readonly schedule: string | null;
  readonly explanation: PageExplanation | null;
  readonly expectation: { readonly reason: string; readonly link: string; readonly unmet: string | null } | null;
  /** Shell lines: what runs it again, and what shrinks it. */
  readonly reproduction: string;
  readonly minimising: string | null;
}

export interface PageProblem {
  readonly level: 'error' | 'warning' | 'note';
  readonly text: string;
}

export interface PageData {
  /** The sentence that ends the run on a terminal. */
  readonly conclusion: string;
  readonly reason: 'complete' | 'bail' | 'interrupted' | 'unfinished';
  readonly exitCode: number;
  readonly durationMs: number;
  /** Name and value, in the order in which they are shown. */
  readonly environment: readonly (readonly [string, string])[];
  readonly sources: readonly {
    readonly name: string;
    readonly digest: string | null;
    readonly cases: number;
    readonly cpuMs: number | null;
    readonly peakBytes: number | null;
  }[];
  readonly figures: readonly (readonly [string, string])[];
  readonly threads: readonly number[];
  readonly problems: readonly PageProblem[];
  readonly names: PageNames;
  readonly cases: CaseColumns;
  readonly failures: readonly PageFailure[];
}
