/** Transactions from their EIP-2718 bytes, strictly: one encoding per transaction, nothing missing and nothing over. */
import { decode } from '@ethereumjs/rlp';
import { bytesToBigInt } from '../../primitives/bytes.js';
import type { TransactionErrorCode } from '../errors.js';
import type { AccessListEntry, Transaction } from '../types.js';
import { transactionRules } from './rules.js';
import { type DecodeRules, recoverAuthorization, recoverSender } from './signature.js';
import {
  type ParsedTransaction,
  type RlpItem,
  type SignedAuthorization,
  TransactionDecodeError,
  type UnsignedTransaction,
} from './unsigned.js';

type TransactionType = Transaction['type'];

const PRE_FORK: Readonly<Record<number, TransactionErrorCode>> = {
  1: 'TYPE_1_TX_PRE_FORK',
  2: 'TYPE_2_TX_PRE_FORK',
  3: 'TYPE_3_TX_PRE_FORK',
  4: 'TYPE_4_TX_PRE_FORK',
};

/** RLP items per type, signature included. */
const FIELD_COUNTS: Readonly<Record<TransactionType, number>> = { 0: 9, 1: 11, 2: 12, 3: 14, 4: 13 };

function malformed(field: string | null, detail: string): TransactionDecodeError {
  return new TransactionDecodeError('RLP_INVALID_VALUE', field, detail);
}

/** Error of a type that the fork does not know yet. */
export function preForkCode(type: number): TransactionErrorCode {
  return PRE_FORK[type] ?? 'TYPE_NOT_SUPPORTED';
}

/**
 * One item of RLP, with all that is in it, from exactly these bytes. Throws {@link TransactionDecodeError}
 * (RLP_INVALID_VALUE) where they are not canonical.
 */
export function decodeItem(bytes: Uint8Array): RlpItem {
  // The library takes no bytes at all for an empty string.
  if (bytes.length === 0) throw malformed(null, 'no bytes');
  try {
    return decode(bytes);
  } catch (error) {
    // The library throws plain errors for bad RLP, and a RangeError when lists nest deeper than the call stack.
    throw malformed(null, error instanceof Error ? error.message : String(error));
  }
}

/** Takes a list's items one after the other and checks the shape of each. */
class FieldReader {
  private next = 0;
  constructor(private readonly items: readonly RlpItem[]) {}

  bytes(field: string): Uint8Array {
    const item = this.items[this.next++];
    if (!(item instanceof Uint8Array)) throw malformed(field, 'a list where a string is due');
    return item;
  }

  list(field: string): readonly RlpItem[] {
    const item = this.items[this.next++];
    if (item === undefined || item instanceof Uint8Array) throw malformed(field, 'a string where a list is due');
    return item;
  }

  /** A canonical integer of at most `size` bytes. */
  integer(field: string, size: number, overflow: TransactionErrorCode = 'RLP_INVALID_VALUE'): bigint {
    const bytes = this.bytes(field);
    if (bytes[0] === 0) throw malformed(field, 'leading zeros');
    if (bytes.length > size) throw new TransactionDecodeError(overflow, field, `more than ${size} bytes`);
    return bytesToBigInt(bytes);
  }

  exactly(field: string, size: number, code: TransactionErrorCode = 'RLP_INVALID_VALUE'): Uint8Array {
    const bytes = this.bytes(field);
    if (bytes.length !== size)
      throw new TransactionDecodeError(code, field, `${bytes.length} bytes in place of ${size}`);
    return bytes;
  }

  /** The recipient; null where the transaction creates a contract. */
  recipient(): Uint8Array | null {
    const bytes = this.bytes('to');
    if (bytes.length === 0) return null;
    if (bytes.length < 20) throw new TransactionDecodeError('ADDRESS_TOO_SHORT', 'to', `${bytes.length} bytes`);
    if (bytes.length > 20) throw new TransactionDecodeError('ADDRESS_TOO_LONG', 'to', `${bytes.length} bytes`);
    return bytes;
  }
}

function readAccessList(items: readonly RlpItem[]): AccessListEntry[] {
  return items.map((item) => {
    if (item instanceof Uint8Array || item.length !== 2) throw malformed('accessList', 'an entry is not a pair');
    const pair = new FieldReader(item);
    const address = pair.exactly('accessList.address', 20);
    const keys = pair.list('accessList.storageKeys');
    const reader = new FieldReader(keys);
    return { address, slots: keys.map(() => reader.exactly('accessList.storageKeys', 32)) };
  });
}

function readAuthorizations(items: readonly RlpItem[]): SignedAuthorization[] {
  const bad: TransactionErrorCode = 'TYPE_4_INVALID_AUTHORIZATION_FORMAT';
  return items.map((item) => {
    if (item instanceof Uint8Array || item.length !== 6) {
      throw new TransactionDecodeError(bad, 'authorizationList', 'an entry is not a tuple of six');
    }
    const tuple = new FieldReader(item);
    return {
      chainId: tuple.integer('authorizationList.chainId', 32, bad),
      address: tuple.exactly('authorizationList.address', 20, bad),
      nonce: tuple.integer('authorizationList.nonce', 8, bad),
      yParity: tuple.integer('authorizationList.yParity', 1, bad),
      r: tuple.integer('authorizationList.r', 32, bad),
      s: tuple.integer('authorizationList.s', 32, bad),
    };
  });
}

function readTransaction(type: TransactionType, items: readonly RlpItem[]): ParsedTransaction {
  if (items.length !== FIELD_COUNTS[type]) {
    throw malformed(null, `${items.length} fields in place of ${FIELD_COUNTS[type]}`);
  }
  const reader = new FieldReader(items);
  const chainId = type === 0 ? null : reader.integer('chainId', 32);
  const nonce = reader.integer('nonce', 8, 'NONCE_OVERFLOW');
  const priority = type >= 2 ? reader.integer('maxPriorityFeePerGas', 32, 'PRIORITY_OVERFLOW') : null;
  const maxFeePerGas = reader.integer(type >= 2 ? 'maxFeePerGas' : 'gasPrice', 32, 'GASPRICE_OVERFLOW');
  const gasLimit = reader.integer('gasLimit', 8, 'GASLIMIT_OVERFLOW');
  const to = reader.recipient();
  const value = reader.integer('value', 32, 'VALUE_OVERFLOW');
  const data = reader.bytes('data');
  const accessList = type >= 1 ? readAccessList(reader.list('accessList')) : [];
  const maxFeePerBlobGas = type === 3 ? reader.integer('maxFeePerBlobGas', 32) : 0n;
  const hashes = type === 3 ? reader.list('blobVersionedHashes') : [];
  const hashReader = new FieldReader(hashes);
  const blobVersionedHashes = hashes.map(() => hashReader.exactly('blobVersionedHashes', 32));
  const authorizations = type === 4 ? readAuthorizations(reader.list('authorizationList')) : [];
  const signatureError: TransactionErrorCode = 'INVALID_SIGNATURE_VRS';
  const signature = {
    v: reader.integer(type === 0 ? 'v' : 'yParity', 32, signatureError),
    r: reader.integer('r', 32, signatureError),
    s: reader.integer('s', 32, signatureError),
  };
  const transaction: UnsignedTransaction = {
    type,
    // EIP-155: v = 35 + 2·chainId + parity.
    chainId: type === 0 && signature.v >= 35n ? (signature.v - 35n) >> 1n : chainId,
    nonce,
    gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas: priority ?? maxFeePerGas,
    to,
    value,
    data,
    accessList,
    maxFeePerBlobGas,
    blobVersionedHashes,
    authorizations,
  };
  return { transaction, signature };
}

/** EIP-2718 type of the bytes, whether known or not; 0 is a legacy transaction (an RLP list). */
function typeOf(raw: Uint8Array): number {
  const first = raw[0];
  if (first === undefined) throw malformed(null, 'no bytes');
  if (first >= 0xc0) return 0;
  if (first === 0 || first > 0x7f) {
    throw new TransactionDecodeError('TYPE_NOT_SUPPORTED', 'type', `neither a list nor an envelope: type ${first}`);
  }
  return first;
}

/**
 * Shape of a transaction from its bytes (a type byte and a payload, or a legacy RLP list): no rule of
 * a fork and no signature is checked. Throws {@link TransactionDecodeError}.
 */
export function parseTransaction(raw: Uint8Array): ParsedTransaction {
  const type = typeOf(raw);
  if (type > 4) throw new TransactionDecodeError('TYPE_NOT_SUPPORTED', 'type', `type ${type}`);
  const items = decodeItem(type === 0 ? raw : raw.subarray(1));
  if (items instanceof Uint8Array) throw malformed(null, 'the payload is not a list');
  // EIP-4844: the network form wraps the payload in a list, next to blobs, commitments and proofs.
  if (type === 3 && Array.isArray(items[0])) {
    throw new TransactionDecodeError('TYPE_3_TX_WITH_FULL_BLOBS', null, 'a transaction with its blobs');
  }
  return readTransaction(type as TransactionType, items);
}

/** {@link parseTransaction}, after a check that the fork knows the type. */
export function parseTransactionAt(raw: Uint8Array, rules: DecodeRules): ParsedTransaction {
  const type = typeOf(raw);
  if (type > transactionRules(rules.fork).maxType) {
    throw new TransactionDecodeError(preForkCode(type), 'type', `type ${type} in ${rules.fork}`);
  }
  return parseTransaction(raw);
}

/** A parsed transaction with its sender (20 bytes) and the signers of its authorizations. */
export function withSender(transaction: UnsignedTransaction, sender: Uint8Array): Transaction {
  return { ...transaction, authorizations: transaction.authorizations.map(recoverAuthorization), sender };
}

/**
 * Transaction from its EIP-2718 bytes, sender and authorities recovered.
 * Throws {@link TransactionDecodeError} with the code of what is wrong.
 */
export function decodeTransaction(raw: Uint8Array, rules: DecodeRules): Transaction {
  const parsed = parseTransactionAt(raw, rules);
  return withSender(parsed.transaction, recoverSender(parsed, rules));
}
