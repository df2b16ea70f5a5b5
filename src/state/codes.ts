/** Contract codes by their cells: records in the database's heap or, for codes made in the block, in the block's. */
import { CODE_CELL_HEAP, CODE_CELL_REFERENCE, CODE_HASH, CODE_HASH_WORDS } from '../layout.js';
import { EMPTY_CODE_HASH } from '../primitives/crypto.js';
import { bytesToWords, equalWords } from '../primitives/words.js';
import { codeWords, mapCode, readCode, writeCode } from './code-record.js';
import type { Database } from './database.js';
import type { Arena, SharedHeap } from './heap.js';
import { CODE_IN_BLOCK, CODE_IN_DATABASE } from './locations.js';
import type { Code } from './view.js';

/** Bytes of code that a thread keeps from one block to the next, and as many from one database to the next. */
export const MOST_KEPT_BYTES = 0x300_0000;
/** What a code counts for besides its bytes, for the objects around them: there may be millions that have 23 (EIP-7702). */
export const KEPT_CODE_BYTES = 1024;

const EMPTY_RECORD = new Uint32Array(codeWords(0));
bytesToWords(EMPTY_CODE_HASH, EMPTY_RECORD, CODE_HASH);

/** A code with the words of its hash. */
interface KeptCode {
  readonly code: Code;
  readonly hash: Uint32Array;
}

function weightOf({ bytes }: Code): number {
  return bytes.length + KEPT_CODE_BYTES;
}

/**
 * One thread's copies of the codes it has met. Up to {@link MOST_KEPT_BYTES} of the database's stay known from block to block,
 * and as many over other databases, by their hash: the state before a block often comes as a database
 * of its own, and to copy a contract's code takes as long as some transactions.
 */
export class CodeReader {
  private database: Database | null = null;
  private databaseEpoch = -1;
  private readonly fromDatabase = new Map<number, Code>();
  private databaseBytes = 0;
  private readonly fromBlock = new Map<number, Code>();
  /** By the lowest word of the hash; of two codes that share it the one met last. */
  private readonly kept = new Map<number, KeptCode>();
  private keptBytes = 0;

  constructor(private readonly heap: SharedHeap) {}

  /** Starts a block over `database`. */
  open(database: Database): void {
    const same = database === this.database && database.epoch === this.databaseEpoch;
    if (!same || this.databaseBytes > MOST_KEPT_BYTES) {
      this.fromDatabase.clear();
      this.databaseBytes = 0;
    }
    this.database = database;
    this.databaseEpoch = database.epoch;
    this.fromBlock.clear();
  }

  /** The code that a code cell's value (at word `value`) stands for. */
  read(value: number): Code {
    const reference = this.heap.u32[value + CODE_CELL_REFERENCE] as number;
    if (reference === 0) return readCode(this.heap, 0);
    const inBlock = this.heap.u32[value + CODE_CELL_HEAP] === CODE_IN_BLOCK;
    const cache = inBlock ? this.fromBlock : this.fromDatabase;
    let code = cache.get(reference);
    if (code === undefined) {
      code = inBlock ? readCode(this.heap, reference) : this.stored(reference);
      cache.set(reference, code);
      if (!inBlock) this.databaseBytes += weightOf(code);
    }
    return code;
  }

  /** The database's code record at `reference`, copied where it was not kept. */
  private stored(reference: number): Code {
    const { heap } = this.database as Database;
    const hash = reference + CODE_HASH;
    heap.map(hash + CODE_HASH_WORDS);
    const key = heap.i32[hash] as number;
    const known = this.kept.get(key);
    if (known !== undefined && equalWords(known.hash, 0, heap.u32, hash, CODE_HASH_WORDS)) return known.code;
    const code = readCode(heap, reference);
    const weight = weightOf(code);
    if (weight > MOST_KEPT_BYTES) return code;
    if (this.keptBytes + weight > MOST_KEPT_BYTES) {
      this.kept.clear();
      this.keptBytes = 0;
    }
    this.kept.set(key, { code, hash: heap.u32.slice(hash, hash + CODE_HASH_WORDS) });
    this.keptBytes += weight;
    return code;
  }

  /** Writes a new code cell value at word `value`; the record goes to the block's heap. */
  write(arena: Arena, value: number, code: Code): void {
    const reference =
      code.bytes.length === 0
        ? 0
        : writeCode(this.heap, arena.alloc(codeWords(code.bytes.length)), code.hash, code.bytes);
    this.heap.u32[value + CODE_CELL_HEAP] = reference === 0 ? CODE_IN_DATABASE : CODE_IN_BLOCK;
    this.heap.u32[value + CODE_CELL_REFERENCE] = reference;
  }

  /** Whether two code cell values stand for the same code: the hashes decide. */
  equal(a: number, b: number): boolean {
    const u32 = this.heap.u32;
    const aReference = u32[a + CODE_CELL_REFERENCE] as number;
    const bReference = u32[b + CODE_CELL_REFERENCE] as number;
    const aHeap = this.heapOf(a);
    const bHeap = this.heapOf(b);
    if (aReference === bReference && aHeap === bHeap) return true;
    if (aReference === 0 || bReference === 0) return false;
    aHeap.map(aReference + CODE_HASH_WORDS);
    bHeap.map(bReference + CODE_HASH_WORDS);
    return equalWords(aHeap.u32, aReference + CODE_HASH, bHeap.u32, bReference + CODE_HASH, CODE_HASH_WORDS);
  }

  /** Words of the record that {@link copy} writes of the code cell value at word `value`; makes them readable. */
  words(value: number): number {
    return mapCode(this.heapOf(value), this.heap.u32[value + CODE_CELL_REFERENCE] as number) || codeWords(0);
  }

  /** Copies the record of the code cell value at word `value` to `out` at `at`; `count` is its {@link words}. */
  copy(value: number, count: number, out: Uint32Array, at: number): void {
    const reference = this.heap.u32[value + CODE_CELL_REFERENCE] as number;
    if (reference === 0) out.set(EMPTY_RECORD, at);
    else out.set(this.heapOf(value).u32.subarray(reference, reference + count), at);
  }

  private heapOf(value: number): SharedHeap {
    return this.heap.u32[value + CODE_CELL_HEAP] === CODE_IN_BLOCK ? this.heap : (this.database as Database).heap;
  }
}
