/**
 * Records of mixed fields in shared memory: integers as words, byte strings with their length.
 * Writer and reader go through the fields in the same order; nothing is named or tagged.
 */
import { readWords, writeWords } from '../primitives/words.js';
import type { Arena, SharedHeap } from './heap.js';

/** Collects a record in private memory, then copies it to a shared heap in one piece. */
export class RecordWriter {
  private words = new Uint32Array(256);
  private bytes = new Uint8Array(this.words.buffer);
  private length = 0;

  clear(): this {
    this.length = 0;
    return this;
  }

  word(value: number): this {
    this.room(1);
    this.words[this.length++] = value;
    return this;
  }

  /** An unsigned integer of `count` words; throws RangeError where it does not fit. */
  integer(value: bigint, count: number): this {
    if (value < 0n || value >> BigInt(32 * count) !== 0n)
      throw new RangeError(`${value} does not fit in ${32 * count} bits`);
    this.room(count);
    writeWords(value, this.words, this.length, count);
    this.length += count;
    return this;
  }

  data(bytes: Uint8Array): this {
    const count = (bytes.length + 3) >>> 2;
    this.room(1 + count);
    this.words[this.length++] = bytes.length;
    this.bytes.set(bytes, 4 * this.length);
    this.length += count;
    return this;
  }

  /** Copies the record to `arena` and answers its reference. */
  finish(arena: Arena): number {
    const at = arena.alloc(this.length);
    arena.heap.u32.set(this.words.subarray(0, this.length), at);
    return at;
  }

  private room(count: number): void {
    if (this.length + count <= this.words.length) return;
    const larger = new Uint32Array(Math.max(2 * this.words.length, this.length + count));
    larger.set(this.words.subarray(0, this.length));
    this.words = larger;
    this.bytes = new Uint8Array(larger.buffer);
  }
}

export class RecordReader {
  constructor(
    private readonly heap: SharedHeap,
    private at: number,
  ) {}

  /** Where the next field stands. */
  get place(): number {
    return this.at;
  }

  word(): number {
    this.heap.map(this.at + 1);
    return this.heap.u32[this.at++] as number;
  }

  integer(count: number): bigint {
    this.heap.map(this.at + count);
    const value = readWords(this.heap.u32, this.at, count);
    this.at += count;
    return value;
  }

  /** A private copy of a byte string. */
  data(): Uint8Array {
    const length = this.word();
    const start = 4 * this.at;
    this.at += (length + 3) >>> 2;
    this.heap.map(this.at);
    return this.heap.u8.slice(start, start + length);
  }
}
