/**
 * Hashing and public-key recovery, on ox's embedded WebAssembly (libsecp256k1, keccak and RIPEMD-160)
 * and Node's SHA-256.
 * The modules are compiled once, when this file is first imported; afterwards every call is
 * synchronous.
 */
import { hash } from 'node:crypto';
import * as Hash from 'ox/wasm/Hash';
import * as Secp256k1 from 'ox/wasm/Secp256k1';
import { equalBytes, hexToBytes } from './bytes.js';

const hashes = await Hash.engine();
const curve = await Secp256k1.engine();

/** Keccak-256 of the input, 32 bytes. */
export function keccak256(data: Uint8Array): Uint8Array {
  return hashes.keccak256(data);
}

/** Codes up to EIP-170's limit are kept by {@link codeHash}; that bounds its memory to some 12 MB. */
const CACHED_CODE_BYTES = 24_576;
const CACHED_CODES = 512;
const cachedCodes: ({ readonly code: Buffer; readonly hash: Uint8Array } | undefined)[] = new Array(CACHED_CODES);
/** Bytes of a code that choose its place. */
const SAMPLED_BYTES = 16;

function placeOfCode(code: Uint8Array): number {
  let place = code.length;
  const step = Math.max(1, Math.floor(code.length / SAMPLED_BYTES));
  for (let i = code.length - 1; i >= 0; i -= step) place = Math.imul(place ^ (code[i] as number), 0x01000193);
  return (place ^ (place >>> 15)) & (CACHED_CODES - 1);
}

/**
 * {@link keccak256} of a contract's code, which is often one of the last few hundred: comparing bytes
 * is some ten times faster than hashing them. The result is the caller's to keep, not to change.
 */
export function codeHash(code: Uint8Array): Uint8Array {
  if (code.length === 0) return EMPTY_CODE_HASH;
  if (code.length > CACHED_CODE_BYTES) return keccak256(code);
  const place = placeOfCode(code);
  const known = cachedCodes[place];
  if (known?.code.equals(code)) return known.hash;
  const hash = keccak256(code);
  cachedCodes[place] = { code: Buffer.from(code), hash };
  return hash;
}

/** SHA-256 of the input, 32 bytes. OpenSSL's, which has the processor's own instructions for it. */
export function sha256(data: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = hash('sha256', data, 'buffer');
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** RIPEMD-160 of the input, 20 bytes. */
export function ripemd160(data: Uint8Array): Uint8Array {
  return hashes.ripemd160(data);
}

/** Keccak-256 of nothing: the code hash of an account without code. */
export const EMPTY_CODE_HASH: Uint8Array = hexToBytes(
  'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
);

/** Keccak-256 of the RLP of the empty string: the root of an empty trie. */
export const EMPTY_TRIE_ROOT: Uint8Array = hexToBytes(
  '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
);

/** Keccak-256 of the RLP of an empty list: `sha3Uncles` of a block without uncles. */
export const EMPTY_LIST_HASH: Uint8Array = hexToBytes(
  '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
);

/** Order of the secp256k1 group. */
export const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Address (20 bytes) of an uncompressed public key (65 bytes): yellow paper, appendix F. */
function publicKeyToAddress(publicKey: Uint8Array): Uint8Array {
  return keccak256(publicKey.subarray(1)).slice(12);
}

/**
 * Address that signed `hash` (32 bytes), or null where the signature recovers to no key.
 * `r` and `s` are 32 bytes each; range rules (EIP-2) are the caller's.
 */
export function recoverAddress(hash: Uint8Array, yParity: 0 | 1, r: Uint8Array, s: Uint8Array): Uint8Array | null {
  const signature = new Uint8Array(65);
  signature[0] = yParity;
  signature.set(r, 1);
  signature.set(s, 33);
  try {
    return publicKeyToAddress(curve.recoverPublicKey(signature, hash));
  } catch (error) {
    // libsecp256k1 refuses r or s outside the group and points at infinity: there is no signer then.
    if (error instanceof Secp256k1.InvalidInputError) return null;
    throw error;
  }
}

/** A power of two; an entry takes some 250 bytes. */
const CACHED_SIGNERS = 8192;
const cachedSigners: ({ readonly signed: Uint8Array; readonly signer: Uint8Array | null } | undefined)[] = new Array(
  CACHED_SIGNERS,
);
/** What was signed, and the signature: `hash ‖ r ‖ s ‖ yParity`. */
const signed = new Uint8Array(97);

/**
 * {@link recoverAddress} for what is likely to be asked again: senders of transactions, which suites
 * repeat from fork to fork, and nodes from pool to block. Remembers the latest few thousand answers,
 * each under all of its input.
 */
export function recoverSigner(hash: Uint8Array, yParity: 0 | 1, r: Uint8Array, s: Uint8Array): Uint8Array | null {
  signed.set(hash, 0);
  signed.set(r, 32);
  signed.set(s, 64);
  signed[96] = yParity;
  // The hash is a hash already.
  const place = ((hash[0] as number) | ((hash[1] as number) << 8)) & (CACHED_SIGNERS - 1);
  const known = cachedSigners[place];
  if (known !== undefined && equalBytes(known.signed, signed)) return known.signer?.slice() ?? null;
  const signer = recoverAddress(hash, yParity, r, s);
  cachedSigners[place] = { signed: signed.slice(), signer };
  return signer?.slice() ?? null;
}

/** Signature of `hash` under `secretKey`: 65 bytes, `yParity || r || s`. */
export function signHash(hash: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return curve.sign(hash, secretKey, { extraEntropy: false, prehash: false });
}

/** Address that belongs to a secret key (32 bytes). */
export function addressOfSecretKey(secretKey: Uint8Array): Uint8Array {
  return publicKeyToAddress(curve.getPublicKey(secretKey));
}
