/**
 * Balances on which nothing depends: the machine tells of each transaction which those are, and what they must be like
 * ({@link WriteSink.balance}). Where such a balance is another one when the lane looks at the transaction, but meets the
 * demand, the transaction stands, and the balance that it has written is moved by the difference.
 */
import { STAT_REBASES, TX_WRITE_COUNT, TX_WRITES } from '../layout.js';
import { enlarged } from '../primitives/words.js';
import { ADVICE_FALSE, ADVICE_OFF } from '../scheduler/advice.js';
import type { BlockEngine } from './block-engine.js';

/** So many demands are looked through one by one. A transaction may have met ten thousands, each of which is asked for. */
const FEW_DEMANDS = 16;

export class UnseenBalances {
  /** (location, demand) pairs of the run that is being published. */
  private demands = new Int32Array(32);
  private demandCount = 0;
  /** By location the demands of the transaction that is being looked at, where they are many; {@link listed} is its read set, or 0. */
  private readonly list = new Map<number, number>();
  private listed = 0;
  /** (cell that was read, cell that is read now) of the transaction that the lane has found valid, where they differ. */
  private shifts = new Int32Array(16);
  /** By location, its place in {@link shifts}. */
  private readonly shifted = new Map<number, number>();

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
    if (this.shifted.size > 0) this.shifted.clear();
    this.listed = 0;
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
    const count = i32[end] as number;
    if (count > FEW_DEMANDS) return this.listOf(reads, count).get(row) ?? -1;
    for (let at = end - 2 * count; at < end; at += 2) if (i32[at] === row) return i32[at + 1] as number;
    return -1;
  }

  /** The `count` demands that stand before the read set at `reads`, by location. */
  private listOf(reads: number, count: number): ReadonlyMap<number, number> {
    if (this.listed === reads) return this.list;
    const { i32 } = this.engine.heap;
    const end = reads - 1;
    this.list.clear();
    for (let at = end - 2 * count; at < end; at += 2) this.list.set(i32[at] as number, i32[at + 1] as number);
    this.listed = reads;
    return this.list;
  }

  private shift(row: number, seen: number, now: number): void {
    const at = this.shifted.get(row) ?? 2 * this.shifted.size;
    if (at === this.shifts.length) this.shifts = enlarged(this.shifts);
    this.shifted.set(row, at);
    this.shifts[at] = seen;
    this.shifts[at + 1] = now;
  }

  /**
   * Puts right what `index` has written, which the lane has found valid, and committed since. Its word is COMMITTED by now, so
   * that nobody else stores to its entries, and these are of the run that was looked at.
   */
  putRight(index: number): void {
    const { shifted, shifts } = this;
    if (shifted.size === 0) return;
    const { heap, memory, scheduler, stats, statuses } = this.engine;
    scheduler.control.balanceShared();
    const words = statuses.words(index);
    const writes = heap.i32[words + TX_WRITES] as number;
    const end = writes + 2 * (heap.i32[words + TX_WRITE_COUNT] as number);
    heap.map(end);
    for (let at = writes; at < end; at += 2) {
      const place = shifted.get(heap.i32[at] as number);
      // What came to no change in the end is not written, and needs nothing.
      if (place === undefined) continue;
      memory.rebase(heap.i32[at + 1] as number, shifts[place] as number, shifts[place + 1] as number);
    }
    stats[STAT_REBASES] = (stats[STAT_REBASES] as number) + shifted.size;
    shifted.clear();
  }
}
