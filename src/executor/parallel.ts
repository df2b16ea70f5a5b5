/**
 * Block-STM over worker threads: the block is written into shared memory once, the workers are woken
 * by one store and one notify, and the calling thread is a worker among them. No message is sent per
 * transaction, and nothing here ever falls back to serial execution.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import {
  CONTROL_ACTIVE,
  CONTROL_BENEFICIARY,
  CONTROL_BLOCK,
  CONTROL_BUCKET_MASK,
  CONTROL_BUCKETS,
  CONTROL_CHECK_FROM,
  CONTROL_COUNT,
  CONTROL_DATABASE,
  CONTROL_ENVIRONMENT,
  CONTROL_EXEC_CURSOR,
  CONTROL_FRONTIER,
  CONTROL_INPUTS,
  CONTROL_INPUTS_END,
  CONTROL_LANE,
  CONTROL_RECEIPT_ROOTS,
  CONTROL_REJECTED,
  CONTROL_REJECTION,
  CONTROL_STATS,
  CONTROL_TRANSACTIONS,
  CONTROL_VERDICT,
  CONTROL_WAITING,
  KIND_BASICS,
  STAT_ABORTS,
  STAT_ESTIMATES,
  STAT_FEE_READS,
  STAT_INCARNATIONS,
  STAT_RESETS,
  STAT_WORDS,
  TX_HINT,
  TX_RESULT,
  TX_ROOT,
  TX_WORDS,
  VERDICT_DONE,
  VERDICT_FAILED,
  VERDICT_IDLE,
  VERDICT_REJECTED,
  VERDICT_RUNNING,
} from '../layout.js';
import { atLeast } from '../primitives/fork.js';
import { ADDRESS_WORDS, bytesToWords, wordsToBytes } from '../primitives/words.js';
import { hintsOf } from '../scheduler/graph.js';
import type { Database } from '../state/database.js';
import { HeapExhaustedError } from '../state/heap.js';
import { RecordWriter } from '../state/record.js';
import { BlockError, TRANSACTION_ERRORS, type TransactionErrorCode } from '../transition/errors.js';
import { type RecordedTransactions, recordTransactions } from '../transition/transaction/index.js';
import type { Block, BlockOutcome, ExecutionResult, ExecutionStats } from '../transition/types.js';
import type { VmName } from '../vm/name.js';
import { BlockEngine, EXECUTOR_FAILURES, MESSAGE_BYTES, readVerdict } from './block-engine.js';
import { encodeEnvironment } from './codec.js';
import { ExecutorError } from './errors.js';
import { rejectionError } from './judge.js';
import { packTogether, SHARED_PACKING, type StoredPart } from './packing.js';
import { WorkerPool } from './pool.js';
import { BlockScope, createVm, emptyStats } from './scope.js';

export interface ParallelExecutorOptions {
  readonly vm: VmName;
  /** Threads that execute, the calling one included: 1 or more. */
  readonly threads: number;
}

/** Words of the buffer for a rejection's or failure's text. */
const VERDICT_WORDS = 2 + MESSAGE_BYTES / 4;
/** Longest single wait for workers to leave a block, milliseconds. */
const LEAVE_MILLISECONDS = 5;

export class ParallelExecutor {
  private scope: BlockScope;
  private engine: BlockEngine;
  private pool: WorkerPool | null = null;
  private readonly writer = new RecordWriter();
  private readonly graphs = new WeakMap<RecordedTransactions, Int32Array>();
  /** The block that is running now, settled when its memory may be touched again. */
  private running: Promise<unknown> | null = null;
  private closed = false;

  private constructor(
    private readonly options: ParallelExecutorOptions,
    scope: BlockScope,
  ) {
    this.scope = scope;
    this.engine = new BlockEngine(scope, 0);
  }

  static async create(options: ParallelExecutorOptions): Promise<ParallelExecutor> {
    if (!Number.isInteger(options.threads) || options.threads < 1) {
      throw new RangeError(`threads must be a whole number of at least 1, not ${options.threads}`);
    }
    const executor = new ParallelExecutor(options, new BlockScope(await createVm(options.vm)));
    await executor.workers();
    return executor;
  }

  /**
   * Executes `block` over `database`, which stays as it is: `outcome.diff` moves it on. The result is
   * the one of {@link SerialExecutor}, whatever the number of threads. Throws {@link ExecutorError}
   * where the engine fails (a worker died, memory ran out); the executor can be used again then.
   * One block at a time.
   */
  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    if (this.closed) throw new ExecutorError('CLOSED', 'the executor was closed');
    if (this.running !== null) throw new ExecutorError('BUSY', 'the executor is running a block; await it first');
    const stats = emptyStats(block.transactions.length, this.options.threads);
    const run = this.run(database, block, stats);
    this.running = run;
    try {
      return await run;
    } catch (error) {
      if (error instanceof BlockError) return { ok: false, error, stats };
      if (error instanceof HeapExhaustedError)
        throw new ExecutorError('MEMORY_EXHAUSTED', error.message, { cause: error });
      throw error;
    } finally {
      this.running = null;
    }
  }

  /**
   * Ends the worker threads. A block that is running is given up first: its `execute` throws
   * {@link ExecutorError} with code CLOSED.
   */
  async close(): Promise<void> {
    this.closed = true;
    if (this.running !== null) {
      this.engine.fail(new ExecutorError('CLOSED', 'the executor was closed while it ran the block'));
      // Threads must leave the block by themselves before they are ended; how it ends is told to the
      // caller of `execute`.
      await Promise.allSettled([this.running]);
    }
    await this.pool?.close();
    this.pool = null;
  }

  /** The pool, started anew where there is none or a thread has died. */
  private async workers(): Promise<WorkerPool> {
    if (this.pool !== null && this.pool.death === null) return this.pool;
    if (this.pool !== null) {
      // Whatever the dead thread left in the heap is not to be trusted: start over with a fresh one.
      await this.pool.close();
      this.scope = new BlockScope(this.scope.vm);
      this.engine = new BlockEngine(this.scope, 0);
    }
    this.pool = await WorkerPool.start(this.scope, this.options.threads - 1, this.options.vm);
    return this.pool;
  }

  private async run(database: Database, block: Block, stats: ExecutionStats): Promise<ExecutionResult> {
    const pool = await this.workers();
    const place = this.scope.begin(database, block);
    await this.scope.before(block);
    this.setUp(database, block, place);
    pool.onDeath = (reason) => this.engine.fail(new ExecutorError('WORKER_DIED', reason));
    pool.share(database);
    Atomics.store(this.scope.heap.i32, CONTROL_VERDICT, VERDICT_RUNNING);
    pool.announce();
    this.engine.open(database, true);
    await this.engine.run(() => breathe());
    await this.quiesce(pool);
    this.readStats(stats);
    const { i32 } = this.scope.heap;
    const verdict = Atomics.load(i32, CONTROL_VERDICT);
    Atomics.store(i32, CONTROL_VERDICT, VERDICT_IDLE);
    if (pool.death !== null) throw new ExecutorError('WORKER_DIED', pool.death);
    if (verdict === VERDICT_FAILED) {
      const { kind, message } = readVerdict(this.scope.heap);
      throw new ExecutorError(EXECUTOR_FAILURES[kind] ?? 'MACHINE_FAILED', message);
    }
    if (verdict === VERDICT_REJECTED) {
      const { transaction, kind, message } = readVerdict(this.scope.heap);
      throw rejectionError(transaction, { code: TRANSACTION_ERRORS[kind] as TransactionErrorCode, detail: message });
    }
    if (verdict !== VERDICT_DONE) throw new ExecutorError('MACHINE_FAILED', `the block ended with verdict ${verdict}`);
    return this.conclude(pool, database, block, stats);
  }

  /** Writes the block into shared memory. Nothing of it is read before the verdict says RUNNING. */
  private setUp(database: Database, block: Block, place: { buckets: number; mask: number }): void {
    const { heap, arena, table } = this.scope;
    const count = block.transactions.length;
    const transactions = heap.reserve(count * TX_WORDS);
    heap.i32.fill(0, transactions, transactions + count * TX_WORDS);
    const records = recordTransactions(block);
    const hints = this.hints(records);
    for (let i = 0; i < count; i++) heap.i32[transactions + i * TX_WORDS + TX_HINT] = hints[i] as number;
    const first = heap.reserve(records.words.length);
    heap.u32.set(records.words, first);
    const inputs = heap.reserve(count);
    for (let i = 0; i < count; i++) heap.i32[inputs + i] = first + (records.places[i] as number);
    const rejection = heap.reserve(VERDICT_WORDS);
    const environment = encodeEnvironment(this.writer, arena, block.environment, block.maxBlobGas);
    const address = new Uint32Array(ADDRESS_WORDS);
    bytesToWords(block.environment.coinbase, address, 0);
    const beneficiary = table.account(KIND_BASICS, address, 0);
    const { i32 } = heap;
    i32[CONTROL_BLOCK] = ((i32[CONTROL_BLOCK] as number) + 1) | 0;
    i32[CONTROL_COUNT] = count;
    i32[CONTROL_TRANSACTIONS] = transactions;
    i32[CONTROL_INPUTS] = inputs;
    i32[CONTROL_INPUTS_END] = first + records.words.length;
    i32[CONTROL_REJECTION] = rejection;
    i32[CONTROL_REJECTED] = -1;
    i32[CONTROL_ENVIRONMENT] = environment;
    i32[CONTROL_BENEFICIARY] = beneficiary;
    i32[CONTROL_BUCKETS] = place.buckets;
    i32[CONTROL_BUCKET_MASK] = place.mask;
    i32[CONTROL_DATABASE] = database.identity;
    i32[CONTROL_RECEIPT_ROOTS] = block.mode === 'block' && !atLeast(block.environment.fork, 'Byzantium') ? 1 : 0;
    i32[CONTROL_WAITING] = 0;
    i32[CONTROL_FRONTIER] = 0;
    i32[CONTROL_EXEC_CURSOR] = 0;
    i32[CONTROL_CHECK_FROM] = count;
    i32[CONTROL_LANE] = 0;
    this.engine.scheduler.control.reset();
    i32.fill(0, CONTROL_STATS, CONTROL_STATS + STAT_WORDS);
  }

  /** The transaction graph of a block's records, made once. */
  private hints(records: RecordedTransactions): Int32Array {
    let hints = this.graphs.get(records);
    if (hints === undefined) {
      hints = hintsOf(records.words, records.places);
      this.graphs.set(records, hints);
    }
    return hints;
  }

  /** Waits until every worker has left the block, so that its memory may be used again. */
  private async quiesce(pool: WorkerPool): Promise<void> {
    const { i32 } = this.scope.heap;
    for (;;) {
      const active = Atomics.load(i32, CONTROL_ACTIVE);
      // A dead thread never counts itself out; the pool and the heap are replaced before the next block.
      if (active === 0 || pool.death !== null) return;
      Atomics.wait(i32, CONTROL_ACTIVE, active, LEAVE_MILLISECONDS);
      await breathe();
    }
  }

  /** The steps after the transactions, over the state that these have left, and the outcome. */
  private async conclude(
    pool: WorkerPool,
    database: Database,
    block: Block,
    stats: ExecutionStats,
  ): Promise<BlockOutcome> {
    const { heap, state } = this.scope;
    const count = block.transactions.length;
    // Cells and rows may stand where only other threads have looked.
    heap.refresh();
    state.continueFrom(this.engine.memory.after(count), count);
    const withRoots = heap.i32[CONTROL_RECEIPT_ROOTS] === 1;
    const roots: Uint8Array[] = [];
    const results = this.scope.results(block.transactions, withRoots ? roots : null);
    for (let index = 0; index < count; index++) {
      const words = this.engine.statuses.words(index);
      results.add(index, heap.i32[words + TX_RESULT] as number);
      if (withRoots) roots.push(this.rootAt(heap.i32[words + TX_ROOT] as number));
    }
    if (this.options.threads === 1 || count < SHARED_PACKING) {
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
    if (pool.death !== null) throw new ExecutorError('WORKER_DIED', pool.death);
    return outcome;
  }

  private rootAt(reference: number): Uint8Array {
    this.scope.heap.map(reference + 8);
    return wordsToBytes(this.scope.heap.u32, reference, 8);
  }

  private readStats(stats: ExecutionStats): void {
    const stat = (which: number): number => Atomics.load(this.scope.heap.i32, CONTROL_STATS + which);
    stats.incarnations = stat(STAT_INCARNATIONS);
    stats.aborts = stat(STAT_ABORTS);
    stats.reexecutions = Math.max(0, stats.incarnations - stats.transactions);
    stats.estimatesHit = stat(STAT_ESTIMATES);
    stats.deferredFeeReads = stat(STAT_FEE_READS);
    stats.resets = stat(STAT_RESETS);
  }
}
