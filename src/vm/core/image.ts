/** Images of blocked transactions on their way out of the core's memory and back into one. */
import type { CodeStore } from './codes.js';
import type { CoreExports } from './exports.js';
import {
  IMAGE,
  IMAGE_CODE_COUNT,
  IMAGE_CODE_HASH,
  IMAGE_CODE_MOVED,
  IMAGE_CODE_POINTER,
  IMAGE_CODE_SIZE,
  IMAGE_CODES,
  IMAGE_LENGTH,
} from './layout.js';
import type { CoreMemory } from './memory.js';

/** From how many words on the engine's own copy is the faster one. */
const LONG_COPY = 256;

function copy(from: Uint32Array, at: number, to: Uint32Array, out: number, count: number): void {
  if (count >= LONG_COPY) to.set(from.subarray(at, at + count), out);
  else for (let i = 0; i < count; i++) to[out + i] = from[at + i] as number;
}

/** Writes the image of the blocked transaction to `words` from `at` on; the number of words, or 0 where it takes more than `most` or cannot be made. */
export function saveImage(core: CoreExports, memory: CoreMemory, words: Uint32Array, at: number, most: number): number {
  const count = core.saveImage(4 * most) >>> 2;
  copy(memory.u32, IMAGE >>> 2, words, at, count);
  return count;
}

/** Puts an image back; false where a code that it needs is not in this machine's store. */
export function restoreImage(
  core: CoreExports,
  memory: CoreMemory,
  codes: CodeStore,
  words: Uint32Array,
  at: number,
): boolean {
  const length = words[at + ((IMAGE_LENGTH - IMAGE) >>> 2)];
  // Whatever stands at IMAGE is the image of another transaction.
  if (length === undefined || length < IMAGE_CODES - IMAGE) throw new RangeError(`there is no image at ${at}`);
  copy(words, at, memory.u32, IMAGE >>> 2, length >>> 2);
  const end = IMAGE_CODES + IMAGE_CODE_SIZE * memory.word(IMAGE_CODE_COUNT);
  for (let entry = IMAGE_CODES; entry < end; entry += IMAGE_CODE_SIZE) {
    const pointer = codes.moved(memory.word(entry + IMAGE_CODE_POINTER), entry + IMAGE_CODE_HASH);
    if (pointer === 0) return false;
    memory.u32[(entry + IMAGE_CODE_MOVED) >>> 2] = pointer;
  }
  core.restoreImage();
  return true;
}
