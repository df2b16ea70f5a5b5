/** What a kind of transaction is: where it puts its contracts, and what it makes of a turn. */
import { type AbiValue, encode } from '../../contracts/abi.js';
import { concatBytes, EMPTY_BYTES } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import type { Cluster, Placed } from '../cluster.js';
import type { Random } from '../random.js';

/** Who acts on whom, and where: decided before the kind makes a transaction of it. People by number. */
export interface Turn {
  readonly sender: number;
  readonly counterpart: number;
  /** Market, book or vault, from 0 on. */
  readonly venue: number;
  readonly random: Random;
}

export interface DraftAuthorization {
  /** Person who signs. */
  readonly authority: number;
  /** 20 bytes; zero clears. */
  readonly delegate: Uint8Array;
}

/** A transaction without sender, nonce, type and fees. */
export interface Draft {
  /** 20 bytes; null creates. */
  readonly to: Uint8Array | null;
  readonly data: Uint8Array;
  readonly value: bigint;
  readonly gas: bigint;
  /** Slots of `to` that the transaction is known to use, for EIP-2930. */
  readonly slots?: readonly Uint8Array[];
  /** Makes it a blob transaction with so many blobs. */
  readonly blobs?: number;
  /** Makes it a transaction of type 4. */
  readonly authorizations?: readonly DraftAuthorization[];
}

export interface Kind {
  readonly name: string;
  /** First fork that can run it. */
  readonly since: Fork;
  /** Its transactions hold signatures of accounts, beside those of their senders. */
  readonly needsKeys?: true;
  /** Blobs of its transactions at most; the block's limit then bounds how many there are. */
  readonly blobs?: number;
  /** Puts the kind's contracts into the genesis; what it answers is called for each turn, in order of the block. */
  place(cluster: Cluster): (turn: Turn) => Draft;
}

/** Calls a function of a placed contract. */
export function call(
  { address, contract }: Placed,
  signature: string,
  args: readonly AbiValue[],
  gas: bigint,
  extra: Partial<Draft> = {},
): Draft {
  return { to: address, data: calldata(contract, signature, args), value: 0n, gas, ...extra };
}

/** Calldata of a call. */
export function calldata(contract: Placed['contract'], signature: string, args: readonly AbiValue[]): Uint8Array {
  return concatBytes(contract.selector(signature), encode(args));
}

/** Sends ether without calldata. */
export function pay(to: Uint8Array, value: bigint, gas: bigint): Draft {
  return { to, data: EMPTY_BYTES, value, gas };
}
