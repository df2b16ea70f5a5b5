/**
 * The commit lane: the one place where anything is decided (docs/block-stm.md, "The commit lane").
 *
 * Whoever swaps the lane word from 0 holds it and commits transactions in order as long as the next
 * one can move. Transaction i is committed only with reads equal to what resolving below i gives when
 * everything below is committed, so by induction the block's state is the serial one. A holder needs
 * nobody: what has not run, is parked, or is stale, it runs itself, and that run is exact.
 *
 * The lane word's swap (acquire) and store (release) order the holders: each sees the gas counters,
 * receipts and folded fees of the one before. `frontier` is stored last, so a reader that sees it
 * sees everything below it.
 */
import {
  CONTROL_FRONTIER,
  CONTROL_LANE,
  CONTROL_RECEIPT_ROOTS,
  OUTCOME_FAILED,
  OUTCOME_KIND,
  OUTCOME_WORDS,
  STAT_ABORTS,
  TX_CREDIT_ENTRY,
  TX_CREDIT_LOCATION,
  TX_EXACT,
  TX_RESULT,
  VERDICT_DONE,
} from '../layout.js';
import {
  COMMITTED,
  EXECUTED,
  EXECUTING,
  incarnationOf,
  isBeingChanged,
  PARKED,
  READY,
  stateOf,
  statusWord,
} from '../mvmemory/statuses.js';
import type { BlockEngine } from './block-engine.js';
import type { Incarnations } from './incarnation.js';
import { storeReceiptRoot } from './receipt-root.js';

/** Waiting workers are woken after this many commits of one holder, which may keep the lane for long. */
const SIGNAL_MASK = 31;

/** The transaction at the frontier was moved, or has to be looked at again. */
const MOVED = 0;
/** Somebody else is running it, or the block is decided. */
const STUCK = 1;
/** It is this worker's to run, now, in EXECUTING state. */
const RUN = 2;

export class CommitLane {
  /** What {@link RUN} is about. */
  private index = 0;
  private incarnation = 0;
  /** This worker commits nothing from here on: the block's end, or the place where it is to pause. */
  stop = 0;
  /** Whether this time everything is committed, whoever took it. */
  private all = true;

  constructor(
    private readonly engine: BlockEngine,
    private readonly incarnations: Incarnations,
  ) {}

  /**
   * Takes the lane if it is free and commits what can be committed; true where anything moved. Unless `all`, what another
   * thread has taken is left to that thread as far as `Scheduler.leaves` says so.
   */
  advance(all = true): boolean | Promise<boolean> {
    const { heap, scheduler, statuses, worker } = this.engine;
    if (this.engine.alone) return this.engine.aloneRuns.drain(this.stop);
    if (Atomics.load(heap.i32, CONTROL_LANE) !== 0) return false;
    // Whoever runs or aborts the next transaction comes to the lane when it is done. Taking the lane meanwhile would
    // find nothing to commit and, on leaving it, signal work to those that wait, this worker among them: again and again.
    const first = scheduler.frontier();
    if (!all && first < scheduler.count && scheduler.leaves(first)) return false;
    if (first < scheduler.count && isBeingChanged(statuses.load(first))) return false;
    if (Atomics.compareExchange(heap.i32, CONTROL_LANE, 0, worker + 1) !== 0) return false;
    let drained: boolean | Promise<boolean>;
    try {
      this.all = all;
      drained = this.drain(false);
    } catch (error) {
      this.leave();
      throw error;
    }
    if (typeof drained !== 'boolean') return drained.finally(() => this.leave());
    this.leave();
    return drained;
  }

  private leave(): void {
    Atomics.store(this.engine.heap.i32, CONTROL_LANE, 0);
    // Those that wait wait for the frontier to move, or for the end of a throttle.
    const { scheduler } = this.engine;
    if (!scheduler.throttled()) scheduler.signal();
  }

  /** Commits as long as the next transaction can move; a machine that answers promises makes this one. */
  private drain(before: boolean): boolean | Promise<boolean> {
    const { scheduler } = this.engine;
    let moved = before;
    while (!scheduler.decided()) {
      const next = this.commitNext();
      if (next === STUCK) break;
      moved = true;
      if (next === MOVED) continue;
      const index = this.index;
      const incarnation = this.incarnation;
      const ran = this.incarnations.runExact(index, incarnation);
      if (typeof ran !== 'boolean') {
        return ran.then((published) => (published && this.commitRun(index, incarnation) ? this.drain(true) : true));
      }
      if (!ran || !this.commitRun(index, incarnation)) break;
    }
    return moved;
  }

  /**
   * Commits what this worker has just run, in EXECUTING state still: nobody else may change the word of
   * a transaction that is being executed, so it goes on to COMMITTED with a store.
   */
  private commitRun(index: number, incarnation: number): boolean {
    const { heap, statuses } = this.engine;
    const words = statuses.words(index);
    if (!this.judge(index, heap.i32[words + TX_RESULT] as number)) return false;
    Atomics.store(heap.i32, words, statusWord(incarnation, COMMITTED));
    // The next one is the lane's own.
    this.incarnations.announce(index, incarnation, index + 1);
    this.moveOn(index);
    return true;
  }

  /** Commits the transaction at the frontier, or says why not. */
  private commitNext(): typeof MOVED | typeof STUCK | typeof RUN {
    const { scheduler, statuses, heap, outcomes } = this.engine;
    const index = scheduler.heldFrontier();
    if (index >= this.stop) {
      if (index === scheduler.count) this.engine.decide(VERDICT_DONE, -1, 0, '');
      return STUCK;
    }
    if (!this.all && scheduler.leaves(index)) return STUCK;
    let status = statuses.glance(index);
    let state = stateOf(status);
    if (state !== READY && state !== PARKED) {
      // What belongs to the word is read below.
      status = statuses.load(index);
      state = stateOf(status);
    }
    if (state === READY || state === PARKED) {
      // A parked attempt has spent its incarnation; its wake-up will find another word.
      if (!this.take(index, status, incarnationOf(status) + (state === PARKED ? 1 : 0))) return MOVED;
      // Where it goes on from the read at which it waits, taking it was of use.
      if (!this.incarnations.prepare(index) && state === PARKED) scheduler.control.waited(index);
      return RUN;
    }
    if (state !== EXECUTED) return STUCK;
    const words = statuses.words(index);
    const result = heap.i32[words + TX_RESULT] as number;
    outcomes.map(result + OUTCOME_WORDS);
    const exact = heap.i32[words + TX_EXACT] === 1;
    if (!exact) {
      const failed = outcomes.u32[result + OUTCOME_KIND] === OUTCOME_FAILED;
      if (failed || !this.incarnations.validate(index, status, true) || this.mayWrap(words)) {
        // Nothing below can change any more, so this answer is final: run it here, now.
        if (!this.take(index, status, incarnationOf(status) + 1)) return MOVED;
        this.incarnations.stat(STAT_ABORTS);
        this.incarnations.markEstimates(index);
        // Where it goes on from a checkpoint, most of what was done ahead is kept: that is what speculation is for.
        if (this.incarnations.prepare(index)) scheduler.control.succeeded();
        else scheduler.control.failed(index);
        return RUN;
      }
      scheduler.control.succeeded();
    }
    return this.commit(index, status, result, !exact) ? MOVED : STUCK;
  }

  /** Whether the credit of the transaction with `words` is better paid by an exact run, which credits nobody unread. */
  private mayWrap(words: number): boolean {
    const { heap, memory } = this.engine;
    const entry = heap.i32[words + TX_CREDIT_ENTRY] as number;
    return entry !== 0 && memory.mayWrap(heap.i32[words + TX_CREDIT_LOCATION] as number, entry);
  }

  private take(index: number, status: number, incarnation: number): boolean {
    if (!this.engine.statuses.change(index, status, statusWord(incarnation, EXECUTING))) return false;
    this.index = index;
    this.incarnation = incarnation;
    return true;
  }

  /**
   * Commits the outcome at `result`, which was published under the status word `status`, and is exact or was `validated` just
   * now. False where that ends the block.
   *
   * The swap comes first, and only then is anything decided on the outcome, a rejection included: an
   * early validator may have aborted this incarnation since the word was loaded, and another worker
   * may have published the next one, so that outcome, exactness and read set belong to different
   * incarnations. Words never come back, so a swap that succeeds proves that they belong together.
   */
  private commit(index: number, status: number, result: number, validated: boolean): boolean {
    if (!this.engine.statuses.change(index, status, statusWord(incarnationOf(status), COMMITTED))) return true;
    if (validated) this.incarnations.balances.putRight(index);
    if (!this.judge(index, result)) return false;
    this.moveOn(index);
    return true;
  }

  /** The ordered effects of the outcome at `result`; false where it ends the block. */
  private judge(index: number, result: number): boolean {
    const { heap, fees, memory, scheduler, statuses } = this.engine;
    if (!this.engine.admit(index, result)) return false;
    fees.commit(index);
    const words = statuses.words(index);
    const credit = heap.i32[words + TX_CREDIT_ENTRY] as number;
    if (credit !== 0) {
      memory.fold(heap.i32[words + TX_CREDIT_LOCATION] as number, credit, index);
      scheduler.control.balanceShared();
    }
    if (heap.i32[CONTROL_RECEIPT_ROOTS] === 1) storeReceiptRoot(this.engine, index);
    return true;
  }

  /** Everything of transaction `index` stands: the frontier's store releases it. */
  private moveOn(index: number): void {
    const { heap, scheduler } = this.engine;
    Atomics.store(heap.i32, CONTROL_FRONTIER, index + 1);
    if ((index & SIGNAL_MASK) === SIGNAL_MASK && !scheduler.throttled()) scheduler.signal();
  }
}
