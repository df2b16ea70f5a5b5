/** Transactions, the block environment and outcomes as records in shared memory: each written once, read by any worker. */
import { FORKS, forkIndex } from '../primitives/fork.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { RecordReader, type RecordWriter } from '../state/record.js';
import { TRANSACTION_ERRORS } from '../transition/errors.js';
import type { Transaction, TransactionOutcome } from '../transition/types.js';
import type { BlockEnvironment, Log } from '../vm/vm.js';

const U64 = 2;
const U256 = 8;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function encodeTransaction(writer: RecordWriter, arena: Arena, tx: Transaction): number {
  writer
    .clear()
    .word(tx.type)
    .word(tx.chainId === null ? 0 : 1)
    .integer(tx.chainId ?? 0n, U256);
  writer.integer(tx.nonce, U64).integer(tx.gasLimit, U64);
  writer.integer(tx.maxFeePerGas, U256).integer(tx.maxPriorityFeePerGas, U256).integer(tx.value, U256);
  writer.optional(tx.to).data(tx.data).data(tx.sender).integer(tx.maxFeePerBlobGas, U256);
  writer.word(tx.accessList.length);
  for (const entry of tx.accessList) {
    writer.data(entry.address).word(entry.slots.length);
    for (const slot of entry.slots) writer.data(slot);
  }
  writer.word(tx.blobVersionedHashes.length);
  for (const hash of tx.blobVersionedHashes) writer.data(hash);
  writer.word(tx.authorizations.length);
  for (const item of tx.authorizations) {
    writer.integer(item.chainId, U256).data(item.address).integer(item.nonce, U64).optional(item.authority);
  }
  return writer.finish(arena);
}

export function decodeTransactionRecord(heap: SharedHeap, at: number): Transaction {
  const reader = new RecordReader(heap, at);
  const list = <T>(item: () => T): T[] => Array.from({ length: reader.word() }, item);
  const type = reader.word() as Transaction['type'];
  const hasChainId = reader.word() === 1;
  const chainId = reader.integer(U256);
  return {
    type,
    chainId: hasChainId ? chainId : null,
    nonce: reader.integer(U64),
    gasLimit: reader.integer(U64),
    maxFeePerGas: reader.integer(U256),
    maxPriorityFeePerGas: reader.integer(U256),
    value: reader.integer(U256),
    to: reader.optional(),
    data: reader.data(),
    sender: reader.data(),
    maxFeePerBlobGas: reader.integer(U256),
    accessList: list(() => ({ address: reader.data(), slots: list(() => reader.data()) })),
    blobVersionedHashes: list(() => reader.data()),
    authorizations: list(() => ({
      chainId: reader.integer(U256),
      address: reader.data(),
      nonce: reader.integer(U64),
      authority: reader.optional(),
    })),
  };
}

/** Blocks back that BLOCKHASH reaches (yellow paper, section 9.4). */
const HASH_WINDOW = 256n;

export function encodeEnvironment(
  writer: RecordWriter,
  arena: Arena,
  environment: BlockEnvironment,
  maxBlobGas: bigint,
): number {
  writer.clear().word(forkIndex(environment.fork)).integer(environment.chainId, U256).integer(environment.number, U256);
  writer.integer(environment.timestamp, U256).data(environment.coinbase).integer(environment.gasLimit, U256);
  writer.integer(environment.difficulty, U256).data(environment.prevRandao);
  writer.integer(environment.baseFee, U256).integer(environment.blobBaseFee, U256).integer(maxBlobGas, U256);
  const first = environment.number > HASH_WINDOW ? environment.number - HASH_WINDOW : 0n;
  writer.integer(first, U256).word(Number(environment.number - first));
  for (let number = first; number < environment.number; number++) writer.optional(environment.blockHash(number));
  return writer.finish(arena);
}

export function decodeEnvironment(heap: SharedHeap, at: number): { environment: BlockEnvironment; maxBlobGas: bigint } {
  const reader = new RecordReader(heap, at);
  const fixed = {
    fork: FORKS[reader.word()] as BlockEnvironment['fork'],
    chainId: reader.integer(U256),
    number: reader.integer(U256),
    timestamp: reader.integer(U256),
    coinbase: reader.data(),
    gasLimit: reader.integer(U256),
    difficulty: reader.integer(U256),
    prevRandao: reader.data(),
    baseFee: reader.integer(U256),
    blobBaseFee: reader.integer(U256),
  };
  const maxBlobGas = reader.integer(U256);
  const first = reader.integer(U256);
  const hashes = Array.from({ length: reader.word() }, () => reader.optional());
  const blockHash = (number: bigint): Uint8Array | null =>
    number < first || number >= fixed.number ? null : (hashes[Number(number - first)] ?? null);
  return { environment: { ...fixed, blockHash }, maxBlobGas };
}

const OUTCOME_INVALID = 0;
const OUTCOME_EXECUTED = 1;
const OUTCOME_FAILED = 2;

/** A machine or the engine threw while it ran a transaction: a result like any other until the lane has checked it (pitfall 41). */
export interface FailedIncarnation {
  readonly kind: 'failed';
  readonly detail: string;
}

export function encodeOutcome(
  writer: RecordWriter,
  arena: Arena,
  outcome: TransactionOutcome | FailedIncarnation,
): number {
  writer.clear();
  if (outcome.kind === 'failed') return writer.word(OUTCOME_FAILED).data(encoder.encode(outcome.detail)).finish(arena);
  if (outcome.kind === 'invalid') {
    writer.word(OUTCOME_INVALID).word(TRANSACTION_ERRORS.indexOf(outcome.code)).data(encoder.encode(outcome.detail));
    return writer.finish(arena);
  }
  writer
    .word(OUTCOME_EXECUTED)
    .word(outcome.success ? 1 : 0)
    .integer(outcome.gasUsed, U64)
    .integer(outcome.blobGasUsed, U64);
  writer.integer(outcome.deferredFee, U256).data(outcome.output).optional(outcome.created);
  writer.optional(outcome.halt === null ? null : encoder.encode(outcome.halt));
  writer.word(outcome.logs.length);
  for (const log of outcome.logs) {
    writer.data(log.address).word(log.topics.length);
    for (const topic of log.topics) writer.data(topic);
    writer.data(log.data);
  }
  return writer.finish(arena);
}

export function decodeOutcome(heap: SharedHeap, at: number): TransactionOutcome | FailedIncarnation {
  const reader = new RecordReader(heap, at);
  const kind = reader.word();
  if (kind === OUTCOME_FAILED) return { kind: 'failed', detail: decoder.decode(reader.data()) };
  if (kind === OUTCOME_INVALID) {
    const code = TRANSACTION_ERRORS[reader.word()] as (typeof TRANSACTION_ERRORS)[number];
    return { kind: 'invalid', code, detail: decoder.decode(reader.data()) };
  }
  const success = reader.word() === 1;
  const gasUsed = reader.integer(U64);
  const blobGasUsed = reader.integer(U64);
  const deferredFee = reader.integer(U256);
  const output = reader.data();
  const created = reader.optional();
  const halt = reader.optional();
  const logs: Log[] = Array.from({ length: reader.word() }, () => {
    const address = reader.data();
    const topics = Array.from({ length: reader.word() }, () => reader.data());
    return { address, topics, data: reader.data() };
  });
  return {
    kind: 'executed',
    success,
    gasUsed,
    blobGasUsed,
    logs,
    output,
    created,
    halt: halt === null ? null : decoder.decode(halt),
    deferredFee,
  };
}
