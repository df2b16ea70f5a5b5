/**
 * The location table: every account's basics, code, storage reset and presence of storage, and every slot that a
 * block touches, interned once to a dense reference. A location holds the value from before
 * the block and the head of its version chain, so that one probe serves the database read and the
 * multi-version read; read sets and write sets are lists of references.
 *
 * An account has one row with all its locations, since most transactions ask for several of them and a row costs
 * misses of the caches; a slot has a row of its own, whose key names its account by reference. Each row holds the
 * cells of what the database says behind it.
 *
 * Rows hang in buckets as linked lists, newest first. Insertion is one compare-and-swap of the
 * bucket's head, which publishes a row that is already complete, base values included: whoever sees
 * the row sees its contents. Rows are never removed while a block runs, so there is no ABA, and a
 * full table only makes lists longer, so it cannot overflow.
 */
import {
  ACCOUNT_BASICS,
  ACCOUNT_CODE,
  ACCOUNT_ROW_WORDS,
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
  LOCATION_BASE,
  LOCATION_HEAD,
  LOCATION_KIND,
  LOCATION_ORIGIN,
  LOCATION_RESET,
  ROW_ADDRESS,
  ROW_BASICS_CELL,
  ROW_CODE,
  ROW_CODE_CELL,
  ROW_HASH,
  ROW_KEY,
  ROW_NEXT,
  ROW_PRESENCE,
  ROW_PRESENCE_CELL,
  ROW_RESET,
  ROW_SLOT,
  ROW_SLOT_CELL,
  ROW_STORED,
  SLOT_ROW_WORDS,
  SLOT_VALUE,
} from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import { type Database, slotHash } from './database.js';
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

/** Where an account's locations stand in its row, by kind. */
const PARTS: Readonly<Record<number, number>> = {
  [KIND_BASICS]: 0,
  [KIND_CODE]: ROW_CODE,
  [KIND_RESET]: ROW_RESET,
  [KIND_PRESENCE]: ROW_PRESENCE,
};

/** The same account's slots come one after the other: its row is found again in one of this many places (a power of two). */
const RECENT_ACCOUNTS = 16;

/** Row of the account to which a location belongs; its address is at {@link ROW_ADDRESS}. */
export function accountOf(u32: Uint32Array, location: number): number {
  const kind = u32[location + LOCATION_KIND] as number;
  if (kind === KIND_STORAGE) return (u32[location + LOCATION_RESET] as number) - ROW_RESET;
  return location - (PARTS[kind] as number);
}

/**
 * Whether a step or a transaction has written the location, as this thread sees it: while others write, that is no more
 * than advice.
 */
export function isWritten(u32: Uint32Array, location: number): boolean {
  return u32[location + LOCATION_HEAD] !== 0 || u32[location + LOCATION_BASE] !== u32[location + LOCATION_ORIGIN];
}

export class LocationTable {
  private database: Database | null = null;
  private buckets = 0;
  private mask = 0;
  /** The rows again, in the order of memory. */
  readonly lists: RowLists;
  /** Rows of accounts whose slots were asked for, by the first word of the address. */
  private readonly recent = new Int32Array(RECENT_ACCOUNTS);

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
    this.recent.fill(0);
  }

  /** Reference of a location without slot; inserts its account where that is new. The address is 5 words at `words[address]`. */
  account(kind: number, words: Uint32Array, address: number): number {
    const recent = this.recent[(words[address] as number) & (RECENT_ACCOUNTS - 1)] as number;
    const known = recent !== 0 && this.isOf(recent, words, address);
    return (known ? recent : this.accountRow(words, address)) + (PARTS[kind] as number);
  }

  /** Reference of the code location of the account whose basics' location is `basics`. */
  code(basics: number): number {
    return basics + ROW_CODE;
  }

  /** Whether the basics' location `basics` is of the account whose address is 5 words at `words[address]`. */
  isOf(basics: number, words: Uint32Array, address: number): boolean {
    return equalWords(this.heap.u32, basics + ROW_ADDRESS, words, address, ADDRESS_WORDS);
  }

  /** Reference of a slot's location; the slot is 8 words at `words[slot]`. */
  slot(words: Uint32Array, address: number, slot: number): number {
    const place = (words[address] as number) & (RECENT_ACCOUNTS - 1);
    let account = this.recent[place] as number;
    if (account === 0 || !this.isOf(account, words, address)) {
      account = this.accountRow(words, address);
      this.recent[place] = account;
    }
    const hash = slotHash(this.heap.i32[account + ROW_HASH] as number, words, slot);
    const head = this.head(hash);
    return (
      this.search(head, 0, hash, account + ROW_RESET, words, slot, U256_WORDS) ||
      this.insertSlot(head, hash, account, words, slot)
    );
  }

  /** Reference of a slot's location as for {@link slot}, but 0 where the block has not met it. */
  slotIfKnown(words: Uint32Array, address: number, slot: number): number {
    const account = this.find(this.accountHash(words, address), 0, words, address, ADDRESS_WORDS);
    if (account === 0) return 0;
    const hash = slotHash(this.heap.i32[account + ROW_HASH] as number, words, slot);
    return this.find(hash, account + ROW_RESET, words, slot, U256_WORDS);
  }

  /** Every location of the block; of those that other threads insert meanwhile, some. */
  *rows(): Generator<number> {
    for (let bucket = this.buckets; bucket <= this.buckets + this.mask; bucket++) {
      for (let row = Atomics.load(this.heap.i32, bucket); row !== 0; row = this.heap.i32[row + ROW_NEXT] as number) {
        this.heap.map(row + ACCOUNT_ROW_WORDS);
        yield row;
        if (this.kind(row) === KIND_STORAGE) continue;
        yield row + ROW_CODE;
        yield row + ROW_RESET;
        yield row + ROW_PRESENCE;
      }
    }
  }

  kind(location: number): number {
    return this.heap.u32[location + LOCATION_KIND] as number;
  }

  private accountRow(words: Uint32Array, address: number): number {
    const hash = this.accountHash(words, address);
    const head = this.head(hash);
    return (
      this.search(head, 0, hash, 0, words, address, ADDRESS_WORDS) || this.insertAccount(head, hash, words, address)
    );
  }

  /** One hash finds an account, or a slot, in this table and in the database's. */
  private accountHash(words: Uint32Array, address: number): number {
    return (this.database as Database).accountHash(words, address);
  }

  private find(hash: number, reset: number, words: Uint32Array, key: number, count: number): number {
    return this.search(this.head(hash), 0, hash, reset, words, key, count);
  }

  /** The newest row in the bucket of `hash`, or 0. */
  private head(hash: number): number {
    return Atomics.load(this.heap.i32, this.buckets + (hash & this.mask));
  }

  /**
   * Looks through a bucket from `from` until `until` (exclusive) for an account's row (`reset` 0, the key is its
   * address) or a slot's (`reset` is its account's reset location). The whole key decides, never its hash alone.
   */
  private search(
    from: number,
    until: number,
    hash: number,
    reset: number,
    words: Uint32Array,
    key: number,
    count: number,
  ): number {
    const heap = this.heap;
    let row = from;
    while (row !== until) {
      heap.map(row + ACCOUNT_ROW_WORDS);
      const u32 = heap.u32;
      if (
        heap.i32[row + ROW_HASH] === hash &&
        u32[row + LOCATION_RESET] === reset &&
        equalWords(u32, row + ROW_KEY, words, key, count)
      ) {
        return row;
      }
      row = u32[row + ROW_NEXT] as number;
    }
    return 0;
  }

  /**
   * Makes a row that is complete reachable, where the bucket had no such row as long as `head` was its newest; answers
   * it, or the one that another thread inserted meanwhile.
   */
  private publish(
    row: number,
    head: number,
    hash: number,
    reset: number,
    words: Uint32Array,
    key: number,
    count: number,
  ): number {
    const { heap } = this;
    const bucket = this.buckets + (hash & this.mask);
    let seen = head;
    for (;;) {
      heap.u32[row + ROW_NEXT] = seen;
      const newest = Atomics.compareExchange(heap.i32, bucket, seen, row);
      if (newest === seen) {
        this.lists.add(row);
        return row;
      }
      // Only rows that came since the last look can be the same, inserted by another thread.
      const other = this.search(newest, seen, hash, reset, words, key, count);
      if (other !== 0) return other;
      seen = newest;
    }
  }

  private insertAccount(head: number, hash: number, words: Uint32Array, address: number): number {
    const row = this.arena.alloc(ACCOUNT_ROW_WORDS);
    const database = this.database as Database;
    const stored = database.findAccount(words, address, hash);
    const source = database.heap.u32;
    const u32 = this.heap.u32;
    this.heap.i32[row + ROW_HASH] = hash;
    u32[row + ROW_STORED] = stored;
    for (let i = 0; i < ADDRESS_WORDS; i++) u32[row + ROW_ADDRESS + i] = words[address + i] as number;
    this.location(row, KIND_BASICS, row + ROW_BASICS_CELL, 0);
    this.location(row + ROW_CODE, KIND_CODE, row + ROW_CODE_CELL, 0);
    this.location(row + ROW_RESET, KIND_RESET, 0, 0);
    this.location(row + ROW_PRESENCE, KIND_PRESENCE, row + ROW_PRESENCE_CELL, row + ROW_RESET);
    this.cell(row + ROW_BASICS_CELL);
    this.cell(row + ROW_CODE_CELL);
    this.cell(row + ROW_PRESENCE_CELL);
    const basics = row + ROW_BASICS_CELL + CELL_VALUE;
    const code = row + ROW_CODE_CELL + CELL_VALUE;
    const presence = row + ROW_PRESENCE_CELL + CELL_VALUE;
    u32[code + CODE_CELL_HEAP] = CODE_IN_DATABASE;
    if (stored === 0) {
      for (let i = 0; i < BASICS_WORDS; i++) u32[basics + i] = 0;
      u32[code + CODE_CELL_REFERENCE] = 0;
      u32[presence] = 0;
    } else {
      for (let i = 0; i < BASICS_WORDS; i++) u32[basics + i] = source[stored + ACCOUNT_BASICS + i] as number;
      u32[code + CODE_CELL_REFERENCE] = source[stored + ACCOUNT_CODE] as number;
      u32[presence] = source[stored + ACCOUNT_SLOT_COUNT] === 0 ? 0 : 1;
    }
    return this.publish(row, head, hash, 0, words, address, ADDRESS_WORDS);
  }

  private insertSlot(head: number, hash: number, account: number, words: Uint32Array, slot: number): number {
    const row = this.arena.alloc(SLOT_ROW_WORDS);
    const database = this.database as Database;
    const u32 = this.heap.u32;
    const stored = u32[account + ROW_STORED] as number;
    const found = stored === 0 ? 0 : database.findSlot(stored, words, slot, hash);
    this.heap.i32[row + ROW_HASH] = hash;
    for (let i = 0; i < U256_WORDS; i++) u32[row + ROW_SLOT + i] = words[slot + i] as number;
    this.location(row, KIND_STORAGE, row + ROW_SLOT_CELL, account + ROW_RESET);
    this.cell(row + ROW_SLOT_CELL);
    const value = row + ROW_SLOT_CELL + CELL_VALUE;
    if (found === 0) {
      for (let i = 0; i < U256_WORDS; i++) u32[value + i] = 0;
    } else {
      const source = database.heap.u32;
      for (let i = 0; i < U256_WORDS; i++) u32[value + i] = source[found + SLOT_VALUE + i] as number;
    }
    return this.publish(row, head, hash, account + ROW_RESET, words, slot, U256_WORDS);
  }

  /** Writes a location whose value before the block stands in `cell`, both its origin and its base. */
  private location(at: number, kind: number, cell: number, reset: number): void {
    const { u32 } = this.heap;
    u32[at + LOCATION_KIND] = kind;
    u32[at + LOCATION_ORIGIN] = cell;
    u32[at + LOCATION_BASE] = cell;
    u32[at + LOCATION_HEAD] = 0;
    u32[at + LOCATION_RESET] = reset;
  }

  private cell(at: number): void {
    this.heap.i32[at + CELL_WRITER] = CELL_FROM_DATABASE;
    this.heap.u32[at + CELL_TAG] = 0;
  }
}
