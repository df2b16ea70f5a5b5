/**
 * Deferred beneficiary fees (docs/block-stm.md, "Four shortcuts"). A transaction that owes
 * the beneficiary a fee, but did not touch it, does not write the beneficiary's balance; the fee
 * travels with the transaction. The commit lane folds fees in order, over the last absolute value,
 * and keeps the beneficiary's basics after every absolute write and after every {@link FOLD}th
 * committed transaction. A read by transaction j starts from the later of two anchors (the last
 * folded value at or below the frontier, or an absolute write above it) and adds the fees between.
 *
 * The result is a new cell, so a reader's read set holds the folded value itself. The validator
 * resolves again and compares values: that covers every fee that went into it.
 *
 * While one thread is alone in the block nothing is deferred: it pays each fee into the beneficiary's base value when it
 * commits the transaction, and that is the anchor from which the others start.
 */
import {
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  CONTROL_FRONTIER,
  ENTRY_ESTIMATE,
  LOCATION_BASE,
  LOCATION_ORIGIN,
  LOCATION_WORDS,
  TX_BENEFICIARY_AFTER,
  TX_BENEFICIARY_WRITE,
  TX_FEE,
} from '../layout.js';
import { addU256, U256_WORDS } from '../primitives/words.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_WORDS } from '../state/view.js';
import { isFinished, type Statuses } from './statuses.js';

const RESOLVED = -1;

/** The lane folds after so many transactions (a power of two): a cell for each of them would be most of its work. */
const FOLD = 16;

export class BeneficiaryFees {
  /** Location of the beneficiary's basics. */
  location = 0;
  /** Result of the last {@link resolve}. */
  cell = 0;
  /** Reads that added at least one deferred fee. */
  reads = 0;
  private readonly sum = new Uint32Array(BASICS_WORDS);
  /** The first transaction whose fee the cell of {@link folded} does not hold. */
  private next = 0;
  /** The cell of the last read that saw committed transactions only, or 0, and the reader: all below it is in the cell. */
  private exactCell = 0;
  private exactReader = 0;

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
    this.exactCell = 0;
    this.exactReader = 0;
  }

  /**
   * Whether fees may be added up beside the beneficiary's balance. To one near its bound each is paid as a write: what wraps
   * around to nothing is an empty account, which EIP-161 deletes, and no sum says that. Looked at is the balance before the
   * transactions: fees that wrap one which these have lifted, or near 2^256 themselves, need more ether than can exist twice over.
   */
  get mayBeDeferred(): boolean {
    const cell = this.heap.i32[this.location + LOCATION_BASE] as number;
    this.heap.map(cell + CELL_VALUE + BASICS_WORDS);
    return (this.heap.u32[cell + CELL_VALUE + BASICS_BALANCE + U256_WORDS - 1] as number) >>> 31 === 0;
  }

  /**
   * Cell of the beneficiary's basics after transaction `index` was committed; -1 asks for those before the first. Not for one
   * before the last that a thread alone in the block has committed: those are not kept.
   */
  after(index: number): number {
    const cell = this.folded(index);
    if (this.next > index) return cell;
    this.begin(cell);
    return this.addUpTo(index + 1) ? this.write(index, this.sum) : cell;
  }

  /** The last folded cell at or below `index`, all committed; sets {@link next}. */
  private folded(index: number): number {
    const { i32 } = this.heap;
    for (let i = index; i >= 0; i--) {
      const cell = i32[this.statuses.words(i) + TX_BENEFICIARY_AFTER] as number;
      if (cell !== 0) {
        this.next = i + 1;
        return cell;
      }
      // What was committed stays: where readers follow each other each starts from what the one before it read.
      if (i === this.exactReader && this.exactCell !== 0) {
        this.next = i;
        return this.exactCell;
      }
    }
    this.next = 0;
    return i32[this.location + LOCATION_BASE] as number;
  }

  /** Starts {@link sum} with a cell's basics. */
  private begin(cell: number): void {
    this.heap.map(cell + CELL_VALUE + BASICS_WORDS);
    const { u32 } = this.heap;
    for (let i = 0; i < BASICS_WORDS; i++) this.sum[i] = u32[cell + CELL_VALUE + i] as number;
  }

  /** Adds the fees of the committed transactions from {@link next} to `end` (exclusive); true where there were any. */
  private addUpTo(end: number): boolean {
    const { i32 } = this.heap;
    let added = false;
    for (let i = this.next; i < end; i++) {
      const fee = i32[this.statuses.words(i) + TX_FEE] as number;
      if (fee === 0) continue;
      this.add(fee);
      added = true;
    }
    return added;
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
    let folded = false;
    if (writer >= frontier) {
      if (absolute & ENTRY_ESTIMATE) return writer;
      anchor = absolute;
      this.next = writer + 1;
      this.begin(anchor);
    } else {
      anchor = this.folded(frontier - 1);
      this.begin(anchor);
      folded = this.addUpTo(frontier);
      this.next = frontier;
    }
    let deferred = false;
    for (let i = this.next; i < transaction; i++) {
      if (!isFinished(this.statuses.load(i))) return this.lastUnfinished(i, transaction);
      const fee = Atomics.load(heap.i32, this.statuses.words(i) + TX_FEE);
      if (fee === 0) continue;
      this.add(fee);
      deferred = true;
    }
    if (deferred) this.reads++;
    this.cell = folded || deferred ? this.write(transaction, this.sum) : anchor;
    if (frontier === transaction) {
      this.exactCell = this.cell;
      this.exactReader = transaction;
    }
    return RESOLVED;
  }

  /**
   * The highest transaction from `first` on, but below `reader`, that has not run, where `first` has not: the read
   * needs all of them, and the one that was handed out last is the one most likely to be the last to finish. A reader
   * that waited for the first would be run again for each of the others.
   */
  private lastUnfinished(first: number, reader: number): number {
    for (let i = reader - 1; i > first; i--) if (!isFinished(this.statuses.load(i))) return i;
    return first;
  }

  /** The lane's part, when it commits transaction `index`: an absolute write starts anew, and every {@link FOLD} fees are folded. */
  commit(index: number): void {
    const { i32 } = this.heap;
    const words = this.statuses.words(index);
    const absolute = i32[words + TX_BENEFICIARY_WRITE] as number;
    if (absolute === 0 && (index & (FOLD - 1)) !== FOLD - 1) {
      i32[words + TX_BENEFICIARY_AFTER] = 0;
      return;
    }
    let cell = absolute;
    if (absolute === 0) cell = this.folded(index - 1);
    else this.next = index;
    this.begin(cell);
    if (this.addUpTo(index + 1)) cell = this.write(index, this.sum);
    i32[words + TX_BENEFICIARY_AFTER] = cell;
  }

  /**
   * The part of a thread that is alone in the block, when it commits transaction `index`: adds the fee that stands at `fee`,
   * which may be zero, to the base value, in place where a transaction or a step has made that cell. Nobody holds a
   * reference to it then, since exact reads are not recorded.
   */
  pay(index: number, fee: number): void {
    const { heap, location } = this;
    let cell = heap.i32[location + LOCATION_BASE] as number;
    if (cell === heap.i32[location + LOCATION_ORIGIN]) {
      this.begin(cell);
      cell = this.write(index, this.sum);
      heap.i32[location + LOCATION_BASE] = cell;
    }
    const words = this.statuses.words(index);
    // A fee of zero creates nobody (EIP-161).
    if (addU256(heap.u32, cell + CELL_VALUE + BASICS_BALANCE, this.owed.u32, fee) !== 0) {
      heap.u32[cell + CELL_VALUE + BASICS_EXISTS] = 1;
      heap.i32[cell + CELL_WRITER] = index;
      heap.i32[words + TX_FEE] = fee;
    }
    // Each of them points to the one cell: only what is at or above the frontier asks, and that comes after all of them.
    heap.i32[words + TX_BENEFICIARY_AFTER] = cell;
  }

  /** Adds the fee at `fee` to {@link sum}; a credited account exists (yellow paper, section 6.2). */
  private add(fee: number): void {
    this.owed.map(fee + U256_WORDS);
    addU256(this.sum, BASICS_BALANCE, this.owed.u32, fee);
    this.sum[BASICS_EXISTS] = 1;
  }

  private write(transaction: number, basics: Uint32Array): number {
    const cell = this.arena.alloc(CELL_VALUE + BASICS_WORDS);
    this.heap.i32[cell + CELL_WRITER] = transaction;
    this.heap.i32[cell + CELL_TAG] = 0;
    this.heap.u32.set(basics, cell + CELL_VALUE);
    return cell;
  }
}
