/** The outcome of a whole transaction as a record of words (OUTCOME_* of `src/layout.ts`), copied out of the core's memory. */
import {
  OUTCOME_BLOB_GAS,
  OUTCOME_CODE,
  OUTCOME_CREATED,
  OUTCOME_CREATED_ADDRESS,
  OUTCOME_EXECUTED,
  OUTCOME_FEE,
  OUTCOME_GAS_USED,
  OUTCOME_HALT,
  OUTCOME_KIND,
  OUTCOME_LOG_COUNT,
  OUTCOME_LOG_WORDS,
  OUTCOME_OUTPUT_LENGTH,
  OUTCOME_WORDS,
  RECORD_BLOB_GAS,
} from '../../layout.js';
import { ADDRESS_WORDS, U256_WORDS } from '../../primitives/words.js';
import type { Arena } from '../../state/heap.js';
import {
  LOGS,
  RESULT_CREATED,
  RESULT_CREATED_FLAG,
  RESULT_FEE,
  RESULT_GAS_USED,
  RESULT_HALT,
  RESULT_LOG_COUNT,
  RESULT_LOG_END,
  RESULT_OUTPUT,
  RESULT_OUTPUT_LENGTH,
  RESULT_SUCCESS,
  TRANSACTION,
} from './layout.js';
import type { CoreMemory } from './memory.js';

/** Copies up to this many words are made word by word: the engine's own copy takes longer to start. */
const SHORT_COPY = 128;

/** Writes the outcome of the transaction that the core has just ended; answers its reference. */
export function packResult(memory: CoreMemory, arena: Arena): number {
  const from = memory.u32;
  const result = (offset: number): number => from[offset >>> 2] as number;
  const outputLength = result(RESULT_OUTPUT_LENGTH);
  const logWords = (result(RESULT_LOG_END) - LOGS) >>> 2;
  const outputWords = (outputLength + 3) >>> 2;
  const at = arena.alloc(OUTCOME_WORDS + logWords + outputWords);
  const { u32, u8 } = arena.heap;
  u32[at + OUTCOME_KIND] = OUTCOME_EXECUTED;
  u32[at + OUTCOME_CODE] = result(RESULT_SUCCESS);
  u32[at + OUTCOME_GAS_USED] = result(RESULT_GAS_USED);
  u32[at + OUTCOME_GAS_USED + 1] = result(RESULT_GAS_USED + 4);
  u32[at + OUTCOME_HALT] = result(RESULT_HALT);
  u32[at + OUTCOME_OUTPUT_LENGTH] = outputLength;
  u32[at + OUTCOME_LOG_COUNT] = result(RESULT_LOG_COUNT);
  u32[at + OUTCOME_LOG_WORDS] = logWords;
  u32[at + OUTCOME_CREATED] = result(RESULT_CREATED_FLAG);
  for (let i = 0; i < ADDRESS_WORDS; i++) u32[at + OUTCOME_CREATED_ADDRESS + i] = result(RESULT_CREATED + 4 * i);
  u32[at + OUTCOME_BLOB_GAS] = result(TRANSACTION + 4 * RECORD_BLOB_GAS);
  u32[at + OUTCOME_BLOB_GAS + 1] = result(TRANSACTION + 4 * RECORD_BLOB_GAS + 4);
  for (let i = 0; i < U256_WORDS; i++) u32[at + OUTCOME_FEE + i] = result(RESULT_FEE + 4 * i);
  const logs = at + OUTCOME_WORDS;
  if (logWords <= SHORT_COPY) for (let i = 0; i < logWords; i++) u32[logs + i] = result(LOGS + 4 * i);
  else u32.set(from.subarray(LOGS >>> 2, (LOGS >>> 2) + logWords), logs);
  if (outputLength > 0) {
    const output = result(RESULT_OUTPUT);
    const to = 4 * (logs + logWords);
    // Output stands anywhere in memory, so it is copied byte by byte; it is short, or worth a copy of its own.
    if (outputLength <= SHORT_COPY) for (let i = 0; i < outputLength; i++) u8[to + i] = memory.u8[output + i] as number;
    else u8.set(memory.u8.subarray(output, output + outputLength), to);
  }
  return at;
}
