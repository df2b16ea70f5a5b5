/**
 * Shared memory that a thread lets go of sooner or later. V8 counts none of it as the thread's own, so that a thread which
 * allocates little else does not collect for hours: each database that was ever made, and each large block's records, would
 * stay in memory, and some ten thousand databases are all that an address space has room for. So every thread counts what it
 * makes or is sent, and collects by itself where that is much. Memory is given back once all threads that had it have.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of new memory after which a thread collects, which takes some milliseconds; one with more on its own heap, for which it takes longer, after as many as that. */
const MOST_BYTES = 2 ** 28;
/** What a WebAssembly memory counts for at least: even a small one takes up some gigabytes of addresses. */
const LEAST_MEMORY_BYTES = 2 ** 19;

/** What a WebAssembly memory of so many bytes counts for. */
export function memoryWeight(bytes: number): number {
  return Math.max(bytes, LEAST_MEMORY_BYTES);
}

/**
 * V8's own collection of this thread's heap, which only a context has that is made under a flag. Flags are those of the whole
 * process: where another thread takes it back before the context is made there is none, and null is answered.
 */
export function findCollector(): (() => void) | null {
  if (typeof globalThis.gc === 'function') return globalThis.gc as () => void;
  setFlagsFromString('--expose-gc');
  const found = runInNewContext("typeof gc === 'function' ? gc : null") as (() => void) | null;
  setFlagsFromString('--no-expose-gc');
  return found;
}

export class LetGo {
  private bytes = 0;
  private collect: (() => void) | null = null;

  constructor(private readonly find: () => (() => void) | null = findCollector) {}

  /** Counts new memory of so many bytes. */
  add(bytes: number): void {
    this.bytes += bytes;
  }

  /** Collects where it is much, or else the next time. To be called where nobody waits for this thread. */
  settle(): void {
    if (this.bytes < MOST_BYTES || this.bytes < getHeapStatistics().used_heap_size) return;
    this.collect ??= this.find();
    if (this.collect === null) return;
    this.collect();
    this.bytes = 0;
  }
}

/** That of the thread this module is loaded in. */
export const letGo = new LetGo();
