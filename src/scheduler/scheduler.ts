/**
 * The collaborative scheduler's advice: who runs what next.
 *
 * Block-STM's scheduler counts finished tasks to know when a block ends. Here nothing of the kind is
 * needed, because finality comes from the ordered commit lane (`executor/lane.ts`): whoever holds
 * the lane validates the next transaction against final state, runs it itself where that fails or
 * where nobody has run it, and commits it. So everything in this file may be late, lost or wrong
 * without harm to the result; it only decides how much work is ready when the lane gets there.
 *
 * - The cursor (CONTROL_EXEC_CURSOR) hands out transactions in order and is lowered when one becomes ready again.
 * - A transaction that meets an estimate parks on the transaction that must run first. Registration
 *   is visible before the blocker's status is looked at again, and the blocker publishes its status
 *   before it collects the parked: one of the two sees the other (pitfall 37).
 * - CONTROL_CHECK_FROM is lowered when a re-execution changed something that others may have read; workers
 *   without better work validate from there (Block-STM, section 4.1, "prioritised validation").
 * - Idle workers wait on CONTROL_EPOCH, for a bounded time.
 */
import {
  CONTROL_CHECK_FROM,
  CONTROL_COUNT,
  CONTROL_EPOCH,
  CONTROL_EXEC_CURSOR,
  CONTROL_FRONTIER,
  CONTROL_VERDICT,
  CONTROL_WAITING,
  TX_DEPENDENTS,
  TX_HINT,
  VERDICT_RUNNING,
} from '../layout.js';
import {
  ABORTING,
  EXECUTED,
  EXECUTING,
  incarnationOf,
  isFinished,
  PARKED,
  READY,
  type Statuses,
  stateOf,
  statusWord,
} from '../mvmemory/statuses.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { ADVICE_FALSE, ADVICE_OFF, ADVICE_ON, AdviceInForce } from './advice.js';
import { SpeculationControl } from './control.js';

/** Speculative runs of one transaction; after that it waits for its prefix (pitfall 42). */
export const MAX_INCARNATIONS = 12;

/** How far beyond the frontier a worker without better work looks for a transaction in another's batch. */
const STEAL_DISTANCE = 64;

/** Within a batch the frontier is looked at before each transaction whose index has none of these bits. */
const LOOK_MASK = 3;

const DEPENDENT_TRANSACTION = 0;
const DEPENDENT_STATUS = 1;
const DEPENDENT_NEXT = 2;
const DEPENDENT_WORDS = 3;

export class Scheduler {
  count = 0;
  readonly advice: AdviceInForce;
  readonly control: SpeculationControl;
  /** The part of this worker's batch that is left. */
  private batchNext = 0;
  private batchEnd = 0;
  /** By transaction, 1 where this worker took it as part of a batch. */
  private mine = new Uint8Array(0);

  constructor(
    private readonly heap: SharedHeap,
    private readonly arena: Arena,
    private readonly statuses: Statuses,
  ) {
    this.advice = new AdviceInForce(heap);
    this.control = new SpeculationControl(heap, this.advice);
  }

  open(): void {
    this.batchNext = 0;
    this.batchEnd = 0;
    this.count = this.heap.i32[CONTROL_COUNT] as number;
    if (this.count > this.mine.length) this.mine = new Uint8Array(2 * this.count);
    else this.mine.fill(0, 0, this.count);
  }

  running(): boolean {
    return Atomics.load(this.heap.i32, CONTROL_VERDICT) === VERDICT_RUNNING;
  }

  /** True where the block is seen to be decided. A look without ordering, for which {@link running} would be too dear: who misses the end sees it later. */
  decided(): boolean {
    return this.heap.i32[CONTROL_VERDICT] !== VERDICT_RUNNING;
  }

  /** The frontier for the lane's holder, who alone moves it and has seen what the holder before stored by taking the lane. */
  heldFrontier(): number {
    return this.heap.i32[CONTROL_FRONTIER] as number;
  }

  frontier(): number {
    return Atomics.load(this.heap.i32, CONTROL_FRONTIER);
  }

  /** Whether `index` is at the frontier, so that all below is final. The plain look, which is no more than advice, spares most transactions the atomic one. */
  isAtFrontier(index: number): boolean {
    return this.heap.i32[CONTROL_FRONTIER] === index && this.frontier() === index;
  }

  /** Transaction that should run before `index`, or -1 (`prior-knowledge.ts`). */
  hint(index: number): number {
    return this.heap.i32[this.statuses.words(index) + TX_HINT] as number;
  }

  // ---- Execution --------------------------------------------------------------------------------------

  /**
   * Takes the next transaction that is worth running: its index, now EXECUTING, or -1. A worker takes a
   * batch of consecutive ones from the cursor and works through it; each becomes EXECUTING only when
   * its turn comes, so that the lane, and workers without better work, may run it before.
   */
  take(): number {
    if (this.advice.order === ADVICE_FALSE) return this.takeAny();
    for (;;) {
      while (this.batchNext < this.batchEnd) {
        const next = this.batchNext++;
        if (this.begin(next)) return next;
      }
      if (!this.takeBatch()) return this.steal();
    }
  }

  /** True while transactions of the batch are left. */
  get inBatch(): boolean {
    return this.batchNext < this.batchEnd;
  }

  /**
   * Whether the lane had better leave `index` to the thread that took it. Whoever executed a transaction has what the
   * lane looks at in the caches of its own processor: read set, rows, entries, outcome. That holds while speculation
   * succeeds; where it fails the sooner the lane knows the better.
   */
  leaves(index: number): boolean {
    return this.mine[index] === 0 && this.control.calm;
  }

  /** Whether, within a batch, the turn of a transaction that this worker has taken seems to have come. */
  isDue(): boolean {
    if ((this.batchNext & LOOK_MASK) !== 0) return false;
    return this.mine[this.heap.i32[CONTROL_FRONTIER] as number] === 1 && this.control.calm;
  }

  private takeBatch(): boolean {
    const { i32 } = this.heap;
    for (;;) {
      const next = Atomics.load(i32, CONTROL_EXEC_CURSOR);
      if (next >= this.count) return false;
      const limit = Math.min(this.count, this.control.limit(this.frontier()));
      if (next >= limit) return false;
      const end = Math.min(limit, next + (this.advice.order === ADVICE_OFF ? 1 : this.control.batch));
      if (Atomics.compareExchange(i32, CONTROL_EXEC_CURSOR, next, end) !== next) continue;
      this.batchNext = next;
      this.batchEnd = end;
      this.mine.fill(1, next, end);
      return true;
    }
  }

  /**
   * Takes the next transaction alone if it is one of `allowed` (not 0 at its index): its index, now
   * EXECUTING, or -1. For a thread that must not be kept for long.
   */
  takeAllowed(allowed: Uint8Array): number {
    const { i32 } = this.heap;
    const limit = Math.min(this.count, this.control.limit(this.frontier()));
    for (;;) {
      const next = Atomics.load(i32, CONTROL_EXEC_CURSOR);
      if (next >= limit || allowed[next] === 0) return -1;
      if (Atomics.compareExchange(i32, CONTROL_EXEC_CURSOR, next, next + 1) !== next) continue;
      if (this.begin(next)) return next;
    }
  }

  /** Takes a transaction out of somebody's batch: one that is heavy must not keep those behind it waiting. */
  private steal(): number {
    if (this.advice.order !== ADVICE_ON) return -1;
    const frontier = this.frontier();
    const end = Math.min(this.count, this.control.limit(frontier), frontier + STEAL_DISTANCE);
    for (let index = frontier; index < end; index++) if (this.begin(index)) return index;
    return -1;
  }

  /** Takes whatever is ready within the window, from a random one on. */
  private takeAny(): number {
    const frontier = this.frontier();
    const span = Math.min(this.count, this.control.limit(frontier)) - frontier;
    const first = this.advice.below(span);
    for (let i = 0; i < span; i++) {
      const index = frontier + ((first + i) % span);
      if (this.begin(index)) return index;
    }
    return -1;
  }

  /** Makes a READY transaction EXECUTING, unless its hint says that another one should run first. */
  private begin(index: number): boolean {
    // The swap finds out whether this look was right.
    const status = this.statuses.glance(index);
    if (stateOf(status) !== READY || incarnationOf(status) >= MAX_INCARNATIONS) return false;
    if (!this.statuses.change(index, status, statusWord(incarnationOf(status), EXECUTING))) return false;
    const hint = this.hint(index);
    if (hint < 0 || incarnationOf(status) > 0 || isFinished(this.statuses.load(hint))) return true;
    this.park(index, hint);
    return false;
  }

  /**
   * Parks `index`, which is EXECUTING, until `blocker` has run. The incarnation counts as spent: the
   * wake-up makes the next one ready.
   */
  park(index: number, blocker: number): void {
    const parked = statusWord(incarnationOf(this.statuses.load(index)), PARKED);
    const node = this.arena.alloc(DEPENDENT_WORDS);
    const { i32 } = this.heap;
    i32[node + DEPENDENT_TRANSACTION] = index;
    i32[node + DEPENDENT_STATUS] = parked;
    Atomics.store(i32, this.statuses.words(index), parked);
    const head = this.statuses.words(blocker) + TX_DEPENDENTS;
    for (;;) {
      const top = Atomics.load(i32, head);
      i32[node + DEPENDENT_NEXT] = top;
      if (Atomics.compareExchange(i32, head, top, node) === top) break;
    }
    // The blocker may have finished before the registration was visible; then nobody else will wake it.
    if (this.advice.wakeUps !== ADVICE_ON && (this.advice.wakeUps === ADVICE_OFF || this.advice.coin())) return;
    if (isFinished(this.statuses.load(blocker))) this.release(index, parked);
  }

  /**
   * Makes the transactions parked on `index` ready again, but for `except`; its status has been
   * published before. The lane's holder keeps the next transaction to itself: it is going to run it at
   * once, and handing a chain from thread to thread costs more than running it.
   */
  wake(index: number, except = -1): void {
    if (this.advice.wakeUps !== ADVICE_ON && this.misleads()) return;
    const dependents = this.statuses.words(index) + TX_DEPENDENTS;
    // Whoever parks registers first and looks at the status then; here the status stands already. So a
    // stack that is seen empty has no member that will not look after itself.
    if (Atomics.load(this.heap.i32, dependents) === 0) return;
    let node = Atomics.exchange(this.heap.i32, dependents, 0);
    while (node !== 0) {
      this.heap.map(node + DEPENDENT_WORDS);
      const { i32 } = this.heap;
      const parked = i32[node + DEPENDENT_TRANSACTION] as number;
      if (parked !== except) this.release(parked, i32[node + DEPENDENT_STATUS] as number);
      node = i32[node + DEPENDENT_NEXT] as number;
    }
  }

  /** Wakes anybody, perhaps; true where those that wait are to be left alone. */
  private misleads(): boolean {
    const { advice } = this;
    if (advice.wakeUps === ADVICE_OFF) return true;
    // Too early, or again.
    const early = advice.below(this.count);
    const status = this.statuses.load(early);
    if (stateOf(status) === PARKED) this.release(early, status);
    // Of an incarnation that may be long gone, or may never come to be.
    this.release(advice.below(this.count), statusWord(advice.below(MAX_INCARNATIONS), PARKED));
    return advice.coin();
  }

  private release(index: number, parked: number): void {
    // Fails where the lane took the transaction over, or somebody else released it first.
    if (this.statuses.change(index, parked, statusWord(incarnationOf(parked) + 1, READY))) this.retry(index);
  }

  /** Lets `index`, now READY, be taken again. */
  retry(index: number): void {
    if (this.advice.order !== ADVICE_OFF) this.lower(CONTROL_EXEC_CURSOR, index);
    this.signal();
  }

  // ---- Early validation ---------------------------------------------------------------------------------

  /** Everything from `index` on may have read something stale. */
  suspect(index: number): void {
    const from = this.advice.earlyValidation === ADVICE_FALSE ? this.advice.below(this.count) : index;
    if (from < this.count) this.lower(CONTROL_CHECK_FROM, from);
  }

  /** Next executed transaction to validate early, or -1. */
  nextCheck(): number {
    if (this.advice.earlyValidation !== ADVICE_ON) return this.unadvisedCheck();
    const { i32 } = this.heap;
    // Out of order the cursor says nothing about what has been executed.
    const ordered = this.advice.order !== ADVICE_FALSE;
    for (;;) {
      const next = Atomics.load(i32, CONTROL_CHECK_FROM);
      if (next >= this.count || (ordered && next >= Atomics.load(i32, CONTROL_EXEC_CURSOR))) return -1;
      // While nobody may speculate, an abort would only make work for the lane.
      if (this.throttled()) return -1;
      if (Atomics.compareExchange(i32, CONTROL_CHECK_FROM, next, next + 1) !== next) continue;
      const status = this.statuses.load(next);
      if (stateOf(status) === EXECUTED && incarnationOf(status) < MAX_INCARNATIONS) return next;
    }
  }

  /** Nothing to validate early, or any executed transaction. */
  private unadvisedCheck(): number {
    if (this.advice.earlyValidation === ADVICE_OFF || this.count === 0) return -1;
    const index = this.advice.below(this.count);
    const status = this.statuses.load(index);
    return stateOf(status) === EXECUTED && incarnationOf(status) < MAX_INCARNATIONS ? index : -1;
  }

  /** Takes an executed transaction for aborting; `status` is the word under which it was found stale. */
  beginAbort(index: number, status: number): boolean {
    return this.statuses.change(index, status, statusWord(incarnationOf(status), ABORTING));
  }

  /** Ends an abort, once the estimates stand (pitfall 38). */
  endAbort(index: number, status: number): void {
    Atomics.store(this.heap.i32, this.statuses.words(index), statusWord(incarnationOf(status) + 1, READY));
    this.retry(index);
  }

  /** True while speculation is stopped, until the lane has committed some more. */
  throttled(): boolean {
    return this.control.throttled(this.frontier());
  }

  /** A number that changes whenever there may be new work: the frontier moved, or the cursor. */
  progress(): number {
    const { i32 } = this.heap;
    return Atomics.load(i32, CONTROL_FRONTIER) * 0x4000_0000 + Atomics.load(i32, CONTROL_EXEC_CURSOR);
  }

  // ---- Waiting ------------------------------------------------------------------------------------------

  epoch(): number {
    return Atomics.load(this.heap.i32, CONTROL_EPOCH);
  }

  /**
   * Tells idle workers that there may be work. While nobody waits this is one load of a word that
   * nobody writes. Work is published before the load here, and a waiter counts itself before it looks
   * for work a last time: one of the two sees the other.
   */
  signal(): void {
    if (this.advice.wakeUps !== ADVICE_ON && (this.advice.wakeUps === ADVICE_OFF || this.advice.coin())) return;
    const { i32 } = this.heap;
    if (Atomics.load(i32, CONTROL_WAITING) === 0) return;
    Atomics.add(i32, CONTROL_EPOCH, 1);
    Atomics.notify(i32, CONTROL_EPOCH);
  }

  /** Counts this worker among those that wait; it must look for work once more before it calls {@link wait}. */
  beginWait(): void {
    Atomics.add(this.heap.i32, CONTROL_WAITING, 1);
  }

  endWait(): void {
    Atomics.sub(this.heap.i32, CONTROL_WAITING, 1);
  }

  /** Waits until the epoch is no longer `seen`, for `milliseconds` at most. */
  wait(seen: number, milliseconds: number): void {
    Atomics.wait(this.heap.i32, CONTROL_EPOCH, seen, milliseconds);
  }

  private lower(word: number, value: number): void {
    const { i32 } = this.heap;
    for (;;) {
      const now = Atomics.load(i32, word);
      if (now <= value || Atomics.compareExchange(i32, word, now, value) === now) return;
    }
  }
}
