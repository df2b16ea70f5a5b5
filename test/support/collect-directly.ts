/** A block's changes, read off the location table straight into hex and integers: what packing and expanding must come to. */
import {
  CELL_VALUE,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  KIND_STORAGE,
  LOCATION_KIND,
  LOCATION_ORIGIN,
  LOCATION_RESET,
  ROW_ADDRESS,
  ROW_SLOT,
} from '../../src/layout.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { ADDRESS_WORDS, bytesToWords, readWords, U256_WORDS, wordsToBytes } from '../../src/primitives/words.js';
import type { BlockTables } from '../../src/state/collect.js';
import type { Database } from '../../src/state/database.js';
import type { AccountBasics, AccountDiff, StateDiff } from '../../src/state/diff.js';
import type { SharedHeap } from '../../src/state/heap.js';
import { accountOf } from '../../src/state/locations.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE } from '../../src/state/view.js';

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
    const address = bytesToHex(wordsToBytes(heap.u32, accountOf(heap.u32, row) + ROW_ADDRESS, ADDRESS_WORDS));
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
      account.slots.set(bytesToHex(wordsToBytes(heap.u32, row + ROW_SLOT, U256_WORDS)), {
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
export function collectDiffDirectly(tables: BlockTables): StateDiff {
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
