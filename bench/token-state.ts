/** What the blocks of the benchmarks have in common: accounts with a token's or a pair's storage, and calls of them. */
import { word } from '../contracts/abi.js';
import { mappingSlot } from '../contracts/storage.js';
import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import type { AccountState } from '../src/state/account.js';
import { SWAP, TRANSFER } from './contracts.js';

/** More wei, and more of each token, than anybody spends. */
export const RICH = 10n ** 24n;
/** What a pair holds of each token. */
export const POOL = 10n ** 22n;

export type Slot = readonly [Hex, bigint];

const BALANCES = word(0);
const ALLOWANCES = word(1);

export function balance(holder: Uint8Array, amount: bigint): Slot {
  return [bytesToHex(mappingSlot(holder, BALANCES)), amount];
}

export function allowance(owner: Uint8Array, spender: Uint8Array): Slot {
  return [bytesToHex(mappingSlot(spender, mappingSlot(owner, ALLOWANCES))), RICH];
}

/** Storage of a pair that holds {@link POOL} of both tokens. */
export const RESERVES: readonly Slot[] = [
  [bytesToHex(word(0)), (POOL << 112n) | POOL],
  [bytesToHex(word(1)), 1n],
];

export function contract(code: Hex, storage: Iterable<Slot> = []): AccountState {
  return { nonce: 1n, balance: 0n, code: hexToBytes(code), storage: new Map(storage) };
}

const TRANSFER_SELECTOR = hexToBytes(TRANSFER);
const SWAP_SELECTOR = hexToBytes(SWAP);

export function transferData(to: Uint8Array, amount: number): Uint8Array {
  return concatBytes(TRANSFER_SELECTOR, word(to), word(amount));
}

export function swapData(amount: bigint): Uint8Array {
  return concatBytes(SWAP_SELECTOR, word(amount), word(1));
}

export function repeated<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
