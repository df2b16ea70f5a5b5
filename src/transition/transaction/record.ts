/**
 * Transactions as records of words: written once per block, before anything runs, with everything
 * that follows from the transaction and the block's header alone already worked out (static
 * validity, intrinsic gas, prices, what the sender owes). Executing one then needs no BigInt.
 */
import {
  ACCESS_SLOT_COUNT,
  ACCESS_SLOTS,
  RECORD_ACCESS,
  RECORD_ACCESS_COUNT,
  RECORD_AUTHORIZATION_COUNT,
  RECORD_AUTHORIZATIONS,
  RECORD_BLOB_COUNT,
  RECORD_BLOB_GAS,
  RECORD_BLOBS,
  RECORD_CHAIN_ID,
  RECORD_CREATES,
  RECORD_CREDITS,
  RECORD_DATA,
  RECORD_DATA_LENGTH,
  RECORD_DUE,
  RECORD_FLAGS,
  RECORD_FLOOR,
  RECORD_GAS_LIMIT,
  RECORD_HAS_CHAIN_ID,
  RECORD_INTRINSIC,
  RECORD_INVOLVES_BENEFICIARY,
  RECORD_MAX_BLOB_FEE,
  RECORD_MAX_FEE,
  RECORD_MAX_PRIORITY_FEE,
  RECORD_MESSAGE_GAS,
  RECORD_NONCE,
  RECORD_PRICE,
  RECORD_SENDER,
  RECORD_SIZE,
  RECORD_STATIC,
  RECORD_TIP,
  RECORD_TO,
  RECORD_TYPE,
  RECORD_UNPAYABLE,
  RECORD_UPFRONT,
  RECORD_VALUE,
  RECORD_WORDS,
} from '../../layout.js';
import { bigIntToBytes, equalBytes } from '../../primitives/bytes.js';
import {
  ADDRESS_WORDS,
  bytesToWords,
  readWords,
  U256_WORDS,
  wordsToBytes,
  writeWords,
} from '../../primitives/words.js';
import type { BlockEnvironment } from '../../vm/vm.js';
import { TRANSACTION_ERRORS } from '../errors.js';
import type { Authorization, Block, Transaction } from '../types.js';
import { checkBlock, checkTransaction } from '../well-formed.js';
import { intrinsicGas } from './intrinsic.js';
import { effectiveGasPrice } from './price.js';
import { MAX_U64, MAX_U256 } from './rules.js';
import { blobGas, validateAnywhere } from './validate.js';

const U64_WORDS = 2;
/** Precompile whose touch outlives a failure (EIP-161 as it came to be on the main chain). */
const RIPEMD160 = bigIntToBytes(3n, 20);

/** Words of an authorization: chain id, address, nonce, whether there is an authority, authority. */
const AUTHORIZATION_ADDRESS = 8;
const AUTHORIZATION_NONCE = 16;
const AUTHORIZATION_HAS_AUTHORITY = 18;
const AUTHORIZATION_AUTHORITY = 20;
const AUTHORIZATION_WORDS = 28;

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

/** Records of so many bytes stand in shared memory from the start, so that other threads need no copy of them. */
const LEAST_SHARED_BYTES = 0x4_0000;

/** Views of the records of a block: `words` words, and behind them the places of `count` records. */
export function viewRecords(buffer: ArrayBufferLike, words: number, count: number): RecordedTransactions {
  return {
    u32: new Uint32Array(buffer, 0, words),
    u8: new Uint8Array(buffer, 0, 4 * words),
    u64: new BigUint64Array(buffer, 0, words >>> 1),
    places: new Uint32Array(buffer, 4 * words, count),
  };
}

/**
 * True where the beneficiary is a party to the transaction, whose fee is then an ordinary write even
 * if the machine never read it.
 */
export function involves(transaction: Transaction, coinbase: Uint8Array): boolean {
  if (equalBytes(transaction.sender, coinbase)) return true;
  if (transaction.to !== null && equalBytes(transaction.to, coinbase)) return true;
  return transaction.authorizations.some(({ authority }) => authority !== null && equalBytes(authority, coinbase));
}

/**
 * True where the transaction's recipient gets value and, as far as anybody can tell who has not seen its
 * code, nothing else of it is asked or changed: it is another account than sender, beneficiary and authorities. Not
 * RIPEMD-160 either, whose account a failed call deletes where it is empty.
 */
export function credits(transaction: Transaction, coinbase: Uint8Array): boolean {
  const { to, sender, value, authorizations } = transaction;
  if (to === null || value === 0n || authorizations.length > 0) return false;
  return !equalBytes(to, sender) && !equalBytes(to, RIPEMD160) && !involves(transaction, coinbase);
}

/** Words that the record of `transaction` takes. */
function recordSize(transaction: Transaction): number {
  let size = RECORD_WORDS + 2 * ((transaction.data.length + 7) >>> 3);
  for (const { slots } of transaction.accessList) size += ACCESS_SLOTS + U256_WORDS * slots.length;
  size += U256_WORDS * transaction.blobVersionedHashes.length;
  return size + AUTHORIZATION_WORDS * transaction.authorizations.length;
}

class RecordedBlockWriter {
  private readonly words: Uint32Array;
  private readonly bytes: Uint8Array;

  constructor(
    private readonly environment: BlockEnvironment,
    private readonly maxBlobGas: bigint,
    { u32, u8 }: RecordedTransactions,
  ) {
    this.words = u32;
    this.bytes = u8;
  }

  /** Writes the record at `at`. */
  write(transaction: Transaction, at: number, size: number): void {
    const { words } = this;
    const environment = this.environment;
    const gas = intrinsicGas(transaction, environment.fork);
    const price = effectiveGasPrice(transaction, environment.baseFee);
    const { gasLimit, to } = transaction;
    const blobs = blobGas(transaction);
    const due = gasLimit * transaction.maxFeePerGas + transaction.value + blobs * transaction.maxFeePerBlobGas;
    const unpayable = due >> 256n !== 0n;
    const rejection = validateAnywhere(transaction, environment, this.maxBlobGas, gas);
    words[at + RECORD_TYPE] = transaction.type;
    words[at + RECORD_STATIC] = rejection === null ? 0 : 1 + TRANSACTION_ERRORS.indexOf(rejection.code);
    words[at + RECORD_FLAGS] =
      (to === null ? RECORD_CREATES : 0) |
      (transaction.chainId === null ? 0 : RECORD_HAS_CHAIN_ID) |
      (unpayable ? RECORD_UNPAYABLE : 0) |
      (involves(transaction, environment.coinbase) ? RECORD_INVOLVES_BENEFICIARY : 0) |
      (credits(transaction, environment.coinbase) ? RECORD_CREDITS : 0);
    words[at + RECORD_DATA_LENGTH] = transaction.data.length;
    this.nonce(at + RECORD_NONCE, transaction.nonce);
    this.u64(at + RECORD_GAS_LIMIT, gasLimit);
    this.u64(at + RECORD_INTRINSIC, gas.intrinsic);
    this.u64(at + RECORD_FLOOR, gas.floor);
    this.u64(at + RECORD_BLOB_GAS, blobs);
    this.address(at + RECORD_SENDER, transaction.sender);
    if (to !== null) this.address(at + RECORD_TO, to);
    this.value(at + RECORD_VALUE, transaction.value);
    this.value(at + RECORD_MAX_FEE, transaction.maxFeePerGas);
    this.value(at + RECORD_MAX_PRIORITY_FEE, transaction.maxPriorityFeePerGas);
    this.value(at + RECORD_MAX_BLOB_FEE, transaction.maxFeePerBlobGas);
    this.value(at + RECORD_CHAIN_ID, transaction.chainId ?? 0n);
    // An invalid transaction is never run: its sums may be negative or too large, and nobody reads them.
    if (rejection === null) {
      this.u64(at + RECORD_MESSAGE_GAS, gasLimit - gas.intrinsic);
      this.value(at + RECORD_PRICE, price);
      this.value(at + RECORD_TIP, price - environment.baseFee);
      this.value(at + RECORD_DUE, unpayable ? 0n : due);
      // The blob fee is burnt (EIP-4844), and so is the base fee's part of the gas (EIP-1559).
      if (!unpayable) this.value(at + RECORD_UPFRONT, gasLimit * price + blobs * environment.blobBaseFee);
    }
    words[at + RECORD_SIZE] = size;
    this.variable(transaction, at);
  }

  private variable(transaction: Transaction, at: number): void {
    const { words } = this;
    let next = at + RECORD_WORDS;
    words[at + RECORD_DATA] = next - at;
    this.bytes.set(transaction.data, 4 * next);
    next += 2 * ((transaction.data.length + 7) >>> 3);
    words[at + RECORD_ACCESS] = next - at;
    words[at + RECORD_ACCESS_COUNT] = transaction.accessList.length;
    for (const { address, slots } of transaction.accessList) {
      this.address(next, address);
      words[next + ACCESS_SLOT_COUNT] = slots.length;
      next += ACCESS_SLOTS;
      for (const slot of slots) {
        bytesToWords(slot, words, next);
        next += U256_WORDS;
      }
    }
    words[at + RECORD_BLOBS] = next - at;
    words[at + RECORD_BLOB_COUNT] = transaction.blobVersionedHashes.length;
    for (const hash of transaction.blobVersionedHashes) {
      bytesToWords(hash, words, next);
      next += U256_WORDS;
    }
    words[at + RECORD_AUTHORIZATIONS] = next - at;
    words[at + RECORD_AUTHORIZATION_COUNT] = transaction.authorizations.length;
    for (const item of transaction.authorizations) {
      this.value(next, item.chainId);
      this.address(next + AUTHORIZATION_ADDRESS, item.address);
      this.nonce(next + AUTHORIZATION_NONCE, item.nonce);
      words[next + AUTHORIZATION_HAS_AUTHORITY] = item.authority === null ? 0 : 1;
      if (item.authority !== null) this.address(next + AUTHORIZATION_AUTHORITY, item.authority);
      next += AUTHORIZATION_WORDS;
    }
  }

  private u64(at: number, value: bigint): void {
    if (value < 0n || value > MAX_U64) throw new RangeError(`${value} does not fit in 64 bits`);
    writeWords(value, this.words, at, U64_WORDS);
  }

  /** A nonce that does not even fit is as void as the largest that does (EIP-2681, EIP-7702). */
  private nonce(at: number, nonce: bigint): void {
    this.u64(at, nonce > MAX_U64 ? MAX_U64 : nonce);
  }

  private value(at: number, value: bigint): void {
    if (value === 0n) return;
    if (value < 0n || value > MAX_U256) throw new RangeError(`${value} does not fit in 256 bits`);
    writeWords(value, this.words, at, U256_WORDS);
  }

  private address(at: number, address: Uint8Array): void {
    bytesToWords(address, this.words, at);
  }
}

const recorded = new WeakMap<Block, RecordedTransactions>();

/**
 * The block's transactions as records; made once for a block, however often it is executed. Throws
 * RangeError where a field of the block is negative or too large for its type (u64 for gas limits, u256 for the
 * rest) or has not its number of bytes, and TypeError where it is something else, or the number of transactions is
 * not what it was the first time.
 */
export function recordTransactions(block: Block): RecordedTransactions {
  let records = recorded.get(block);
  if (records === undefined) {
    checkBlock(block);
    records = makeRecords(block);
    recorded.set(block, records);
  } else if (records.places.length !== block.transactions.length) {
    throw new TypeError('the block was changed after it was executed for the first time; make another');
  }
  return records;
}

function makeRecords({ transactions, environment, maxBlobGas }: Block): RecordedTransactions {
  const count = transactions.length;
  const sizes = new Uint32Array(count);
  let words = 0;
  let index = 0;
  try {
    for (; index < count; index++) {
      const transaction = transactions[index] as Transaction;
      checkTransaction(transaction);
      const size = recordSize(transaction);
      sizes[index] = size;
      words += size;
    }
  } catch (error) {
    throw ofTransaction(index, error);
  }
  const bytes = 4 * (words + count);
  const buffer = bytes < LEAST_SHARED_BYTES ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  const records = viewRecords(buffer, words, count);
  const writer = new RecordedBlockWriter(environment, maxBlobGas, records);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = sizes[i] as number;
    records.places[i] = at;
    writer.write(transactions[i] as Transaction, at, size);
    at += size;
  }
  return records;
}

/** The same error, which says which transaction it is about. */
function ofTransaction(index: number, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = `transaction ${index}: ${error.message}`;
  return error instanceof RangeError
    ? new RangeError(message, { cause: error })
    : new TypeError(message, { cause: error });
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
