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
/** Pieces that may be: even a small one of a WebAssembly memory takes up some gigabytes of addresses. */
const MOST_PIECES = 256;

let gc: (() => void) | null = null;

/** Collects all that this thread has dropped: V8's own function, which only a context that is made under this flag has. */
function collectNow(): void {
  if (gc === null) {
    setFlagsFromString('--expose-gc');
    try {
      gc = runInNewContext('gc') as () => void;
    } finally {
      setFlagsFromString('--no-expose-gc');
    }
  }
  gc();
}

export class LetGo {
  private bytes = 0;
  private pieces = 0;

  constructor(private readonly collect: () => void = collectNow) {}

  /** Counts memory of so many bytes as dropped. */
  add(bytes: number): void {
    this.bytes += bytes;
    this.pieces++;
  }

  /** Collects where much has been dropped. To be called where nobody waits for this thread. */
  settle(): void {
    if (this.bytes < MOST_BYTES && this.pieces < MOST_PIECES) return;
    this.collect();
    this.bytes = 0;
    this.pieces = 0;
  }
}
