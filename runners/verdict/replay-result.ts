/** What became of one real block. */
import type { Coverage, Difference, Verdict } from './verdict.js';

/** Times of one block in milliseconds, each the median over the repetitions. */
export interface ReplayTimes {
  /** Decoding the transactions and recovering their senders; once. */
  readonly prepare: number;
  /** Null where the block was not executed. */
  readonly serial: number | null;
  readonly parallel: readonly { readonly threads: number; readonly milliseconds: number }[];
}

export interface ReplayResult {
  readonly source: string;
  readonly file: string;
  readonly number: number;
  /** As people call it: `BPO1` stands for itself. */
  readonly fork: string;
  readonly transactions: number;
  /** By the header. */
  readonly gasUsed: number;
  readonly verdict: Verdict;
  /** One line; null for a pass. */
  readonly cause: string | null;
  readonly differences: readonly Difference[];
  /** First transaction that differs, where known. */
  readonly transaction: number | null;
  /** Threads of the parallel run that diverged. */
  readonly threads: number | null;
  /** Null: checked. Otherwise why it could not be. */
  readonly unchecked: { readonly receiptsRoot: string | null; readonly stateRoot: string | null };
  readonly times: ReplayTimes;
  readonly coverage: Coverage;
}
