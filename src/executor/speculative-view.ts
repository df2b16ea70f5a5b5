/** Reads of one incarnation through the multi-version memory, recorded as its read set. */
import { CELL_VALUE, KIND_BASICS, KIND_CODE, KIND_PRESENCE } from '../layout.js';
import { type MultiVersionMemory, RESOLVED } from '../mvmemory/mvmemory.js';
import { U256_WORDS } from '../primitives/words.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { CodeReader } from '../state/codes.js';
import type { SharedHeap } from '../state/heap.js';
import type { LocationTable } from '../state/locations.js';
import { BASICS_WORDS, type Code, READ_OK, type StateView } from '../state/view.js';

export class SpeculativeView implements StateView {
  /** (location, cell) pairs in the order of reading. */
  reads = new Int32Array(128);
  readCount = 0;
  /** Reads of this incarnation that met an estimate or a missing fee. */
  estimates = 0;
  location = 0;
  /** Location of the basics read last: an account's code is asked for right after them. */
  private lastBasics = 0;
  private transaction = 0;
  private exact = false;

  constructor(
    private readonly heap: SharedHeap,
    private readonly table: LocationTable,
    private readonly memory: MultiVersionMemory,
    private readonly codes: CodeReader,
    private readonly scheduler: Scheduler,
  ) {}

  /** `exact`: everything below is committed, so that what is read is final and nobody asks for it again. */
  begin(transaction: number, exact: boolean): void {
    this.transaction = transaction;
    this.exact = exact;
    this.readCount = 0;
    this.lastBasics = 0;
  }

  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const row = this.table.account(KIND_BASICS, words, address);
    this.location = row;
    this.lastBasics = row;
    const blocked = this.read(row);
    if (blocked === READ_OK) this.copy(BASICS_WORDS, out, at);
    return blocked;
  }

  code(words: Uint32Array, address: number): Code | number {
    const basics = this.lastBasics;
    const row =
      basics !== 0 && this.table.isOf(basics, words, address)
        ? this.table.code(basics, words, address)
        : this.table.account(KIND_CODE, words, address);
    const blocked = this.read(row);
    return blocked === READ_OK ? this.codes.read(this.memory.cell + CELL_VALUE) : blocked;
  }

  storage(words: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number {
    const row = this.table.slot(words, address, slot);
    this.location = row;
    const blocked = this.read(row);
    if (blocked === READ_OK) this.copy(U256_WORDS, out, at);
    return blocked;
  }

  hasStorage(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const blocked = this.read(this.table.account(KIND_PRESENCE, words, address));
    if (blocked === READ_OK) this.copy(1, out, at);
    return blocked;
  }

  private read(row: number): number {
    if (this.exact) return this.memory.resolve(row, this.transaction);
    // Once the block is decided the attempt is of no use: pretend to be blocked, so that it ends.
    if (!this.scheduler.running()) return this.transaction;
    const blocked = this.memory.resolve(row, this.transaction);
    if (blocked !== RESOLVED) {
      this.estimates++;
      return blocked;
    }
    if (2 * this.readCount === this.reads.length) {
      const larger = new Int32Array(2 * this.reads.length);
      larger.set(this.reads);
      this.reads = larger;
    }
    this.reads[2 * this.readCount] = row;
    this.reads[2 * this.readCount + 1] = this.memory.cell;
    this.readCount++;
    return READ_OK;
  }

  /** Copies the resolved value; a reset marker reads as zeros. */
  private copy(count: number, out: Uint32Array, at: number): void {
    const cell = this.memory.cell;
    if (this.memory.isReset(cell)) {
      out.fill(0, at, at + count);
      return;
    }
    this.heap.map(cell + CELL_VALUE + count);
    const { u32 } = this.heap;
    for (let i = 0; i < count; i++) out[at + i] = u32[cell + CELL_VALUE + i] as number;
  }
}
