/** Grows a heap, or attaches itself to it again and again meanwhile. */
import { SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import { participate } from './hammer.js';

export interface AttachData {
  readonly memory: SharedMemory;
  /** Pages that the thread adds, one at a time; 0 for one that attaches itself until somebody has added the last. */
  readonly pages: number;
  /** Bytes that the memory has in the end. */
  readonly bytes: number;
}

export interface AttachResult {
  readonly attached: number;
  /** Of those, how many had views that did not end at the same word. */
  readonly torn: number;
}

participate(({ memory, pages, bytes }: AttachData): AttachResult => {
  for (let page = 0; page < pages; page++) memory.grow(1);
  let [attached, torn, length] = [0, 0, 0];
  while (length < bytes) {
    const { i32, u32, u8, u64 } = SharedHeap.attach(memory);
    length = u8.byteLength;
    attached++;
    if (i32.byteLength !== length || u32.byteLength !== length || u64.byteLength !== length) torn++;
    memory.grow(0);
  }
  return { attached, torn };
});
