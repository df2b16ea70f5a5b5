/** The state root: a secure trie of accounts, each with the root of its storage (yellow paper, section 4.1). */
import { equalBytes } from '../primitives/bytes.js';
import { keccak256 } from '../primitives/crypto.js';
import { type TrieEntry, trieRoot } from './trie.js';

/** An account as the state trie sees it. */
export interface AccountLeaf {
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly nonce: bigint;
  readonly balance: bigint;
  /** 32 bytes. */
  readonly codeHash: Uint8Array;
  /** Slots (32 bytes) and values, zero values left out. */
  readonly storage: Iterable<readonly [Uint8Array, bigint]>;
}

/** Tests and blocks hash the same few keys again and again. A key has one place; the latest stays in it. */
const CACHED_KEYS = 1 << 14;
const cachedKeys: (Uint8Array | undefined)[] = new Array(CACHED_KEYS).fill(undefined);
const cachedHashes: (Uint8Array | undefined)[] = new Array(CACHED_KEYS).fill(undefined);

/** Place of a key in the cache (FNV-1a). Whoever makes keys collide gains that they are hashed again. */
function placeOf(key: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & (CACHED_KEYS - 1);
}

/** Key of a secure trie (yellow paper, section 4.1): the keccak of `key`, 32 bytes. Not to be changed. */
export function hashedKey(key: Uint8Array): Uint8Array {
  const place = placeOf(key);
  const known = cachedKeys[place];
  if (known !== undefined && equalBytes(known, key)) return cachedHashes[place] as Uint8Array;
  const hash = keccak256(key);
  cachedKeys[place] = key.slice();
  cachedHashes[place] = hash;
  return hash;
}

const WORD_BYTES = 32;
/** A list's and four strings' headers, nonce, balance and two hashes. */
const LEAF_BYTES = 2 + 9 + 33 + 33 + 33;
const LIST_HEADER = 2;
const leaf = new Uint8Array(LEAF_BYTES);
const wordBytes = new Uint8Array(WORD_BYTES);
const wordView = new DataView(wordBytes.buffer);

/** RLP of a scalar below 2^256, written to `out[at…]`; answers where it ends. */
function writeScalar(value: bigint, out: Uint8Array, at: number): number {
  if (value < 0x80n) {
    out[at] = value === 0n ? 0x80 : Number(value);
    return at + 1;
  }
  let rest = value;
  let from = WORD_BYTES;
  while (rest !== 0n) {
    from -= 8;
    // Takes what is below 2^64.
    wordView.setBigUint64(from, rest);
    rest >>= 64n;
  }
  while (wordBytes[from] === 0) from++;
  const length = WORD_BYTES - from;
  out[at] = 0x80 + length;
  for (let i = 0; i < length; i++) out[at + 1 + i] = wordBytes[from + i] as number;
  return at + 1 + length;
}

function writeHash(hash: Uint8Array, out: Uint8Array, at: number): number {
  out[at] = 0x80 + WORD_BYTES;
  out.set(hash, at + 1);
  return at + 1 + WORD_BYTES;
}

/** RLP of an account. Two hashes make it longer than 55 bytes and it stays below 256: one byte of length. */
function accountLeaf(account: AccountLeaf, storage: Uint8Array): Uint8Array {
  let end = writeScalar(account.nonce, leaf, LIST_HEADER);
  end = writeScalar(account.balance, leaf, end);
  end = writeHash(storage, leaf, end);
  end = writeHash(account.codeHash, leaf, end);
  leaf[0] = 0xf8;
  leaf[1] = end - LIST_HEADER;
  return leaf.slice(0, end);
}

/** Root of an account's storage trie. */
export function storageRoot(slots: Iterable<readonly [Uint8Array, bigint]>): Uint8Array {
  const entries: TrieEntry[] = [];
  for (const [slot, value] of slots) {
    const end = writeScalar(value, leaf, 0);
    entries.push([hashedKey(slot), leaf.slice(0, end)]);
  }
  return trieRoot(entries);
}

/** Root of the state that consists of `accounts`. */
export function stateRoot(accounts: Iterable<AccountLeaf>): Uint8Array {
  const entries: TrieEntry[] = [];
  for (const account of accounts) {
    entries.push([hashedKey(account.address), accountLeaf(account, storageRoot(account.storage))]);
  }
  return trieRoot(entries);
}
