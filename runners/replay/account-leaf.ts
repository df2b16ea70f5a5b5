/** Accounts and slots as the leaves of the state tries hold them (yellow paper, section 4.1). */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, bytesToBigInt, EMPTY_BYTES } from '../../src/primitives/bytes.js';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT } from '../../src/primitives/crypto.js';
import { listItems, readWhole, stringBytes } from '../../src/transition/block/rlp.js';

export interface TrieAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** 32 bytes each. */
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

/** What stands for an absent account. */
export const ABSENT: TrieAccount = {
  nonce: 0n,
  balance: 0n,
  storageRoot: EMPTY_TRIE_ROOT,
  codeHash: EMPTY_CODE_HASH,
};

/** Throws `RlpError` where the leaf is no account. */
export function readAccount(leaf: Uint8Array): TrieAccount {
  const fields = listItems(readWhole(leaf, 'account'), 'account').map((item) => stringBytes(item, 'account'));
  const [nonce = EMPTY_BYTES, balance = EMPTY_BYTES, storageRoot = EMPTY_BYTES, codeHash = EMPTY_BYTES] = fields;
  return { nonce: bytesToBigInt(nonce), balance: bytesToBigInt(balance), storageRoot, codeHash };
}

export function writeAccount(account: TrieAccount): Uint8Array {
  const { nonce, balance, storageRoot, codeHash } = account;
  return RLP.encode([bigIntToMinimalBytes(nonce), bigIntToMinimalBytes(balance), storageRoot, codeHash]);
}

/** Throws `RlpError` where the leaf is no slot. */
export function readSlot(leaf: Uint8Array): bigint {
  return bytesToBigInt(stringBytes(readWhole(leaf, 'slot'), 'slot'));
}

/** Leaf of a slot; empty for zero, which the trie does not hold. */
export function writeSlot(value: bigint): Uint8Array {
  return value === 0n ? EMPTY_BYTES : RLP.encode(bigIntToMinimalBytes(value));
}
