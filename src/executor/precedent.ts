/**
 * What is expected of a block before any of it has run: that it is like the one before. Where that one kept all threads
 * busy with few conflicts the others are let in at once, instead of after a head start (`head-start.ts`), and speculation
 * runs as far ahead as it came to in the end. Where this one turns out to be different that costs time, and changes no
 * outcome.
 */
import { CONTROL_THROTTLES, CONTROL_WINDOW } from '../layout.js';
import { GAPS, isChain } from '../scheduler/chain.js';
import type { SharedHeap } from '../state/heap.js';
import { FIRST_STEP, WORTH_MILLISECONDS } from './head-start.js';

/** What a block was like that has been done. */
export interface SharedBlock {
  /** Transactions. */
  readonly count: number;
  /** Transactions that the calling thread ran before the others were let in. */
  readonly alone: number;
  readonly aborts: number;
  /** Time of its transactions. */
  readonly milliseconds: number;
}

/** One abort in so many transactions is still few. */
const FEW_ABORTS = 8;

export class Precedent {
  /** Time of a transaction in the block before, milliseconds; 0 where that block is no example. */
  private pace = 0;
  /** Transactions in it. */
  private count = 0;
  /** Window of speculation at its end. */
  private window = 0;

  /**
   * The window of speculation to begin with in a block of these `hints` where the others are to be let in at once; 0 where
   * it should begin as a block of which nothing is known.
   */
  windowFor(hints: Int32Array): number {
    // A block of a few transactions may well be of another kind.
    if (2 * hints.length < this.count || this.pace * hints.length < WORTH_MILLISECONDS) return 0;
    return isChain((index) => hints[index] as number, 0, hints.length, FIRST_STEP, GAPS) ? 0 : this.window;
  }

  /** The block before is no example: it was not shared, or not done. */
  forget(): void {
    this.pace = 0;
  }

  /** Takes the block in `heap`, which was shared, for an example, if all threads were at most of it. */
  note({ i32 }: SharedHeap, { count, alone, aborts, milliseconds }: SharedBlock): void {
    const smooth = 2 * alone <= count && i32[CONTROL_THROTTLES] === 0 && FEW_ABORTS * aborts <= count;
    this.pace = smooth ? milliseconds / count : 0;
    this.count = count;
    this.window = i32[CONTROL_WINDOW] as number;
  }
}
