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
 * What the database holds is found by the place that it has there (`places.ts`), where the database has lent its places
 * for the block. All else hangs in buckets as linked lists, newest first. Insertion is one compare-and-swap of the
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
import { Places } from './places.js';
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

/** Where a table stands. */
export interface TablePlace {
  /** Its buckets, and their number less one. */
  readonly buckets: number;
  readonly mask: number;
  /** What its database has lent for it (`Database.lend`), or 0. */
  readonly lent: number;
}

export class LocationTable {
  private database: Database | null = null;
  private buckets = 0;
  private mask = 0;
  /** The rows again, in the order of memory. */
  readonly lists: RowLists;
  /** Rows of accounts whose slots were asked for, by the first word of the address. */
  private readonly recent = new Int32Array(RECENT_ACCOUNTS);
  private readonly places: Places;
  /** Whether rows hang in buckets, all of them; else only those that the database does not hold. */
  private inBuckets = true;
  /** Newest row of the bucket that was looked into last. */
  private newest = 0;

  constructor(
    readonly heap: SharedHeap,
    private readonly arena: Arena,
  ) {
    this.lists = new RowLists(heap, arena);
    this.places = new Places(heap);
  }

  /**
   * Allocates an empty table of about `expected` rows for a block over `database`, which has lent its places for `lent`, or
   * not (0); answers where it stands, for {@link open}.
   */
  create(database: Database, expected: number, lent = 0): TablePlace {
    let size = 256;
    while (size < expected) size *= 2;
    // Behind the buckets stands the head of the lists of rows.
    const buckets = this.heap.reserve(size + 1);
    this.heap.u32.fill(0, buckets, buckets + size + 1);
    const place = { buckets, mask: size - 1, lent };
    this.open(database, place);
    return place;
  }

  /** Uses the table that another thread created. */
  open(database: Database, { buckets, mask, lent }: TablePlace): void {
    this.database = database;
    this.places.open(database.heap, lent);
    this.inBuckets = lent === 0;
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
    return this.findSlot(hash, account, words, slot) || this.insertSlot(hash, account, words, slot);
  }

  /** Reference of a slot's location as for {@link slot}, but 0 where the block has not met it. */
  slotIfKnown(words: Uint32Array, address: number, slot: number): number {
    const account = this.findAccount(this.accountHash(words, address), words, address);
    if (account === 0) return 0;
    return this.findSlot(slotHash(this.heap.i32[account + ROW_HASH] as number, words, slot), account, words, slot);
  }

  /** The database has its places back: to look for a location would not find what stands there, and throws. {@link rows} stay. */
  close(): void {
    this.places.close();
  }

  /**
   * Every location of the block. Other threads may insert some meanwhile where the database has lent nothing; of those it
   * tells some.
   */
  *rows(): Generator<number> {
    const { heap } = this;
    for (const row of this.inBuckets ? this.rowsInBuckets() : this.lists.rows()) {
      heap.map(row + ACCOUNT_ROW_WORDS);
      yield row;
      if (this.kind(row) === KIND_STORAGE) continue;
      yield row + ROW_CODE;
      yield row + ROW_RESET;
      yield row + ROW_PRESENCE;
    }
  }

  private *rowsInBuckets(): Generator<number> {
    for (let bucket = this.buckets; bucket <= this.buckets + this.mask; bucket++) {
      for (let row = Atomics.load(this.heap.i32, bucket); row !== 0; row = this.heap.i32[row + ROW_NEXT] as number) {
        this.heap.map(row + ACCOUNT_ROW_WORDS);
        yield row;
      }
    }
  }

  kind(location: number): number {
    return this.heap.u32[location + LOCATION_KIND] as number;
  }

  private accountRow(words: Uint32Array, address: number): number {
    const hash = this.accountHash(words, address);
    return this.findAccount(hash, words, address) || this.insertAccount(hash, words, address);
  }

  /** One hash finds an account, or a slot, in this table and in the database's. */
  private accountHash(words: Uint32Array, address: number): number {
    return (this.database as Database).accountHash(words, address);
  }

  /**
   * The account's row, or 0: it belongs where `places.found` says then, or behind {@link newest} in its bucket. Both are those
   * of the last look.
   */
  private findAccount(hash: number, words: Uint32Array, address: number): number {
    const { places } = this;
    if (places.lent) {
      const row = places.account(hash, words, address);
      if (row !== 0 || places.found !== 0) return row;
    } else this.expectOpen();
    this.newest = this.head(hash);
    return this.search(this.newest, 0, hash, 0, words, address, ADDRESS_WORDS);
  }

  private expectOpen(): void {
    if (!this.inBuckets) throw new TypeError('a location was looked for in a table that has been closed');
  }

  /** {@link findAccount} for a slot of the account whose row is `account`. */
  private findSlot(hash: number, account: number, words: Uint32Array, slot: number): number {
    const { places } = this;
    if (places.lent) {
      const stored = this.heap.u32[account + ROW_STORED] as number;
      if (stored === 0) places.found = 0;
      else {
        const row = places.slot(hash, stored, account + ROW_RESET, words, slot);
        if (row !== 0 || places.found !== 0) return row;
      }
    } else this.expectOpen();
    this.newest = this.head(hash);
    return this.search(this.newest, 0, hash, account + ROW_RESET, words, slot, U256_WORDS);
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
   * Makes a row that is complete reachable: at the database's `place`, or where that is 0 in its bucket, which had no such row
   * as long as {@link newest} was its newest. Answers it, or the one that another thread inserted meanwhile.
   */
  private publish(
    row: number,
    place: number,
    hash: number,
    reset: number,
    words: Uint32Array,
    key: number,
    count: number,
  ): number {
    const { heap } = this;
    if (place !== 0) {
      const published = this.places.publish(place, row);
      if (published === row) this.lists.add(row);
      return published;
    }
    const bucket = this.buckets + (hash & this.mask);
    let seen = this.newest;
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

  private insertAccount(hash: number, words: Uint32Array, address: number): number {
    const { places } = this;
    const { found } = places;
    const row = this.arena.alloc(ACCOUNT_ROW_WORDS);
    const database = this.database as Database;
    let stored = found === 0 ? 0 : places.storedRow;
    if (!places.lent) stored = database.findAccount(words, address, hash);
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
    return this.publish(row, found, hash, 0, words, address, ADDRESS_WORDS);
  }

  private insertSlot(hash: number, account: number, words: Uint32Array, slot: number): number {
    const { places } = this;
    const place = places.found;
    const row = this.arena.alloc(SLOT_ROW_WORDS);
    const database = this.database as Database;
    const u32 = this.heap.u32;
    const stored = u32[account + ROW_STORED] as number;
    let found = place === 0 ? 0 : places.storedRow;
    if (!places.lent && stored !== 0) found = database.findSlot(stored, words, slot, hash);
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
    return this.publish(row, place, hash, account + ROW_RESET, words, slot, U256_WORDS);
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
