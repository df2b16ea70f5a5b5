/**
 * Signing hashes, signature rules and recovery (yellow paper appendix F, EIP-2, EIP-155, EIP-2718,
 * EIP-7702). Checking is separate from recovering, so that many recoveries can be batched.
 */
import { encode } from '@ethereumjs/rlp';
import { bigIntToBytes, bigIntToMinimalBytes, concatBytes, EMPTY_BYTES } from '../../primitives/bytes.js';
import { keccak256, recoverSigner, SECP256K1_N } from '../../primitives/crypto.js';
import type { Fork } from '../../primitives/fork.js';
import type { Authorization } from '../types.js';
import { transactionRules } from './rules.js';
import {
  type ParsedTransaction,
  payloadItems,
  type SignedAuthorization,
  TransactionDecodeError,
  type UnsignedTransaction,
} from './unsigned.js';

/** Under which rules transactions are decoded. */
export interface DecodeRules {
  readonly fork: Fork;
  readonly chainId: bigint;
}

/** Input of one public-key recovery: `hash`, `r` and `s` are 32 bytes each. */
export interface Recovery {
  readonly hash: Uint8Array;
  readonly yParity: 0 | 1;
  readonly r: Uint8Array;
  readonly s: Uint8Array;
}

const HALF_N = SECP256K1_N / 2n;
/** EIP-7702: `keccak(0x05 || rlp([chain_id, address, nonce]))` is what an authority signs. */
const AUTHORIZATION_MAGIC = Uint8Array.of(0x05);

/** Hash that the sender signs, 32 bytes; a legacy transaction with a chain id is protected by EIP-155. */
export function signingHash(transaction: UnsignedTransaction): Uint8Array {
  const items = payloadItems(transaction);
  if (transaction.type !== 0) return keccak256(concatBytes(Uint8Array.of(transaction.type), encode(items)));
  if (transaction.chainId !== null) items.push(bigIntToMinimalBytes(transaction.chainId), EMPTY_BYTES, EMPTY_BYTES);
  return keccak256(encode(items));
}

/** Hash that an authority signs (EIP-7702), 32 bytes. */
export function authorizationHash(tuple: Pick<SignedAuthorization, 'chainId' | 'address' | 'nonce'>): Uint8Array {
  const items = [bigIntToMinimalBytes(tuple.chainId), tuple.address, bigIntToMinimalBytes(tuple.nonce)];
  return keccak256(concatBytes(AUTHORIZATION_MAGIC, encode(items)));
}

function parity(parsed: ParsedTransaction, rules: DecodeRules): 0 | 1 {
  const { transaction, signature } = parsed;
  const { v } = signature;
  if (transaction.type !== 0) {
    if (transaction.chainId !== rules.chainId) {
      const detail = `chain id ${transaction.chainId}, not ${rules.chainId}`;
      throw new TransactionDecodeError('INVALID_CHAINID', 'chainId', detail);
    }
    if (v > 1n) throw new TransactionDecodeError('INVALID_SIGNATURE_VRS', 'yParity', `y parity ${v}`);
    return v === 0n ? 0 : 1;
  }
  if (v === 27n || v === 28n) return v === 27n ? 0 : 1;
  // A bare parity (0 or 1) is typed transactions' notation, and no chain id either.
  if (v <= 1n || !transactionRules(rules.fork).replayProtection) {
    throw new TransactionDecodeError('INVALID_SIGNATURE_VRS', 'v', `v ${v} is neither 27 nor 28`);
  }
  const first = 35n + 2n * rules.chainId;
  if (v !== first && v !== first + 1n) {
    throw new TransactionDecodeError('INVALID_CHAINID', 'v', `v ${v} does not fit chain id ${rules.chainId}`);
  }
  return v === first ? 0 : 1;
}

/**
 * Checks a signature against the rules of the fork and says what to recover.
 * Throws {@link TransactionDecodeError} (INVALID_CHAINID, INVALID_SIGNATURE_VRS).
 */
export function signatureToRecover(parsed: ParsedTransaction, rules: DecodeRules): Recovery {
  const { r, s } = parsed.signature;
  const yParity = parity(parsed, rules);
  if (r === 0n || r >= SECP256K1_N) throw new TransactionDecodeError('INVALID_SIGNATURE_VRS', 'r', 'out of range');
  const sLimit = transactionRules(rules.fork).lowS ? HALF_N : SECP256K1_N - 1n;
  if (s === 0n || s > sLimit) throw new TransactionDecodeError('INVALID_SIGNATURE_VRS', 's', 'out of range');
  return { hash: signingHash(parsed.transaction), yParity, r: bigIntToBytes(r, 32), s: bigIntToBytes(s, 32) };
}

/** Sender of a parsed transaction, 20 bytes. Throws {@link TransactionDecodeError}; EC_RECOVERY_FAIL where no key signed. */
export function recoverSender(parsed: ParsedTransaction, rules: DecodeRules): Uint8Array {
  const { hash, yParity, r, s } = signatureToRecover(parsed, rules);
  const sender = recoverSigner(hash, yParity, r, s);
  if (sender === null) throw new TransactionDecodeError('EC_RECOVERY_FAIL', null, 'the signature recovers to no key');
  return sender;
}

/** An authorization with its signer; a signature that is no signature leaves the authority null (EIP-7702). */
export function recoverAuthorization(tuple: SignedAuthorization): Authorization {
  const { chainId, address, nonce, yParity, r, s } = tuple;
  const inRange = yParity <= 1n && r !== 0n && r < SECP256K1_N && s !== 0n && s <= HALF_N;
  const authority = inRange
    ? recoverSigner(authorizationHash(tuple), yParity === 0n ? 0 : 1, bigIntToBytes(r, 32), bigIntToBytes(s, 32))
    : null;
  return { chainId, address, nonce, authority };
}
