/** What a block changed, read off its location table once its final values stand in the base cells. */
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../primitives/bytes.js';
import { keccak256 } from '../primitives/crypto.js';
import { ADDRESS_WORDS, wordsToBytes } from '../primitives/words.js';
import type { CodeReader } from './codes.js';
import type { Database } from './database.js';
import type { AccountDiff, StateDiff } from './diff.js';
import { expandDiff } from './expand-diff.js';
import type { SharedHeap } from './heap.js';
import type { LocationTable } from './locations.js';
import { packDiff } from './packed-diff.js';
import type { AccountLeaf } from './root.js';

/** Which value of each location counts: that of the block's end, or that after one of its transactions. */
export interface CurrentValues {
  /** Location whose value is more than its versions tell (the beneficiary's, with deferred fees), or 0. */
  readonly summed: number;
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

/** The block's changes, in order of address. */
export function collectDiff(tables: BlockTables): StateDiff {
  return expandDiff(packDiff(tables));
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
      codeHash: change?.code ? keccak256(change.code.after) : database.codeHashOf(row),
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
