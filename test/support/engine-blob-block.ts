/** A Cancun block of one blob transaction with two blobs, as an Engine API call, and the accounts around it. */
import { bytesToHex, concatBytes, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { addressOfSecretKey } from '../../src/primitives/crypto.js';
import { orderedTrieRoot } from '../../src/state/trie.js';
import { signTransaction } from '../../src/transition/transaction/index.js';
import { allocation, type CallJson, callJson, genesisJson, type Json, rootOf } from './engine-fixture.js';

const KEY = new Uint8Array(32).fill(7);
export const SENDER = bytesToHex(addressOfSecretKey(KEY));
export const PAYEE: Hex = '0x00000000000000000000000000000000000000bb';
export const RICH = 10n ** 18n;
export const PRE = allocation({ [SENDER]: RICH });
export const ROOT = rootOf(PRE);
const BLOB_GAS = 131_072n;
export const versionedHash = (n: number): Uint8Array => concatBytes(Uint8Array.of(1), new Uint8Array(31).fill(n));
export const HASHES = [versionedHash(1), versionedHash(2)] as const;

export const BLOB_TRANSACTION = signTransaction(
  {
    type: 3,
    chainId: 1n,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 7n,
    maxPriorityFeePerGas: 0n,
    to: hexToBytes(PAYEE),
    value: 5n,
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerBlobGas: 1n,
    blobVersionedHashes: HASHES,
    authorizations: [],
  },
  KEY,
);
/** The accounts after the block. */
export const AFTER = allocation({ [SENDER]: [RICH - 5n - 21_000n * 7n - 2n * BLOB_GAS, 1n], [PAYEE]: 5n });
/** `0x03 || rlp([1, 21000, bloom, []])` */
const RECEIPT = concatBytes(hexToBytes('0x03f9010801825208b90100'), new Uint8Array(256), hexToBytes('0xc0'));

/** The block on the genesis of `pre`. */
export function blobCall(pre: Json): CallJson {
  return callJson(
    {
      fork: 'Cancun',
      parentHash: hexToBytes(genesisJson('Cancun', pre).hash as Hex),
      stateRoot: rootOf(AFTER),
      transactions: [BLOB_TRANSACTION],
      receiptsRoot: orderedTrieRoot([RECEIPT]),
      gasUsed: 21_000n,
      blobGasUsed: 2n * BLOB_GAS,
    },
    HASHES,
  );
}

export const BLOB_CALL = blobCall(PRE);
