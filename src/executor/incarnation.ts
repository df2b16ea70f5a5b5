/**
 * Runs of single transactions: speculative ones, exact ones for the lane, and the validation of what
 * they read (engine protocol, "Execute i" and "Validate i early").
 */
import {
  CELL_VALUE,
  CODE_CELL_WORDS,
  ENTRY_ESTIMATE,
  KIND_BASICS,
  KIND_CODE,
  KIND_RESET,
  STAT_ABORTS,
  STAT_ESTIMATES,
  STAT_INCARNATIONS,
  STAT_PARKED,
  STAT_RESETS,
  TX_EXACT,
  TX_FEE,
  TX_READ_COUNT,
  TX_READS,
  TX_RESULT,
  TX_WRITE_COUNT,
  TX_WRITES,
} from '../layout.js';
import { RESOLVED } from '../mvmemory/mvmemory.js';
import { EXECUTED, incarnationOf, stateOf, statusWord } from '../mvmemory/statuses.js';
import { U256_WORDS, writeWords } from '../primitives/words.js';
import { HeapExhaustedError } from '../state/heap.js';
import { BASICS_WORDS, type Code, type WriteSink } from '../state/view.js';
import { executeTransaction, type TransactionContext } from '../transition/transaction/index.js';
import type { TransactionOutcome } from '../transition/types.js';
import type { BlockEngine } from './block-engine.js';
import { encodeOutcome, type FailedIncarnation } from './codec.js';
import { SpeculativeView } from './speculative-view.js';

/** An exact run met an obstacle, which the protocol excludes: an error of the engine. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export class Incarnations {
  private readonly view: SpeculativeView;
  private context: TransactionContext | null = null;
  /** (location, entry) pairs of the write set being published. */
  private writes = new Int32Array(64);
  private writeCount = 0;
  private transaction = 0;
  private incarnation = 0;
  /** Whether this incarnation wrote something that readers of the one before did not see. */
  private changed = false;

  constructor(private readonly engine: BlockEngine) {
    this.view = new SpeculativeView(engine.heap, engine.table, engine.memory, engine.codes, engine.scheduler);
  }

  open(): void {
    const { vm, environment, maxBlobGas } = this.engine;
    if (environment === null) throw new ProtocolError('no block is open');
    this.context = { vm, environment, maxBlobGas, deferFee: true };
  }

  /** Runs `index`, which this worker holds in EXECUTING state, and publishes or parks it. */
  async speculate(index: number): Promise<void> {
    const { scheduler, statuses } = this.engine;
    const status = statuses.load(index);
    // Every lower transaction is committed already: what is read now is final.
    const exact = scheduler.frontier() === index;
    const outcome = await this.run(index, incarnationOf(status));
    if (typeof outcome === 'number') {
      if (!scheduler.running()) return;
      if (exact) throw new ProtocolError(`exact run of transaction ${index} was blocked by ${outcome}`);
      this.stat(STAT_PARKED);
      scheduler.park(index, outcome);
      return;
    }
    this.publish(index, incarnationOf(status), outcome, exact);
  }

  /**
   * Runs `index` in the lane, where everything below is committed. The caller has moved its status to
   * EXECUTING. Answers the outcome, published; null where the block ended meanwhile.
   */
  async runExact(index: number, incarnation: number): Promise<TransactionOutcome | FailedIncarnation | null> {
    const outcome = await this.run(index, incarnation);
    if (typeof outcome === 'number') {
      if (!this.engine.scheduler.running()) return null;
      throw new ProtocolError(`transaction ${index} was blocked by ${outcome} in the commit lane`);
    }
    this.publish(index, incarnation, outcome, true);
    return outcome;
  }

  /**
   * Resolves every read of `index` once more; true where all still have the value that was read.
   * `status` is the EXECUTED word that the caller saw. Another worker may run the transaction again
   * meanwhile and replace the read set's reference and its count one after the other; so the two are
   * trusted only if the word is still the same after they were loaded. Words never come back, since
   * incarnations grow, and the read set itself is never overwritten.
   */
  validate(index: number, status: number): boolean {
    const { heap, memory, statuses } = this.engine;
    const words = statuses.words(index);
    const reads = Atomics.load(heap.i32, words + TX_READS);
    const end = reads + 2 * Atomics.load(heap.i32, words + TX_READ_COUNT);
    if (statuses.load(index) !== status) return false;
    heap.map(end);
    for (let at = reads; at < end; at += 2) {
      const row = heap.i32[at] as number;
      const cell = heap.i32[at + 1] as number;
      if (memory.resolve(row, index) !== RESOLVED) return false;
      if (memory.cell !== cell && !memory.sameValue(row, memory.cell, cell)) return false;
    }
    return true;
  }

  /** Validates an executed transaction ahead of the lane; a stale one becomes ready for another incarnation. */
  validateEarly(index: number): void {
    const { scheduler, statuses, heap } = this.engine;
    const status = statuses.load(index);
    if (stateOf(status) !== EXECUTED || heap.i32[statuses.words(index) + TX_EXACT] === 1) return;
    if (this.validate(index, status) || !scheduler.beginAbort(index, status)) return;
    this.stat(STAT_ABORTS);
    this.markEstimates(index);
    scheduler.endAbort(index, status);
  }

  /** Marks what `index` wrote as estimates; this worker holds it in ABORTING or EXECUTING state. */
  markEstimates(index: number): void {
    this.eachWrite(index, (_row, entry) => this.engine.memory.markEstimate(entry));
  }

  /** Calls `visit` with every (location, entry) pair of the published write set. */
  eachWrite(index: number, visit: (row: number, entry: number) => void): void {
    const { heap, statuses } = this.engine;
    const words = statuses.words(index);
    const writes = heap.i32[words + TX_WRITES] as number;
    const end = writes + 2 * (heap.i32[words + TX_WRITE_COUNT] as number);
    heap.map(end);
    for (let at = writes; at < end; at += 2) visit(heap.i32[at] as number, heap.i32[at + 1] as number);
  }

  stat(which: number): void {
    this.engine.stats[which] = (this.engine.stats[which] as number) + 1;
  }

  // ---- Running ------------------------------------------------------------------------------------------

  private async run(index: number, incarnation: number): Promise<TransactionOutcome | FailedIncarnation | number> {
    this.transaction = index;
    this.incarnation = incarnation;
    this.stat(STAT_INCARNATIONS);
    const { view } = this;
    view.begin(index);
    try {
      const attempt = executeTransaction(this.context as TransactionContext, this.engine.transaction(index), view);
      return typeof attempt === 'object' && 'then' in attempt ? await attempt : attempt;
    } catch (error) {
      // Memory is gone for good. Anything else that a speculative run throws may come from values
      // that no serial execution could see: it is a result, whose reads the lane checks (pitfall 41).
      if (error instanceof HeapExhaustedError) throw error;
      return { kind: 'failed', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    } finally {
      this.engine.stats[STAT_ESTIMATES] = (this.engine.stats[STAT_ESTIMATES] as number) + view.estimates;
      view.estimates = 0;
    }
  }

  // ---- Publishing ---------------------------------------------------------------------------------------

  /**
   * Makes an incarnation's results visible. Order: cells and entries; entries of the incarnation
   * before that are not written now are cleared; read set, write set, fee and outcome; and then the
   * status word, whose store releases all of it to whoever loads EXECUTED.
   */
  private publish(
    index: number,
    incarnation: number,
    outcome: TransactionOutcome | FailedIncarnation,
    exact: boolean,
  ): void {
    const { heap, arena, statuses, scheduler, vm } = this.engine;
    const words = statuses.words(index);
    this.writeCount = 0;
    this.changed = false;
    if (outcome.kind === 'executed') vm.writes(this.sink);
    this.clearStale(index);
    const reads = arena.alloc(2 * this.view.readCount);
    heap.i32.set(this.view.reads.subarray(0, 2 * this.view.readCount), reads);
    const writes = arena.alloc(2 * this.writeCount);
    heap.i32.set(this.writes.subarray(0, 2 * this.writeCount), writes);
    const result = encodeOutcome(this.engine.writer, arena, outcome);
    const { i32 } = heap;
    i32[words + TX_READS] = reads;
    i32[words + TX_READ_COUNT] = this.view.readCount;
    i32[words + TX_WRITES] = writes;
    i32[words + TX_WRITE_COUNT] = this.writeCount;
    i32[words + TX_RESULT] = result;
    i32[words + TX_EXACT] = exact ? 1 : 0;
    Atomics.store(i32, words + TX_FEE, outcome.kind === 'executed' ? this.feeCell(outcome.deferredFee) : 0);
    Atomics.store(i32, words, statusWord(incarnation, EXECUTED));
    scheduler.wake(index);
    // After a first run nobody can hold an older version of what it wrote, except those that ran too
    // early, which the lane catches; a re-execution that wrote something else deserves a look.
    if (incarnation > 0 && this.changed) scheduler.suspect(index + 1);
    scheduler.signal();
  }

  /**
   * Clears entries that the incarnation before wrote and this one does not: their cells still bear
   * the earlier incarnation.
   */
  private clearStale(index: number): void {
    const { memory } = this.engine;
    this.eachWrite(index, (_row, entry) => {
      if (memory.incarnationAt(entry) === this.incarnation) return;
      memory.clear(entry);
      this.changed = true;
    });
  }

  private feeCell(fee: bigint): number {
    if (fee === 0n) return 0;
    const cell = this.engine.memory.newCell(this.transaction, this.incarnation, false, U256_WORDS);
    writeWords(fee, this.engine.heap.u32, cell + CELL_VALUE, U256_WORDS);
    return cell;
  }

  /** Turns a machine's write set into cells and entries. */
  private readonly sink: WriteSink = {
    basics: (words, address, at) => {
      this.value(this.engine.table.account(KIND_BASICS, words, address), BASICS_WORDS, words, at);
    },
    code: (words, address, code: Code) => {
      const row = this.engine.table.account(KIND_CODE, words, address);
      const cell = this.newCell(false, CODE_CELL_WORDS);
      this.engine.codes.write(this.engine.arena, cell + CELL_VALUE, code);
      this.put(row, cell);
    },
    reset: (words, address) => {
      this.stat(STAT_RESETS);
      this.put(this.engine.table.account(KIND_RESET, words, address), this.newCell(true, 0));
    },
    storage: (words, address, slot, at) => {
      this.value(this.engine.table.slot(words, address, slot), U256_WORDS, words, at);
    },
  };

  private newCell(reset: boolean, words: number): number {
    return this.engine.memory.newCell(this.transaction, this.incarnation, reset, words);
  }

  private value(row: number, count: number, words: Uint32Array, at: number): void {
    const cell = this.newCell(false, count);
    const { u32 } = this.engine.heap;
    for (let i = 0; i < count; i++) u32[cell + CELL_VALUE + i] = words[at + i] as number;
    this.put(row, cell);
  }

  private put(row: number, cell: number): void {
    const { memory } = this.engine;
    const entry = memory.publish(row, this.transaction, cell, this.previous);
    const before = this.previous.cell & ~ENTRY_ESTIMATE;
    if (before === 0 || !memory.sameValue(row, before, cell)) this.changed = true;
    if (2 * this.writeCount === this.writes.length) {
      const larger = new Int32Array(2 * this.writes.length);
      larger.set(this.writes);
      this.writes = larger;
    }
    this.writes[2 * this.writeCount] = row;
    this.writes[2 * this.writeCount + 1] = entry;
    this.writeCount++;
  }

  private readonly previous = { cell: 0 };
}
