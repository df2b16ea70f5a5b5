/**
 * What a block changed, as words: copied off the location table in one pass when the block ends, with
 * nothing per row but word traffic, and spelled out as a `StateDiff` only where somebody looks
 * (`expand-diff.ts`) or written straight into the database (`apply-packed.ts`).
 *
 * Records stand one after the other in chunks; none crosses the end of its chunk. Their order is that
 * of the table, which means nothing. A record begins with its kind and its account:
 *
 * | kind                  | words after kind and address                            |
 * |-----------------------|---------------------------------------------------------|
 * | KIND_BASICS           | basics before, basics after                             |
 * | KIND_CODE             | code records before and after (`code-record.ts`)        |
 * | KIND_STORAGE          | slot, value before, value after                         |
 * | {@link CHANGE_WIPED}  | slot, value before: the account was reset; another record of the slot goes before this one |
 * | {@link CHANGE_STANDING} | basics before the block, of an account whose slots or code are named; may come twice |
 *
 * Whatever cannot be had later is copied now: codes, and what the
 * database holds of accounts that were reset or that kept their basics.
 */
import {
  ACCOUNT_BASICS,
  ACCOUNT_SLOTS,
  CELL_VALUE,
  KIND_BASICS,
  KIND_CODE,
  KIND_RESET,
  KIND_STORAGE,
  LOCATION_KIND,
  LOCATION_ORIGIN,
  LOCATION_RESET,
  ROW_ADDRESS,
  ROW_CODE,
  ROW_RESET,
  ROW_SLOT,
  ROW_STORED,
  SLOT_KEY,
  SLOT_NEXT,
  SLOT_VALUE,
} from '../layout.js';
import { ADDRESS_WORDS, U256_WORDS } from '../primitives/words.js';
import { wordsOfCode } from './code-record.js';
import type { BlockTables } from './collect.js';
import { isWritten } from './locations.js';
import { ROW_LIST_LENGTH } from './row-lists.js';
import { BASICS_EXISTS, BASICS_WORDS } from './view.js';

/** A slot of a reset account, as the database holds it: zero after the block unless the block wrote it. */
export const CHANGE_WIPED = 8;
/** An account's basics before the block; they hold after it too unless a KIND_BASICS record says otherwise. */
export const CHANGE_STANDING = 9;

export const CHANGE_KIND = 0;
export const CHANGE_ADDRESS = 1;
/** Slot of KIND_STORAGE and CHANGE_WIPED; basics of CHANGE_STANDING; code record before of KIND_CODE, behind which stands the other. */
export const CHANGE_BODY = CHANGE_ADDRESS + ADDRESS_WORDS;
export const CHANGE_SLOT_BEFORE = CHANGE_BODY + U256_WORDS;
export const CHANGE_SLOT_AFTER = CHANGE_SLOT_BEFORE + U256_WORDS;
export const CHANGE_BASICS_BEFORE = CHANGE_BODY;
export const CHANGE_BASICS_AFTER = CHANGE_BASICS_BEFORE + BASICS_WORDS;

const BASICS_RECORD = CHANGE_BASICS_AFTER + BASICS_WORDS;
const STORAGE_RECORD = CHANGE_SLOT_AFTER + U256_WORDS;
const WIPED_RECORD = CHANGE_SLOT_AFTER;
const STANDING_RECORD = CHANGE_BASICS_AFTER;

/** Where a KIND_CODE record at `words[at]` has the code record after the block. */
export function codeAfter(words: Uint32Array, at: number): number {
  const before = at + CHANGE_BODY;
  return before + wordsOfCode(words, before);
}

/** Words of the record at `words[at]`. */
export function changeWords(words: Uint32Array, at: number): number {
  const kind = words[at + CHANGE_KIND] as number;
  switch (kind) {
    case KIND_STORAGE:
      return STORAGE_RECORD;
    case KIND_BASICS:
      return BASICS_RECORD;
    case KIND_CODE: {
      const after = codeAfter(words, at);
      return after + wordsOfCode(words, after) - at;
    }
    case CHANGE_WIPED:
      return WIPED_RECORD;
    case CHANGE_STANDING:
      return STANDING_RECORD;
    default:
      throw new RangeError(`no packed record has kind ${kind}`);
  }
}

/** What was packed from one range of buckets. */
export interface PackedPart {
  /** Records, each chunk filled to its end. */
  readonly chunks: readonly Uint32Array[];
  /** True where CHANGE_WIPED occurs. */
  readonly wipes: boolean;
}

/** A block's changes: parts in any order, which cover the table's rows. */
export type PackedDiff = readonly PackedPart[];

/** Words of the first chunk; each next one is twice as long, up to the bound. */
const FIRST_CHUNK_WORDS = 512;
const MOST_CHUNK_WORDS = 65536;
/** Accounts whose basics were just written stay known in this many places (a power of two). */
const KNOWN_ACCOUNTS = 64;
/** Of an account's locations three can change: presence follows from the others. */
const MOST_LOCATIONS = 3 * ROW_LIST_LENGTH;

/** Work space of this thread's packing: the rows of a list. */
const listRows = new Int32Array(ROW_LIST_LENGTH);
/** Work space: the locations of a batch, then those that changed, and their current cells. */
const locations = new Int32Array(MOST_LOCATIONS);
const currents = new Int32Array(MOST_LOCATIONS);

/** Takes the records of one part. Use a new one for each block and part. */
export class DiffPacker {
  /** The chunk being filled; valid until the next {@link reserve}. */
  words: Uint32Array;
  private next = 0;
  private readonly full: Uint32Array[] = [];
  private wipes = false;
  /** Kept so that looking at cells ahead of time is not optimised away. */
  touched = 0;
  /** Reset rows of accounts that have their standing record, by hash; what falls out is written again. */
  private readonly known = new Int32Array(KNOWN_ACCOUNTS);

  /** `allocate` makes chunks; a worker thread makes them in shared memory. */
  constructor(private readonly allocate: (words: number) => Uint32Array = (words) => new Uint32Array(words)) {
    this.words = allocate(FIRST_CHUNK_WORDS);
  }

  /** Room for a record of `count` words in {@link words}, and where it begins. */
  reserve(count: number): number {
    const at = this.next;
    const end = at + count;
    if (end > this.words.length) return this.nextChunk(count);
    this.next = end;
    return at;
  }

  private nextChunk(count: number): number {
    this.full.push(this.words.subarray(0, this.next));
    this.words = this.allocate(Math.max(count, Math.min(2 * this.words.length, MOST_CHUNK_WORDS)));
    this.next = count;
    return 0;
  }

  /** True the first time that an account is named by its reset row, and seldom again. */
  isNew(reset: number): boolean {
    const place = Math.imul(reset, 0x9e3779b1) >>> 26;
    if (this.known[place] === reset) return false;
    this.known[place] = reset;
    return true;
  }

  wiped(): void {
    this.wipes = true;
  }

  /** The part; the packer is done. */
  finish(): PackedPart {
    return { chunks: [...this.full, this.words.subarray(0, this.next)], wipes: this.wipes };
  }
}

/** Begins a record of an account whose address is at `words[address]`; answers where it begins. */
function begin(into: DiffPacker, kind: number, count: number, words: Uint32Array, address: number): number {
  const at = into.reserve(count);
  const out = into.words;
  out[at + CHANGE_KIND] = kind;
  for (let i = 0; i < ADDRESS_WORDS; i++) out[at + CHANGE_ADDRESS + i] = words[address + i] as number;
  return at;
}

function copy(from: Uint32Array, at: number, count: number, to: Uint32Array, toAt: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[at + i] as number;
}

/** Writes what the database holds of the account's basics; nothing where it has no such account. */
function packStanding({ heap, database }: BlockTables, account: number, into: DiffPacker): void {
  const stored = heap.u32[account + ROW_STORED] as number;
  if (stored === 0) return;
  const at = begin(into, CHANGE_STANDING, STANDING_RECORD, heap.u32, account + ROW_ADDRESS);
  copy(database.heap.u32, stored + ACCOUNT_BASICS, BASICS_WORDS, into.words, at + CHANGE_BODY);
}

function packBasics({ heap }: BlockTables, row: number, origin: number, current: number, into: DiffPacker): void {
  const { u32 } = heap;
  const before = origin + CELL_VALUE;
  const after = current + CELL_VALUE;
  let same = u32[before + BASICS_EXISTS] === u32[after + BASICS_EXISTS];
  if (same && u32[before + BASICS_EXISTS] !== 0) {
    for (let i = 0; same && i < BASICS_WORDS; i++) same = u32[before + i] === u32[after + i];
  }
  if (same) return;
  const at = begin(into, KIND_BASICS, BASICS_RECORD, u32, row + ROW_ADDRESS);
  const out = into.words;
  for (let i = 0; i < BASICS_WORDS; i++) {
    out[at + CHANGE_BASICS_BEFORE + i] = u32[before + i] as number;
    out[at + CHANGE_BASICS_AFTER + i] = u32[after + i] as number;
  }
}

function packSlot(
  tables: BlockTables,
  row: number,
  origin: number,
  current: number,
  wiped: boolean,
  into: DiffPacker,
): void {
  const { u32 } = tables.heap;
  const before = origin + CELL_VALUE;
  const after = current + CELL_VALUE;
  const reset = u32[row + LOCATION_RESET] as number;
  let beforeBits = 0;
  let difference = 0;
  for (let i = 0; i < U256_WORDS; i++) {
    const old = u32[before + i] as number;
    beforeBits |= old;
    difference |= wiped ? old : old ^ (u32[after + i] as number);
  }
  // A slot that was wiped with its account and got its old value again must stand against the wipe.
  if (difference === 0 && (beforeBits === 0 || tables.state.current(reset) === 0)) return;
  const account = reset - ROW_RESET;
  if (into.isNew(reset)) packStanding(tables, account, into);
  const at = begin(into, KIND_STORAGE, STORAGE_RECORD, u32, account + ROW_ADDRESS);
  const out = into.words;
  for (let i = 0; i < U256_WORDS; i++) out[at + CHANGE_BODY + i] = u32[row + ROW_SLOT + i] as number;
  for (let i = 0; i < U256_WORDS; i++) {
    out[at + CHANGE_SLOT_BEFORE + i] = u32[before + i] as number;
    out[at + CHANGE_SLOT_AFTER + i] = wiped ? 0 : (u32[after + i] as number);
  }
}

function packCode(tables: BlockTables, row: number, origin: number, current: number, into: DiffPacker): void {
  const { heap, codes } = tables;
  if (codes.equal(origin + CELL_VALUE, current + CELL_VALUE)) return;
  const account = row - ROW_CODE;
  packStanding(tables, account, into);
  const before = codes.words(origin + CELL_VALUE);
  const after = codes.words(current + CELL_VALUE);
  const count = CHANGE_BODY + before + after;
  const at = begin(into, KIND_CODE, count, heap.u32, account + ROW_ADDRESS);
  codes.copy(origin + CELL_VALUE, before, into.words, at + CHANGE_BODY);
  codes.copy(current + CELL_VALUE, after, into.words, at + CHANGE_BODY + before);
}

/** A reset wipes slots that the block never named: the database still tells which. */
function packReset(tables: BlockTables, row: number, into: DiffPacker): void {
  const { heap, database } = tables;
  const account = row - ROW_RESET;
  const stored = heap.u32[account + ROW_STORED] as number;
  if (stored === 0) return;
  if (into.isNew(row)) packStanding(tables, account, into);
  const source = database.heap.u32;
  for (let slot = source[stored + ACCOUNT_SLOTS] as number; slot !== 0; slot = source[slot + SLOT_NEXT] as number) {
    let bits = 0;
    for (let i = 0; i < U256_WORDS; i++) bits |= source[slot + SLOT_VALUE + i] as number;
    if (bits === 0) continue;
    const at = begin(into, CHANGE_WIPED, WIPED_RECORD, heap.u32, account + ROW_ADDRESS);
    copy(source, slot + SLOT_KEY, U256_WORDS, into.words, at + CHANGE_BODY);
    copy(source, slot + SLOT_VALUE, U256_WORDS, into.words, at + CHANGE_SLOT_BEFORE);
    into.wiped();
  }
}

/** Whether the location is a slot of an account that was reset. */
function mayBeWiped(u32: Uint32Array, row: number): boolean {
  return u32[row + LOCATION_KIND] === KIND_STORAGE && isWritten(u32, u32[row + LOCATION_RESET] as number);
}

/**
 * Packs the first `length` of {@link locations}. The cells of written rows lie all over a heap larger than
 * the caches, so they are met in short loops first, where the processor waits for many of them at once.
 */
function packBatch(tables: BlockTables, length: number, into: DiffPacker): void {
  const { heap, state } = tables;
  const { u32 } = heap;
  const { summed } = state;
  let count = 0;
  for (let i = 0; i < length; i++) {
    const row = locations[i] as number;
    if (!isWritten(u32, row) && row !== summed && !mayBeWiped(u32, row)) continue;
    const origin = u32[row + LOCATION_ORIGIN] as number;
    const current = state.current(row);
    locations[count] = row;
    currents[count] = current;
    if (origin !== current || (mayBeWiped(u32, row) && state.wasReset(row))) count++;
  }
  let touched = 0;
  for (let i = 0; i < count; i++) {
    const origin = u32[(locations[i] as number) + LOCATION_ORIGIN] as number;
    const current = currents[i] as number;
    touched ^= (u32[origin] as number) ^ (u32[origin + CELL_VALUE + 7] as number);
    touched ^= (u32[current] as number) ^ (u32[current + CELL_VALUE + 7] as number);
  }
  into.touched = touched;
  for (let i = 0; i < count; i++) {
    const row = locations[i] as number;
    const current = currents[i] as number;
    const origin = u32[row + LOCATION_ORIGIN] as number;
    const kind = u32[row + LOCATION_KIND] as number;
    if (kind === KIND_STORAGE)
      packSlot(tables, row, origin, current, mayBeWiped(u32, row) && state.wasReset(row), into);
    else if (kind === KIND_BASICS) packBasics(tables, row, origin, current, into);
    else if (kind === KIND_CODE) packCode(tables, row, origin, current, into);
    else if (kind === KIND_RESET) packReset(tables, row, into);
  }
}

/**
 * Packs the locations of one of the table's lists of rows, from entry `first` to `end` (exclusive), into
 * `into`. No thread may be writing to the block's state or to the database; several may pack different
 * rows at once, each with tables of its own.
 */
export function packRows(tables: BlockTables, list: number, into: DiffPacker, first = 0, end = ROW_LIST_LENGTH): void {
  const count = Math.min(end, tables.table.lists.read(list, listRows));
  // Rows may stand in parts of the heap that this thread has not mapped.
  tables.heap.refresh();
  const { u32 } = tables.heap;
  let length = 0;
  for (let i = first; i < count; i++) {
    const row = listRows[i] as number;
    locations[length++] = row;
    if (u32[row + LOCATION_KIND] === KIND_STORAGE) continue;
    locations[length++] = row + ROW_CODE;
    locations[length++] = row + ROW_RESET;
  }
  if (length > 0) packBatch(tables, length, into);
}

/** Packs the locations of all lists. No thread may be inserting. */
export function packAllRows(tables: BlockTables, into: DiffPacker): void {
  const { lists } = tables.table;
  for (let list = lists.first; list !== 0; list = lists.after(list)) packRows(tables, list, into);
}

/**
 * Packs the block's changes so far. Nothing in the result refers to the block's memory or to the database.
 *
 * Other threads may be inserting locations meanwhile, as they do while receipts get their state roots. A location may
 * then be in use before the thread that made it has entered it in its list, so that the buckets are asked, by which
 * everybody finds it.
 */
export function packDiff(tables: BlockTables): PackedDiff {
  const into = new DiffPacker();
  const pack = (length: number): void => {
    tables.heap.refresh();
    packBatch(tables, length, into);
  };
  let length = 0;
  for (const row of tables.table.rows()) {
    locations[length++] = row;
    if (length < MOST_LOCATIONS) continue;
    pack(length);
    length = 0;
  }
  if (length > 0) pack(length);
  return [into.finish()];
}
