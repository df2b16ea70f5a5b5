/**
 * A heap of 32-bit words in shared memory that grows while workers use it.
 *
 * The memory is a shared WebAssembly.Memory: growing it keeps every offset and every view valid, and
 * the new part becomes visible to another thread as soon as that thread asks for the buffer again.
 * So a thread that is handed a reference beyond what it has mapped calls {@link SharedHeap.map}, and
 * nothing ever moves.
 */
import { HEAP_NEXT } from '../layout.js';
import { letGo, memoryWeight } from './let-go.js';

const PAGE_BYTES = 65536;
const PAGE_WORDS = PAGE_BYTES / 4;
/** Words of a cache line. */
const LINE_WORDS = 16;
/** Words that references can address: 2^28 (1 GiB), well below the estimate bit. */
export const HEAP_MAXIMUM_WORDS = 2 ** 28;

/** What is used of WebAssembly.Memory, which Node's own types leave out. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

interface MemoryConstructor {
  new (descriptor: { initial: number; maximum: number; shared: true }): SharedMemory;
}

const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } }).WebAssembly;

/** A heap has no room left. `limit` and `wanted` are bytes. */
export class HeapExhaustedError extends Error {
  override readonly name = 'HeapExhaustedError';
  constructor(
    readonly limit: number,
    readonly wanted: number,
  ) {
    super(`shared memory exhausted: ${wanted} bytes wanted, the limit is ${limit}`);
  }
}

export class SharedHeap {
  /** The same words signed (for Atomics) and unsigned (for values). Replaced when the heap is remapped. */
  i32: Int32Array;
  u32: Uint32Array;
  u8: Uint8Array;
  /** In pairs of words: what is copied pair by pair takes half the time. */
  u64: BigUint64Array;

  private constructor(readonly memory: SharedMemory) {
    // Asked for once: V8 puts a longer buffer in its place whenever another thread grows the memory, and views of different
    // lengths would not agree on what is there.
    const { buffer } = memory;
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }

  /** A new heap whose allocation starts at word `start`. */
  static create(start: number, initialWords: number): SharedHeap {
    const initial = Math.max(1, Math.ceil(Math.max(start, initialWords) / PAGE_WORDS));
    const memory = new Memory({ initial, maximum: HEAP_MAXIMUM_WORDS / PAGE_WORDS, shared: true });
    letGo.add(memoryWeight(memory.buffer.byteLength));
    const heap = new SharedHeap(memory);
    heap.reset(start);
    return heap;
  }

  /** The same heap in another thread. */
  static attach(memory: SharedMemory): SharedHeap {
    return new SharedHeap(memory);
  }

  /** Frees everything from word `start` on. Nobody else may be using the heap. */
  reset(start: number): void {
    Atomics.store(this.i32, HEAP_NEXT, (start + LINE_WORDS - 1) & -LINE_WORDS);
  }

  /** Words in use. */
  get used(): number {
    return Atomics.load(this.i32, HEAP_NEXT);
  }

  /**
   * Reserves `wanted` words and answers their reference. Contents are whatever was there. What is
   * reserved begins and ends with a cache line of its own, so that threads do not disturb each other.
   */
  reserve(wanted: number): number {
    const words = (wanted + LINE_WORDS - 1) & -LINE_WORDS;
    let at = Atomics.load(this.i32, HEAP_NEXT);
    for (;;) {
      // Refusing before the counter moves: taking a failed fetch-and-add back could take back what
      // another thread got in between.
      if (at + words > HEAP_MAXIMUM_WORDS) throw new HeapExhaustedError(HEAP_MAXIMUM_WORDS * 4, (at + words) * 4);
      const seen = Atomics.compareExchange(this.i32, HEAP_NEXT, at, at + words);
      if (seen === at) break;
      at = seen;
    }
    const end = at + words;
    if (end > this.u32.length) this.growFor(at, end);
    return at;
  }

  /** Makes words up to `end` readable by this thread; they were reserved by another one. */
  map(end: number): void {
    if (end > this.u32.length) this.remap();
  }

  /** Grows for what was reserved from `at` to `end`, which is given back where there is no memory for it. */
  private growFor(at: number, end: number): void {
    try {
      this.grow(end);
    } catch (error) {
      // Otherwise whoever asks for little after this would have to get past it. Where somebody has reserved since it stays.
      Atomics.compareExchange(this.i32, HEAP_NEXT, end, at);
      throw error;
    }
  }

  private grow(end: number): void {
    this.remap();
    let spare = true;
    while (end > this.u32.length) {
      // Several threads may grow at once: each adds what it still misses, plus a quarter so that
      // growing stays rare. Too much is harmless.
      const have = this.u32.length / PAGE_WORDS;
      const missing = Math.ceil(end / PAGE_WORDS) - have;
      const generous = Math.min(missing + (have >>> 2) + 16, HEAP_MAXIMUM_WORDS / PAGE_WORDS - have);
      const pages = spare ? Math.max(missing, generous) : missing;
      try {
        this.memory.grow(pages);
        letGo.add(pages * PAGE_BYTES);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        // Either another thread grew it first, so that this much no longer fits: look again. Or there
        // is no room for that much: perhaps for what is missing. Or there is none left at all.
        this.remap();
        if (this.u32.length / PAGE_WORDS !== have) continue;
        if (pages === missing) throw new HeapExhaustedError(this.u32.length * 4, end * 4);
        spare = false;
      }
      this.remap();
    }
  }

  /**
   * Maps everything in use. Whoever was handed a reference sees that its words are in use: they were reserved before.
   * The memory itself is asked only where that lies beyond this thread's views, which takes some 20 microseconds.
   */
  refresh(): void {
    this.map(this.used);
  }

  private remap(): void {
    // grow(0) makes this thread see pages that another one added.
    this.memory.grow(0);
    const buffer = this.memory.buffer;
    if (buffer.byteLength === this.u8.length) return;
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }
}

/**
 * One thread's allocator over a shared heap: it takes chunks from the heap and hands out pieces, so
 * that threads seldom meet on the heap's counter and their records do not share cache lines.
 */
export class Arena {
  private next = 0;
  private end = 0;

  constructor(
    readonly heap: SharedHeap,
    private readonly chunkWords: number,
  ) {}

  /** Forgets the current chunk; call when the heap was reset. */
  reset(): void {
    this.next = 0;
    this.end = 0;
  }

  /** {@link alloc} at an even word, where a pair of words begins. */
  allocPairs(words: number): number {
    this.next = (this.next + 1) & -2;
    return this.alloc(words);
  }

  alloc(words: number): number {
    if (this.next + words > this.end) {
      const chunk = Math.max(words, this.chunkWords);
      this.next = this.heap.reserve(chunk);
      this.end = this.next + chunk;
    }
    const at = this.next;
    this.next += words;
    return at;
  }
}
