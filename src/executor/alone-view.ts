/**
 * The block's state for a thread that is alone in it: what stands in the base values is all there is, so reads look there
 * and nowhere else, and writes replace what they find. Nothing is recorded, since nothing below can change any more.
 */
import {
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  CODE_CELL_WORDS,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  LOCATION_BASE,
  LOCATION_RESET,
  STAT_RESETS,
} from '../layout.js';
import type { MultiVersionMemory } from '../mvmemory/mvmemory.js';
import { U256_WORDS } from '../primitives/words.js';
import type { CodeReader } from '../state/codes.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import type { LocationTable } from '../state/locations.js';
import { BASICS_WORDS, type Code, READ_OK, type StateView, type WriteSink } from '../state/view.js';

/** What the view works on. */
export interface AloneParts {
  readonly heap: SharedHeap;
  readonly arena: Arena;
  readonly table: LocationTable;
  readonly codes: CodeReader;
  readonly memory: MultiVersionMemory;
  readonly stats: Int32Array;
}

export class AloneView implements StateView {
  location = 0;
  /** Whether the transaction has read what the one just before it wrote. */
  follows = false;
  private transaction = 0;
  /** Location of the basics read last: an account's code is asked for right after them. */
  private lastBasics = 0;

  constructor(private readonly parts: AloneParts) {}

  /** Starts a block. */
  open(): void {
    this.lastBasics = 0;
  }

  begin(transaction: number): void {
    this.transaction = transaction;
    this.follows = false;
  }

  // ---- Reads: they never block --------------------------------------------------------------------------

  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const { heap, table } = this.parts;
    const row = table.account(KIND_BASICS, words, address);
    this.location = row;
    this.lastBasics = row;
    this.copy(heap.i32[row + LOCATION_BASE] as number, BASICS_WORDS, out, at);
    return READ_OK;
  }

  code(words: Uint32Array, address: number): Code {
    const { heap, table, codes } = this.parts;
    const basics = this.lastBasics;
    const row =
      basics !== 0 && table.isOf(basics, words, address)
        ? table.code(basics)
        : table.account(KIND_CODE, words, address);
    const cell = heap.i32[row + LOCATION_BASE] as number;
    this.note(cell);
    return codes.read(cell + CELL_VALUE);
  }

  storage(words: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number {
    const row = this.parts.table.slot(words, address, slot);
    this.location = row;
    this.copy(this.current(row), U256_WORDS, out, at);
    return READ_OK;
  }

  hasStorage(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    this.copy(this.current(this.parts.table.account(KIND_PRESENCE, words, address)), 1, out, at);
    return READ_OK;
  }

  /** Cell of what belongs to an account's storage: its own, or that of a later reset of the account. */
  private current(row: number): number {
    const { i32 } = this.parts.heap;
    const cell = i32[row + LOCATION_BASE] as number;
    const reset = i32[(i32[row + LOCATION_RESET] as number) + LOCATION_BASE] as number;
    return reset !== 0 && (i32[reset + CELL_WRITER] as number) > (i32[cell + CELL_WRITER] as number) ? reset : cell;
  }

  private note(cell: number): void {
    if (this.parts.heap.i32[cell + CELL_WRITER] === this.transaction - 1) this.follows = true;
  }

  /** Copies a cell's value; a reset marker reads as zeros. */
  private copy(cell: number, count: number, out: Uint32Array, at: number): void {
    this.note(cell);
    const { u32 } = this.parts.heap;
    if (((u32[cell + CELL_TAG] as number) & 1) === 1) {
      out.fill(0, at, at + count);
      return;
    }
    for (let i = 0; i < count; i++) out[at + i] = u32[cell + CELL_VALUE + i] as number;
  }

  // ---- Writes -------------------------------------------------------------------------------------------

  /** Takes the transaction's write set. */
  readonly sink: WriteSink = {
    basics: (words, address, at, location = 0) => {
      const row = location || this.parts.table.account(KIND_BASICS, words, address);
      this.parts.memory.overwrite(row, this.transaction, BASICS_WORDS, words, at);
    },
    code: (words, address, code) => {
      const { arena, codes, memory, table } = this.parts;
      const cell = memory.newCell(this.transaction, 0, false, CODE_CELL_WORDS);
      codes.write(arena, cell + CELL_VALUE, code);
      memory.setBase(table.account(KIND_CODE, words, address), cell);
    },
    reset: (words, address) => {
      const { memory, stats, table } = this.parts;
      stats[STAT_RESETS] = (stats[STAT_RESETS] as number) + 1;
      memory.setBase(table.account(KIND_RESET, words, address), memory.newCell(this.transaction, 0, true, 0));
    },
    storage: (words, address, slot, at, location = 0) => {
      const row = location || this.parts.table.slot(words, address, slot);
      this.parts.memory.overwrite(row, this.transaction, U256_WORDS, words, at);
    },
  };
}
