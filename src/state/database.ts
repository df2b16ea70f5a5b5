/**
 * The in-memory database: accounts, slots and codes in shared memory. It is written by its owner
 * between blocks and read by every worker while a block runs, so reads need no synchronisation.
 *
 * Accounts and slots live in rows that never move; two open-addressed tables find them, and the rows
 * are linked (accounts in order of arrival, slots per account) so that they can be walked for roots
 * and wiped by a reset. Next to each reference the tables hold the row's hash, since a look at a row
 * that turns out to be another one's is a miss of the caches in a large state.
 */
import {
  ACCOUNT_ADDRESS,
  ACCOUNT_BASICS,
  ACCOUNT_CODE,
  ACCOUNT_NEXT,
  ACCOUNT_SLOT_COUNT,
  ACCOUNT_SLOTS,
  ACCOUNT_WORDS,
  CODE_LENGTH,
  DB_ACCOUNT_COUNT,
  DB_ACCOUNT_MASK,
  DB_ACCOUNT_TABLE,
  DB_END,
  DB_EPOCH,
  DB_FIRST_ACCOUNT,
  DB_LAST_ACCOUNT,
  DB_LENT,
  DB_LOCATIONS,
  DB_SEED,
  DB_SLOT_COUNT,
  DB_SLOT_MASK,
  DB_SLOT_TABLE,
  PLACE_HASH,
  PLACE_LOCATION,
  PLACE_ROW,
  PLACE_WORDS,
  SLOT_ACCOUNT,
  SLOT_KEY,
  SLOT_NEXT,
  SLOT_VALUE,
  SLOT_WORDS,
} from '../layout.js';
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../primitives/bytes.js';
import { codeHash, EMPTY_CODE_HASH } from '../primitives/crypto.js';
import {
  ADDRESS_WORDS,
  bytesToWords,
  equalWords,
  readWords,
  U256_WORDS,
  wordsToBytes,
  writeWords,
} from '../primitives/words.js';
import type { AccountState } from './account.js';
import { codeWords, hashOfCode, readCode, wordsOfCode, writeCode } from './code-record.js';
import type { AccountBasics, StateDiff } from './diff.js';
import { finishHash, hashWords } from './hash.js';
import { Arena, HEAP_MAXIMUM_WORDS, SharedHeap, type SharedMemory } from './heap.js';
import { letGo } from './let-go.js';
import { type AccountLeaf, stateRoot } from './root.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE, BASICS_WORDS, type Code } from './view.js';

const INITIAL_TABLE = 64;

let identities = 0;

/** A value that its field of a database row cannot hold, since it does not fit or is of another type: `field` names it. */
export class DatabaseValueError extends RangeError {
  override readonly name = 'DatabaseValueError';
  constructor(
    readonly address: Hex,
    readonly field: string,
    detail: string,
  ) {
    super(`account ${address} ${field}: ${detail}`);
  }
}

function checkUint(value: bigint, bits: bigint, address: Hex, field: string): void {
  if (typeof value !== 'bigint') throw new DatabaseValueError(address, field, `a bigint expected, not ${typeof value}`);
  if (value < 0n || value >> bits !== 0n) throw new DatabaseValueError(address, field, `does not fit in ${bits} bits`);
}

/** The code, which must be bytes: a hex string has a length and elements too. */
function checkedCode(code: Uint8Array, address: Hex): Uint8Array {
  // Not `instanceof`: bytes may come from another realm.
  if (code?.BYTES_PER_ELEMENT === 1) return code;
  throw new DatabaseValueError(address, 'code', `a Uint8Array expected, not ${typeof code}`);
}

export interface DatabaseOptions {
  /**
   * What the hash tables are seeded with, the executors' included; 32 bits count. By default a number that is the same
   * in every run, so that runs can be repeated. Whoever knows it can choose addresses and slots that all collide: give a
   * secret one (`crypto.randomInt(2 ** 32)`) where transactions come from strangers.
   */
  readonly seed?: number;
}

/** Up to here there is room above a base for any reference, in a signed word. */
const MOST_BASE = 2 ** 31 - HEAP_MAXIMUM_WORDS;

/** Words that the database takes from its heap at once. */
const CHUNK_WORDS = 1024;

export class Database {
  /** Distinguishes the databases that one thread has made. */
  readonly identity: number;
  readonly heap: SharedHeap;
  /** Owner's index of code records by hash, so that equal codes are stored once. */
  private readonly codes = new Map<string, number>();
  /** Rows and codes stand close together. */
  private readonly arena: Arena;
  private readonly key = new Uint32Array(ADDRESS_WORDS + U256_WORDS);

  private constructor(
    heap: SharedHeap,
    identity: number,
    private readonly seed: number,
  ) {
    this.heap = heap;
    this.identity = identity;
    this.arena = new Arena(heap, CHUNK_WORDS);
  }

  /** An empty database. Throws {@link RangeError} where the seed is no whole number. */
  static create({ seed }: DatabaseOptions = {}): Database {
    // Whatever is none would be 0 in 32 bits, which is no secret.
    if (seed !== undefined && !Number.isInteger(seed)) throw new RangeError(`seed must be a whole number, not ${seed}`);
    // Those before may have been dropped.
    letGo.settle();
    const identity = ++identities;
    // A fixed odd constant mixed with the identity: runs stay reproducible, tables of different databases still
    // collide differently.
    const database = new Database(SharedHeap.create(DB_END, 16384), identity, seed ?? 0x9e3779b1 ^ identity);
    database.clear();
    return database;
  }

  /** A database that holds `accounts` (address, 20-byte hex, to state). Throws as {@link load} does. */
  static from(accounts: Iterable<readonly [Hex, AccountState]>, options: DatabaseOptions = {}): Database {
    const database = Database.create(options);
    database.load(accounts);
    return database;
  }

  /** The same database in a worker, for reading. Executors see what its owner has added since; whoever else reads it calls `heap.refresh()` before. */
  static attach(memory: SharedMemory, identity: number): Database {
    return new Database(SharedHeap.attach(memory), identity, 0);
  }

  /** Changes when the database is cleared: references into it are then void. */
  get epoch(): number {
    return this.heap.u32[DB_EPOCH] as number;
  }

  /** Removes everything. No block may be running over the database. */
  clear(): void {
    this.heap.reset(DB_END);
    this.arena.reset();
    this.codes.clear();
    const u32 = this.heap.u32;
    const epoch = this.epoch;
    // Whoever has the places must still be the one who gives them back, and bases go on.
    const lent = u32[DB_LENT] as number;
    const locations = u32[DB_LOCATIONS] as number;
    u32.fill(0, DB_ACCOUNT_TABLE, DB_END);
    u32[DB_LENT] = lent;
    u32[DB_LOCATIONS] = locations;
    u32[DB_EPOCH] = epoch + 1;
    u32[DB_SEED] = finishHash(this.seed);
    this.heap.u32[DB_ACCOUNT_TABLE] = this.table(INITIAL_TABLE);
    this.heap.u32[DB_ACCOUNT_MASK] = INITIAL_TABLE - 1;
    this.heap.u32[DB_SLOT_TABLE] = this.table(INITIAL_TABLE);
    this.heap.u32[DB_SLOT_MASK] = INITIAL_TABLE - 1;
  }

  /**
   * Adds accounts, replacing those that exist. Throws {@link DatabaseValueError} where a key or a value does not fit,
   * {@link RangeError} where a key is no hex, and `HeapExhaustedError` where 1 GiB is full; the accounts before it are added then,
   * and a part of the one that it is about: {@link clear} the database, or load that account again.
   */
  load(accounts: Iterable<readonly [Hex, AccountState]>): void {
    for (const [address, account] of accounts) {
      const row = this.accountRow(this.addressKey(address));
      this.writeBasics(row, address, account);
      this.heap.u32[row + ACCOUNT_CODE] = this.storeCode(checkedCode(account.code, address));
      for (
        let slot = this.heap.u32[row + ACCOUNT_SLOTS] as number;
        slot !== 0;
        slot = this.heap.u32[slot + SLOT_NEXT] as number
      ) {
        this.writeSlot(row, slot, address, 0n);
      }
      for (const [slot, value] of account.storage) this.setSlot(row, address, slot, value);
    }
  }

  /** Moves the database forward over a block. Throws as {@link load} does; a part of the block is applied then. */
  apply(diff: StateDiff): void {
    for (const [address, change] of diff) {
      const row = this.accountRow(this.addressKey(address));
      this.writeBasics(row, address, change.after);
      if (change.code) this.heap.u32[row + ACCOUNT_CODE] = this.storeCode(checkedCode(change.code.after, address));
      for (const [slot, value] of change.storage) this.setSlot(row, address, slot, value.after);
    }
  }

  /** Undoes {@link apply} of the same diff. Throws as {@link load} does. */
  revert(diff: StateDiff): void {
    for (const [address, change] of diff) {
      const row = this.accountRow(this.addressKey(address));
      this.writeBasics(row, address, change.before);
      if (change.code) this.heap.u32[row + ACCOUNT_CODE] = this.storeCode(checkedCode(change.code.before, address));
      for (const [slot, value] of change.storage) this.setSlot(row, address, slot, value.before);
    }
  }

  /** An account, or null where it is absent. Throws {@link DatabaseValueError} unless the address is 20 bytes. */
  account(address: Hex): { nonce: bigint; balance: bigint; codeHash: Hex } | null {
    const row = this.findAccount(this.addressKey(address), 0);
    if (row === 0) return null;
    const basics = this.basicsOf(row);
    return basics === null ? null : { ...basics, codeHash: bytesToHex(this.codeHashOf(row)) };
  }

  /** Value of a slot; 0 where there is none. Throws {@link DatabaseValueError} unless the address is 20 bytes and the slot 32. */
  storage(address: Hex, slot: Hex): bigint {
    const key = this.addressKey(address);
    this.slotKey(address, slot);
    const row = this.findAccount(key, 0);
    if (row === 0) return 0n;
    const found = this.findSlot(row, key, ADDRESS_WORDS);
    return found === 0 ? 0n : readWords(this.heap.u32, found + SLOT_VALUE, U256_WORDS);
  }

  /** Code of an account; empty where there is none. Throws {@link DatabaseValueError} unless the address is 20 bytes. */
  code(address: Hex): Uint8Array {
    const row = this.findAccount(this.addressKey(address), 0);
    return row === 0 ? EMPTY_BYTES : this.codeOf(row).bytes;
  }

  /** Every account that exists, with its storage. */
  *accounts(): Generator<[Hex, AccountState]> {
    for (const row of this.accountRows()) {
      const basics = this.basicsOf(row);
      if (basics === null) continue;
      const storage = new Map<Hex, bigint>();
      for (const [slot, value] of this.slotsOf(row)) storage.set(bytesToHex(slot), value);
      yield [
        bytesToHex(wordsToBytes(this.heap.u32, row + ACCOUNT_ADDRESS, ADDRESS_WORDS)),
        { ...basics, code: this.codeOf(row).bytes, storage },
      ];
    }
  }

  /** State root (yellow paper, section 4.1), 32 bytes, computed over all accounts. */
  stateRoot(): Uint8Array {
    return stateRoot(this.leaves());
  }

  private *leaves(): Generator<AccountLeaf> {
    for (const row of this.accountRows()) {
      const basics = this.basicsOf(row);
      if (basics === null) continue;
      yield {
        address: wordsToBytes(this.heap.u32, row + ACCOUNT_ADDRESS, ADDRESS_WORDS),
        ...basics,
        codeHash: this.codeHashOf(row),
        storage: this.slotsOf(row),
      };
    }
  }

  // ---- Rows, for the engine ------------------------------------------------------------------------

  *accountRows(): Generator<number> {
    for (
      let row = this.heap.u32[DB_FIRST_ACCOUNT] as number;
      row !== 0;
      row = this.heap.u32[row + ACCOUNT_NEXT] as number
    ) {
      yield row;
    }
  }

  basicsOf(row: number): AccountBasics | null {
    const u32 = this.heap.u32;
    if (u32[row + ACCOUNT_BASICS + BASICS_EXISTS] === 0) return null;
    return {
      nonce: readWords(u32, row + ACCOUNT_BASICS + BASICS_NONCE, 2),
      balance: readWords(u32, row + ACCOUNT_BASICS + BASICS_BALANCE, U256_WORDS),
    };
  }

  /** Slots of an account that are not zero: key (32 bytes) and value. */
  *slotsOf(row: number): Generator<[Uint8Array, bigint]> {
    for (
      let slot = this.heap.u32[row + ACCOUNT_SLOTS] as number;
      slot !== 0;
      slot = this.heap.u32[slot + SLOT_NEXT] as number
    ) {
      const value = readWords(this.heap.u32, slot + SLOT_VALUE, U256_WORDS);
      if (value !== 0n) yield [wordsToBytes(this.heap.u32, slot + SLOT_KEY, U256_WORDS), value];
    }
  }

  codeOf(row: number): Code {
    return readCode(this.heap, this.heap.u32[row + ACCOUNT_CODE] as number);
  }

  /** Hash of a row's code, without a copy of the code. */
  codeHashOf(row: number): Uint8Array {
    const code = this.heap.u32[row + ACCOUNT_CODE] as number;
    return code === 0 ? EMPTY_CODE_HASH : hashOfCode(this.heap.u32, code);
  }

  /** Hash by which the account whose address is 5 words at `words[at]` is found here; seeded. */
  accountHash(words: Uint32Array, at: number): number {
    return finishHash(hashWords(words, at, ADDRESS_WORDS, this.heap.i32[DB_SEED] as number));
  }

  /** Row of the account whose address is 5 words at `words[at]`, or 0; `hash` is its {@link accountHash}. */
  findAccount(words: Uint32Array, at: number, hash = this.accountHash(words, at)): number {
    const { i32, u32 } = this.heap;
    const mask = u32[DB_ACCOUNT_MASK] as number;
    const table = u32[DB_ACCOUNT_TABLE] as number;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const place = table + PLACE_WORDS * i;
      const row = u32[place + PLACE_ROW] as number;
      if (row === 0) return 0;
      if (i32[place + PLACE_HASH] === hash && equalWords(u32, row + ACCOUNT_ADDRESS, words, at, ADDRESS_WORDS)) {
        return row;
      }
    }
  }

  /** Row of an account's slot whose key is 8 words at `words[at]`, or 0; `hash` is its {@link slotHash}. */
  findSlot(account: number, words: Uint32Array, at: number, hash = this.hashSlot(account, words, at)): number {
    const { i32, u32 } = this.heap;
    const mask = u32[DB_SLOT_MASK] as number;
    const table = u32[DB_SLOT_TABLE] as number;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const place = table + PLACE_WORDS * i;
      const row = u32[place + PLACE_ROW] as number;
      if (row === 0) return 0;
      if (
        i32[place + PLACE_HASH] === hash &&
        u32[row + SLOT_ACCOUNT] === account &&
        equalWords(u32, row + SLOT_KEY, words, at, U256_WORDS)
      ) {
        return row;
      }
    }
  }

  // ---- Places, for one executor at a time (`places.ts`) ------------------------------------------------

  /**
   * Lends the places of the tables to an executor for one block: answers the base of what it stores there, until it gives
   * them back, or 0 where another one has them. Whatever stands in them from earlier blocks is below the base.
   */
  lend(): number {
    const { i32 } = this.heap;
    // The swap (acquire) comes before reading what the one before has left, and its release before the swap.
    if (Atomics.compareExchange(i32, DB_LENT, 0, 1) !== 0) return 0;
    const base = i32[DB_LOCATIONS] as number;
    if (base > 0 && base <= MOST_BASE) return base;
    this.clearPlaces(DB_ACCOUNT_TABLE, DB_ACCOUNT_MASK);
    this.clearPlaces(DB_SLOT_TABLE, DB_SLOT_MASK);
    return 1;
  }

  /** Takes back what was lent for `base`. Each reference that was stored is below `end`, and no thread stores any more. */
  takeBack(base: number, end: number): void {
    const { i32 } = this.heap;
    i32[DB_LOCATIONS] = base + end;
    Atomics.store(i32, DB_LENT, 0);
  }

  private clearPlaces(tableWord: number, maskWord: number): void {
    const { u32 } = this.heap;
    const first = u32[tableWord] as number;
    const end = first + PLACE_WORDS * ((u32[maskWord] as number) + 1);
    for (let place = first; place < end; place += PLACE_WORDS) u32[place + PLACE_LOCATION] = 0;
  }

  // ---- Writing (owner only, between blocks) ----------------------------------------------------------

  private addressKey(address: Hex): Uint32Array {
    const bytes = hexToBytes(address);
    if (bytes.length !== 20)
      throw new DatabaseValueError(address, 'address', `20 bytes expected, ${bytes.length} given`);
    bytesToWords(bytes, this.key, 0);
    return this.key;
  }

  /** Writes a slot's key behind the address in {@link key}. */
  private slotKey(address: Hex, slot: Hex): void {
    const bytes = hexToBytes(slot);
    if (bytes.length !== 32)
      throw new DatabaseValueError(address, `slot ${slot}`, `32 bytes expected, ${bytes.length} given`);
    bytesToWords(bytes, this.key, ADDRESS_WORDS);
  }

  private hashSlot(account: number, words: Uint32Array, at: number): number {
    return slotHash(this.accountHash(this.heap.u32, account + ACCOUNT_ADDRESS), words, at);
  }

  private table(size: number): number {
    const words = PLACE_WORDS * size;
    const at = this.heap.reserve(words);
    this.heap.u32.fill(0, at, at + words);
    return at;
  }

  /** Row of the account whose address is 5 words at `words[0]`, added where there is none. */
  accountRow(words: Uint32Array): number {
    const hash = this.accountHash(words, 0);
    const found = this.findAccount(words, 0, hash);
    if (found !== 0) return found;
    const row = this.arena.alloc(ACCOUNT_WORDS);
    // Whatever may find no room comes before the row is linked: a row in the list must be in the table too.
    const count = (this.heap.u32[DB_ACCOUNT_COUNT] as number) + 1;
    if (2 * count > (this.heap.u32[DB_ACCOUNT_MASK] as number)) this.enlarge(DB_ACCOUNT_TABLE, DB_ACCOUNT_MASK);
    const u32 = this.heap.u32;
    u32.fill(0, row, row + ACCOUNT_WORDS);
    u32.set(words.subarray(0, ADDRESS_WORDS), row + ACCOUNT_ADDRESS);
    const last = u32[DB_LAST_ACCOUNT] as number;
    if (last === 0) u32[DB_FIRST_ACCOUNT] = row;
    else u32[last + ACCOUNT_NEXT] = row;
    u32[DB_LAST_ACCOUNT] = row;
    u32[DB_ACCOUNT_COUNT] = count;
    this.insert(DB_ACCOUNT_TABLE, DB_ACCOUNT_MASK, row, hash);
    return row;
  }

  /** Row of an account's slot, added with value 0 where there is none. */
  slotRow(account: number, words: Uint32Array, at: number): number {
    const hash = this.hashSlot(account, words, at);
    const found = this.findSlot(account, words, at, hash);
    if (found !== 0) return found;
    const row = this.arena.alloc(SLOT_WORDS);
    const count = (this.heap.u32[DB_SLOT_COUNT] as number) + 1;
    if (2 * count > (this.heap.u32[DB_SLOT_MASK] as number)) this.enlarge(DB_SLOT_TABLE, DB_SLOT_MASK);
    const u32 = this.heap.u32;
    u32.fill(0, row, row + SLOT_WORDS);
    u32[row + SLOT_ACCOUNT] = account;
    u32.set(words.subarray(at, at + U256_WORDS), row + SLOT_KEY);
    u32[row + SLOT_NEXT] = u32[account + ACCOUNT_SLOTS] as number;
    u32[account + ACCOUNT_SLOTS] = row;
    u32[DB_SLOT_COUNT] = count;
    this.insert(DB_SLOT_TABLE, DB_SLOT_MASK, row, hash);
    return row;
  }

  private insert(tableWord: number, maskWord: number, row: number, hash: number): void {
    const { u32 } = this.heap;
    const table = u32[tableWord] as number;
    const mask = u32[maskWord] as number;
    let i = hash & mask;
    while (u32[table + PLACE_WORDS * i + PLACE_ROW] !== 0) i = (i + 1) & mask;
    u32[table + PLACE_WORDS * i + PLACE_ROW] = row;
    u32[table + PLACE_WORDS * i + PLACE_HASH] = hash;
  }

  private enlarge(tableWord: number, maskWord: number): void {
    const from = this.heap.u32[tableWord] as number;
    const places = (this.heap.u32[maskWord] as number) + 1;
    const size = 4 * places;
    const table = this.table(size);
    const { u32 } = this.heap;
    u32[tableWord] = table;
    u32[maskWord] = size - 1;
    for (let place = from; place < from + PLACE_WORDS * places; place += PLACE_WORDS) {
      const row = u32[place + PLACE_ROW] as number;
      if (row !== 0) this.insert(tableWord, maskWord, row, u32[place + PLACE_HASH] as number);
    }
  }

  private writeBasics(row: number, address: Hex, basics: AccountBasics | null): void {
    const u32 = this.heap.u32;
    if (basics === null) {
      u32.fill(0, row + ACCOUNT_BASICS, row + ACCOUNT_BASICS + BASICS_WORDS);
      return;
    }
    checkUint(basics.nonce, 64n, address, 'nonce');
    checkUint(basics.balance, 256n, address, 'balance');
    u32[row + ACCOUNT_BASICS + BASICS_EXISTS] = 1;
    writeWords(basics.nonce, u32, row + ACCOUNT_BASICS + BASICS_NONCE, 2);
    writeWords(basics.balance, u32, row + ACCOUNT_BASICS + BASICS_BALANCE, U256_WORDS);
  }

  private setSlot(account: number, address: Hex, slot: Hex, value: bigint): void {
    this.slotKey(address, slot);
    this.writeSlot(account, this.slotRow(account, this.key, ADDRESS_WORDS), address, value);
  }

  private writeSlot(account: number, row: number, address: Hex, value: bigint): void {
    checkUint(value, 256n, address, 'slot value');
    const u32 = this.heap.u32;
    const before = readWords(u32, row + SLOT_VALUE, U256_WORDS);
    if ((before === 0n) !== (value === 0n)) {
      u32[account + ACCOUNT_SLOT_COUNT] = (u32[account + ACCOUNT_SLOT_COUNT] as number) + (value === 0n ? -1 : 1);
    }
    writeWords(value, u32, row + SLOT_VALUE, U256_WORDS);
  }

  /** Record of a code, stored where it is new. */
  storeCode(code: Uint8Array): number {
    if (code.length === 0) return 0;
    const hash = codeHash(code);
    return this.codeRecord(hash, codeWords(code.length), (at) => writeCode(this.heap, at, hash, code));
  }

  /** {@link storeCode} of the code whose record stands at `words[at]`. */
  storeCodeRecord(words: Uint32Array, at: number): number {
    if (words[at + CODE_LENGTH] === 0) return 0;
    const count = wordsOfCode(words, at);
    return this.codeRecord(hashOfCode(words, at), count, (to) => this.heap.u32.set(words.subarray(at, at + count), to));
  }

  /** Record of the code with `hash`; where it is new `write` writes its `count` words. */
  private codeRecord(hash: Uint8Array, count: number, write: (at: number) => void): number {
    const key = bytesToHex(hash);
    const known = this.codes.get(key);
    if (known !== undefined) return known;
    const at = this.arena.alloc(count);
    write(at);
    this.codes.set(key, at);
    return at;
  }
}

/** Hash of a slot of the account whose hash is `account`; the slot is 8 words at `words[at]`. */
export function slotHash(account: number, words: Uint32Array, at: number): number {
  return finishHash(hashWords(words, at, U256_WORDS, account));
}
