/** What is measured of a block, as it stands in the JSON file. Times are microseconds per block, by the wall clock. */
import type { ExecutionStats } from '../../src/index.js';
import type { Spread } from '../measure.js';
import type { Verdict } from '../verdict.js';
import type { GroupName } from './unit.js';

/** A time, and what it means in transactions and gas per second, at the median. */
export interface Rated {
  readonly time: Spread;
  readonly transactionsPerSecond: number;
  readonly gasPerSecond: number;
}

export interface ParallelRow extends Rated {
  readonly threads: number;
  /** Serial time over parallel time, round by round. */
  readonly speedup: Spread;
  /** Processor time of all threads over that of the serial run, round by round. */
  readonly processor: Spread;
  /** Of the last round. */
  readonly stats: ExecutionStats;
}

/** Memory of the process in which the unit was measured, bytes. */
export interface MemoryRow {
  /** Resident before an executor was made: Node, the database, the decoded block. */
  readonly before: number;
  /** What it grew by when the executor with most threads had run the block. */
  readonly executor: number;
  /** Greatest resident size by then. */
  readonly peak: number;
  readonly heapUsed: number;
  /** Threads of that executor. */
  readonly threads: number;
}

/** Serial execution with all results read beside `runBlock`, processor microseconds. */
export interface PeerRow {
  /** What was measured: a sample of the unit. */
  readonly sample: string;
  readonly transactions: number;
  readonly gas: number;
  readonly rounds: number;
  /** Null where nothing could be measured. */
  readonly runBlock: Spread | null;
  readonly lockstep: Spread | null;
  readonly ratio: Spread | null;
  /** Blocks of the sample that `runBlock` could not run, or not in time, with the reason. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

export interface SuiteRow {
  readonly name: string;
  readonly group: GroupName;
  readonly title: string;
  /** True for one block of a unit of several, whose sum stands in a row of its own. */
  readonly detail: boolean;
  readonly transactions: number;
  readonly gas: number;
  /** Transactions that were included and failed (receipt status 0). */
  readonly failed: number;
  readonly rounds: number;
  readonly serial: Rated;
  /** (max - min) / median of the serial rounds: what a difference must exceed to mean anything. */
  readonly noise: number;
  readonly parallel: readonly ParallelRow[];
  /** Null for a detail, and where nothing was compared. */
  readonly memory: MemoryRow | null;
  readonly peer: PeerRow | null;
  readonly verdicts: readonly Verdict[];
}
