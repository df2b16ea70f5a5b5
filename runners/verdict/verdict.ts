/** What became of one case. */
import type { RunKind } from '../fixtures/classify.js';
import type { Explanation } from './explanation.js';
import type { FusedFacts } from './fused.js';

export const VERDICTS = ['pass', 'nonconformant', 'divergent', 'unstable', 'crashed', 'timeout', 'skipped'] as const;

/**
 * - `pass`: serial = parallel = fixture.
 * - `nonconformant`: serial differs from the fixture.
 * - `divergent`: a parallel run differs from the serial one.
 * - `unstable`: two parallel runs with the same settings differ.
 * - `crashed`, `timeout`: the case brought its process down, or outlived its time.
 * - `skipped`: not run, for the reason given.
 */
export type Verdict = (typeof VERDICTS)[number];

/** What made a run meaningful; sums over cases. Parallel runs only, except the first three. */
export interface Coverage {
  blocks: number;
  multiTransactionBlocks: number;
  transactions: number;
  aborts: number;
  reexecutions: number;
  estimatesHit: number;
  deferredFeeReads: number;
  resets: number;
  /** Runs under a deterministic schedule. */
  schedules: number;
  /** Blocks of which every schedule within the bound on pre-emptions was run. */
  exploredBlocks: number;
}

/** One thing that differs, in words and values. */
export interface Difference {
  /** Where: `stateRoot`, `receipts[3].gasUsed`, `account 0x… balance`, `exception`, … */
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** The entry of an expectations file that a case answers to. */
export interface CaseExpectation {
  /** The entry's pattern over ids. */
  readonly case: string;
  readonly outcome: Verdict;
  readonly reason: string;
  readonly link: string;
  /** Why the entry does not hold; null where it does, and the case failed as expected. */
  readonly unmet: string | null;
}

/** Microseconds by the clock, sums over the case's blocks. */
export interface ExecutionTimes {
  readonly serial: number;
  /** Of the parallel runs, in the order of the settings' thread counts. */
  readonly parallel: readonly number[];
}

export interface CaseResult {
  readonly id: string;
  readonly source: string;
  readonly file: string;
  readonly group: string;
  readonly network: string;
  readonly kind: RunKind;
  readonly verdict: Verdict;
  /** One line; null for a pass. Groups like failures, so it holds no figures of the single case. */
  readonly cause: string | null;
  readonly differences: readonly Difference[];
  /** Index of the block, and of the first differing transaction in it, where known. */
  readonly block: number | null;
  readonly transaction: number | null;
  /** Threads of the parallel run that diverged. */
  readonly threads: number | null;
  /** Name of the deterministic schedule of that run; left out where it was on real threads. */
  readonly schedule?: string;
  readonly coverage: Coverage;
  readonly milliseconds: number;
  /** Processor time of the job process while the case ran, all threads; left out until the pool has added it. */
  readonly cpuMilliseconds?: number;
  /** Left out where no block was executed. */
  readonly times?: ExecutionTimes;
  /** Left out where the case is no fused block. */
  readonly fused?: FusedFacts;
  /** Left out where no entry of the expectations file is about the case. */
  readonly expectation?: CaseExpectation;
  /** Where parallel differs from serial and the engine's memory could be looked into: why. */
  readonly explanation?: Explanation;
}
