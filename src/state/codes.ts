/** Contract codes by their cells: records in the database's heap or, for codes made in the block, in the block's. */
import { CODE_CELL_HEAP, CODE_CELL_REFERENCE, CODE_HASH } from '../layout.js';
import { equalWords } from '../primitives/words.js';
import { codeWords, type Database, readCode, writeCode } from './database.js';
import type { Arena, SharedHeap } from './heap.js';
import { CODE_IN_BLOCK, CODE_IN_DATABASE } from './locations.js';
import type { Code } from './view.js';

/** One thread's copies of the codes it has met. Codes of the database stay known from block to block. */
export class CodeReader {
  private database: Database | null = null;
  private databaseEpoch = -1;
  private readonly fromDatabase = new Map<number, Code>();
  private readonly fromBlock = new Map<number, Code>();

  constructor(private readonly heap: SharedHeap) {}

  /** Starts a block over `database`. */
  open(database: Database): void {
    if (database !== this.database || database.epoch !== this.databaseEpoch) this.fromDatabase.clear();
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
      code = readCode(inBlock ? this.heap : (this.database as Database).heap, reference);
      cache.set(reference, code);
    }
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
    aHeap.map(aReference + 8);
    bHeap.map(bReference + 8);
    return equalWords(aHeap.u32, aReference + CODE_HASH, bHeap.u32, bReference + CODE_HASH, 8);
  }

  private heapOf(value: number): SharedHeap {
    return this.heap.u32[value + CODE_CELL_HEAP] === CODE_IN_BLOCK ? this.heap : (this.database as Database).heap;
  }
}
