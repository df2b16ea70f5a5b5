/** A case of the fuzzer: one transaction over a small state, as plain JSON. */
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import type { Transaction } from '../../src/transition/types.js';
import type { BlockEnvironment } from '../../src/vm/vm.js';
import type { TestState } from '../unit/vm-harness.js';

/** An unsigned integer in hex, `0x0` for zero. */
export type Quantity = Hex;

export interface FuzzAccount {
  readonly nonce: Quantity;
  readonly balance: Quantity;
  readonly code: Hex;
  /** Slot to value. */
  readonly storage: Readonly<Record<Quantity, Quantity>>;
}

export interface FuzzAuthorization {
  readonly chainId: Quantity;
  readonly address: Hex;
  readonly nonce: Quantity;
  /** Null where the signature is invalid. */
  readonly authority: Hex | null;
}

export interface FuzzTransaction {
  readonly type: Transaction['type'];
  readonly sender: Hex;
  readonly nonce: Quantity;
  readonly gasLimit: Quantity;
  readonly maxFeePerGas: Quantity;
  readonly maxPriorityFeePerGas: Quantity;
  readonly to: Hex | null;
  readonly value: Quantity;
  readonly data: Hex;
  readonly accessList: readonly { readonly address: Hex; readonly slots: readonly Quantity[] }[];
  readonly blobs: readonly Hex[];
  readonly authorizations: readonly FuzzAuthorization[];
}

export interface FuzzEnvironment {
  readonly number: Quantity;
  readonly timestamp: Quantity;
  readonly coinbase: Hex;
  readonly gasLimit: Quantity;
  readonly difficulty: Quantity;
  readonly baseFee: Quantity;
  readonly blobBaseFee: Quantity;
}

export interface FuzzCase {
  readonly fork: Fork;
  readonly environment: FuzzEnvironment;
  readonly accounts: Readonly<Record<Hex, FuzzAccount>>;
  readonly transaction: FuzzTransaction;
  /** Seed of the reads that block once on the WASM machine; null where none does. */
  readonly suspend: number | null;
}

export function quantity(value: bigint | number): Quantity {
  return `0x${value.toString(16)}`;
}

function word(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0'));
}

/** Hash of an ancestor: any function of the number. */
function ancestorHash(number: bigint): Uint8Array {
  return word((number + 1n) * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251n);
}

export function environmentOf({ fork, environment }: FuzzCase): BlockEnvironment {
  return {
    fork,
    chainId: 1n,
    number: BigInt(environment.number),
    timestamp: BigInt(environment.timestamp),
    coinbase: hexToBytes(environment.coinbase),
    gasLimit: BigInt(environment.gasLimit),
    difficulty: BigInt(environment.difficulty),
    prevRandao: word(BigInt(environment.difficulty) * 3n),
    baseFee: BigInt(environment.baseFee),
    blobBaseFee: BigInt(environment.blobBaseFee),
    blockHash: ancestorHash,
  };
}

export function stateOf({ accounts }: FuzzCase): TestState {
  const state: TestState = {};
  for (const [address, { nonce, balance, code, storage }] of Object.entries(accounts)) {
    state[address as Hex] = {
      nonce: BigInt(nonce),
      balance: BigInt(balance),
      code: hexToBytes(code),
      storage: Object.fromEntries(
        Object.entries(storage).map(([slot, value]) => [BigInt(slot).toString(), BigInt(value)]),
      ),
    };
  }
  return state;
}

export function transactionOf({ transaction }: FuzzCase): Transaction {
  return decodeTransaction(transaction);
}

export function decodeTransaction(transaction: FuzzTransaction): Transaction {
  return {
    type: transaction.type,
    chainId: transaction.type === 0 ? null : 1n,
    nonce: BigInt(transaction.nonce),
    gasLimit: BigInt(transaction.gasLimit),
    maxFeePerGas: BigInt(transaction.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(transaction.maxPriorityFeePerGas),
    to: transaction.to === null ? null : hexToBytes(transaction.to),
    value: BigInt(transaction.value),
    data: hexToBytes(transaction.data),
    accessList: transaction.accessList.map(({ address, slots }) => ({
      address: hexToBytes(address),
      slots: slots.map((slot) => word(BigInt(slot))),
    })),
    maxFeePerBlobGas: 10n,
    blobVersionedHashes: transaction.blobs.map(hexToBytes),
    authorizations: transaction.authorizations.map(({ chainId, address, nonce, authority }) => ({
      chainId: BigInt(chainId),
      address: hexToBytes(address),
      nonce: BigInt(nonce),
      authority: authority === null ? null : hexToBytes(authority),
    })),
    sender: hexToBytes(transaction.sender),
  };
}
