/** Addresses of contracts that transactions and contracts create. */
import { type NestedUint8Array, RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, concatBytes } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';

/** Address of what `creator` creates with CREATE, or by a transaction, at `nonce` (yellow paper, section 7). */
export function createdAddress(creator: Uint8Array, nonce: bigint): Uint8Array {
  const fields: NestedUint8Array = [creator, bigIntToMinimalBytes(nonce)];
  return keccak256(RLP.encode(fields)).subarray(12);
}

/** Address of what `creator` creates with CREATE2 (EIP-1014); `salt` has 32 bytes, `init` is the whole init code. */
export function create2Address(creator: Uint8Array, salt: Uint8Array, init: Uint8Array): Uint8Array {
  return keccak256(concatBytes(Uint8Array.of(0xff), creator, salt, keccak256(init))).subarray(12);
}
