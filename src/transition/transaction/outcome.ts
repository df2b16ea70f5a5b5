/**
 * Outcomes of incarnations as records of words. A machine that runs whole transactions writes its
 * own; what the reference machine comes to, invalid transactions and failures are written here. Who
 * needs an outcome's values decodes it; the commit lane looks at single words.
 */
import {
  LOG_ADDRESS,
  LOG_DATA_LENGTH,
  LOG_TOPIC_COUNT,
  LOG_TOPICS,
  OUTCOME_BLOB_GAS,
  OUTCOME_CODE,
  OUTCOME_CREATED,
  OUTCOME_CREATED_ADDRESS,
  OUTCOME_EXECUTED,
  OUTCOME_FAILED,
  OUTCOME_FEE,
  OUTCOME_GAS_USED,
  OUTCOME_HALT,
  OUTCOME_HALT_TEXT,
  OUTCOME_INVALID,
  OUTCOME_KIND,
  OUTCOME_LOG_COUNT,
  OUTCOME_LOG_WORDS,
  OUTCOME_OUTPUT_LENGTH,
  OUTCOME_WORDS,
} from '../../layout.js';
import { EMPTY_BYTES } from '../../primitives/bytes.js';
import {
  ADDRESS_WORDS,
  bytesToWords,
  readWords,
  U256_WORDS,
  wordsToBytes,
  writeWords,
} from '../../primitives/words.js';
import type { Arena } from '../../state/heap.js';
import { haltReason } from '../../vm/halt.js';
import type { Log } from '../../vm/vm.js';
import { TRANSACTION_ERRORS } from '../errors.js';
import type { TransactionOutcome } from '../types.js';

const U64_WORDS = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A machine or the engine threw while it ran a transaction: a result like any other until the lane has checked it (pitfall 41). */
export interface FailedIncarnation {
  readonly kind: 'failed';
  readonly detail: string;
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2;
}

/** Words of a log's record. */
function logWords(log: Log): number {
  return LOG_TOPICS + U256_WORDS * log.topics.length + 2 * ((log.data.length + 7) >>> 3);
}

/** Reserves a record of `OUTCOME_WORDS + extra` words, the fixed ones zero but for `kind` and `code`. */
function reserve(arena: Arena, kind: number, code: number, extra: number): number {
  const at = arena.alloc(OUTCOME_WORDS + extra);
  const { u32 } = arena.heap;
  for (let i = 0; i < OUTCOME_WORDS; i++) u32[at + i] = 0;
  u32[at + OUTCOME_KIND] = kind;
  u32[at + OUTCOME_CODE] = code;
  return at;
}

function writeText(arena: Arena, at: number, text: Uint8Array): void {
  arena.heap.u32[at] = text.length;
  arena.heap.u8.set(text, 4 * (at + 1));
}

/** Writes an outcome of any kind to `arena`; answers its reference. */
export function packOutcome(arena: Arena, outcome: TransactionOutcome | FailedIncarnation): number {
  if (outcome.kind === 'executed') return packExecuted(arena, outcome);
  const text = encoder.encode(outcome.detail);
  const kind = outcome.kind === 'failed' ? OUTCOME_FAILED : OUTCOME_INVALID;
  const code = outcome.kind === 'failed' ? 0 : TRANSACTION_ERRORS.indexOf(outcome.code);
  const at = reserve(arena, kind, code, 1 + wordsOf(text.length));
  writeText(arena, at + OUTCOME_WORDS, text);
  return at;
}

function packExecuted(arena: Arena, outcome: TransactionOutcome & { kind: 'executed' }): number {
  const { logs, output, created } = outcome;
  const text = outcome.halt === null ? EMPTY_BYTES : encoder.encode(outcome.halt);
  let logSize = 0;
  for (const log of logs) logSize += logWords(log);
  const outputSize = wordsOf(output.length);
  const at = reserve(arena, OUTCOME_EXECUTED, outcome.success ? 1 : 0, logSize + outputSize + 1 + wordsOf(text.length));
  const { u32, u8 } = arena.heap;
  writeWords(outcome.gasUsed, u32, at + OUTCOME_GAS_USED, U64_WORDS);
  writeWords(outcome.blobGasUsed, u32, at + OUTCOME_BLOB_GAS, U64_WORDS);
  u32[at + OUTCOME_HALT] = outcome.halt === null ? 0 : OUTCOME_HALT_TEXT;
  u32[at + OUTCOME_OUTPUT_LENGTH] = output.length;
  u32[at + OUTCOME_LOG_COUNT] = logs.length;
  u32[at + OUTCOME_LOG_WORDS] = logSize;
  if (created !== null) {
    u32[at + OUTCOME_CREATED] = 1;
    bytesToWords(created, u32, at + OUTCOME_CREATED_ADDRESS);
  }
  writeWords(outcome.deferredFee, u32, at + OUTCOME_FEE, U256_WORDS);
  let next = at + OUTCOME_WORDS;
  for (const log of logs) {
    const size = logWords(log);
    u32.fill(0, next, next + size);
    bytesToWords(log.address, u32, next + LOG_ADDRESS);
    u32[next + LOG_TOPIC_COUNT] = log.topics.length;
    u32[next + LOG_DATA_LENGTH] = log.data.length;
    for (let i = 0; i < log.topics.length; i++) {
      bytesToWords(log.topics[i] as Uint8Array, u32, next + LOG_TOPICS + U256_WORDS * i);
    }
    u8.set(log.data, 4 * (next + LOG_TOPICS + U256_WORDS * log.topics.length));
    next += size;
  }
  u8.set(output, 4 * next);
  writeText(arena, next + outputSize, text);
  return at;
}

/** The logs of the executed outcome at `at`; `bytes` is the memory of `words`. */
export function logsOfOutcome(words: Uint32Array, bytes: Uint8Array, at: number): Log[] {
  const logs: Log[] = [];
  let next = at + OUTCOME_WORDS;
  for (let left = words[at + OUTCOME_LOG_COUNT] as number; left > 0; left--) {
    const topicCount = words[next + LOG_TOPIC_COUNT] as number;
    const length = words[next + LOG_DATA_LENGTH] as number;
    const data = next + LOG_TOPICS + U256_WORDS * topicCount;
    const topics: Uint8Array[] = [];
    for (let i = 0; i < topicCount; i++) {
      topics.push(wordsToBytes(words, next + LOG_TOPICS + U256_WORDS * i, U256_WORDS));
    }
    logs.push({
      address: wordsToBytes(words, next + LOG_ADDRESS, ADDRESS_WORDS),
      topics,
      data: bytes.slice(4 * data, 4 * data + length),
    });
    next = data + 2 * ((length + 7) >>> 3);
  }
  return logs;
}

function textAt(words: Uint32Array, bytes: Uint8Array, at: number): string {
  // A decoder refuses shared memory, so it gets a copy.
  return decoder.decode(bytes.slice(4 * (at + 1), 4 * (at + 1) + (words[at] as number)));
}

/** What the record at `at` says; `bytes` is the memory of `words`. */
export function unpackOutcome(
  words: Uint32Array,
  bytes: Uint8Array,
  at: number,
): TransactionOutcome | FailedIncarnation {
  const word = (offset: number): number => words[at + offset] as number;
  if (word(OUTCOME_KIND) === OUTCOME_FAILED) {
    return { kind: 'failed', detail: textAt(words, bytes, at + OUTCOME_WORDS) };
  }
  if (word(OUTCOME_KIND) === OUTCOME_INVALID) {
    const code = TRANSACTION_ERRORS[word(OUTCOME_CODE)] as (typeof TRANSACTION_ERRORS)[number];
    return { kind: 'invalid', code, detail: textAt(words, bytes, at + OUTCOME_WORDS) };
  }
  const output = at + OUTCOME_WORDS + word(OUTCOME_LOG_WORDS);
  const outputLength = word(OUTCOME_OUTPUT_LENGTH);
  const halt = word(OUTCOME_HALT);
  return {
    kind: 'executed',
    success: word(OUTCOME_CODE) === 1,
    gasUsed: readWords(words, at + OUTCOME_GAS_USED, U64_WORDS),
    blobGasUsed: readWords(words, at + OUTCOME_BLOB_GAS, U64_WORDS),
    logs: logsOfOutcome(words, bytes, at),
    output: outputLength === 0 ? EMPTY_BYTES : bytes.slice(4 * output, 4 * output + outputLength),
    created: word(OUTCOME_CREATED) === 0 ? null : wordsToBytes(words, at + OUTCOME_CREATED_ADDRESS, ADDRESS_WORDS),
    halt:
      halt === 0
        ? null
        : halt === OUTCOME_HALT_TEXT
          ? textAt(words, bytes, output + wordsOf(outputLength))
          : haltReason(halt),
    deferredFee: readWords(words, at + OUTCOME_FEE, U256_WORDS),
  };
}
