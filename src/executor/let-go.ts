/**
 * Shared memory that a worker has let go of. V8 counts none of it as the thread's own, and a thread that executes transactions
 * allocates next to nothing, so it would not collect for hours: each database that was ever sent to it, and each large block's
 * records, would stay in memory, and some ten thousand databases are all that an address space has room for. So the thread
 * counts what it has dropped, and collects by itself where that is much.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may be dropped before a collection, which takes some milliseconds. */
const MOST_BYTES = 2 ** 28;
/** WebAssembly memories that may be: even a small one takes up some gigabytes of addresses. */
const MOST_MEMORIES = 256;

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
  private memories = 0;
  private collect: (() => void) | null = null;

  constructor(private readonly find: () => (() => void) | null = findCollector) {}

  /** Counts a buffer of so many bytes as dropped. */
  buffer(bytes: number): void {
    this.bytes += bytes;
  }

  /** Counts a WebAssembly memory of so many bytes as dropped. */
  memory(bytes: number): void {
    this.bytes += bytes;
    this.memories++;
  }

  /** Collects where much has been dropped, or else the next time. To be called where nobody waits for this thread. */
  settle(): void {
    if (this.bytes < MOST_BYTES && this.memories < MOST_MEMORIES) return;
    this.collect ??= this.find();
    if (this.collect === null) return;
    this.collect();
    this.bytes = 0;
    this.memories = 0;
  }
}
