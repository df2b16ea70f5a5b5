/**
 * How far workers speculate, decided by what the commit lane sees:
 *
 * - the **window**, how many transactions beyond the frontier may be taken, doubles while the lane's
 *   checks succeed and halves while they fail: a large one wastes work on conflicting blocks, a small
 *   one starves workers on independent ones;
 * - the **batch**, how many a worker takes at once, follows it: words that all workers write are then
 *   touched once per batch;
 * - after many checks that succeeded in a row a block counts as **calm**: both grow further, until the first check that
 *   fails, and each worker commits what it has executed itself (`Scheduler.leaves`);
 * - the **throttle**: where most of the last checks failed, nothing is taken for some hundred commits,
 *   since the helpers' work would be stale and in the way; then speculation is tried again.
 *
 * The lane's holder alone writes these words; all of them are advice.
 */
import {
  CONTROL_BATCH,
  CONTROL_CHAIN,
  CONTROL_HISTORY,
  CONTROL_RESUME,
  CONTROL_STREAK,
  CONTROL_THROTTLES,
  CONTROL_WINDOW,
} from '../layout.js';
import type { SharedHeap } from '../state/heap.js';
import { ADVICE_OFF, ADVICE_ON, AdviceInForce } from './advice.js';

const LEAST_WINDOW = 4;
const FIRST_WINDOW = 32;
/** Bounds while conflicts are to be reckoned with. */
const MOST_WINDOW = 512;
const MOST_BATCH = 16;
/** Successful checks in a row from which that is no longer so, and the bounds then. */
const CALM_STREAK = 64;
const CALM_WINDOW = 2048;
const CALM_BATCH = 64;
/** Successful checks in a row after which the window doubles. */
const GROWTH_STREAK = 16;
/** Failures among the last 32 checks from which the window shrinks, and from which nothing is taken for a while. */
const SHRINK_FAILURES = 6;
const THROTTLE_FAILURES = 16;
/** Transactions in a row, each waiting for the one before, that make a chain on which helpers are of no use. */
const CHAIN_LENGTH = 24;
/** The last twelve checks as failures: four more are enough to pause again. */
const HISTORY_AFTER_PAUSE = 0xfff;
/** Commits without speculation after a throttle; doubled each time in a row, up to the bound. */
const FIRST_PAUSE = 128;
const MOST_PAUSE = 2048;

function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How many transactions a worker takes at once: several batches fit into the window for each of many threads. */
function batchIn(window: number, most: number): number {
  return Math.max(1, Math.min(most, window >> 3));
}

export class SpeculationControl {
  constructor(
    private readonly heap: SharedHeap,
    private readonly advice: AdviceInForce = new AdviceInForce(heap),
  ) {}

  /** Sets the words for a new block. `expected`: the window that a block like it came to, or 0. */
  reset(expected = 0): void {
    const { i32 } = this.heap;
    const window = Math.max(FIRST_WINDOW, Math.min(MOST_WINDOW, expected));
    i32[CONTROL_WINDOW] = window;
    i32[CONTROL_BATCH] = batchIn(window, MOST_BATCH);
    i32[CONTROL_RESUME] = 0;
    i32[CONTROL_HISTORY] = 0;
    // The last part of the way must be gone again: a block that is not like it must not be called calm.
    i32[CONTROL_STREAK] = expected > MOST_WINDOW ? CALM_STREAK / 2 : 0;
    i32[CONTROL_CHAIN] = 0;
    i32[CONTROL_THROTTLES] = 0;
  }

  /** First transaction that may not be taken while the frontier is at `frontier`; the frontier itself while throttled. */
  limit(frontier: number): number {
    const { i32 } = this.heap;
    if (this.throttled(frontier)) return frontier;
    if (this.advice.window !== ADVICE_ON) return this.unadvisedLimit(frontier);
    return frontier + Atomics.load(i32, CONTROL_WINDOW);
  }

  /** True while nothing may be taken: the lane's holder runs everything. */
  throttled(frontier: number): boolean {
    if (this.advice.window !== ADVICE_ON) return this.advice.window !== ADVICE_OFF && this.advice.below(8) === 0;
    return frontier < Atomics.load(this.heap.i32, CONTROL_RESUME);
  }

  /** Transactions to take at once. */
  get batch(): number {
    if (this.advice.window !== ADVICE_ON) {
      return this.advice.window === ADVICE_OFF ? MOST_BATCH : 1 + this.advice.below(2 * MOST_BATCH);
    }
    return Atomics.load(this.heap.i32, CONTROL_BATCH);
  }

  /** Whether speculation has succeeded for long. */
  get calm(): boolean {
    if (this.advice.window !== ADVICE_ON) return this.advice.window !== ADVICE_OFF && this.advice.coin();
    return (this.heap.i32[CONTROL_BATCH] as number) > MOST_BATCH;
  }

  private unadvisedLimit(frontier: number): number {
    if (this.advice.window === ADVICE_OFF) return Number.MAX_SAFE_INTEGER;
    // Small bounds as often as large ones.
    return frontier + this.advice.below(2 << this.advice.below(10));
  }

  /** The lane found the speculative transaction `index` valid. */
  succeeded(): void {
    const { i32 } = this.heap;
    i32[CONTROL_HISTORY] = (i32[CONTROL_HISTORY] as number) << 1;
    const streak = (i32[CONTROL_STREAK] as number) + 1;
    i32[CONTROL_STREAK] = streak;
    i32[CONTROL_CHAIN] = 0;
    if (streak % GROWTH_STREAK !== 0) return;
    const wanted = 2 * (i32[CONTROL_WINDOW] as number);
    if (streak < CALM_STREAK) this.setWindow(Math.min(MOST_WINDOW, wanted));
    else this.setWindow(Math.min(CALM_WINDOW, wanted), CALM_BATCH);
  }

  /**
   * The lane committed a credit, or put a balance right: many transactions write one balance, and whoever reads or writes it
   * passes the versions of all that are ahead of it. Nothing fails there, but the fewer are ahead the better, and in a calm
   * block nobody would tell on which balances nothing depends.
   */
  balanceShared(): void {
    const { i32 } = this.heap;
    i32[CONTROL_STREAK] = (i32[CONTROL_STREAK] as number) % GROWTH_STREAK;
    if (this.calm) this.setWindow(MOST_WINDOW);
  }

  /** The lane found the speculative transaction `index` stale. */
  failed(index: number): void {
    const { i32 } = this.heap;
    const history = ((i32[CONTROL_HISTORY] as number) << 1) | 1;
    i32[CONTROL_HISTORY] = history;
    i32[CONTROL_STREAK] = 0;
    const failures = bitCount(history);
    if (failures >= THROTTLE_FAILURES) {
      // What is in flight was taken before; a few failures after the pause are enough to pause again.
      i32[CONTROL_HISTORY] = HISTORY_AFTER_PAUSE;
      this.pause(index);
    } else if (failures >= SHRINK_FAILURES) {
      this.setWindow((i32[CONTROL_WINDOW] as number) >> 1);
    } else if (this.calm) {
      this.setWindow(MOST_WINDOW);
    }
  }

  /** The lane found `index` parked: whoever took it could only wait. In a chain that goes on and on. */
  waited(index: number): void {
    const { i32 } = this.heap;
    const chain = (i32[CONTROL_CHAIN] as number) + 1;
    i32[CONTROL_CHAIN] = chain;
    if (chain < CHAIN_LENGTH) return;
    // After the pause half as many are enough to pause again.
    i32[CONTROL_CHAIN] = CHAIN_LENGTH >> 1;
    this.pause(index);
  }

  private pause(index: number): void {
    const { i32 } = this.heap;
    const throttles = i32[CONTROL_THROTTLES] as number;
    i32[CONTROL_THROTTLES] = throttles + 1;
    this.setWindow(LEAST_WINDOW);
    Atomics.store(i32, CONTROL_RESUME, index + Math.min(FIRST_PAUSE << Math.min(throttles, 8), MOST_PAUSE));
  }

  private setWindow(wanted: number, mostBatch = MOST_BATCH): void {
    const { i32 } = this.heap;
    const window = Math.max(LEAST_WINDOW, wanted);
    const batch = batchIn(window, mostBatch);
    if (window === i32[CONTROL_WINDOW] && batch === i32[CONTROL_BATCH]) return;
    Atomics.store(i32, CONTROL_WINDOW, window);
    Atomics.store(i32, CONTROL_BATCH, batch);
  }
}
