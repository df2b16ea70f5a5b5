/** Reads of one incarnation through the multi-version memory, recorded as its read set. */
import {
  CELL_TAG,
  CELL_VALUE,
  CODE_CELL_REFERENCE,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  RECORD_CREDITS,
  RECORD_FLAGS,
  RECORD_TO,
} from '../layout.js';
import { type MultiVersionMemory, RESOLVED } from '../mvmemory/mvmemory.js';
import { ADDRESS_WORDS, enlarged, equalWords, U256_WORDS } from '../primitives/words.js';
import { ADVICE_FALSE, ADVICE_OFF } from '../scheduler/advice.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { CodeReader } from '../state/codes.js';
import type { SharedHeap } from '../state/heap.js';
import { isWritten, type LocationTable } from '../state/locations.js';
import { BASICS_EXISTS, BASICS_WORDS, type Code, READ_OK, type StateView } from '../state/view.js';

/** A read is answered when it is asked again, after a checkpoint: no transaction has this index. */
export const CHECKPOINT = 0x7fffffff;

/** Checkpoints of one run at most. */
const MOST_CHECKPOINTS = 4;

/** Which reads are worth a checkpoint. */
export interface CheckpointPolicy {
  /** Whether to make one at a read of `row`, which is about to be answered. */
  wanted(row: number): boolean;
  /** A read of `row` met an estimate. */
  met(row: number): void;
}

export class SpeculativeView implements StateView {
  /** (location, cell) pairs in the order of reading. */
  reads = new Int32Array(128);
  readCount = 0;
  /** Reads of this incarnation that met an estimate or a missing fee. */
  estimates = 0;
  location = 0;
  /** Location of the basics read last: an account's code is asked for right after them. */
  private lastBasics = 0;
  /** Location of the recipient whose basics were not read, since they are only credited; or 0. */
  credited = 0;
  private transaction = 0;
  private exact = false;
  /** Where the transactions' records stand. */
  records: { readonly u32: Uint32Array };
  /** Where the recipient's address stands in them, if it may be credited unread; or -1. */
  private recipient = -1;
  /** Checkpoints that this incarnation may still make. */
  checkpoints = 0;
  /** Location before which the last checkpoint was asked for. */
  private asked = 0;

  constructor(
    private readonly heap: SharedHeap,
    private readonly table: LocationTable,
    private readonly memory: MultiVersionMemory,
    private readonly codes: CodeReader,
    private readonly scheduler: Scheduler,
    private readonly policy: CheckpointPolicy | null = null,
  ) {
    this.records = heap;
  }

  /**
   * `exact`: everything below is committed, so that what is read is final and nobody asks for it again.
   * `record` is the transaction's, in {@link records}; without it (-1) nobody is credited unread.
   */
  begin(transaction: number, exact: boolean, record = -1): void {
    const mayCredit = !exact && record >= 0 && this.scheduler.advice.credits !== ADVICE_OFF;
    const credits = mayCredit && ((this.records.u32[record + RECORD_FLAGS] as number) & RECORD_CREDITS) !== 0;
    this.recipient = credits ? record + RECORD_TO : -1;
    this.credited = 0;
    this.transaction = transaction;
    this.exact = exact;
    this.readCount = 0;
    this.lastBasics = 0;
    this.checkpoints = 0;
  }

  /** Lets this incarnation answer {@link CHECKPOINT}. */
  allowCheckpoints(): void {
    this.checkpoints = MOST_CHECKPOINTS;
    this.asked = 0;
  }

  /** Forgets what {@link goOn} took over. */
  startOver(): void {
    this.readCount = 0;
  }

  /** Takes over the first reads of an incarnation, `count` pairs from `at` on. */
  goOn(pairs: Int32Array, at: number, count: number): void {
    if (this.exact) return;
    while (2 * count > this.reads.length) this.reads = new Int32Array(2 * this.reads.length);
    for (let i = 0; i < 2 * count; i++) this.reads[i] = pairs[at + i] as number;
    this.readCount = count;
  }

  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number {
    const row = this.table.account(KIND_BASICS, words, address);
    this.location = row;
    this.lastBasics = row;
    if (this.recipient >= 0 && equalWords(this.records.u32, this.recipient, words, address, ADDRESS_WORDS)) {
      this.recipient = -1;
      if (this.scheduler.advice.credits === ADVICE_FALSE || isWritten(this.heap.u32, row)) {
        const code = this.table.code(row);
        const blocked = this.read(code);
        if (blocked !== READ_OK) return blocked;
        if (this.heap.u32[this.memory.cell + CELL_VALUE + CODE_CELL_REFERENCE] === 0) return this.credit(row, out, at);
      }
    }
    const blocked = this.read(row);
    if (blocked === READ_OK) this.copy(BASICS_WORDS, out, at);
    return blocked;
  }

  /**
   * The recipient of a transfer has no code: nothing that the transaction does depends on its nonce or
   * balance, and what is written is a credit. So it is shown an account without either, which is no read.
   */
  private credit(row: number, out: Uint32Array, at: number): number {
    this.credited = row;
    out.fill(0, at, at + BASICS_WORDS);
    out[at + BASICS_EXISTS] = 1;
    return READ_OK;
  }

  code(words: Uint32Array, address: number): Code | number {
    const basics = this.lastBasics;
    const row =
      basics !== 0 && this.table.isOf(basics, words, address)
        ? this.table.code(basics)
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
    const { memory } = this;
    const untouched = memory.untouched(row);
    if (this.exact) {
      // The transaction at the frontier: nobody asks again for what it reads.
      if (untouched === 0) return memory.resolve(row, this.transaction, true);
      memory.cell = untouched;
      return READ_OK;
    }
    // Once the block is decided the attempt is of no use: pretend to be blocked, so that it ends.
    if (this.scheduler.decided()) return this.transaction;
    if (untouched === 0 || this.checkpoints > 0) return this.resolve(row);
    memory.cell = untouched;
    this.record(row, untouched);
    return READ_OK;
  }

  private resolve(row: number): number {
    const blocked = this.memory.resolve(row, this.transaction);
    if (blocked !== RESOLVED) {
      this.estimates++;
      this.policy?.met(row);
      return blocked;
    }
    if (this.checkpoints > 0 && row !== this.asked && this.policy?.wanted(row)) {
      this.asked = row;
      return CHECKPOINT;
    }
    this.record(row, this.memory.cell);
    return READ_OK;
  }

  private record(row: number, cell: number): void {
    const at = 2 * this.readCount++;
    if (at === this.reads.length) this.reads = enlarged(this.reads);
    const { reads } = this;
    reads[at] = row;
    reads[at + 1] = cell;
  }

  /** Copies the resolved value, which whoever resolved it has mapped; a reset marker reads as zeros. */
  private copy(count: number, out: Uint32Array, at: number): void {
    const { cell } = this.memory;
    const { u32 } = this.heap;
    if (((u32[cell + CELL_TAG] as number) & 1) === 1) {
      out.fill(0, at, at + count);
      return;
    }
    for (let i = 0; i < count; i++) out[at + i] = u32[cell + CELL_VALUE + i] as number;
  }
}
