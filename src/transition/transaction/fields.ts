/** Transactions from plain fields, for suites that give no signed bytes. */
import { addressOfSecretKey } from '../../primitives/crypto.js';
import type { TransactionErrorCode } from '../errors.js';
import type { AccessListEntry, Transaction } from '../types.js';
import { preForkCode, withSender } from './decode.js';
import { MAX_U64, transactionRules } from './rules.js';
import type { DecodeRules } from './signature.js';
import { type SignedAuthorization, TransactionDecodeError, type UnsignedTransaction } from './unsigned.js';

/** Fields of a transaction whose type shows in which of them are set (not null). */
export interface TransactionFields {
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly gasPrice: bigint | null;
  readonly maxFeePerGas: bigint | null;
  readonly maxPriorityFeePerGas: bigint | null;
  readonly to: Uint8Array | null;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[] | null;
  readonly maxFeePerBlobGas: bigint | null;
  readonly blobVersionedHashes: readonly Uint8Array[] | null;
  readonly authorizationList: readonly SignedAuthorization[] | null;
  /** 20 bytes; where it is null, the secret key's address. */
  readonly sender: Uint8Array | null;
  readonly secretKey: Uint8Array | null;
}

function typeOfFields(fields: TransactionFields): Transaction['type'] {
  if (fields.authorizationList !== null) return 4;
  if (fields.blobVersionedHashes !== null || fields.maxFeePerBlobGas !== null) return 3;
  if (fields.maxFeePerGas !== null || fields.maxPriorityFeePerGas !== null) return 2;
  return fields.accessList === null ? 0 : 1;
}

function u256(field: string, value: bigint, overflow: TransactionErrorCode = 'RLP_INVALID_VALUE'): bigint {
  if (value >> 256n !== 0n) throw new TransactionDecodeError(overflow, field, `not a u256: ${value}`);
  return value;
}

/** Refuses numbers that have no place in the RLP of a tuple (EIP-7702), as its decoder does. */
function checkAuthorization({ chainId, nonce, yParity, r, s }: SignedAuthorization): void {
  const widths = [
    ['chainId', chainId, 256n],
    ['nonce', nonce, 64n],
    ['yParity', yParity, 8n],
    ['r', r, 256n],
    ['s', s, 256n],
  ] as const;
  for (const [name, value, bits] of widths) {
    if (value >> bits === 0n) continue;
    const field = `authorizationList.${name}`;
    throw new TransactionDecodeError('TYPE_4_INVALID_AUTHORIZATION_FORMAT', field, `not a u${bits}: ${value}`);
  }
}

/**
 * Content of a transaction from its fields, ready to be signed; a legacy one without replay protection.
 * Throws {@link TransactionDecodeError} where a number does not fit or the fork does not know the type.
 */
export function unsignedFromFields(fields: TransactionFields, rules: DecodeRules): UnsignedTransaction {
  const type = typeOfFields(fields);
  if (type > transactionRules(rules.fork).maxType) {
    throw new TransactionDecodeError(preForkCode(type), 'type', `type ${type} in ${rules.fork}`);
  }
  if (fields.nonce > MAX_U64) throw new TransactionDecodeError('NONCE_OVERFLOW', 'nonce', `${fields.nonce}`);
  if (fields.gasLimit > MAX_U64)
    throw new TransactionDecodeError('GASLIMIT_OVERFLOW', 'gasLimit', `${fields.gasLimit}`);
  for (const tuple of fields.authorizationList ?? []) checkAuthorization(tuple);
  const maxFeePerGas = (type >= 2 ? fields.maxFeePerGas : fields.gasPrice) ?? 0n;
  const priority = type >= 2 ? (fields.maxPriorityFeePerGas ?? 0n) : maxFeePerGas;
  return {
    type,
    chainId: type === 0 ? null : rules.chainId,
    nonce: fields.nonce,
    gasLimit: fields.gasLimit,
    maxFeePerGas: u256('maxFeePerGas', maxFeePerGas),
    maxPriorityFeePerGas: u256('maxPriorityFeePerGas', priority),
    to: fields.to,
    value: u256('value', fields.value, 'VALUE_OVERFLOW'),
    data: fields.data,
    accessList: fields.accessList ?? [],
    maxFeePerBlobGas: u256('maxFeePerBlobGas', fields.maxFeePerBlobGas ?? 0n),
    blobVersionedHashes: fields.blobVersionedHashes ?? [],
    authorizations: fields.authorizationList ?? [],
  };
}

/**
 * Transaction from plain fields, with the sender they name (or whose key they hold) and the
 * authorities recovered. Throws {@link TransactionDecodeError}, and a RangeError where the fields
 * name neither a sender nor a key.
 */
export function transactionFromFields(fields: TransactionFields, rules: DecodeRules): Transaction {
  const sender = fields.sender ?? (fields.secretKey === null ? null : addressOfSecretKey(fields.secretKey));
  if (sender === null) throw new RangeError('transaction fields with neither sender nor secret key');
  return withSender(unsignedFromFields(fields, rules), sender);
}
