/** Why a parallel run differs from the serial one, as far as its memory tells: plain JSON, for reports. */
import type { Difference } from './verdict.js';

/** A read that was answered otherwise than in the serial run. */
export interface ExplainedRead {
  /** The location: `account 0x…`, `code 0x…`, `slot 0x… of 0x…`, … */
  readonly location: string;
  readonly serial: string;
  readonly parallel: string;
  /** Whose value the parallel run was given: `the state before the block`, `transaction 2, incarnation 0`, … */
  readonly origin: string;
  /** Whose value stands below the transaction now that the block is over, and which. */
  readonly standing: string;
}

/** How often a transaction was run, and how its last run came about. */
export interface ExplainedTransaction {
  readonly transaction: number;
  readonly incarnations: number;
  /** `committed`, …: where its status word stands. */
  readonly state: string;
  /** In words: how it was run last, and what is known of the runs before. */
  readonly history: string;
}

export interface Explanation {
  /** The first transaction whose outcome or writes differ; null where none does, or the memory is gone. */
  readonly transaction: number | null;
  /** Who sends what to whom; null where no transaction is named. */
  readonly subject: string | null;
  /** Fields of its receipt and outcome that differ: serial is expected, parallel is actual. */
  readonly outcome: readonly Difference[];
  /** Locations whose values after it differ, in the same way. */
  readonly writes: readonly Difference[];
  /** Its reads that differ; the first is where to look. */
  readonly reads: readonly ExplainedRead[];
  /** What follows from that, in a sentence. */
  readonly finding: string;
  /** The transaction, and those whose versions it read or should have read. */
  readonly incarnations: readonly ExplainedTransaction[];
  /** Events of the schedule about these transactions, where the run was under one. */
  readonly schedule: readonly string[];
}
