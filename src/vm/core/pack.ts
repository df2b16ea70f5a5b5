/** The outcome of a whole transaction as a record of words (OUTCOME_* of `src/layout.ts`), copied out of the core's memory. */
import { OUTCOME_LOG_WORDS, OUTCOME_OUTPUT_LENGTH, OUTCOME_WORDS } from '../../layout.js';
import type { Arena } from '../../state/heap.js';
import { LOGS, OUTCOME, RESULT_OUTPUT } from './layout.js';
import type { CoreMemory } from './memory.js';

/** Copies of output up to this many bytes are made word by word: the engine's own copy takes longer to start. */
const SHORT_COPY = 128;
/** The same for logs, which are copied by pairs; three events of a token take 126 words. */
const SHORT_LOGS = 512;

const FIRST = OUTCOME >>> 2;
const FIRST_PAIR = OUTCOME >>> 3;
const FIRST_LOG_PAIR = LOGS >>> 3;

/** Writes the outcome of the transaction that the core has just ended; answers its reference. */
export function packResult(memory: CoreMemory, arena: Arena): number {
  const from = memory.u32;
  const outputLength = from[FIRST + OUTCOME_OUTPUT_LENGTH] as number;
  const logWords = from[FIRST + OUTCOME_LOG_WORDS] as number;
  const at = arena.allocPairs(OUTCOME_WORDS + logWords + ((outputLength + 3) >>> 2));
  const { u64 } = arena.heap;
  // Pair by pair: no BigInt comes to be, the values go from load to store as 64-bit integers.
  const pairs = memory.u64;
  const to = at >>> 1;
  for (let i = 0; i < OUTCOME_WORDS / 2; i++) u64[to + i] = pairs[FIRST_PAIR + i] as bigint;
  const logs = at + OUTCOME_WORDS;
  // A log takes a whole number of pairs.
  const logPairs = logWords >>> 1;
  if (logWords <= SHORT_LOGS) {
    for (let i = 0; i < logPairs; i++) u64[(logs >>> 1) + i] = pairs[FIRST_LOG_PAIR + i] as bigint;
  } else {
    u64.set(pairs.subarray(FIRST_LOG_PAIR, FIRST_LOG_PAIR + logPairs), logs >>> 1);
  }
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
