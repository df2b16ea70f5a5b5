/**
 * How a block begins: the calling thread alone, in order, until letting the others in pays.
 *
 * To wake a sleeping thread, have it map the block's memory, and wait at the end until it has left costs
 * what some hundreds of transfers cost. A block that is over before, or a chain in which each
 * transaction waits for the one before, is better off without. What is run here is run in order and committed
 * at once (`alone.ts`), so it is exact; when the others come is advice and changes no outcome. A thread that wakes up by itself
 * meanwhile finds the block closed (`worker.ts`).
 */
import { RECORD_CREDITS, RECORD_DATA_LENGTH, RECORD_FLAGS } from '../layout.js';
import { ADVICE_FALSE } from '../scheduler/advice.js';
import { GAPS, HEAVY_MILLISECONDS, isChain, TINY_MILLISECONDS } from '../scheduler/chain.js';
import { gasLimitOfRecord } from '../transition/transaction/index.js';
import type { BlockEngine } from './block-engine.js';

/** Transactions before the first look at the clock, and most between two: each step is as long as all before it. */
export const FIRST_STEP = 8;
const MOST_STEP = 256;
/** What must be left of a block for the others to be of use, milliseconds of one thread's time. */
export const WORTH_MILLISECONDS = 0.8;
/** A transaction with more gas may take long: others can be at theirs meanwhile. */
const MOST_GAS = 1_000_000;
/** Share of the last step that must have followed the transaction just before it for the next step to be called a chain. */
const FOLLOWING = 7 / 8;
/** The first transactions find the caches cold and take up to so many times as long as those after them. */
const COLD = 3;
/** Looks at the clock before which the caches count as cold. */
const LEAST_STEPS = 2;

/**
 * Commits transactions of the block that `engine` has to itself, from the first on. Returns when the others should be let
 * in, or the block is decided. `onePath`: whether most of it is known to be one path (`Paths`).
 */
export async function headStart(engine: BlockEngine, onePath: boolean): Promise<void> {
  const { aloneRuns, lane, scheduler } = engine;
  const { count, advice } = scheduler;
  const pace = new Pace();
  try {
    if (advice.headStart === ADVICE_FALSE) {
      lane.stop = advice.below(count + 1);
      await lane.advance();
      lane.stop = count;
      return;
    }
    for (let done = 0; scheduler.running(); done = scheduler.frontier()) {
      const step = Math.min(MOST_STEP, Math.max(FIRST_STEP, done));
      pace.look(done);
      if (!alone(engine, pace, step, onePath)) break;
      aloneRuns.followers = 0;
      lane.stop = Math.min(count, done + step);
      const advanced = lane.advance();
      // With nothing left the block is decided; to look for more would keep this thread from everything else.
      if (!(typeof advanced === 'boolean' ? advanced : await advanced)) break;
    }
  } catch (error) {
    engine.fail(error);
  }
  lane.stop = count;
}

/** How fast the calling thread gets on, in milliseconds per transaction. */
class Pace {
  done = 0;
  /** Transactions of the last step. */
  last = 0;
  /** Of the last step. */
  recent = 0;
  /** Of the fastest step: another process may have had the processor during one, which says nothing of the transactions. */
  best = Number.POSITIVE_INFINITY;
  steps = -1;
  private before = performance.now();

  look(done: number): void {
    const now = performance.now();
    if (done > this.done) {
      this.recent = (now - this.before) / (done - this.done);
      this.best = Math.min(this.best, this.recent);
    }
    this.steps++;
    this.last = done - this.done;
    this.done = done;
    this.before = now;
  }
}

/** Whether the calling thread had better do the next `step` transactions alone. */
function alone(engine: BlockEngine, pace: Pace, step: number, onePath: boolean): boolean {
  const { done } = pace;
  const { count } = engine.scheduler;
  const left = count - done;
  // After the last transaction the lane still has to say that the block is done.
  if (left === 0) return true;
  const cold = pace.steps < LEAST_STEPS;
  // What stands beside the path, heavy or not, is too little for others; but how heavy the path is must be seen first.
  if (onePath && (cold || pace.best < HEAVY_MILLISECONDS)) return true;
  for (let i = done; i < Math.min(done + step, count); i++) if (isHeavy(engine, i)) return false;
  if (done === 0 || pace.recent * left < (cold ? COLD : 1) * WORTH_MILLISECONDS) return true;
  const light = cold || pace.best < HEAVY_MILLISECONDS;
  if (!light) return false;
  const hint = (index: number): number => engine.scheduler.hint(index);
  const gaps = pace.best < (cold ? COLD : 1) * TINY_MILLISECONDS ? GAPS : 0;
  return isChain(hint, done, count, step, gaps) || turnedOutChain(engine, pace, step);
}

/**
 * True where nearly every transaction of the last step has read what the one before it wrote, so that the next ones
 * may be expected to do the same. Plain transfers may not: together their recipients are only credited.
 */
function turnedOutChain(engine: BlockEngine, { done, last }: Pace, step: number): boolean {
  if (engine.aloneRuns.followers < FOLLOWING * last) return false;
  const end = Math.min(done + step, engine.scheduler.count);
  let transfers = 0;
  for (let i = done; i < end; i++) if (isTransfer(engine, i)) transfers++;
  return transfers <= (1 - FOLLOWING) * (end - done);
}

/** Whether the transaction may credit its recipient unread, and says nothing to it. */
function isTransfer(engine: BlockEngine, index: number): boolean {
  const { u32 } = engine.recordMemory;
  const record = engine.record(index);
  return ((u32[record + RECORD_FLAGS] as number) & RECORD_CREDITS) !== 0 && u32[record + RECORD_DATA_LENGTH] === 0;
}

/** Whether the transaction may use more than {@link MOST_GAS}. */
function isHeavy(engine: BlockEngine, index: number): boolean {
  return gasLimitOfRecord(engine.recordMemory.u32, engine.record(index)) > MOST_GAS;
}
