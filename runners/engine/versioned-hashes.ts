/** Versioned hashes of a payload's blob transactions (EIP-4844), read without decoding the rest. */
import { listItems, RlpError, readWhole, stringBytes } from '../../src/transition/block/rlp.js';

const BLOB_TRANSACTION = 3;
/** Place of `blob_versioned_hashes` in the transaction. */
const HASHES_FIELD = 10;

/**
 * The hashes of all blob transactions, in order. Null where one of them is no RLP of a blob
 * transaction: it makes the payload invalid by itself, and decoding it says why.
 */
export function versionedHashes(transactions: readonly Uint8Array[]): readonly Uint8Array[] | null {
  const hashes: Uint8Array[] = [];
  try {
    for (const transaction of transactions) {
      if (transaction[0] !== BLOB_TRANSACTION) continue;
      const list = listItems(readWhole(transaction.subarray(1), 'transaction'), 'transaction')[HASHES_FIELD];
      if (list === undefined) return null;
      for (const hash of listItems(list, 'hashes')) hashes.push(stringBytes(hash, 'hashes'));
    }
  } catch (error) {
    if (error instanceof RlpError) return null;
    throw error;
  }
  return hashes;
}
