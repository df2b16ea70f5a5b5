/** The state root: a secure trie of accounts, each with the root of its storage (yellow paper, section 4.1). */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, bytesToHex } from '../primitives/bytes.js';
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

/** Tests and blocks hash the same few keys again and again; the bound keeps the memory small. */
const KEY_CACHE_LIMIT = 50_000;
const keyCache = new Map<string, Uint8Array>();

function hashedKey(key: Uint8Array): Uint8Array {
  const name = bytesToHex(key);
  const known = keyCache.get(name);
  if (known !== undefined) return known;
  if (keyCache.size >= KEY_CACHE_LIMIT) keyCache.clear();
  const hash = keccak256(key);
  keyCache.set(name, hash);
  return hash;
}

/** Root of an account's storage trie. */
export function storageRoot(slots: Iterable<readonly [Uint8Array, bigint]>): Uint8Array {
  const entries: TrieEntry[] = [];
  for (const [slot, value] of slots) entries.push([hashedKey(slot), RLP.encode(bigIntToMinimalBytes(value))]);
  return trieRoot(entries);
}

/** Root of the state that consists of `accounts`. */
export function stateRoot(accounts: Iterable<AccountLeaf>): Uint8Array {
  const entries: TrieEntry[] = [];
  for (const account of accounts) {
    const leaf = RLP.encode([
      bigIntToMinimalBytes(account.nonce),
      bigIntToMinimalBytes(account.balance),
      storageRoot(account.storage),
      account.codeHash,
    ]);
    entries.push([hashedKey(account.address), leaf]);
  }
  return trieRoot(entries);
}
