/**
 * Deferred beneficiary fees (engine protocol, "Deferred fees and deltas"). A transaction that owes
 * the beneficiary a fee, but did not touch it, does not write the beneficiary's balance; the fee
 * travels with the transaction. The commit lane folds fees in order, over the last absolute value,
 * and keeps the beneficiary's basics after every committed transaction. A read by transaction j
 * starts from the later of two anchors (the folded value at the frontier, or an absolute write above
 * it) and adds the fees between.
 *
 * The result is a new cell, so a reader's read set holds the folded value itself. The validator
 * resolves again and compares values: that covers every fee that went into it.
 */
import {
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  CONTROL_FRONTIER,
  ENTRY_ESTIMATE,
  LOCATION_BASE,
  LOCATION_WORDS,
  TX_BENEFICIARY_AFTER,
  TX_BENEFICIARY_WRITE,
  TX_FEE,
} from '../layout.js';
import { U256_WORDS } from '../primitives/words.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_WORDS } from '../state/view.js';
import { isFinished, type Statuses } from './statuses.js';

const RESOLVED = -1;

export class BeneficiaryFees {
  /** Location of the beneficiary's basics. */
  location = 0;
  /** Result of the last {@link resolve}. */
  cell = 0;
  /** Reads that added at least one deferred fee. */
  reads = 0;
  private readonly sum = new Uint32Array(BASICS_WORDS);

  constructor(
    private readonly heap: SharedHeap,
    private readonly arena: Arena,
    private readonly statuses: Statuses,
    /** Where the fees stand that transactions refer to. */
    private readonly owed: SharedHeap = heap,
  ) {}

  open(location: number): void {
    this.location = location;
    this.heap.map(location + LOCATION_WORDS);
    this.reads = 0;
  }

  /** Beneficiary's basics after transaction `index` was committed; -1 asks for those before the first. */
  after(index: number): number {
    return index < 0
      ? (this.heap.i32[this.location + LOCATION_BASE] as number)
      : (this.heap.i32[this.statuses.words(index) + TX_BENEFICIARY_AFTER] as number);
  }

  /**
   * Resolves a read by `transaction`, whose newest absolute version is `absolute` (estimate bit
   * included). {@link RESOLVED}, or the transaction that is in the way.
   */
  resolve(transaction: number, absolute: number): number {
    const heap = this.heap;
    const writer = heap.i32[(absolute & ~ENTRY_ESTIMATE) + CELL_WRITER] as number;
    // Loading the frontier (acquire) comes before reading what the lane wrote below it.
    const frontier = Math.min(Atomics.load(heap.i32, CONTROL_FRONTIER), transaction);
    let anchor: number;
    let next: number;
    if (writer >= frontier) {
      if (absolute & ENTRY_ESTIMATE) return writer;
      anchor = absolute;
      next = writer + 1;
    } else {
      anchor = this.after(frontier - 1);
      next = frontier;
    }
    heap.map(anchor + CELL_VALUE + BASICS_WORDS);
    const sum = this.sum;
    let added = false;
    for (let i = 0; i < BASICS_WORDS; i++) sum[i] = heap.u32[anchor + CELL_VALUE + i] as number;
    for (let i = next; i < transaction; i++) {
      if (!isFinished(this.statuses.load(i))) return i;
      const fee = Atomics.load(heap.i32, this.statuses.words(i) + TX_FEE);
      if (fee === 0) continue;
      this.add(fee);
      added = true;
    }
    if (!added) {
      this.cell = anchor;
      return RESOLVED;
    }
    this.reads++;
    this.cell = this.write(transaction, sum);
    return RESOLVED;
  }

  /**
   * The lane's fold: basics after transaction `index`, given those before it, the transaction's own
   * absolute write or its deferred fee. Stores the cell for readers.
   */
  commit(index: number): void {
    const heap = this.heap;
    const words = this.statuses.words(index);
    const fee = heap.i32[words + TX_FEE] as number;
    const absolute = heap.i32[words + TX_BENEFICIARY_WRITE] as number;
    let cell = absolute !== 0 ? absolute : this.after(index - 1);
    if (fee !== 0) {
      heap.map(cell + CELL_VALUE + BASICS_WORDS);
      for (let i = 0; i < BASICS_WORDS; i++) this.sum[i] = heap.u32[cell + CELL_VALUE + i] as number;
      this.add(fee);
      cell = this.write(index, this.sum);
    }
    heap.i32[words + TX_BENEFICIARY_AFTER] = cell;
  }

  /** Adds the fee at `fee` to {@link sum}; a credited account exists (yellow paper, section 6.2). */
  private add(fee: number): void {
    this.owed.map(fee + U256_WORDS);
    const owed = this.owed.u32;
    const sum = this.sum;
    let carry = 0;
    for (let i = 0; i < U256_WORDS; i++) {
      const total = (sum[BASICS_BALANCE + i] as number) + (owed[fee + i] as number) + carry;
      sum[BASICS_BALANCE + i] = total;
      carry = total > 0xffffffff ? 1 : 0;
    }
    sum[BASICS_EXISTS] = 1;
  }

  private write(transaction: number, basics: Uint32Array): number {
    const cell = this.arena.alloc(CELL_VALUE + BASICS_WORDS);
    this.heap.i32[cell + CELL_WRITER] = transaction;
    this.heap.i32[cell + CELL_TAG] = 0;
    this.heap.u32.set(basics, cell + CELL_VALUE);
    return cell;
  }
}
