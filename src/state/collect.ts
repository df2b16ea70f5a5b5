/** What a block changed, read off its location table once its final values stand in the base cells. */
import {
  CELL_VALUE,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  KIND_STORAGE,
  LOCATION_ADDRESS,
  LOCATION_KIND,
  LOCATION_ORIGIN,
  LOCATION_RESET,
  LOCATION_SLOT,
} from '../layout.js';
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../primitives/bytes.js';
import { keccak256 } from '../primitives/crypto.js';
import { ADDRESS_WORDS, bytesToWords, readWords, U256_WORDS, wordsToBytes } from '../primitives/words.js';
import type { CodeReader } from './codes.js';
import type { Database } from './database.js';
import type { AccountBasics, AccountDiff, StateDiff } from './diff.js';
import type { SharedHeap } from './heap.js';
import type { LocationTable } from './locations.js';
import type { AccountLeaf } from './root.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE } from './view.js';

/** Which value of each location counts: that of the block's end, or that after one of its transactions. */
export interface CurrentValues {
  /** Cell with the location's value; 0 for an account that was never reset. */
  current(row: number): number;
  /** True where the slot was wiped by a reset of its account. */
  wasReset(row: number): boolean;
}

export interface BlockTables {
  readonly heap: SharedHeap;
  readonly table: LocationTable;
  readonly state: CurrentValues;
  readonly codes: CodeReader;
  readonly database: Database;
}

interface Collected {
  before: AccountBasics | null | undefined;
  after: AccountBasics | null | undefined;
  code: { before: Uint8Array; after: Uint8Array } | null;
  reset: boolean;
  /** Final value of every slot that the block read or wrote. */
  readonly slots: Map<Hex, { before: bigint; after: bigint }>;
}

function basicsAt(heap: SharedHeap, cell: number): AccountBasics | null {
  const at = cell + CELL_VALUE;
  if (heap.u32[at + BASICS_EXISTS] === 0) return null;
  return {
    nonce: readWords(heap.u32, at + BASICS_NONCE, 2),
    balance: readWords(heap.u32, at + BASICS_BALANCE, U256_WORDS),
  };
}

function sameBasics(a: AccountBasics | null, b: AccountBasics | null): boolean {
  return a === null || b === null ? a === b : a.nonce === b.nonce && a.balance === b.balance;
}

/** Reads every location that changed, account by account. */
function collect(tables: BlockTables): Map<Hex, Collected> {
  const { heap, table, state, codes } = tables;
  // Origin cells may stand in parts of the heap that this thread has not mapped.
  heap.refresh();
  const accounts = new Map<Hex, Collected>();
  // Slots of one account share its reset row, so that its address is spelled out once for all of them.
  const byReset = new Map<number, Collected>();
  const named = (row: number): Collected => {
    const address = bytesToHex(wordsToBytes(heap.u32, row + LOCATION_ADDRESS, ADDRESS_WORDS));
    let account = accounts.get(address);
    if (account === undefined) {
      account = { before: undefined, after: undefined, code: null, reset: false, slots: new Map() };
      accounts.set(address, account);
    }
    return account;
  };
  const owner = (row: number): Collected => {
    const reset = heap.u32[row + LOCATION_RESET] as number;
    let account = byReset.get(reset);
    if (account === undefined) {
      account = named(row);
      byReset.set(reset, account);
    }
    return account;
  };
  for (const row of table.rows()) {
    const kind = heap.u32[row + LOCATION_KIND] as number;
    const origin = heap.u32[row + LOCATION_ORIGIN] as number;
    const base = state.current(row);
    const wiped = kind === KIND_STORAGE && state.wasReset(row);
    if (kind === KIND_PRESENCE || (origin === base && !wiped)) continue;
    const account = kind === KIND_STORAGE ? owner(row) : named(row);
    if (kind === KIND_BASICS) {
      account.before = basicsAt(heap, origin);
      account.after = basicsAt(heap, base);
    } else if (kind === KIND_CODE) {
      if (!codes.equal(origin + CELL_VALUE, base + CELL_VALUE)) {
        account.code = { before: codes.read(origin + CELL_VALUE).bytes, after: codes.read(base + CELL_VALUE).bytes };
      }
    } else if (kind === KIND_RESET) {
      account.reset = true;
    } else {
      account.slots.set(bytesToHex(wordsToBytes(heap.u32, row + LOCATION_SLOT, U256_WORDS)), {
        before: readWords(heap.u32, origin + CELL_VALUE, U256_WORDS),
        after: wiped ? 0n : readWords(heap.u32, base + CELL_VALUE, U256_WORDS),
      });
    }
  }
  return accounts;
}

/** Slots that the database holds for an account, as hex. */
function* databaseSlots(database: Database, key: Uint32Array): Generator<[Hex, bigint]> {
  const row = database.findAccount(key, 0);
  if (row === 0) return;
  for (const [slot, value] of database.slotsOf(row)) yield [bytesToHex(slot), value];
}

function accountKey(address: Hex): Uint32Array {
  const key = new Uint32Array(ADDRESS_WORDS);
  bytesToWords(hexToBytes(address), key, 0);
  return key;
}

function currentBasics(database: Database, key: Uint32Array): AccountBasics | null {
  const row = database.findAccount(key, 0);
  return row === 0 ? null : database.basicsOf(row);
}

/** The block's changes, in order of address. */
export function collectDiff(tables: BlockTables): StateDiff {
  const diff = new Map<Hex, AccountDiff>();
  const collected = collect(tables);
  // Hex of one length sorts as its bytes do.
  for (const address of [...collected.keys()].sort()) {
    const account = collected.get(address) as Collected;
    if (account.reset) {
      // A reset wipes slots that the block never named; what the block wrote since stands already.
      for (const [slot, before] of databaseSlots(tables.database, accountKey(address))) {
        if (!account.slots.has(slot)) account.slots.set(slot, { before, after: 0n });
      }
    }
    const unchanged = account.before === undefined ? currentBasics(tables.database, accountKey(address)) : null;
    const before = account.before === undefined ? unchanged : account.before;
    const after = account.after === undefined ? unchanged : account.after;
    const storage = new Map<Hex, { before: bigint; after: bigint }>();
    if (account.slots.size > 0) {
      for (const slot of [...account.slots.keys()].sort()) {
        const value = account.slots.get(slot) as { before: bigint; after: bigint };
        if (value.before !== value.after) storage.set(slot, value);
      }
    }
    if (sameBasics(before, after) && account.code === null && storage.size === 0) continue;
    diff.set(address, { before, after, ...(account.code ? { code: account.code } : {}), storage });
  }
  return diff;
}

/** Every account of database and diff together, as the state trie sees it. */
export function* leavesAfter(database: Database, diff: StateDiff): Generator<AccountLeaf> {
  const seen = new Set<Hex>();
  for (const row of database.accountRows()) {
    const addressBytes = wordsToBytes(database.heap.u32, row, ADDRESS_WORDS);
    const address = bytesToHex(addressBytes);
    seen.add(address);
    const change = diff.get(address);
    const basics = change === undefined ? database.basicsOf(row) : change.after;
    if (basics === null) continue;
    yield {
      address: addressBytes,
      ...basics,
      codeHash: change?.code ? keccak256(change.code.after) : database.codeOf(row).hash,
      storage:
        change === undefined || change.storage.size === 0 ? database.slotsOf(row) : mergedSlots(database, row, change),
    };
  }
  for (const [address, change] of diff) {
    if (seen.has(address) || change.after === null) continue;
    yield {
      address: hexToBytes(address),
      ...change.after,
      codeHash: keccak256(change.code?.after ?? EMPTY_BYTES),
      storage: newSlots(change, new Set()),
    };
  }
}

function* mergedSlots(database: Database, row: number, change: AccountDiff): Generator<[Uint8Array, bigint]> {
  const seen = new Set<Hex>();
  for (const [slot, value] of database.slotsOf(row)) {
    const name = bytesToHex(slot);
    seen.add(name);
    const after = change.storage.get(name)?.after ?? value;
    if (after !== 0n) yield [slot, after];
  }
  yield* newSlots(change, seen);
}

function* newSlots(change: AccountDiff, seen: ReadonlySet<Hex>): Generator<[Uint8Array, bigint]> {
  for (const [slot, value] of change.storage)
    if (!seen.has(slot) && value.after !== 0n) yield [hexToBytes(slot), value.after];
}
