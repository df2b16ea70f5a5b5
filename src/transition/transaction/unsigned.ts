/** A transaction before its signatures are checked: what decoding reads and signing writes. */
import { bigIntToMinimalBytes, EMPTY_BYTES } from '../../primitives/bytes.js';
import type { TransactionErrorCode } from '../errors.js';
import type { AccessListEntry, Transaction } from '../types.js';

/** EIP-7702 authorization tuple as signed. `yParity` is a u8, `r` and `s` are u256, none of them checked. */
export interface SignedAuthorization {
  readonly chainId: bigint;
  /** Delegation target, 20 bytes. */
  readonly address: Uint8Array;
  readonly nonce: bigint;
  readonly yParity: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** The signed content of a transaction of any type; see {@link Transaction} for the fields. */
export interface UnsignedTransaction extends Omit<Transaction, 'sender' | 'authorizations'> {
  readonly authorizations: readonly SignedAuthorization[];
}

/** Signature as it stands in the RLP. `v` is the y parity (0, 1) in typed transactions. */
export interface TransactionSignature {
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** A transaction as decoded, with its sender still unknown. */
export interface ParsedTransaction {
  readonly transaction: UnsignedTransaction;
  readonly signature: TransactionSignature;
}

/** Bytes or fields that make no transaction under the rules at hand. */
export class TransactionDecodeError extends Error {
  override readonly name = 'TransactionDecodeError';
  constructor(
    readonly code: TransactionErrorCode,
    /** The field at fault; null where it is the whole. */
    readonly field: string | null,
    detail: string,
  ) {
    super(`${code}${field === null ? '' : ` (${field})`}: ${detail}`);
  }
}

/** RLP item: bytes, or a list. */
export type RlpItem = Uint8Array | RlpItem[];

function accessListItem(list: readonly AccessListEntry[]): RlpItem[] {
  return list.map(({ address, slots }) => [address, [...slots]]);
}

function authorizationItem(tuple: SignedAuthorization): RlpItem[] {
  const { chainId, address, nonce, yParity, r, s } = tuple;
  return [
    bigIntToMinimalBytes(chainId),
    address,
    bigIntToMinimalBytes(nonce),
    ...[yParity, r, s].map(bigIntToMinimalBytes),
  ];
}

/**
 * RLP items of a transaction up to its signature, in the order of its EIP (2930, 1559, 4844, 7702);
 * for a legacy one the six fields of the yellow paper, without the chain id of EIP-155.
 */
export function payloadItems(transaction: UnsignedTransaction): RlpItem[] {
  const integer = bigIntToMinimalBytes;
  const { type, to, value, data } = transaction;
  const items: RlpItem[] = type === 0 ? [] : [integer(transaction.chainId ?? 0n)];
  items.push(integer(transaction.nonce));
  if (type >= 2) items.push(integer(transaction.maxPriorityFeePerGas));
  items.push(integer(transaction.maxFeePerGas), integer(transaction.gasLimit), to ?? EMPTY_BYTES, integer(value), data);
  if (type >= 1) items.push(accessListItem(transaction.accessList));
  if (type === 3) items.push(integer(transaction.maxFeePerBlobGas), [...transaction.blobVersionedHashes]);
  if (type === 4) items.push(transaction.authorizations.map(authorizationItem));
  return items;
}
