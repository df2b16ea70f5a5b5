/**
 * Runs of single transactions: speculative ones, exact ones for the lane, and the validation of what
 * they read (docs/block-stm.md, "What a worker does"). Nothing here allocates: read set,
 * write set and outcome are words in the worker's arena.
 */
import {
  CELL_VALUE,
  CODE_CELL_WORDS,
  ENTRY_CREDIT,
  ENTRY_REFERENCE,
  ENTRY_WORDS,
  KIND_BASICS,
  KIND_CODE,
  KIND_RESET,
  OUTCOME_FEE,
  STAT_ABORTS,
  STAT_CHECKPOINTS,
  STAT_CREDITS,
  STAT_ESTIMATES,
  STAT_INCARNATIONS,
  STAT_PARKED,
  STAT_RESETS,
  STAT_RESTORES,
  STAT_RESUMPTIONS,
  STAT_SUSPENSIONS,
  TX_BENEFICIARY_WRITE,
  TX_CREDIT_ENTRY,
  TX_CREDIT_LOCATION,
  TX_EXACT,
  TX_FEE,
  TX_READ_COUNT,
  TX_READS,
  TX_RESULT,
  TX_WRITE_COUNT,
  TX_WRITES,
} from '../layout.js';
import { EXECUTED, incarnationOf, stateOf, statusWord } from '../mvmemory/statuses.js';
import { enlarged, U256_WORDS } from '../primitives/words.js';
import { ADVICE_FALSE, ADVICE_OFF, ADVICE_ON } from '../scheduler/advice.js';
import { HeapExhaustedError } from '../state/heap.js';
import { BASICS_WORDS, type Code, type WriteSink } from '../state/view.js';
import { RecordedExecution } from '../transition/transaction/index.js';
import { RUN_DONE, RUN_FOREIGN } from '../vm/vm.js';
import { UnseenBalances } from './balances.js';
import type { BlockEngine } from './block-engine.js';
import { failureOf } from './errors.js';
import { Images } from './images.js';
import { CHECKPOINT, SpeculativeView } from './speculative-view.js';

/** An exact run met an obstacle, which the protocol excludes: an error of the engine. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export class Incarnations {
  readonly balances: UnseenBalances;
  private readonly images: Images;
  private readonly view: SpeculativeView;
  /** Where the run that comes next goes on from, or 0: {@link prepare}. */
  private image = 0;
  private execution: RecordedExecution | null = null;
  /** (location, entry) pairs of the write set being published. */
  private writes = new Int32Array(64);
  private writeCount = 0;
  private transaction = 0;
  private incarnation = 0;
  /** Whether this incarnation wrote something that readers of the one before did not see. */
  private changed = false;
  /** Whether this incarnation is exact and the first, so that its writes may take the place of lower ones. */
  private final = false;
  /** Cell that this incarnation wrote to the beneficiary's basics, or 0. */
  private beneficiaryWrite = 0;
  /** Entry of the credit that this incarnation published, or 0. */
  private creditEntry = 0;

  constructor(private readonly engine: BlockEngine) {
    const { heap, table, memory, codes, scheduler } = engine;
    this.balances = new UnseenBalances(engine);
    this.images = new Images(engine);
    this.view = new SpeculativeView(heap, table, memory, codes, scheduler, this.images);
  }

  /** Starts work on the block that the engine has opened, whose records stand where they will be to its end. */
  open(): void {
    const { vm, environment, fees, maxBlobGas, recordMemory } = this.engine;
    if (environment === null) throw new ProtocolError('no block is open');
    this.execution = new RecordedExecution({ vm, environment, maxBlobGas, deferFee: fees.mayBeDeferred }, recordMemory);
    this.view.records = recordMemory;
    this.images.open();
  }

  /** Forgets where the records stand. */
  close(): void {
    this.execution = null;
    this.view.records = this.engine.heap;
  }

  /**
   * Looks whether a run of `index`, which this worker holds in EXECUTING state, can go on where an earlier one
   * stood, and not only start over. To be called before each run.
   */
  prepare(index: number): boolean {
    this.image = this.images.find(index);
    return this.image !== 0;
  }

  /** Runs `index`, which this worker holds in EXECUTING state, and publishes or parks it. */
  speculate(index: number): void | Promise<void> {
    const { scheduler, statuses } = this.engine;
    const incarnation = incarnationOf(statuses.glance(index));
    // Every lower transaction is committed already: what is read now is final.
    const exact = scheduler.isAtFrontier(index);
    this.prepare(index);
    const status = this.run(index, incarnation, exact);
    if (typeof status === 'number') this.conclude(index, incarnation, exact, status);
    else return status.then((reached) => this.conclude(index, incarnation, exact, reached));
  }

  private conclude(index: number, incarnation: number, exact: boolean, status: number): void {
    const { scheduler } = this.engine;
    if (status === RUN_DONE) {
      this.publish(index, incarnation, exact);
      return;
    }
    if (!scheduler.running()) return;
    if (exact) throw new ProtocolError(`exact run of transaction ${index} was blocked by ${status}`);
    this.stat(STAT_PARKED);
    if (this.images.suspend(index, this.execution as RecordedExecution, this.view)) this.stat(STAT_SUSPENSIONS);
    scheduler.park(index, status);
  }

  /**
   * Runs `index` in the lane, where everything below is committed. The caller has moved its status to
   * EXECUTING and called {@link prepare}, and moves it on to COMMITTED. True where the results stand; false
   * where the block ended meanwhile.
   */
  runExact(index: number, incarnation: number): boolean | Promise<boolean> {
    const status = this.run(index, incarnation, true);
    if (typeof status === 'number') return this.concludeExact(index, incarnation, status);
    return status.then((reached) => this.concludeExact(index, incarnation, reached));
  }

  private concludeExact(index: number, incarnation: number, status: number): boolean {
    if (status !== RUN_DONE) {
      if (!this.engine.scheduler.running()) return false;
      throw new ProtocolError(`transaction ${index} was blocked by ${status} in the commit lane`);
    }
    this.store(index, incarnation, true);
    return true;
  }

  /**
   * Resolves every read of `index` once more; true where all still have the value that was read.
   * `status` is the EXECUTED word that the caller saw; `final` says that the caller holds the lane and `index` is the frontier. Another worker may run the transaction again
   * meanwhile and replace the read set's reference and its count one after the other; so the two are
   * trusted only if the word is still the same after they were loaded. Words never come back, since
   * incarnations grow, and the read set itself is never overwritten.
   */
  validate(index: number, status: number, final = false): boolean {
    const { heap, memory, statuses } = this.engine;
    const words = statuses.words(index);
    const reads = Atomics.load(heap.i32, words + TX_READS);
    const end = reads + 2 * Atomics.load(heap.i32, words + TX_READ_COUNT);
    if (statuses.load(index) !== status) return false;
    heap.map(end);
    this.balances.startLook();
    for (let at = reads; at < end; at += 2) {
      const row = heap.i32[at] as number;
      const cell = heap.i32[at + 1] as number;
      if (memory.stillHolds(row, index, cell, final)) continue;
      if (this.balances.stands(reads, row, index, cell, final)) continue;
      this.images.hot.add(row);
      return false;
    }
    return true;
  }

  /** Validates an executed transaction ahead of the lane; a stale one becomes ready for another incarnation. */
  validateEarly(index: number): void {
    const { scheduler, statuses, heap } = this.engine;
    const status = statuses.load(index);
    if (stateOf(status) !== EXECUTED || heap.i32[statuses.words(index) + TX_EXACT] === 1) return;
    const { advice } = scheduler;
    const valid = advice.earlyValidation === ADVICE_FALSE ? advice.coin() : this.validate(index, status);
    if (valid || !scheduler.beginAbort(index, status)) return;
    this.stat(STAT_ABORTS);
    this.markEstimates(index);
    scheduler.endAbort(index, status);
  }

  /** Marks what `index` wrote as estimates; this worker holds it in ABORTING or EXECUTING state. */
  markEstimates(index: number): void {
    const { heap, statuses, memory, scheduler } = this.engine;
    const { advice } = scheduler;
    if (advice.estimates === ADVICE_OFF) return;
    const words = statuses.words(index);
    const writes = heap.i32[words + TX_WRITES] as number;
    const end = writes + 2 * (heap.i32[words + TX_WRITE_COUNT] as number);
    heap.map(end);
    for (let at = writes; at < end; at += 2) {
      this.images.hot.add(heap.i32[at] as number);
      if (advice.estimates === ADVICE_ON || advice.coin()) memory.markEstimate(heap.i32[at + 1] as number);
    }
  }

  /**
   * After the status word of the last run has been stored: those parked on `index` go on, but for `keep`, and readers
   * of what changed are looked at. After a first run nobody can hold an older version of what it wrote, except those
   * that ran too early, which the lane catches; a re-execution that wrote something else deserves a look.
   */
  announce(index: number, incarnation: number, keep = -1): void {
    const { scheduler } = this.engine;
    scheduler.wake(index, keep);
    if (incarnation > 0 && this.changed) scheduler.suspect(index + 1);
  }

  stat(which: number): void {
    this.engine.stats[which] = (this.engine.stats[which] as number) + 1;
  }

  // ---- Running ------------------------------------------------------------------------------------------

  /** {@link RUN_DONE} with an outcome to publish, or the transaction that is in the way. */
  private run(index: number, incarnation: number, exact: boolean): number | Promise<number> {
    this.transaction = index;
    this.incarnation = incarnation;
    this.stat(STAT_INCARNATIONS);
    return this.attempt(index, exact);
  }

  private attempt(index: number, exact: boolean): number | Promise<number> {
    const record = this.engine.record(index);
    this.view.begin(index, exact, record);
    try {
      const execution = this.execution as RecordedExecution;
      let status = this.start(execution, record, exact);
      if (typeof status !== 'number') {
        return status.then(
          (reached) => this.ran(reached),
          (error: unknown) => this.ran(this.failed(error)),
        );
      }
      while (status === CHECKPOINT) {
        if (this.images.checkpoint(index, execution, this.view)) {
          this.view.checkpoints--;
          this.stat(STAT_CHECKPOINTS);
        }
        status = execution.resume();
      }
      return this.ran(status);
    } catch (error) {
      if (this.image === 0 || error instanceof HeapExhaustedError) return this.ran(this.failed(error));
      // Images are advice: a failure that one led to is not the transaction's until a run without one says so.
      this.images.drop(index);
      this.image = 0;
      return this.attempt(index, exact);
    }
  }

  /** Starts the run: where an earlier one stood, if there is an image of it that this worker's machine can take. */
  private start(execution: RecordedExecution, record: number, exact: boolean): number | Promise<number> {
    const { images, view, image } = this;
    if (!exact && images.started(record)) view.allowCheckpoints();
    if (image !== 0) {
      const status = images.restore(this.transaction, image, record, execution, view);
      if (status !== RUN_FOREIGN) {
        this.stat(images.isSuspended(image) ? STAT_RESUMPTIONS : STAT_RESTORES);
        return status;
      }
      view.startOver();
    }
    return execution.run(record, view);
  }

  private ran(status: number): number {
    const { stats } = this.engine;
    stats[STAT_ESTIMATES] = (stats[STAT_ESTIMATES] as number) + this.view.estimates;
    this.view.estimates = 0;
    return status;
  }

  private failed(error: unknown): number {
    // Memory is gone for good. Anything else that a speculative run throws may come from values that
    // no serial execution could see: it is a result, whose reads the lane checks (pitfall 41).
    if (error instanceof HeapExhaustedError) throw error;
    (this.execution as RecordedExecution).fail(failureOf(error));
    return RUN_DONE;
  }

  // ---- Publishing ---------------------------------------------------------------------------------------

  /** Makes the results of an incarnation that is not the lane's visible: the status word's store releases them to whoever loads EXECUTED. */
  private publish(index: number, incarnation: number, exact: boolean): void {
    const { heap, statuses } = this.engine;
    this.store(index, incarnation, exact);
    Atomics.store(heap.i32, statuses.words(index), statusWord(incarnation, EXECUTED));
    this.announce(index, incarnation);
  }

  /**
   * Stores an incarnation's results; the caller stores the status word after them. Order: cells and
   * entries; entries of the incarnation before that are not written now are cleared; read set, write
   * set, fee and outcome.
   */
  private store(index: number, incarnation: number, exact: boolean): void {
    const { heap, outcomeArena, statuses, vm } = this.engine;
    const execution = this.execution as RecordedExecution;
    const words = statuses.words(index);
    this.writeCount = 0;
    this.balances.clear();
    this.changed = false;
    this.final = exact && incarnation === 0;
    this.beneficiaryWrite = 0;
    this.creditEntry = 0;
    const { executed } = execution;
    if (executed) vm.writes(!exact && this.balances.wanted() ? this.tellingSink : this.sink);
    if (incarnation > 0) this.clearStale(words);
    const result = execution.pack(outcomeArena);
    // An exact incarnation is never validated and never aborted: nobody asks what it read and wrote.
    if (!exact) this.saveSets(words);
    const { i32 } = heap;
    i32[words + TX_RESULT] = result;
    i32[words + TX_EXACT] = exact ? 1 : 0;
    i32[words + TX_BENEFICIARY_WRITE] = this.beneficiaryWrite;
    i32[words + TX_CREDIT_LOCATION] = this.view.credited;
    i32[words + TX_CREDIT_ENTRY] = this.creditEntry;
    i32[words + TX_FEE] = executed ? this.fee(result) : 0;
  }

  private saveSets(words: number): void {
    const { arena, heap } = this.engine;
    const { reads, readCount } = this.view;
    const { balances, writes, writeCount } = this;
    const balancesAt = arena.alloc(balances.words + 2 * (readCount + writeCount));
    const readsAt = balancesAt + balances.words;
    const writesAt = readsAt + 2 * readCount;
    const { i32 } = heap;
    balances.save(i32, balancesAt);
    for (let i = 0; i < 2 * readCount; i++) i32[readsAt + i] = reads[i] as number;
    for (let i = 0; i < 2 * writeCount; i++) i32[writesAt + i] = writes[i] as number;
    i32[words + TX_READS] = readsAt;
    i32[words + TX_READ_COUNT] = readCount;
    i32[words + TX_WRITES] = writesAt;
    i32[words + TX_WRITE_COUNT] = writeCount;
  }

  /** Place of the fee that the outcome leaves to the lane, or 0. */
  private fee(outcome: number): number {
    const { u32 } = this.engine.outcomes;
    for (let i = 0; i < U256_WORDS; i++) if (u32[outcome + OUTCOME_FEE + i] !== 0) return outcome + OUTCOME_FEE;
    return 0;
  }

  /**
   * Clears entries that the incarnation before wrote and this one does not: their cells still bear
   * the earlier incarnation.
   */
  private clearStale(words: number): void {
    const { memory, heap } = this.engine;
    const writes = heap.i32[words + TX_WRITES] as number;
    const end = writes + 2 * (heap.i32[words + TX_WRITE_COUNT] as number);
    heap.map(end);
    for (let at = writes; at < end; at += 2) {
      const entry = heap.i32[at + 1] as number;
      if (memory.incarnationAt(entry) === this.incarnation) continue;
      memory.clear(entry);
      this.changed = true;
    }
  }

  /** Turns a machine's write set into cells and entries. */
  private readonly sink: WriteSink = {
    basics: (words, address, at, location = 0) => {
      const row = location || this.engine.table.account(KIND_BASICS, words, address);
      if (row === this.view.credited) {
        this.credit(row, words, at);
        return;
      }
      const cell = this.value(row, BASICS_WORDS, words, at);
      if (row === this.engine.fees.location) this.beneficiaryWrite = cell;
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
    storage: (words, address, slot, at, location = 0) => {
      this.value(location || this.engine.table.slot(words, address, slot), U256_WORDS, words, at);
    },
  };

  /** {@link sink}, which is told of balances on which nothing depends. */
  private readonly tellingSink: WriteSink = {
    ...this.sink,
    balance: (location, demand) => {
      if (location !== 0) this.balances.tell(location, demand);
    },
  };

  private newCell(reset: boolean, words: number): number {
    return this.engine.memory.newCell(this.transaction, this.incarnation, reset, words);
  }

  /** Publishes a value; answers its cell. */
  private value(row: number, count: number, words: Uint32Array, at: number): number {
    if (this.incarnation === 0 && !this.final) {
      const entry = this.engine.memory.publishFirst(row, this.transaction, count, words, at);
      this.wrote(row, entry);
      return entry + ENTRY_WORDS;
    }
    const cell = this.filledCell(count, words, at);
    this.put(row, cell);
    return cell;
  }

  private filledCell(count: number, words: Uint32Array, at: number): number {
    const cell = this.newCell(false, count);
    const { u32 } = this.engine.heap;
    for (let i = 0; i < count; i++) u32[cell + CELL_VALUE + i] = words[at + i] as number;
    return cell;
  }

  /** The machine was shown a recipient that owns nothing: the balance it leaves is what the recipient gets. */
  private credit(row: number, words: Uint32Array, at: number): void {
    this.stat(STAT_CREDITS);
    this.creditEntry = this.put(row, this.filledCell(BASICS_WORDS, words, at) | ENTRY_CREDIT);
  }

  /** Publishes a cell, with {@link ENTRY_CREDIT} in it where it is a credit; answers the entry, or 0 where it got none. */
  private put(row: number, cell: number): number {
    const { memory, fees } = this.engine;
    // The fees' anchor below the first transaction is the beneficiary's base value.
    if (this.final && row !== fees.location && memory.settle(row, this.transaction, cell)) return 0;
    const entry = memory.publish(row, this.transaction, cell, this.previous);
    const before = this.previous.cell & ENTRY_REFERENCE;
    const other = before === 0 || (this.previous.cell ^ cell) < 0;
    if (other || !memory.sameValue(row, before, cell & ENTRY_REFERENCE)) this.changed = true;
    this.wrote(row, entry);
    return entry;
  }

  /** Takes a location and its entry to the write set. */
  private wrote(row: number, entry: number): void {
    const at = 2 * this.writeCount++;
    if (at === this.writes.length) this.writes = enlarged(this.writes);
    const { writes } = this;
    writes[at] = row;
    writes[at + 1] = entry;
  }

  private readonly previous = { cell: 0 };
}
