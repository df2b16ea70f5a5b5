/**
 * Heaps whose views end where the thread has mapped or reserved, and not, as otherwise, with a page that many others share:
 * whoever reads a word that was made by another thread, and has not mapped it, reads `undefined`. Else that shows only
 * where the word happens to stand behind the end of what the thread has seen so far.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import { BlockEngine } from '../../src/executor/block-engine.js';
import { DEFAULT_HOST, type ExecutorHost } from '../../src/executor/pool.js';
import { CONTROL_END, DB_END } from '../../src/layout.js';
import { SharedHeap, type SharedMemory } from '../../src/state/heap.js';

const PAGE_WORDS = 16384;
/** Words that every heap has from the start. */
const FIRST_WORDS = Math.max(CONTROL_END, DB_END);

type Views = Pick<SharedHeap, 'i32' | 'u32' | 'u8' | 'u64' | 'memory'>;

function view(heap: Views, words: number): void {
  const { buffer } = heap.memory;
  heap.i32 = new Int32Array(buffer, 0, words);
  heap.u32 = new Uint32Array(buffer, 0, words);
  heap.u8 = new Uint8Array(buffer, 0, 4 * words);
  heap.u64 = new BigUint64Array(buffer, 0, words >>> 1);
}

/** Grows the memory to `end` words, whoever does so first. */
function reach(memory: SharedMemory, end: number): void {
  for (;;) {
    memory.grow(0);
    const have = memory.buffer.byteLength / 4 / PAGE_WORDS;
    if (end <= have * PAGE_WORDS) return;
    memory.grow(Math.ceil(end / PAGE_WORDS) - have);
  }
}

/** Starts worker threads whose heaps have exact views. */
export const EXACT_HOST: ExecutorHost = {
  ...DEFAULT_HOST,
  startThread: (options) =>
    new Worker(new URL('./exact-thread.js', import.meta.url), {
      workerData: options,
      transferList: [options.mail as MessagePort],
    }),
};

/** All heaps of this thread have exact views from now on; answers a function that ends this. */
export function exactViews(): () => void {
  const prototype = SharedHeap.prototype as unknown as Record<
    'map' | 'grow' | 'reset',
    (this: Views, n: number) => void
  >;
  const { map, grow, reset } = prototype;
  const { attach } = SharedHeap;
  const { open } = BlockEngine.prototype;
  const mapTo = function (this: Views, end: number): void {
    if (end <= this.u32.length) return;
    reach(this.memory, end);
    view(this, end);
  };
  prototype.map = mapTo;
  prototype.grow = mapTo;
  // A block begins with nothing mapped, in the thread that owns it and in those that join.
  prototype.reset = function (start) {
    reset.call(this, start);
    view(this, FIRST_WORDS);
  };
  SharedHeap.attach = (memory) => {
    const heap = attach.call(SharedHeap, memory);
    view(heap, FIRST_WORDS);
    return heap;
  };
  BlockEngine.prototype.open = function (database, records) {
    view(this.heap, FIRST_WORDS);
    view(this.outcomes, FIRST_WORDS);
    open.call(this, database, records);
  };
  return () => {
    Object.assign(prototype, { map, grow, reset });
    SharedHeap.attach = attach;
    BlockEngine.prototype.open = open;
  };
}
