/** Code records in shared memory: the hash, the length in bytes, the bytes. They stand in databases, blocks and packed changes. */
import { CODE_BYTES, CODE_HASH, CODE_HASH_WORDS, CODE_LENGTH } from '../layout.js';
import { EMPTY_BYTES } from '../primitives/bytes.js';
import { EMPTY_CODE_HASH } from '../primitives/crypto.js';
import { bytesToWords, wordsToBytes } from '../primitives/words.js';
import type { SharedHeap } from './heap.js';
import type { Code } from './view.js';

/** Words of a code record for `length` bytes of code. */
export function codeWords(length: number): number {
  return CODE_BYTES + ((length + 3) >>> 2);
}

/** Words of the code record at `words[at]`. */
export function wordsOfCode(words: Uint32Array, at: number): number {
  return codeWords(words[at + CODE_LENGTH] as number);
}

/** Makes the whole code record at `at` readable by this thread. Answers its words; 0 for reference 0, the empty code. */
export function mapCode(heap: SharedHeap, at: number): number {
  if (at === 0) return 0;
  heap.map(at + CODE_BYTES);
  const count = wordsOfCode(heap.u32, at);
  heap.map(at + count);
  return count;
}

/** Writes a code record at `at` and answers `at`. */
export function writeCode(heap: SharedHeap, at: number, hash: Uint8Array, code: Uint8Array): number {
  bytesToWords(hash, heap.u32, at + CODE_HASH);
  heap.u32[at + CODE_LENGTH] = code.length;
  heap.u8.set(code, 4 * (at + CODE_BYTES));
  return at;
}

/** Hash in the code record at `words[at]`. */
export function hashOfCode(words: Uint32Array, at: number): Uint8Array {
  return wordsToBytes(words, at + CODE_HASH, CODE_HASH_WORDS);
}

/** A copy of the bytes in the code record at `words[at]`. */
export function bytesOfCode(words: Uint32Array, at: number): Uint8Array {
  const length = words[at + CODE_LENGTH] as number;
  const start = words.byteOffset + 4 * (at + CODE_BYTES);
  return length === 0 ? EMPTY_BYTES : new Uint8Array(words.buffer, start, length).slice();
}

const NO_CODE: Code = { hash: EMPTY_CODE_HASH, bytes: EMPTY_BYTES };

/** The code record at `at`, copied out of shared memory; 0 is the empty code. */
export function readCode(heap: SharedHeap, at: number): Code {
  if (mapCode(heap, at) === 0) return NO_CODE;
  return { hash: hashOfCode(heap.u32, at), bytes: bytesOfCode(heap.u32, at) };
}
