/**
 * Block-STM over worker threads: the block is written into shared memory once, the workers are woken
 * by one store and one notify, and the calling thread is a worker among them. No message is sent per
 * transaction, and nothing here ever falls back to serial execution.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import {
  CONTROL_ACTIVE,
  CONTROL_DATABASE,
  CONTROL_FRONTIER,
  CONTROL_OPEN,
  CONTROL_RECEIPT_ROOTS,
  CONTROL_STATS,
  CONTROL_VERDICT,
  STAT_ABORTS,
  STAT_CHECKPOINTS,
  STAT_CREDITS,
  STAT_ESTIMATES,
  STAT_FEE_READS,
  STAT_INCARNATIONS,
  STAT_REBASES,
  STAT_RESETS,
  STAT_RESTORES,
  STAT_RESUMPTIONS,
  STAT_SUSPENSIONS,
  TX_RESULT,
  TX_ROOT,
  TX_WORDS,
  VERDICT_DONE,
  VERDICT_FAILED,
  VERDICT_IDLE,
  VERDICT_REJECTED,
  VERDICT_RUNNING,
} from '../layout.js';
import { wordsToBytes } from '../primitives/words.js';
import { type Advice, type EncodedAdvice, encodeAdvice } from '../scheduler/advice.js';
import { Paths } from '../scheduler/chain.js';
import { PriorKnowledge } from '../scheduler/prior-knowledge.js';
import type { Database } from '../state/database.js';
import { letGo } from '../state/let-go.js';
import { TRANSACTION_ERRORS, type TransactionErrorCode } from '../transition/errors.js';
import { gasLimitOfRecord, type RecordedTransactions, recordTransactions } from '../transition/transaction/index.js';
import type { Block, ExecutedBlock, ExecutionStats, ExecutorResult, TransactionResult } from '../transition/types.js';
import type { VmName } from '../vm/name.js';
import { BlockEngine, readVerdict, verdictFailure } from './block-engine.js';
import { checkFree, closedError, ExecutorError, failed } from './errors.js';
import { headStart } from './head-start.js';
import { type InspectedBlock, inspectBlock } from './inspect.js';
import { rejectionError } from './judge.js';
import { packTogether, SHARED_PACKING, type StoredPart } from './packing.js';
import { CLOSE_MILLISECONDS, DEFAULT_HOST, type ExecutorHost, WorkerPool } from './pool.js';
import { Precedent } from './precedent.js';
import { ROOT_WORDS } from './receipt-root.js';
import type { BlockResults } from './results.js';
import { BlockScope, emptyStats } from './scope.js';
import { BlockSetUp } from './set-up.js';
import { Slices } from './slices.js';
import { spinWhile } from './spin.js';

export interface ParallelExecutorOptions {
  readonly vm: VmName;
  /** Threads that execute, the calling one included: 1 or more. */
  readonly threads: number;
  /**
   * Advice to be left out, to measure its worth, or to be false, to test that nothing depends on it; all of it is given otherwise. Suspension and read checkpoints are switched here too,
   * and whether the calling thread begins a block alone (`headStart`), as it does by default in `execute`, though not in `stream`.
   */
  readonly advice?: Partial<Advice>;
  /** Where threads and machines come from, for the tools of this repository that drive them; Node's own threads otherwise. */
  readonly host?: ExecutorHost;
}

/** A block's results, and where its receipts carry state roots those too. */
interface BegunResults {
  readonly blocks: BlockResults;
  readonly roots: Uint8Array[] | null;
}

/** Longest single wait for workers to leave a block, milliseconds. */
const LEAVE_MILLISECONDS = 5;

/**
 * Executes blocks with Block-STM on several threads, of which the calling one is one. The threads are started by
 * {@link create}, serve one block after another, whatever database it is over, and end with {@link close}; what the executor
 * has learnt from one block it uses for the next. Executors do not disturb one another.
 */
export class ParallelExecutor {
  private scope: BlockScope;
  private engine: BlockEngine;
  private setUp: BlockSetUp;
  private pool: WorkerPool | null = null;
  private readonly knowledge = new PriorKnowledge();
  /** A block has begun and its memory is not to be touched yet. */
  private busy = false;
  /** What is being done for that block, settled when it is done; null while a stream's consumer has the turn. */
  private running: Promise<unknown> | null = null;
  private closed = false;
  /** Settled when the threads have ended. */
  private closing: Promise<void> | null = null;
  /** Transactions of the block that were committed when workers were woken for the others, or -1: they were not. */
  private sharedFrom = -1;
  /** Whether other threads were let into the block, and have not been seen to leave. One that comes late finds it decided, and does nothing. */
  private occupied = false;
  /** Whether most of the block is known to be one path. */
  private onePath = false;
  private readonly paths = new Paths();
  private advice: Partial<Advice> = {};
  private encodedAdvice: EncodedAdvice = encodeAdvice({});
  private readonly precedent = new Precedent();

  private constructor(
    private readonly options: ParallelExecutorOptions,
    scope: BlockScope,
  ) {
    this.scope = scope;
    this.engine = new BlockEngine(scope, 0);
    this.setUp = new BlockSetUp(scope);
  }

  /**
   * Starts the threads and waits until they are ready. Throws {@link RangeError} where the number of threads, the machine or a piece of
   * advice is none, and {@link ExecutorError} with code WORKER_DIED where a thread does not start.
   */
  static async create(options: ParallelExecutorOptions): Promise<ParallelExecutor> {
    if (!Number.isInteger(options.threads) || options.threads < 1) {
      throw new RangeError(`threads must be a whole number of at least 1, not ${options.threads}`);
    }
    const { host = DEFAULT_HOST, vm } = options;
    const executor = new ParallelExecutor(options, new BlockScope(await host.createVm(vm), host.memories()));
    executor.advise(options.advice ?? {});
    await executor.workers();
    return executor;
  }

  /**
   * Executes `block` over `database`, which stays as it is: `outcome.diff` moves it on. The result is
   * the one of `SerialExecutor`, whatever the number of threads. Throws {@link ExecutorError} where the
   * engine fails (a worker died, memory ran out) or the executor is closed or busy, {@link RangeError}
   * where a field of the block is negative, too large for its type, or not of its length, and TypeError
   * where it is something else; unless it was closed, the executor can be used again then. One block at
   * a time; nothing may change it once it has been executed.
   */
  async execute(database: Database, block: Block): Promise<ExecutorResult> {
    // Before the executor is taken: this throws where there is no block.
    const stats = emptyStats(block.transactions.length, this.options.threads);
    this.claim();
    try {
      return await this.during(() => this.run(database, block, stats));
    } catch (error) {
      return failed(error, stats);
    } finally {
      await this.release();
      await this.scope.rest();
    }
  }

  /**
   * Executes `block` like {@link execute}, and yields each transaction's final result, in order, while
   * later ones are still running; returns what `execute` answers. The results of an invalid block end
   * before its first invalid transaction. The block begins with the first `next`; nothing may change
   * `database`, and the executor is busy, until the generator has ended: by its last result, an error,
   * or `return` (a `break` out of `for await`), which gives the block up.
   */
  async *stream(database: Database, block: Block): AsyncGenerator<TransactionResult, ExecutorResult, undefined> {
    // Before the executor is taken: this throws where there is no block.
    const stats = emptyStats(block.transactions.length, this.options.threads);
    this.claim();
    let pool: WorkerPool | null = null;
    try {
      const begun = await this.during(() => this.begin(database, block, this.helpers(block)));
      pool = begun;
      const results = this.results(block);
      const slices = new Slices(this.engine, block);
      let first = 0;
      let gasUsed = 0n;
      for (let decided = false; !decided; ) {
        // The others may have ended the block while the consumer had the turn; then the frontier stands still.
        decided = !this.engine.running();
        const before = first;
        const frontier = await this.during(() => slices.run(before, () => breathe()));
        this.settle(results, first, frontier);
        first = frontier;
        for (const result of results.blocks.final(before, frontier, gasUsed)) {
          gasUsed = result.receipt.cumulativeGasUsed;
          yield result;
        }
        // Results may be on their way to somebody: give that its turn.
        await this.during(() => breathe());
      }
      this.engine.reportStats();
      pool = null;
      await this.during(() => this.end(begun, stats));
      return await this.during(() => this.conclude(begun, database, block, results.blocks, stats));
    } catch (error) {
      return failed(error, stats);
    } finally {
      const abandoned = pool;
      if (abandoned !== null && !this.closed) await this.during(() => this.giveUp(abandoned));
      await this.release();
    }
  }

  /** Takes the executor for a block. */
  private claim(): void {
    checkFree(this.closed, this.busy);
    this.busy = true;
  }

  /**
   * Gives the executor back, and lets go of what it holds of the block's memory outside its heaps. Of what the database has
   * lent only where all threads have left the block: else whoever closes the executor does so, once they have ended.
   */
  private async release(): Promise<void> {
    try {
      this.engine.leave();
      const { pool } = this;
      // One that died never counts itself out, and others may be at the block still: the caller may change the database next.
      if (pool !== null && pool.death !== null) await pool.close();
      else if (this.occupied) return;
      this.scope.giveBack();
      letGo.settle();
    } finally {
      this.busy = false;
    }
  }

  /** Does something for the block, which whoever closes the executor waits for. */
  private async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw closedError();
    const running = work();
    this.running = running;
    try {
      return await running;
    } finally {
      this.running = null;
    }
  }

  /** How blocks are advised from the next one on, in place of all that was said before, the head start included. Throws {@link RangeError} for an unknown piece or setting. */
  advise(advice: Partial<Advice>): void {
    this.encodedAdvice = encodeAdvice(advice);
    this.advice = { ...advice };
    this.precedent.forget();
  }

  /**
   * A debugging aid: what the block that was executed last left in the multi-version memory, copied out of it, for
   * whoever must explain an outcome. To be called before the next block, which takes the memory; closing the executor
   * leaves it. Null where no block has been executed, the last one could not begin, or a thread has died; throws {@link ExecutorError} with code
   * BUSY while a block is running.
   */
  inspect(): InspectedBlock | null {
    if (this.busy) throw new ExecutorError('BUSY', 'the executor is running a block; await it first');
    if (this.engine.database === null || (this.pool !== null && this.pool.death !== null)) return null;
    return inspectBlock(this.engine);
  }

  /**
   * Ends the worker threads. A block that is running is given up first: its `execute`, or its
   * stream, throws {@link ExecutorError} with code CLOSED.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.closed = true;
    if (this.busy) {
      this.engine.fail(closedError());
      // Threads should leave the block by themselves before they are ended; how it ends is told to the
      // caller of `execute`. One that never leaves would keep everybody waiting.
      const patience = setTimeout(() => this.pool?.terminate(), CLOSE_MILLISECONDS);
      await Promise.allSettled([this.running]);
      clearTimeout(patience);
    }
    await this.pool?.close();
    // What a block left that a thread did not live to the end of is not to be trusted, once the pool is gone either.
    if (this.pool !== null && this.pool.death !== null) this.engine.database = null;
    this.pool = null;
    this.scope.giveBack();
    // A stream that was dropped never says that it has ended.
    this.busy = false;
  }

  /** The pool, started anew where there is none or a thread has died. */
  private async workers(): Promise<WorkerPool> {
    if (this.pool !== null && this.pool.death === null) return this.pool;
    if (this.pool !== null) {
      // Whatever the dead thread left in the heap is not to be trusted: start over with a fresh one.
      await this.pool.close();
      this.scope.giveBack();
      this.occupied = false;
      this.scope = new BlockScope(this.scope.vm);
      this.engine = new BlockEngine(this.scope, 0);
      this.setUp = new BlockSetUp(this.scope);
    }
    const { threads, vm, host = DEFAULT_HOST } = this.options;
    this.pool = await WorkerPool.start(this.scope, threads - 1, vm, host);
    return this.pool;
  }

  private async run(database: Database, block: Block, stats: ExecutionStats): Promise<ExecutorResult> {
    const helpers = this.helpers(block);
    const start = performance.now();
    const pool = await this.begin(database, block, helpers, this.advice.headStart !== 'off');
    if (this.engine.alone && helpers > 0) {
      await headStart(this.engine, this.onePath);
      if (this.engine.running()) this.letIn(pool, database, block, helpers);
    }
    await this.engine.run(() => breathe());
    const milliseconds = performance.now() - start;
    this.precedent.forget();
    await this.end(pool, stats);
    const count = block.transactions.length;
    if (this.sharedFrom >= 0) {
      this.precedent.note(this.scope.heap, { count, alone: this.sharedFrom, aborts: stats.aborts, milliseconds });
    }
    const results = this.results(block);
    this.settle(results, 0, count);
    try {
      return await this.conclude(pool, database, block, results.blocks, stats);
    } catch (error) {
      // Nobody has seen them: they need not be copied out when the memory is used for another block.
      results.blocks.release();
      throw error;
    }
  }

  /** Worker threads that `block` has work for: more would find nothing to do, and to wake one costs more than a transfer. */
  private helpers({ transactions }: Block): number {
    return Math.max(0, Math.min(this.options.threads, transactions.length) - 1);
  }

  private wake(pool: WorkerPool, database: Database, helpers: number): void {
    // All threads, since one that wakes up late from the block before may come too. Nothing is sent for a block that nobody
    // is woken for: a thread that sleeps lets go of nothing, and each database would stay in memory.
    this.scope.heap.i32[CONTROL_DATABASE] = pool.share(database);
    this.occupied = true;
    this.sharedFrom = Atomics.load(this.scope.heap.i32, CONTROL_FRONTIER);
    // Releases everything that this thread has stored for the block, the transactions that it ran alone included.
    Atomics.store(this.scope.heap.i32, CONTROL_OPEN, 1);
    pool.announce(helpers);
  }

  /** Ends the time that the calling thread had the block to itself. */
  private letIn(pool: WorkerPool, database: Database, block: Block, helpers: number): void {
    try {
      const records = recordTransactions(block);
      this.setUp.writeEnvironment(block);
      this.engine.share(this.shareRecords(pool, records) ? records : null);
      this.wake(pool, database, helpers);
    } catch (error) {
      // Memory ran out: the block has begun, so it must end.
      this.engine.fail(error);
    }
  }

  /**
   * Sets the block up and wakes `helpers` of the workers: from then on they are at it. Where the calling thread is to have
   * a `headStart`, it is alone until {@link letIn}, unless the block before speaks against it.
   */
  private async begin(database: Database, block: Block, helpers: number, headStart = false): Promise<WorkerPool> {
    const pool = await this.workers();
    // What is left of the block before is gone.
    this.engine.database = null;
    // First of all, since it finds out what is not as it must be.
    const records = recordTransactions(block);
    const table = this.scope.begin(database, block);
    await this.scope.before(block);
    const hints = this.hints(database, block, records);
    const expects = headStart && helpers > 0 && this.advice.headStart !== 'false';
    const { places, u32 } = records;
    this.onePath = expects && this.paths.isOne(hints, (index) => gasLimitOfRecord(u32, places[index] as number));
    const window = expects && !this.onePath ? this.precedent.windowFor(hints) : 0;
    const alone = headStart && window === 0;
    this.setUp.write({
      block,
      table,
      hints,
      advice: this.encodedAdvice,
      window,
    });
    const shared = !alone && helpers > 0;
    if (shared) this.setUp.writeEnvironment(block);
    const posted = shared && this.shareRecords(pool, records);
    pool.onDeath = (reason) => this.engine.fail(new ExecutorError('WORKER_DIED', reason));
    Atomics.store(this.scope.heap.i32, CONTROL_VERDICT, VERDICT_RUNNING);
    this.sharedFrom = -1;
    if (shared) this.wake(pool, database, helpers);
    try {
      this.engine.openOwn(database, block, !shared || posted ? records : null, alone);
    } catch (error) {
      // The others are at it already: they must have left before the memory is used for another block.
      await this.giveUp(pool);
      throw error;
    }
    // Whoever closed the executor meanwhile found no block to be given up.
    if (this.closed) this.engine.fail(closedError());
    return pool;
  }

  /** Waits until all have left the block, which has been decided; throws where it is not done. */
  private async end(pool: WorkerPool, stats: ExecutionStats): Promise<void> {
    await this.quiesce(pool);
    this.readStats(stats);
    const { i32 } = this.scope.heap;
    const verdict = Atomics.load(i32, CONTROL_VERDICT);
    Atomics.store(i32, CONTROL_VERDICT, VERDICT_IDLE);
    this.checkThreads(pool);
    if (verdict === VERDICT_FAILED) throw verdictFailure(this.scope.heap);
    if (verdict === VERDICT_REJECTED) {
      const { transaction, kind, message } = readVerdict(this.scope.heap);
      throw rejectionError(transaction, { code: TRANSACTION_ERRORS[kind] as TransactionErrorCode, detail: message });
    }
    if (verdict !== VERDICT_DONE) throw new ExecutorError('MACHINE_FAILED', `the block ended with verdict ${verdict}`);
  }

  /** Throws where a thread has died, which closing the executor may have had to do. */
  private checkThreads(pool: WorkerPool): void {
    if (pool.death !== null) throw this.closed ? closedError() : new ExecutorError('WORKER_DIED', pool.death);
  }

  /** Ends a block whose results nobody wants any more. */
  private async giveUp(pool: WorkerPool): Promise<void> {
    this.engine.fail(new ExecutorError('CLOSED', 'the stream of the block was ended'));
    await this.quiesce(pool);
    Atomics.store(this.scope.heap.i32, CONTROL_VERDICT, VERDICT_IDLE);
  }

  /** What the block's transactions are known to wait for, by transaction. */
  private hints(database: Database, block: Block, records: RecordedTransactions): Int32Array {
    const known = {
      records,
      database,
      coinbase: block.environment.coinbase,
      accessList: block.accessList ?? null,
      number: this.setUp.number,
    };
    return this.knowledge.hints(known, this.advice, this.options.threads);
  }

  /**
   * Lets all threads have the transactions' records; to be called before the block is open. True where each thread sees
   * their own memory, as it does with those of a large block; otherwise they are copied to the heap.
   */
  private shareRecords(pool: WorkerPool, records: RecordedTransactions): boolean {
    const posted = pool.post(this.setUp.number, records);
    if (posted) this.setUp.announceRecords();
    else this.setUp.copyRecords(records);
    return posted;
  }

  /** Waits until every worker has left the block, so that its memory may be used again. */
  private async quiesce(pool: WorkerPool): Promise<void> {
    const { i32 } = this.scope.heap;
    for (;;) {
      const active = Atomics.load(i32, CONTROL_ACTIVE);
      // A dead thread never counts itself out; the pool and the heap are replaced before the next block.
      if (active === 0) this.occupied = false;
      if (active === 0 || pool.death !== null) return;
      if (!spinWhile(i32, CONTROL_ACTIVE, active, pool.spins)) continue;
      Atomics.wait(i32, CONTROL_ACTIVE, active, LEAVE_MILLISECONDS);
      await breathe();
    }
  }

  /** The steps after the transactions, over the state that these have left, and the outcome. */
  private async conclude(
    pool: WorkerPool,
    database: Database,
    block: Block,
    results: BlockResults,
    stats: ExecutionStats,
  ): Promise<ExecutedBlock> {
    const { heap, state } = this.scope;
    const count = block.transactions.length;
    // Cells and rows may stand where only other threads have looked.
    heap.refresh();
    state.continueFrom(this.engine.memory.after(count, true), count);
    this.learn(database, block, stats.aborts);
    // To wake threads for this alone does not pay.
    if (this.sharedFrom < 0 || count < SHARED_PACKING) {
      return this.scope.after(database, block, results, stats);
    }
    const together = (): Promise<StoredPart[]> =>
      packTogether(
        this.scope,
        database,
        () => pool.announce(),
        () => this.quiesce(pool),
      );
    const outcome = await this.scope.after(database, block, results, stats, together);
    this.checkThreads(pool);
    return outcome;
  }

  /** What was wrong about the hints, and what they should have said: for the blocks to come. */
  private learn(database: Database, block: Block, aborts: number): void {
    const { heap, table } = this.scope;
    const transactions = this.engine.statuses.words(0);
    const records = recordTransactions(block);
    this.knowledge.learn({ heap, transactions, database, table, records, aborts }, this.advice);
  }

  private results({ transactions }: Block): BegunResults {
    const roots = this.scope.heap.i32[CONTROL_RECEIPT_ROOTS] === 1 ? ([] as Uint8Array[]) : null;
    return { blocks: this.scope.results(transactions, roots), roots };
  }

  /** Adds the committed transactions from `first` to before `end` to the results; to be called in order. */
  private settle({ blocks, roots }: BegunResults, first: number, end: number): void {
    const { i32 } = this.scope.heap;
    const { statuses } = this.engine;
    blocks.addAll(first, end, i32, statuses.words(first) + TX_RESULT, TX_WORDS);
    if (roots === null) return;
    for (let index = first; index < end; index++)
      roots.push(this.rootAt(i32[statuses.words(index) + TX_ROOT] as number));
  }

  private rootAt(reference: number): Uint8Array {
    this.scope.heap.map(reference + ROOT_WORDS);
    return wordsToBytes(this.scope.heap.u32, reference, ROOT_WORDS);
  }

  private readStats(stats: ExecutionStats): void {
    const stat = (which: number): number => Atomics.load(this.scope.heap.i32, CONTROL_STATS + which);
    stats.incarnations = stat(STAT_INCARNATIONS);
    stats.aborts = stat(STAT_ABORTS);
    stats.reexecutions = Math.max(0, stats.incarnations - stats.transactions);
    stats.estimatesHit = stat(STAT_ESTIMATES);
    stats.deferredFeeReads = stat(STAT_FEE_READS);
    stats.resets = stat(STAT_RESETS);
    stats.credits = stat(STAT_CREDITS);
    stats.rebases = stat(STAT_REBASES);
    stats.suspensions = stat(STAT_SUSPENSIONS);
    stats.resumptions = stat(STAT_RESUMPTIONS);
    stats.checkpoints = stat(STAT_CHECKPOINTS);
    stats.restores = stat(STAT_RESTORES);
  }
}
