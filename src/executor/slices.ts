/**
 * A block in slices, for results that are handed out while the block runs: how far the calling thread
 * works before it looks whether there is something to hand out.
 *
 * A slice ends after some transactions, or before the gas limits of those in it could cost too much
 * time; one that could alone begins a slice of its own, so that what comes before it is handed out
 * first. Where other threads execute too, the calling thread leaves such transactions to them: while it
 * executes one, the frontier might move on, and nobody would hand the results out. The commit lane runs
 * the one at the frontier nevertheless, since nothing can be committed before it.
 */
import type { Block } from '../transition/types.js';
import type { BlockEngine, Shift } from './block-engine.js';

/** Most transactions in a slice. */
const MOST_TRANSACTIONS = 64;
/** Most gas in a slice, by the limits of its transactions: a few milliseconds of hard work for the compiled machine. */
const MOST_GAS = 2_000_000n;

/** End of the slice that begins with transaction `first`: at least `first + 1`. */
export function sliceEnd({ transactions }: Block, first: number): number {
  const most = Math.min(transactions.length, first + MOST_TRANSACTIONS);
  let gas = transactions[first]?.gasLimit ?? 0n;
  let end = first + 1;
  while (end < most) {
    gas += transactions[end]?.gasLimit ?? 0n;
    if (gas > MOST_GAS) break;
    end++;
  }
  return end;
}

/** The calling thread's part in a parallel block, slice by slice. */
export class Slices implements Shift {
  /** The frontier from which the slice ends. */
  private end = 0;
  private readonly light: Uint8Array;

  constructor(
    private readonly engine: BlockEngine,
    private readonly block: Block,
  ) {
    this.light = Uint8Array.from(block.transactions, ({ gasLimit }) => (gasLimit > MOST_GAS ? 0 : 1));
  }

  /**
   * Works until transactions from `first` on are committed, or the block is decided. Answers the
   * frontier: everything below it is final.
   */
  async run(first: number, breathe: () => Promise<void>): Promise<number> {
    const { engine } = this;
    const { count } = engine.scheduler;
    // After the last transaction somebody still has to say that the block is done.
    this.end = first < count ? sliceEnd(this.block, first) : Number.POSITIVE_INFINITY;
    engine.lane.stop = Math.min(count, this.end);
    await engine.runShift(this, async () => {
      // Without work there is time to hand out whatever is final.
      if (first < count) this.end = first + 1;
      await breathe();
    });
    return engine.scheduler.frontier();
  }

  running(): boolean {
    const { scheduler } = this.engine;
    return scheduler.running() && scheduler.frontier() < this.end;
  }

  work(): boolean | Promise<boolean> {
    const advanced = this.engine.lane.advance();
    if (typeof advanced !== 'boolean') return advanced.then((moved) => moved || this.speculate());
    return advanced || this.speculate();
  }

  private speculate(): boolean | Promise<boolean> {
    // What the lane did may have been all that this slice was to do.
    if (!this.running()) return true;
    return this.engine.speculate(this.engine.scheduler.takeAllowed(this.light));
  }
}
