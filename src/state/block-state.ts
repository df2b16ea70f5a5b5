/**
 * State of a block that is executed in order: reads and writes of the location table's base values,
 * with none of the multi-version cost. The serial executor uses it for everything, the parallel one
 * for the steps before and after the transactions.
 *
 * Each cell names the step that wrote it. A slot counts only if its account was not reset by a later
 * step; within one step the slot's own write wins.
 */
import {
  CELL_FROM_DATABASE,
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  LOCATION_BASE,
  LOCATION_ORIGIN,
  LOCATION_RESET,
} from '../layout.js';
import { U256_WORDS } from '../primitives/words.js';
import type { CodeReader } from './codes.js';
import type { CurrentValues } from './collect.js';
import type { Arena, SharedHeap } from './heap.js';
import { type LocationTable, VALUE_WORDS } from './locations.js';
import { BASICS_WORDS, type Code, READ_OK, type StateView, type WriteSink } from './view.js';

export class BlockState implements StateView, CurrentValues {
  /** Number of the step now running; what it writes bears this number. Grows over the block. */
  step = 0;
  location = 0;
  /** What the block's transactions left, where that is not in the base cells; steps from `finalStep` on come after it. */
  private finals: CurrentValues | null = null;
  private finalStep = 0;
  /** Location of the basics read last: an account's code is asked for right after them. */
  private lastBasics = 0;
  /** Takes a step's write set. */
  readonly sink: WriteSink = {
    basics: (words, address, at, location) => this.writeBasics(words, address, at, location),
    code: (words, address, code) => this.writeCode(words, address, code),
    reset: (words, address) => this.writeReset(words, address),
    storage: (words, address, slot, at, location) => this.writeStorage(words, address, slot, at, location),
  };

  constructor(
    private readonly heap: SharedHeap,
    private readonly arena: Arena,
    private readonly table: LocationTable,
    private readonly codes: CodeReader,
  ) {}

  /** Forgets the locations of the block before. */
  begin(): void {
    this.lastBasics = 0;
    this.finals = null;
  }

  /**
   * From step `step` on the state is the one that `values` tells, with what later steps write over it:
   * transactions that ran in parallel left their values in version chains.
   */
  continueFrom(values: CurrentValues, step: number): void {
    this.finals = values;
    this.finalStep = step;
    this.step = step;
  }

  get summed(): number {
    return this.finals?.summed ?? 0;
  }

  // ---- Reads: they never block ------------------------------------------------------------------------

  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const row = this.table.account(KIND_BASICS, words, address);
    this.copy(this.current(row), BASICS_WORDS, out, at);
    this.location = row;
    this.lastBasics = row;
    return READ_OK;
  }

  code(words: Uint32Array, address: number): Code {
    const basics = this.lastBasics;
    const row =
      basics !== 0 && this.table.isOf(basics, words, address)
        ? this.table.code(basics)
        : this.table.account(KIND_CODE, words, address);
    return this.codes.read(this.current(row) + CELL_VALUE);
  }

  storage(words: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number {
    const row = this.table.slot(words, address, slot);
    this.location = row;
    if (this.wasReset(row)) out.fill(0, at, at + U256_WORDS);
    else this.copy(this.current(row), U256_WORDS, out, at);
    return READ_OK;
  }

  hasStorage(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const row = this.table.account(KIND_PRESENCE, words, address);
    out[at] = this.wasReset(row) ? 0 : (this.heap.u32[this.current(row) + CELL_VALUE] as number);
    return READ_OK;
  }

  /** True where a later step reset the account to which the slot belongs. */
  wasReset(row: number): boolean {
    const { i32 } = this.heap;
    const reset = this.current(i32[row + LOCATION_RESET] as number);
    return reset !== 0 && (i32[reset + CELL_WRITER] as number) > (i32[this.current(row) + CELL_WRITER] as number);
  }

  // ---- Writes -------------------------------------------------------------------------------------------

  private writeBasics(words: Uint32Array, address: number, at: number, location = 0): void {
    this.store(location || this.table.account(KIND_BASICS, words, address), BASICS_WORDS, words, at);
  }

  private writeCode(words: Uint32Array, address: number, code: Code): void {
    this.codes.write(this.arena, this.fresh(this.table.account(KIND_CODE, words, address)) + CELL_VALUE, code);
  }

  private writeReset(words: Uint32Array, address: number): void {
    // The cell first: to make it may replace the heap's views.
    const cell = this.fresh(this.table.account(KIND_RESET, words, address));
    this.heap.u32[cell + CELL_TAG] = 1;
  }

  private writeStorage(words: Uint32Array, address: number, slot: number, at: number, location = 0): void {
    this.store(location || this.table.slot(words, address, slot), U256_WORDS, words, at);
  }

  // ---- Cells --------------------------------------------------------------------------------------------

  /** Cell with the location's value now; 0 for an account that was never reset. */
  current(row: number): number {
    const { i32 } = this.heap;
    const base = i32[row + LOCATION_BASE] as number;
    if (this.finals === null) return base;
    // No step wrote the database's cell: most rows have nothing else, and to look into it would be a cache miss.
    const written = base !== i32[row + LOCATION_ORIGIN];
    if (written && (i32[base + CELL_WRITER] as number) >= this.finalStep) return base;
    return this.finals.current(row);
  }

  private copy(cell: number, count: number, out: Uint32Array, at: number): void {
    const { u32 } = this.heap;
    for (let i = 0; i < count; i++) out[at + i] = u32[cell + CELL_VALUE + i] as number;
  }

  private store(row: number, count: number, words: Uint32Array, at: number): void {
    const cell = this.fresh(row);
    const { u32 } = this.heap;
    for (let i = 0; i < count; i++) u32[cell + CELL_VALUE + i] = words[at + i] as number;
  }

  /** A cell of this step in which to write: the base cell itself where an earlier step of this block made it. */
  private fresh(row: number): number {
    const { i32 } = this.heap;
    let cell = i32[row + LOCATION_BASE] as number;
    if (
      cell === 0 ||
      cell === i32[row + LOCATION_ORIGIN] ||
      (this.finals !== null && (i32[cell + CELL_WRITER] as number) < this.finalStep)
    ) {
      cell = this.arena.alloc(CELL_VALUE + (VALUE_WORDS[this.table.kind(row)] as number));
      this.heap.i32[cell + CELL_TAG] = 0;
      this.heap.i32[row + LOCATION_BASE] = cell;
    }
    this.heap.i32[cell + CELL_WRITER] = this.step;
    return cell;
  }
}

/** Step numbers before the transactions: above the database's, below transaction 0. */
export const FIRST_STEP = CELL_FROM_DATABASE + 1;
