/**
 * The location table: every account's basics, code and storage reset and every slot that a block
 * touches, interned once to a dense reference (design, section 4). A row holds the key, the value
 * from before the block and the head of the location's version chain, so that one probe serves the
 * database read and the multi-version read; read sets and write sets are lists of references.
 *
 * Rows hang in buckets as linked lists, newest first. Insertion is one compare-and-swap of the
 * bucket's head, which publishes a row that is already complete, base value included: whoever sees
 * the row sees its contents. Rows are never removed while a block runs, so there is no ABA, and a
 * full table only makes lists longer, so it cannot overflow.
 */
import {
  ACCOUNT_BASICS,
  ACCOUNT_CODE,
  ACCOUNT_SLOT_COUNT,
  CELL_FROM_DATABASE,
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  CODE_CELL_HEAP,
  CODE_CELL_REFERENCE,
  CODE_CELL_WORDS,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  KIND_STORAGE,
  LOCATION_ADDRESS,
  LOCATION_BASE,
  LOCATION_CODE,
  LOCATION_HASH,
  LOCATION_HEAD,
  LOCATION_KIND,
  LOCATION_NEXT,
  LOCATION_ORIGIN,
  LOCATION_RESET,
  LOCATION_SLOT,
  LOCATION_WORDS,
  SLOT_VALUE,
} from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import type { Database } from './database.js';
import { finishHash, hashWords } from './hash.js';
import type { Arena, SharedHeap } from './heap.js';
import { RowLists } from './row-lists.js';
import { BASICS_WORDS } from './view.js';

/** Which heap a code cell points into. */
export const CODE_IN_DATABASE = 0;
export const CODE_IN_BLOCK = 1;

/** Words of a cell's value, by kind of location. */
export const VALUE_WORDS: Readonly<Record<number, number>> = {
  [KIND_BASICS]: BASICS_WORDS,
  [KIND_CODE]: CODE_CELL_WORDS,
  [KIND_STORAGE]: U256_WORDS,
  [KIND_RESET]: 0,
  [KIND_PRESENCE]: 1,
};

export class LocationTable {
  private database: Database | null = null;
  private buckets = 0;
  private mask = 0;
  /** The rows again, in the order of memory. */
  readonly lists: RowLists;

  constructor(
    readonly heap: SharedHeap,
    private readonly arena: Arena,
  ) {
    this.lists = new RowLists(heap, arena);
  }

  /** Allocates an empty table of about `expected` rows for a block over `database`; answers its place for {@link open}. */
  create(database: Database, expected: number): { buckets: number; mask: number } {
    let size = 256;
    while (size < expected) size *= 2;
    // Behind the buckets stands the head of the lists of rows.
    const buckets = this.heap.reserve(size + 1);
    this.heap.u32.fill(0, buckets, buckets + size + 1);
    this.open(database, buckets, size - 1);
    return { buckets, mask: size - 1 };
  }

  /** Uses the table that another thread created. */
  open(database: Database, buckets: number, mask: number): void {
    this.database = database;
    this.buckets = buckets;
    this.mask = mask;
    this.heap.map(buckets + mask + 2);
    this.lists.open(buckets + mask + 1);
  }

  /** Reference of a location without slot; inserts it where it is new. The address is 5 words at `words[address]`. */
  account(kind: number, words: Uint32Array, address: number): number {
    const hash = finishHash(hashWords(words, address, ADDRESS_WORDS, kind));
    return this.find(hash, kind, words, address, 0) || this.insert(hash, kind, words, address, 0);
  }

  /** Reference of the code location of an account whose basics' location is `basics`; the address as for {@link account}. */
  code(basics: number, words: Uint32Array, address: number): number {
    const { i32 } = this.heap;
    // Locations are interned, so that whoever stores here stores the same reference.
    const known = Atomics.load(i32, basics + LOCATION_CODE);
    if (known !== 0) {
      this.heap.map(known + LOCATION_WORDS);
      return known;
    }
    const row = this.account(KIND_CODE, words, address);
    Atomics.store(i32, basics + LOCATION_CODE, row);
    return row;
  }

  /** Whether the location is of the account whose address is 5 words at `words[address]`. */
  isOf(row: number, words: Uint32Array, address: number): boolean {
    return equalWords(this.heap.u32, row + LOCATION_ADDRESS, words, address, ADDRESS_WORDS);
  }

  /** Reference of a slot's location; the slot is 8 words at `words[slot]`. */
  slot(words: Uint32Array, address: number, slot: number): number {
    const hash = finishHash(hashWords(words, slot, U256_WORDS, hashWords(words, address, ADDRESS_WORDS, KIND_STORAGE)));
    return this.find(hash, KIND_STORAGE, words, address, slot) || this.insert(hash, KIND_STORAGE, words, address, slot);
  }

  /** Reference of a slot's location as for {@link slot}, but 0 where the block has not met it. */
  slotIfKnown(words: Uint32Array, address: number, slot: number): number {
    const hash = finishHash(hashWords(words, slot, U256_WORDS, hashWords(words, address, ADDRESS_WORDS, KIND_STORAGE)));
    return this.find(hash, KIND_STORAGE, words, address, slot);
  }

  /** Every location of the block; of those that other threads insert meanwhile, some. */
  *rows(): Generator<number> {
    for (let bucket = this.buckets; bucket <= this.buckets + this.mask; bucket++) {
      for (
        let row = Atomics.load(this.heap.i32, bucket);
        row !== 0;
        row = this.heap.i32[row + LOCATION_NEXT] as number
      ) {
        this.heap.map(row + LOCATION_WORDS);
        yield row;
      }
    }
  }

  kind(row: number): number {
    return this.heap.u32[row + LOCATION_KIND] as number;
  }

  private find(hash: number, kind: number, words: Uint32Array, address: number, slot: number): number {
    const head = Atomics.load(this.heap.i32, this.buckets + (hash & this.mask));
    return this.search(head, 0, hash, kind, words, address, slot);
  }

  /** Looks through a bucket from `from` until `until` (exclusive). The whole key decides, never its hash alone. */
  private search(
    from: number,
    until: number,
    hash: number,
    kind: number,
    words: Uint32Array,
    address: number,
    slot: number,
  ): number {
    const heap = this.heap;
    let row = from;
    while (row !== until) {
      heap.map(row + LOCATION_WORDS);
      const u32 = heap.u32;
      if (
        u32[row + LOCATION_HASH] === hash &&
        u32[row + LOCATION_KIND] === kind &&
        equalWords(u32, row + LOCATION_ADDRESS, words, address, ADDRESS_WORDS) &&
        (kind !== KIND_STORAGE || equalWords(u32, row + LOCATION_SLOT, words, slot, U256_WORDS))
      ) {
        return row;
      }
      row = u32[row + LOCATION_NEXT] as number;
    }
    return 0;
  }

  private insert(hash: number, kind: number, words: Uint32Array, address: number, slot: number): number {
    const reset = kind === KIND_STORAGE || kind === KIND_PRESENCE ? this.account(KIND_RESET, words, address) : 0;
    const row = this.arena.alloc(LOCATION_WORDS);
    const u32 = this.heap.u32;
    u32[row + LOCATION_HASH] = hash;
    u32[row + LOCATION_KIND] = kind;
    for (let i = 0; i < ADDRESS_WORDS; i++) u32[row + LOCATION_ADDRESS + i] = words[address + i] as number;
    if (kind === KIND_STORAGE) {
      for (let i = 0; i < U256_WORDS; i++) u32[row + LOCATION_SLOT + i] = words[slot + i] as number;
    }
    u32[row + LOCATION_HEAD] = 0;
    u32[row + LOCATION_CODE] = 0;
    u32[row + LOCATION_RESET] = reset;
    this.fillOrigin(row, kind, words, address, slot);
    const bucket = this.buckets + (hash & this.mask);
    let seen = 0;
    for (;;) {
      const head = Atomics.load(this.heap.i32, bucket);
      // Only rows that came since the last look can be the same location, inserted by another thread.
      const other = this.search(head, seen, hash, kind, words, address, slot);
      if (other !== 0) return other;
      this.heap.u32[row + LOCATION_NEXT] = head;
      if (Atomics.compareExchange(this.heap.i32, bucket, head, row) === head) {
        this.lists.add(row);
        return row;
      }
      seen = head;
    }
  }

  /** Reads the database's value into a cell, which is both the origin and the base of a new row. */
  private fillOrigin(row: number, kind: number, words: Uint32Array, address: number, slot: number): void {
    const heap = this.heap;
    if (kind === KIND_RESET) {
      heap.u32[row + LOCATION_ORIGIN] = 0;
      heap.u32[row + LOCATION_BASE] = 0;
      return;
    }
    const database = this.database as Database;
    const source = database.heap.u32;
    const size = VALUE_WORDS[kind] as number;
    const cell = this.arena.alloc(CELL_VALUE + size);
    const u32 = heap.u32;
    heap.i32[cell + CELL_WRITER] = CELL_FROM_DATABASE;
    u32[cell + CELL_TAG] = 0;
    for (let i = 0; i < size; i++) u32[cell + CELL_VALUE + i] = 0;
    const account = database.findAccount(words, address);
    if (account !== 0) {
      if (kind === KIND_BASICS) {
        for (let i = 0; i < BASICS_WORDS; i++)
          u32[cell + CELL_VALUE + i] = source[account + ACCOUNT_BASICS + i] as number;
      } else if (kind === KIND_CODE) {
        u32[cell + CELL_VALUE + CODE_CELL_HEAP] = CODE_IN_DATABASE;
        u32[cell + CELL_VALUE + CODE_CELL_REFERENCE] = source[account + ACCOUNT_CODE] as number;
      } else if (kind === KIND_PRESENCE) {
        u32[cell + CELL_VALUE] = source[account + ACCOUNT_SLOT_COUNT] === 0 ? 0 : 1;
      } else {
        const found = database.findSlot(account, words, slot);
        if (found !== 0)
          for (let i = 0; i < U256_WORDS; i++) u32[cell + CELL_VALUE + i] = source[found + SLOT_VALUE + i] as number;
      }
    }
    u32[row + LOCATION_ORIGIN] = cell;
    u32[row + LOCATION_BASE] = cell;
  }
}
