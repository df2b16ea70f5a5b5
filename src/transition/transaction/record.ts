/**
 * Transactions as records of words: everything that follows from the transaction and the block's header alone is
 * already worked out in them (static validity, intrinsic gas, prices, what the sender owes), so that executing one
 * needs no BigInt. Where records stand, and what they were made of; `record-block.ts` makes them.
 */
import {
  ACCESS_SLOT_COUNT,
  ACCESS_SLOTS,
  RECORD_ACCESS,
  RECORD_ACCESS_COUNT,
  RECORD_AUTHORIZATION_COUNT,
  RECORD_AUTHORIZATIONS,
  RECORD_BLOB_COUNT,
  RECORD_BLOBS,
  RECORD_CHAIN_ID,
  RECORD_CREATES,
  RECORD_DATA,
  RECORD_DATA_LENGTH,
  RECORD_FLAGS,
  RECORD_GAS_LIMIT,
  RECORD_HAS_CHAIN_ID,
  RECORD_MAX_BLOB_FEE,
  RECORD_MAX_FEE,
  RECORD_MAX_PRIORITY_FEE,
  RECORD_NONCE,
  RECORD_SENDER,
  RECORD_TO,
  RECORD_TYPE,
  RECORD_VALUE,
} from '../../layout.js';
import { ADDRESS_WORDS, readWords, U256_WORDS, wordsToBytes } from '../../primitives/words.js';
import type { Authorization, Transaction } from '../types.js';

export const U64_WORDS = 2;

/** An authorization's words: chain id, address, nonce, whether there is an authority, authority. */
export const AUTHORIZATION_ADDRESS = 8;
export const AUTHORIZATION_NONCE = 16;
export const AUTHORIZATION_HAS_AUTHORITY = 18;
export const AUTHORIZATION_AUTHORITY = 20;
export const AUTHORIZATION_WORDS = 28;

/** Memory that holds records. Its views may be replaced when it grows. */
export interface RecordMemory {
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  /** In pairs of words; records begin with a pair. */
  readonly u64: BigUint64Array;
}

/** The transactions of a block as records, in memory of their own. */
export interface RecordedTransactions extends RecordMemory {
  /** First word of each record. */
  readonly places: Uint32Array;
}

/** Views of the records of a block: `words` words, and behind them the places of `count` records. */
export function viewRecords(buffer: ArrayBufferLike, words: number, count: number): RecordedTransactions {
  return {
    u32: new Uint32Array(buffer, 0, words),
    u8: new Uint8Array(buffer, 0, 4 * words),
    u64: new BigUint64Array(buffer, 0, words >>> 1),
    places: new Uint32Array(buffer, 4 * words, count),
  };
}

function addressAt(words: Uint32Array, at: number): Uint8Array {
  return wordsToBytes(words, at, ADDRESS_WORDS);
}

/** The transaction that a record was made of. */
export function transactionOfRecord(words: Uint32Array, bytes: Uint8Array, at: number): Transaction {
  const word = (offset: number): number => words[at + offset] as number;
  const value = (offset: number): bigint => readWords(words, at + offset, U256_WORDS);
  const u64 = (offset: number): bigint => readWords(words, at + offset, U64_WORDS);
  const flags = word(RECORD_FLAGS);
  const data = 4 * (at + word(RECORD_DATA));
  let entry = at + word(RECORD_ACCESS);
  const accessList = Array.from({ length: word(RECORD_ACCESS_COUNT) }, () => {
    const address = addressAt(words, entry);
    const count = words[entry + ACCESS_SLOT_COUNT] as number;
    const first = entry + ACCESS_SLOTS;
    entry = first + U256_WORDS * count;
    const slots = Array.from({ length: count }, (_, i) => wordsToBytes(words, first + U256_WORDS * i, U256_WORDS));
    return { address, slots };
  });
  const blobs = at + word(RECORD_BLOBS);
  return {
    type: word(RECORD_TYPE) as Transaction['type'],
    chainId: flags & RECORD_HAS_CHAIN_ID ? value(RECORD_CHAIN_ID) : null,
    nonce: u64(RECORD_NONCE),
    gasLimit: u64(RECORD_GAS_LIMIT),
    maxFeePerGas: value(RECORD_MAX_FEE),
    maxPriorityFeePerGas: value(RECORD_MAX_PRIORITY_FEE),
    to: flags & RECORD_CREATES ? null : addressAt(words, at + RECORD_TO),
    value: value(RECORD_VALUE),
    data: bytes.slice(data, data + word(RECORD_DATA_LENGTH)),
    accessList,
    maxFeePerBlobGas: value(RECORD_MAX_BLOB_FEE),
    blobVersionedHashes: Array.from({ length: word(RECORD_BLOB_COUNT) }, (_, i) =>
      wordsToBytes(words, blobs + U256_WORDS * i, U256_WORDS),
    ),
    authorizations: authorizationsOfRecord(words, at),
    sender: addressAt(words, at + RECORD_SENDER),
  };
}

/** Gas limit of the transaction whose record is at `at`; beyond 2^53 the nearest number. */
export function gasLimitOfRecord(words: Uint32Array, at: number): number {
  const limit = at + RECORD_GAS_LIMIT;
  return (words[limit] as number) + (words[limit + 1] as number) * 2 ** 32;
}

/** The authorizations of a record. */
export function authorizationsOfRecord(words: Uint32Array, at: number): Authorization[] {
  const first = at + (words[at + RECORD_AUTHORIZATIONS] as number);
  return Array.from({ length: words[at + RECORD_AUTHORIZATION_COUNT] as number }, (_, i) => {
    const item = first + AUTHORIZATION_WORDS * i;
    return {
      chainId: readWords(words, item, U256_WORDS),
      address: addressAt(words, item + AUTHORIZATION_ADDRESS),
      nonce: readWords(words, item + AUTHORIZATION_NONCE, U64_WORDS),
      authority:
        words[item + AUTHORIZATION_HAS_AUTHORITY] === 0 ? null : addressAt(words, item + AUTHORIZATION_AUTHORITY),
    };
  });
}
