/** Reserves pieces of one heap as fast as it can and stamps each with its own number. */
import { HeapExhaustedError, SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import { participate, Random } from './hammer.js';

export interface ReserveData {
  readonly memory: SharedMemory;
  readonly pieces: number;
  /** Largest ordinary piece, words. */
  readonly largest: number;
  /** One reservation in so many asks for more than there can be; 0 for none. */
  readonly greedyEvery: number;
  readonly greedyWords: number;
}

export interface ReserveResult {
  /** (reference, words, stamp) of each piece. */
  readonly pieces: readonly (readonly [number, number, number])[];
  readonly refusals: number;
}

participate((data: ReserveData, thread): ReserveResult => {
  const heap = SharedHeap.attach(data.memory);
  const random = new Random(7 + thread);
  const pieces: [number, number, number][] = [];
  let refusals = 0;
  for (let i = 0; i < data.pieces; i++) {
    const greedy = data.greedyEvery > 0 && random.next(data.greedyEvery) === 0;
    const words = greedy ? data.greedyWords : 1 + random.next(data.largest);
    try {
      const at = heap.reserve(words);
      const stamp = (thread << 24) | i;
      heap.u32.fill(stamp, at, at + words);
      pieces.push([at, words, stamp]);
    } catch (error) {
      if (!(error instanceof HeapExhaustedError)) throw error;
      refusals++;
    }
  }
  return { pieces, refusals };
});
