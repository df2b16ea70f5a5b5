/** Signing and encoding: the inverse of `decode.ts`. */
import { encode } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, bytesToBigInt, concatBytes } from '../../primitives/bytes.js';
import { signHash } from '../../primitives/crypto.js';
import { authorizationHash, signingHash } from './signature.js';
import {
  payloadItems,
  type SignedAuthorization,
  type TransactionSignature,
  type UnsignedTransaction,
} from './unsigned.js';

function sign(hash: Uint8Array, secretKey: Uint8Array): { parity: bigint; r: bigint; s: bigint } {
  const signature = signHash(hash, secretKey);
  return {
    parity: BigInt(signature[0] as number),
    r: bytesToBigInt(signature.subarray(1, 33)),
    s: bytesToBigInt(signature.subarray(33, 65)),
  };
}

/** EIP-2718 bytes of a transaction with the given signature. */
export function encodeTransaction(transaction: UnsignedTransaction, signature: TransactionSignature): Uint8Array {
  const { v, r, s } = signature;
  const list = encode([...payloadItems(transaction), ...[v, r, s].map(bigIntToMinimalBytes)]);
  return transaction.type === 0 ? list : concatBytes(Uint8Array.of(transaction.type), list);
}

/** Signs a transaction (of any type) with a secret key of 32 bytes and encodes it; EIP-155 where a legacy one has a chain id. */
export function signTransaction(transaction: UnsignedTransaction, secretKey: Uint8Array): Uint8Array {
  const { parity, r, s } = sign(signingHash(transaction), secretKey);
  const { type, chainId } = transaction;
  const base = type !== 0 ? 0n : chainId === null ? 27n : 35n + 2n * chainId;
  return encodeTransaction(transaction, { v: base + parity, r, s });
}

/** An EIP-7702 tuple that lets `address` (20 bytes) be the code of the key's account. */
export function signAuthorization(
  tuple: Pick<SignedAuthorization, 'chainId' | 'address' | 'nonce'>,
  secretKey: Uint8Array,
): SignedAuthorization {
  const { parity, r, s } = sign(authorizationHash(tuple), secretKey);
  return { chainId: tuple.chainId, address: tuple.address, nonce: tuple.nonce, yParity: parity, r, s };
}
