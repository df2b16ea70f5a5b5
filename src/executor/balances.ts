/**
 * Balances on which nothing depends: the machine tells of each transaction which those are, and what they must be like
 * ({@link WriteSink.balance}). Where such a balance is another one when the lane looks at the transaction, but meets the
 * demand, the transaction stands, and the balance that it has written is moved by the difference.
 */
import { STAT_REBASES, TX_WRITE_COUNT, TX_WRITES } from '../layout.js';
import { enlarged } from '../primitives/words.js';
import { ADVICE_FALSE, ADVICE_OFF } from '../scheduler/advice.js';
import type { BlockEngine } from './block-engine.js';

export class UnseenBalances {
  /** (location, demand) pairs of the run that is being published. */
  private demands = new Int32Array(32);
  private demandCount = 0;
  /** (location, cell that was read, cell that is read now) of the transaction that the lane has found valid, where they differ. */
  private shifts = new Int32Array(24);
  private shiftCount = 0;

  constructor(private readonly engine: BlockEngine) {}

  /** Whether anybody will ask. Where nothing conflicts the few nanoseconds are saved: 3 to 5 % of a transfer. */
  wanted(): boolean {
    const { advice, control } = this.engine.scheduler;
    return advice.balances !== ADVICE_OFF && !control.calm;
  }

  /** Begins with another run. */
  clear(): void {
    this.demandCount = 0;
  }

  tell(location: number, demand: number): void {
    const at = 2 * this.demandCount++;
    if (at === this.demands.length) this.demands = enlarged(this.demands);
    this.demands[at] = location;
    this.demands[at + 1] = demand;
  }

  /** Words that {@link save} takes. */
  get words(): number {
    return 2 * this.demandCount + 1;
  }

  /** Writes what was told to `i32[at…]`, right before the read set. */
  save(i32: Int32Array, at: number): void {
    const { demands, demandCount } = this;
    for (let i = 0; i < 2 * demandCount; i++) i32[at + i] = demands[i] as number;
    i32[at + 2 * demandCount] = demandCount;
  }

  /** Begins to look at another transaction's reads. */
  startLook(): void {
    this.shiftCount = 0;
  }

  /**
   * Whether transaction `index`, whose read set begins at `reads`, stands although what it read at `row`, `cell`, does not.
   * With `final`, which says that the lane asks, the balance is put right by {@link putRight}.
   */
  stands(reads: number, row: number, index: number, cell: number, final: boolean): boolean {
    const { memory } = this.engine;
    const demand = this.demandOn(reads, row);
    if (demand < 0 || !memory.meetsDemand(row, index, cell, demand, final)) return false;
    if (final) this.shift(row, cell, memory.cell);
    return true;
  }

  /** The demand that stands before the read set for the basics at `row`, or -1. */
  private demandOn(reads: number, row: number): number {
    const { heap, scheduler } = this.engine;
    if (scheduler.advice.balances === ADVICE_FALSE && scheduler.advice.coin()) return -1;
    const { i32 } = heap;
    const end = reads - 1;
    for (let at = end - 2 * (i32[end] as number); at < end; at += 2) if (i32[at] === row) return i32[at + 1] as number;
    return -1;
  }

  private shift(row: number, seen: number, now: number): void {
    const at = 3 * this.shiftCount++;
    if (at === this.shifts.length) this.shifts = enlarged(this.shifts);
    const { shifts } = this;
    shifts[at] = row;
    shifts[at + 1] = seen;
    shifts[at + 2] = now;
  }

  /**
   * Puts right what `index` has written, which the lane has found valid, and committed since. Its word is COMMITTED by now, so
   * that nobody else stores to its entries, and these are of the run that was looked at.
   */
  putRight(index: number): void {
    if (this.shiftCount === 0) return;
    const { heap, memory, scheduler, stats, statuses } = this.engine;
    scheduler.control.balanceShared();
    const words = statuses.words(index);
    const writes = heap.i32[words + TX_WRITES] as number;
    const end = writes + 2 * (heap.i32[words + TX_WRITE_COUNT] as number);
    heap.map(end);
    const { shifts } = this;
    for (let i = 0; i < 3 * this.shiftCount; i += 3) {
      for (let at = writes; at < end; at += 2) {
        if (heap.i32[at] !== shifts[i]) continue;
        memory.rebase(heap.i32[at + 1] as number, shifts[i + 1] as number, shifts[i + 2] as number);
        break;
      }
    }
    stats[STAT_REBASES] = (stats[STAT_REBASES] as number) + this.shiftCount;
    this.shiftCount = 0;
  }
}
