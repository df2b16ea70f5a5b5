/** The outcome of a whole transaction as a record of words (OUTCOME_* of `src/layout.ts`), copied out of the core's memory. */
import { OUTCOME_LOG_WORDS, OUTCOME_OUTPUT_LENGTH, OUTCOME_WORDS } from '../../layout.js';
import type { Arena } from '../../state/heap.js';
import { LOGS, OUTCOME, RESULT_OUTPUT } from './layout.js';
import type { CoreMemory } from './memory.js';

/** Copies up to this many words are made word by word: the engine's own copy takes longer to start. */
const SHORT_COPY = 128;

const FIRST = OUTCOME >>> 2;
const FIRST_LOG = LOGS >>> 2;

/** Writes the outcome of the transaction that the core has just ended; answers its reference. */
export function packResult(memory: CoreMemory, arena: Arena): number {
  const from = memory.u32;
  const outputLength = from[FIRST + OUTCOME_OUTPUT_LENGTH] as number;
  const logWords = from[FIRST + OUTCOME_LOG_WORDS] as number;
  const at = arena.alloc(OUTCOME_WORDS + logWords + ((outputLength + 3) >>> 2));
  const { u32 } = arena.heap;
  for (let i = 0; i < OUTCOME_WORDS; i++) u32[at + i] = from[FIRST + i] as number;
  const logs = at + OUTCOME_WORDS;
  if (logWords <= SHORT_COPY) for (let i = 0; i < logWords; i++) u32[logs + i] = from[FIRST_LOG + i] as number;
  else u32.set(from.subarray(FIRST_LOG, FIRST_LOG + logWords), logs);
  if (outputLength > 0) packOutput(memory, arena, logs + logWords, outputLength);
  return at;
}

function packOutput(memory: CoreMemory, arena: Arena, to: number, length: number): void {
  const output = memory.word(RESULT_OUTPUT);
  const { u8, u32 } = arena.heap;
  if (length > SHORT_COPY) {
    u8.set(memory.u8.subarray(output, output + length), 4 * to);
  } else if (((output | length) & 3) === 0) {
    for (let i = 0; i < length >>> 2; i++) u32[to + i] = memory.u32[(output >>> 2) + i] as number;
  } else {
    for (let i = 0; i < length; i++) u8[4 * to + i] = memory.u8[output + i] as number;
  }
}
