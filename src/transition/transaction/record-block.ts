/** Makes the records of a block's transactions: once, before anything of it runs. */
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
import { bytesToWords, U256_WORDS, writeWords } from '../../primitives/words.js';
import { letGo } from '../../state/let-go.js';
import type { BlockEnvironment } from '../../vm/vm.js';
import { TRANSACTION_ERRORS } from '../errors.js';
import type { Block, Transaction } from '../types.js';
import { checkBlock, checkTransaction } from '../well-formed.js';
import { intrinsicGas } from './intrinsic.js';
import { credits, involves } from './parties.js';
import { effectiveGasPrice } from './price.js';
import {
  AUTHORIZATION_ADDRESS,
  AUTHORIZATION_AUTHORITY,
  AUTHORIZATION_HAS_AUTHORITY,
  AUTHORIZATION_NONCE,
  AUTHORIZATION_WORDS,
  type RecordedTransactions,
  U64_WORDS,
  viewRecords,
} from './record.js';
import { MAX_U64, MAX_U256 } from './rules.js';
import { blobGas, validateAnywhere } from './validate.js';

/** Records of so many bytes stand in shared memory from the start, so that other threads need no copy of them. */
const LEAST_SHARED_BYTES = 0x4_0000;

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
  const shared = bytes >= LEAST_SHARED_BYTES;
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  if (shared) letGo.add(bytes);
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
