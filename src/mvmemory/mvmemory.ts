/**
 * Multi-version memory (Block-STM, section 3.2): for every location the values that the block's
 * transactions wrote, ordered by transaction, so that a read by transaction j resolves to the
 * highest write below j.
 *
 * A location's versions are a linked list of entries, newest transaction first, one entry per
 * transaction that ever wrote it. An entry's cell word holds the reference of an immutable cell, the
 * same with the estimate bit, or 0 where the last incarnation did not write. A transfer may publish its
 * recipient's basics as a credit, which was written without a read: readers add credits up. Ordering rules:
 *
 * - A cell is filled completely before its reference is stored atomically in an entry (release), and
 *   readers load that word atomically (acquire): a reference that is seen leads to a finished value.
 * - Cell references are unique within the block and never recycled, so equal references are equal
 *   versions and there is no ABA.
 * - Entries are inserted by compare-and-swap of the predecessor's next word and never removed.
 * - Only the holder of a transaction's status word in EXECUTING or ABORTING state stores to that
 *   transaction's entries, so an entry has one writer at a time.
 * - The base value is what stands below all entries. Only the transaction at the frontier replaces it
 *   ({@link MultiVersionMemory.settle}).
 * - While one thread is alone in the block none of this is needed between threads: plain stores do, and a base cell may be
 *   written again ({@link MultiVersionMemory.overwrite}). The store that lets others in releases all of it.
 */
import {
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  ENTRY_CELL,
  ENTRY_ESTIMATE,
  ENTRY_NEXT,
  ENTRY_REFERENCE,
  ENTRY_TRANSACTION,
  ENTRY_WORDS,
  KIND_CODE,
  LOCATION_BASE,
  LOCATION_HEAD,
  LOCATION_KIND,
  LOCATION_ORIGIN,
  LOCATION_RESET,
  LOCATION_WORDS,
} from '../layout.js';
import { addU256, equalWords, U256_WORDS } from '../primitives/words.js';
import type { CodeReader } from '../state/codes.js';
import type { CurrentValues } from '../state/collect.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { VALUE_WORDS } from '../state/locations.js';
import { BALANCE_NOT_ZERO, BASICS_BALANCE, BASICS_EXISTS, BASICS_WORDS } from '../state/view.js';
import type { BeneficiaryFees } from './fees.js';

/** `resolve` met no obstacle. Any other result >= 0 is the transaction whose estimate is in the way. */
export const RESOLVED = -1;

/** A balance with so many bits leaves no room for as much again. */
const MOST_BITS = 256;

/** Bits of the 8 words at `words[at]`, without leading zeros. */
function bitLength(words: Uint32Array, at: number): number {
  for (let i = U256_WORDS - 1; i >= 0; i--) {
    const word = words[at + i] as number;
    if (word !== 0) return 32 * (i + 1) - Math.clz32(word);
  }
  return 0;
}

export class MultiVersionMemory {
  /** Cell that the last {@link resolve} found; 0 only for a reset location without any reset. */
  cell = 0;
  private fees: BeneficiaryFees | null = null;
  private readonly sum = new Uint32Array(BASICS_WORDS);

  constructor(
    private readonly heap: SharedHeap,
    private readonly arena: Arena,
    private readonly codes: CodeReader,
  ) {}

  /** Starts a block; `fees` resolves reads of the beneficiary's basics. */
  open(fees: BeneficiaryFees): void {
    this.fees = fees;
  }

  /**
   * Resolves a read of `row` by `transaction`: leaves the cell in {@link cell} and answers
   * {@link RESOLVED}, or answers the transaction whose estimate (or missing fee) blocks the read.
   * Reader and validator both come here (pitfall 34).
   *
   * For a slot the account's reset is resolved too, and the later of the two counts: the cell is then
   * the reset's, which reads as zero. Within one transaction the slot's own write comes after.
   *
   * `final`: this thread knows that everything below `transaction` is committed, and `transaction` is at the frontier
   * ({@link finalPredecessor}).
   */
  resolve(row: number, transaction: number, final = false): number {
    const fees = this.fees as BeneficiaryFees;
    if (row === fees.location) {
      const blocked = fees.resolve(transaction, this.predecessor(row, transaction));
      this.cell = fees.cell;
      return blocked;
    }
    const cell = final ? this.finalPredecessor(row, transaction) : this.seenPredecessor(row, transaction);
    if (cell & ENTRY_ESTIMATE) return this.writer(cell);
    if (cell < 0) return this.resolveCredits(row, transaction);
    // The row is mapped by now.
    const resetRow = this.heap.i32[row + LOCATION_RESET] as number;
    if (resetRow === 0 || !this.wasEverReset(resetRow)) {
      this.cell = cell;
      return RESOLVED;
    }
    const reset = final ? this.finalPredecessor(resetRow, transaction) : this.seenPredecessor(resetRow, transaction);
    if (reset & ENTRY_ESTIMATE) {
      // An estimated reset matters only if it would cover the slot's own version.
      if (this.writer(reset) > this.writer(cell)) return this.writer(reset);
      this.cell = cell;
      return RESOLVED;
    }
    this.cell = reset !== 0 && this.writer(reset) > this.writer(cell) ? reset : cell;
    return RESOLVED;
  }

  /**
   * Cell of the value from before the block where this thread sees that nobody has written `row`, nor reset its account;
   * otherwise 0, and {@link resolve} has the answer. That is most reads, so no more than plain loads are spent on them:
   * enough for speculation as {@link seenPredecessor} says, and for the frontier as {@link finalPredecessor} says.
   */
  untouched(row: number): number {
    const { i32 } = this.heap;
    const origin = i32[row + LOCATION_ORIGIN] as number;
    if (i32[row + LOCATION_HEAD] !== 0 || i32[row + LOCATION_BASE] !== origin) return 0;
    const reset = i32[row + LOCATION_RESET] as number;
    if (reset !== 0 && this.wasEverReset(reset)) return 0;
    return row === (this.fees as BeneficiaryFees).location ? 0 : origin;
  }

  /** Whether anybody has reset the account in this block, as this thread sees it by plain loads; for what that is enough {@link untouched} says. */
  private wasEverReset(resetRow: number): boolean {
    const { heap } = this;
    heap.map(resetRow + LOCATION_WORDS);
    return heap.i32[resetRow + LOCATION_HEAD] !== 0 || heap.i32[resetRow + LOCATION_BASE] !== 0;
  }

  /**
   * Resolves a read of basics whose newest version is a credit: adds up credits down to an absolute value.
   * As with fees the sum is a cell of its own, which the validator compares by value.
   */
  private resolveCredits(row: number, transaction: number): number {
    const { heap } = this;
    const sum = this.sum.fill(0);
    let entry = Atomics.load(heap.i32, row + LOCATION_HEAD);
    let cell = 0;
    for (; entry !== 0; entry = Atomics.load(heap.i32, entry + ENTRY_NEXT)) {
      heap.map(entry + ENTRY_WORDS);
      if ((heap.i32[entry + ENTRY_TRANSACTION] as number) >= transaction) continue;
      const word = Atomics.load(heap.i32, entry + ENTRY_CELL);
      if (word === 0) continue;
      cell = word & ENTRY_REFERENCE;
      this.mapCell(cell);
      if (word & ENTRY_ESTIMATE) return this.writer(word);
      this.addBalance(sum, cell);
      if (word > 0) break;
    }
    if (entry === 0) {
      cell = Atomics.load(heap.i32, row + LOCATION_BASE);
      this.mapCell(cell);
      this.addBalance(sum, cell);
    }
    this.cell = this.creditedCell(transaction, cell);
    return RESOLVED;
  }

  private addBalance(sum: Uint32Array, cell: number): void {
    addU256(sum, BASICS_BALANCE, this.heap.u32, cell + CELL_VALUE + BASICS_BALANCE);
  }

  /** A new cell with the balance in {@link sum}, and otherwise what the absolute version `below` holds. */
  private creditedCell(transaction: number, below: number): number {
    const { heap, sum } = this;
    for (let i = 0; i < BASICS_BALANCE; i++) sum[i] = heap.u32[below + CELL_VALUE + i] as number;
    // A credited account exists (yellow paper, section 6.2).
    sum[BASICS_EXISTS] = 1;
    const cell = this.newCell(transaction, 0, false, BASICS_WORDS);
    heap.u32.set(sum, cell + CELL_VALUE);
    return cell;
  }

  /**
   * The lane's fold of a credit, when it commits `transaction`: everything below is absolute, so that
   * credits stand above the frontier only and no walk is longer than speculation runs ahead. This one begins at the entry
   * itself: what speculation has put above it would only be in the way.
   */
  fold(row: number, entry: number, transaction: number): void {
    const { heap } = this;
    const word = this.entryCell(entry);
    this.mapCell(word & ENTRY_REFERENCE);
    const below = this.finalFrom(row, heap.i32[entry + ENTRY_NEXT] as number);
    const sum = this.sum.fill(0);
    this.addBalance(sum, below);
    this.addBalance(sum, word & ENTRY_REFERENCE);
    Atomics.store(heap.i32, entry + ENTRY_CELL, this.creditedCell(transaction, below));
  }

  /**
   * Whether {@link fold} could come to more than fits: what wraps around to nothing is an empty account, which EIP-161 deletes,
   * and no sum says that.
   */
  mayWrap(row: number, entry: number): boolean {
    const { heap } = this;
    const credited = this.entryCell(entry) & ENTRY_REFERENCE;
    this.mapCell(credited);
    const version = this.finalFrom(row, heap.i32[entry + ENTRY_NEXT] as number);
    const top = CELL_VALUE + BASICS_BALANCE + U256_WORDS - 1;
    return ((heap.u32[version + top] as number) | (heap.u32[credited + top] as number)) >>> 31 !== 0;
  }

  /** True where `cell` is a reset marker, whose value is zero. */
  isReset(cell: number): boolean {
    this.mapCell(cell);
    return ((this.heap.u32[cell + CELL_TAG] as number) & 1) === 1;
  }

  /** Whether `transaction`, which was answered `cell` at `row`, would be given the same value now. `final` as in {@link resolve}. */
  stillHolds(row: number, transaction: number, cell: number, final = false): boolean {
    // The row may come from another worker's read set, out of a part that this thread has not mapped.
    this.heap.map(row + LOCATION_WORDS);
    if (cell !== 0 && this.untouched(row) === cell) return true;
    return this.resolve(row, transaction, final) === RESOLVED && this.sameValue(row, this.cell, cell);
  }

  /**
   * Whether basics at `row`, of which `transaction` was shown `cell`, have changed in the balance alone, and to one that
   * meets `demand` ({@link WriteSink.balance}); {@link cell} is then what it would be shown now. The beneficiary's are
   * left out: its fees are added up elsewhere.
   */
  meetsDemand(row: number, transaction: number, cell: number, demand: number, final: boolean): boolean {
    if (row === (this.fees as BeneficiaryFees).location) return false;
    if (this.resolve(row, transaction, final) !== RESOLVED) return false;
    this.mapCell(cell);
    const { u32 } = this.heap;
    const now = this.cell + CELL_VALUE;
    if (!equalWords(u32, now, u32, cell + CELL_VALUE, BASICS_BALANCE)) return false;
    const bits = bitLength(u32, now + BASICS_BALANCE);
    if (bits >= MOST_BITS || ((demand & BALANCE_NOT_ZERO) !== 0 && bits === 0)) return false;
    const least = demand & (BALANCE_NOT_ZERO - 1);
    return least === 0 || bits > least;
  }

  /**
   * Puts the balance that `entry` holds, which was worked out from the one in cell `seen`, upon that in cell `now`: for the
   * lane, which has committed the entry's transaction and not yet moved on from it, so that nobody runs exactly above it and
   * everybody else asks again whether what was read still holds.
   */
  rebase(entry: number, seen: number, now: number): void {
    const { heap } = this;
    const written = this.entryCell(entry) & ENTRY_REFERENCE;
    this.mapCell(written);
    this.mapCell(seen);
    this.mapCell(now);
    const { i32 } = heap;
    const cell = this.newCell(
      i32[written + CELL_WRITER] as number,
      (i32[written + CELL_TAG] as number) >>> 1,
      false,
      BASICS_WORDS,
    );
    const { u32 } = heap;
    for (let i = 0; i < BASICS_BALANCE; i++) u32[cell + CELL_VALUE + i] = u32[written + CELL_VALUE + i] as number;
    const at = CELL_VALUE + BASICS_BALANCE;
    let carry = 0;
    for (let i = at; i < at + U256_WORDS; i++) {
      const sum = (u32[written + i] as number) - (u32[seen + i] as number) + (u32[now + i] as number) + carry;
      u32[cell + i] = sum;
      carry = Math.floor(sum / 2 ** 32);
    }
    Atomics.store(heap.i32, entry + ENTRY_CELL, cell);
  }

  /** Whether two cells of one location hold the same value. */
  sameValue(row: number, a: number, b: number): boolean {
    if (a === b) return true;
    if (a === 0 || b === 0) return false;
    const kind = this.heap.u32[row + LOCATION_KIND] as number;
    const aReset = this.isReset(a);
    const bReset = this.isReset(b);
    const count = VALUE_WORDS[kind] as number;
    if (aReset || bReset) return (aReset || this.isZero(a, count)) && (bReset || this.isZero(b, count));
    if (kind === KIND_CODE) return this.codes.equal(a + CELL_VALUE, b + CELL_VALUE);
    return equalWords(this.heap.u32, a + CELL_VALUE, this.heap.u32, b + CELL_VALUE, count);
  }

  private isZero(cell: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.heap.u32[cell + CELL_VALUE + i] !== 0) return false;
    return true;
  }

  /** A new cell for a write of `transaction`, to be filled before {@link publish}. */
  newCell(transaction: number, incarnation: number, reset: boolean, words: number): number {
    const cell = this.arena.alloc(CELL_VALUE + words);
    this.heap.i32[cell + CELL_WRITER] = transaction;
    this.heap.i32[cell + CELL_TAG] = 2 * incarnation + (reset ? 1 : 0);
    return cell;
  }

  /**
   * Makes `cell` the version of `transaction` at `row`; answers the entry, and what it held in `previous`.
   * A new entry holds the cell before the swap that makes it reachable, so that one atomic operation
   * publishes both. With ENTRY_CREDIT in it the cell's balance is added to the version below.
   */
  publish(row: number, transaction: number, cell: number, previous: { cell: number }): number {
    const heap = this.heap;
    heap.map(row + LOCATION_WORDS);
    let fresh = 0;
    // Most locations have no entry: then the swap is the first atomic operation, which fails where this look was wrong.
    if (heap.i32[row + LOCATION_HEAD] === 0) {
      fresh = this.newEntry(transaction, cell);
      if (Atomics.compareExchange(heap.i32, row + LOCATION_HEAD, 0, fresh) === 0) {
        previous.cell = 0;
        return fresh;
      }
    }
    return this.insert(row, transaction, cell, fresh, previous);
  }

  /**
   * {@link publish} of the `count` words at `words[at]` by the first incarnation of `transaction`, which has no entry yet:
   * entry and cell are one piece, and the cell begins {@link ENTRY_WORDS} behind the entry.
   */
  publishFirst(row: number, transaction: number, count: number, words: Uint32Array, at: number): number {
    const { heap } = this;
    heap.map(row + LOCATION_WORDS);
    const entry = this.arena.alloc(ENTRY_WORDS + CELL_VALUE + count);
    const cell = entry + ENTRY_WORDS;
    const { i32, u32 } = heap;
    i32[cell + CELL_WRITER] = transaction;
    i32[cell + CELL_TAG] = 0;
    for (let i = 0; i < count; i++) u32[cell + CELL_VALUE + i] = words[at + i] as number;
    i32[entry + ENTRY_TRANSACTION] = transaction;
    i32[entry + ENTRY_CELL] = cell;
    i32[entry + ENTRY_NEXT] = 0;
    if (i32[row + LOCATION_HEAD] === 0 && Atomics.compareExchange(i32, row + LOCATION_HEAD, 0, entry) === 0)
      return entry;
    return this.insert(row, transaction, cell, entry, { cell: 0 });
  }

  /** Puts `cell` where it belongs in the chain of `row`: into the transaction's entry, or with the new entry `made`, or 0 where none is made yet. */
  private insert(row: number, transaction: number, cell: number, made: number, previous: { cell: number }): number {
    const { heap } = this;
    let fresh = made;
    for (;;) {
      // Walk to the first entry at or below the transaction; `link` is the word that points to it.
      let link = row + LOCATION_HEAD;
      let next = Atomics.load(heap.i32, link);
      while (next !== 0) {
        heap.map(next + ENTRY_WORDS);
        const owner = heap.i32[next + ENTRY_TRANSACTION] as number;
        if (owner === transaction) {
          previous.cell = Atomics.exchange(heap.i32, next + ENTRY_CELL, cell);
          return next;
        }
        if (owner < transaction) break;
        link = next + ENTRY_NEXT;
        next = Atomics.load(heap.i32, link);
      }
      if (fresh === 0) fresh = this.newEntry(transaction, cell);
      heap.i32[fresh + ENTRY_NEXT] = next;
      if (Atomics.compareExchange(heap.i32, link, next, fresh) === next) {
        previous.cell = 0;
        return fresh;
      }
    }
  }

  /** An entry that nobody sees yet, the last of its chain. */
  private newEntry(transaction: number, cell: number): number {
    const entry = this.arena.alloc(ENTRY_WORDS);
    const { i32 } = this.heap;
    i32[entry + ENTRY_TRANSACTION] = transaction;
    i32[entry + ENTRY_CELL] = cell;
    i32[entry + ENTRY_NEXT] = 0;
    return entry;
  }

  /**
   * Makes `cell` the base value of `row` where every transaction below `transaction` has been committed,
   * `transaction` has no entry there from an earlier incarnation, and nobody below has one: true, or false
   * where somebody has, and nothing is done. From here on nobody needs the base value from before: whoever
   * resolves below a committed transaction validates in vain, and its swap of the status word fails. So
   * locations that one thread writes alone never grow a chain.
   */
  settle(row: number, transaction: number, cell: number): boolean {
    const heap = this.heap;
    heap.map(row + LOCATION_WORDS);
    // As in `finalPredecessor`: where nobody below has an entry the head may be looked at without an atomic load.
    if (heap.i32[row + LOCATION_HEAD] !== 0 && this.hasEntryBelow(row, transaction)) return false;
    Atomics.store(heap.i32, row + LOCATION_BASE, cell);
    return true;
  }

  /** Makes `cell` the base value of `row`. Only for a thread that is alone in the block: the store that lets others in releases this one. */
  setBase(row: number, cell: number): void {
    this.heap.i32[row + LOCATION_BASE] = cell;
  }

  /**
   * Makes the `count` words at `words[at]` the base value of `row`: in place where a transaction or a step of the block has
   * made its cell, in a new one otherwise. Only for a thread that is alone in the block: there are no versions above the base
   * value yet, and nobody has a reference to its cell, since exact reads are not recorded, so it need not stay as it is.
   */
  overwrite(row: number, transaction: number, count: number, words: Uint32Array, at: number): void {
    const { heap } = this;
    let cell = heap.i32[row + LOCATION_BASE] as number;
    if (cell === heap.i32[row + LOCATION_ORIGIN]) {
      cell = this.arena.alloc(CELL_VALUE + count);
      heap.i32[row + LOCATION_BASE] = cell;
    }
    const { i32, u32 } = heap;
    i32[cell + CELL_WRITER] = transaction;
    i32[cell + CELL_TAG] = 0;
    for (let i = 0; i < count; i++) u32[cell + CELL_VALUE + i] = words[at + i] as number;
  }

  private hasEntryBelow(row: number, transaction: number): boolean {
    const heap = this.heap;
    for (let entry = Atomics.load(heap.i32, row + LOCATION_HEAD); entry !== 0; ) {
      heap.map(entry + ENTRY_WORDS);
      if ((heap.i32[entry + ENTRY_TRANSACTION] as number) < transaction) return true;
      entry = Atomics.load(heap.i32, entry + ENTRY_NEXT);
    }
    return false;
  }

  /** Takes the version of an entry back: its transaction no longer writes the location. */
  clear(entry: number): void {
    this.heap.map(entry + ENTRY_WORDS);
    Atomics.store(this.heap.i32, entry + ENTRY_CELL, 0);
  }

  /** Turns the version of an entry into an estimate (Block-STM, section 3.2.1). */
  markEstimate(entry: number): void {
    this.heap.map(entry + ENTRY_WORDS);
    const cell = Atomics.load(this.heap.i32, entry + ENTRY_CELL);
    if (cell !== 0) Atomics.store(this.heap.i32, entry + ENTRY_CELL, cell | ENTRY_ESTIMATE);
  }

  /** Cell of an entry, the entry's bits included; 0 where its transaction does not write now. */
  entryCell(entry: number): number {
    this.heap.map(entry + ENTRY_WORDS);
    return Atomics.load(this.heap.i32, entry + ENTRY_CELL);
  }

  /** Incarnation whose cell an entry holds; -1 where it holds none. */
  incarnationAt(entry: number): number {
    const cell = this.entryCell(entry) & ENTRY_REFERENCE;
    if (cell === 0) return -1;
    this.mapCell(cell);
    return (this.heap.u32[cell + CELL_TAG] as number) >>> 1;
  }

  /**
   * Values after `count` transactions have been committed, for state roots and the final state. `over`: nobody runs
   * transactions any more, and this thread has seen that by an atomic load.
   */
  after(count: number, over = false): CurrentValues {
    const fees = this.fees as BeneficiaryFees;
    return {
      summed: fees.location,
      current: (row) => (row === fees.location ? fees.after(count - 1) : this.latest(row, count, over)),
      wasReset: (row) => {
        this.heap.map(row + LOCATION_WORDS);
        const resetRow = this.heap.u32[row + LOCATION_RESET] as number;
        if (resetRow === 0) return false;
        const reset = this.predecessor(resetRow, count);
        return reset !== 0 && this.writer(reset) > this.writer(this.predecessor(row, count));
      },
    };
  }

  /** Version of a committed prefix: the newest is it more often than not. Plain loads where there is no entry, as in {@link finalPredecessor}. */
  private latest(row: number, count: number, over: boolean): number {
    const { heap } = this;
    let entry = heap.i32[row + LOCATION_HEAD] as number;
    if (entry === 0) return heap.i32[row + LOCATION_BASE] as number;
    if (!over) entry = Atomics.load(heap.i32, row + LOCATION_HEAD);
    heap.map(entry + ENTRY_WORDS);
    if ((heap.i32[entry + ENTRY_TRANSACTION] as number) < count) {
      const cell = over ? (heap.i32[entry + ENTRY_CELL] as number) : Atomics.load(heap.i32, entry + ENTRY_CELL);
      if (cell !== 0) return cell;
    }
    return this.predecessor(row, count);
  }

  /** Newest version below `transaction`, the entry's bits included; the base where there is none. */
  private predecessor(row: number, transaction: number): number {
    const heap = this.heap;
    // The row may come from another worker's read set, out of a part that this thread has not mapped.
    heap.map(row + LOCATION_WORDS);
    let entry = Atomics.load(heap.i32, row + LOCATION_HEAD);
    while (entry !== 0) {
      heap.map(entry + ENTRY_WORDS);
      if ((heap.i32[entry + ENTRY_TRANSACTION] as number) < transaction) {
        const cell = Atomics.load(heap.i32, entry + ENTRY_CELL);
        if (cell !== 0) {
          this.mapCell(cell & ENTRY_REFERENCE);
          return cell;
        }
      }
      entry = Atomics.load(heap.i32, entry + ENTRY_NEXT);
    }
    const base = Atomics.load(heap.i32, row + LOCATION_BASE);
    if (base !== 0) this.mapCell(base);
    return base;
  }

  /**
   * {@link predecessor} for the transaction at the frontier, known to be there to this thread by an atomic load (of the
   * frontier, or of the lane's word). An atomic load costs ten times a plain one here, and only what higher transactions
   * publish meanwhile needs one. Whatever lower ones published happens before that load, so that a plain look sees a head
   * that is not null where there is a lower version. From the transaction's own entry down nothing changes any more: new
   * entries there would be of lower transactions. Nobody but the transaction at the frontier replaces the base value.
   */
  private finalPredecessor(row: number, transaction: number): number {
    const heap = this.heap;
    heap.map(row + LOCATION_WORDS);
    if (heap.i32[row + LOCATION_HEAD] !== 0) {
      let entry = Atomics.load(heap.i32, row + LOCATION_HEAD);
      heap.map(entry + ENTRY_WORDS);
      while (entry !== 0 && (heap.i32[entry + ENTRY_TRANSACTION] as number) > transaction) {
        entry = Atomics.load(heap.i32, entry + ENTRY_NEXT);
        heap.map(entry + ENTRY_WORDS);
      }
      if (entry !== 0 && heap.i32[entry + ENTRY_TRANSACTION] === transaction) {
        entry = heap.i32[entry + ENTRY_NEXT] as number;
      }
      return this.finalFrom(row, entry);
    }
    return this.finalFrom(row, 0);
  }

  /** The newest version from `entry` on, all of whose chain is final; the base value of `row` where there is none. */
  private finalFrom(row: number, entry: number): number {
    const heap = this.heap;
    for (let at = entry; at !== 0; at = heap.i32[at + ENTRY_NEXT] as number) {
      heap.map(at + ENTRY_WORDS);
      const cell = heap.i32[at + ENTRY_CELL] as number;
      if (cell === 0) continue;
      this.mapCell(cell & ENTRY_REFERENCE);
      return cell;
    }
    const base = heap.i32[row + LOCATION_BASE] as number;
    if (base !== 0) this.mapCell(base);
    return base;
  }

  /**
   * {@link predecessor} as this thread happens to see it, for speculation. Plain loads are enough where they show a
   * location as nobody has touched it: if somebody has, the read is stale, and the lane finds that out as of any other
   * stale read. The value from before the block is complete, since it was so when the row was found. Whatever else is
   * seen, a version or a base value that a transaction wrote, must be loaded atomically before it is looked into.
   */
  private seenPredecessor(row: number, transaction: number): number {
    const heap = this.heap;
    heap.map(row + LOCATION_WORDS);
    const { i32 } = heap;
    const origin = i32[row + LOCATION_ORIGIN] as number;
    if (i32[row + LOCATION_HEAD] !== 0 || i32[row + LOCATION_BASE] !== origin) {
      return this.predecessor(row, transaction);
    }
    if (origin !== 0) this.mapCell(origin);
    return origin;
  }

  /** Makes a cell readable, whatever its kind; the last cells of a heap cost a look at its size. */
  private mapCell(cell: number): void {
    this.heap.map(cell + CELL_VALUE + BASICS_WORDS);
  }

  private writer(cell: number): number {
    return this.heap.i32[(cell & ENTRY_REFERENCE) + CELL_WRITER] as number;
  }
}
