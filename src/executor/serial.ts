/** The plain loop: each transaction after the other over one state. The baseline of every comparison and speed-up. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Database } from '../state/database.js';
import { letGo } from '../state/let-go.js';
import { RecordedExecution, recordTransactions } from '../transition/transaction/index.js';
import type {
  Block,
  ExecutionStats,
  ExecutorResult,
  TransactionOutcome,
  TransactionResult,
} from '../transition/types.js';
import type { VmName } from '../vm/name.js';
import type { Tracer } from '../vm/trace.js';
import { RUN_DONE } from '../vm/vm.js';
import { checkFree, closedError, ExecutorError, failed, machineFailure } from './errors.js';
import { rejectionError } from './judge.js';
import { hasReceiptRoots } from './receipt-root.js';
import type { BlockResults } from './results.js';
import { BlockScope, createVm, emptyStats } from './scope.js';
import { sliceEnd } from './slices.js';
import { type AccessWatch, type WatchedState, WatchedView } from './watch.js';

/** Follows the transactions of blocks that are executed. System calls are not among them. */
export interface TransactionTraces {
  /** A transaction begins. Answers who gets its instructions, or null. `index` is its place in the block. */
  begin(index: number): Tracer | null;
  /** It was executed; not called where it makes the block invalid. */
  end(index: number, outcome: TransactionOutcome): void;
}

export interface SerialExecutorOptions {
  readonly vm: VmName;
  /** For traces; without it execution costs nothing more. */
  readonly traces?: TransactionTraces;
  /** For what the transactions read and write; as for traces. */
  readonly accesses?: AccessWatch;
}

/** A block that has begun. */
interface SerialBlock {
  readonly database: Database;
  readonly block: Block;
  readonly stats: ExecutionStats;
  readonly execution: RecordedExecution;
  /** Where the transactions' records stand. */
  readonly places: Uint32Array;
  /** State roots after the transactions, where receipts carry one. */
  readonly roots: Uint8Array[] | null;
  readonly results: BlockResults;
}

/** Executes blocks on the calling thread, each transaction after the other: what the parallel executor must come to as well. */
export class SerialExecutor {
  /** A block has begun and has not ended. */
  private busy = false;
  private closed = false;
  /** A stream's consumer has the turn, and perhaps never asks again. */
  private paused = false;

  private constructor(
    private readonly scope: BlockScope,
    private readonly traces: TransactionTraces | null,
    /** What the transactions run over. */
    private readonly view: WatchedState | WatchedView,
  ) {}

  /** An executor with a machine of its own. Throws {@link RangeError} where there is no such machine. */
  static async create(options: SerialExecutorOptions): Promise<SerialExecutor> {
    const scope = new BlockScope(await createVm(options.vm));
    const { traces = null, accesses } = options;
    return new SerialExecutor(scope, traces, accesses ? new WatchedView(scope.state, accesses) : scope.state);
  }

  /**
   * Executes `block` over `database`, which stays as it is: `outcome.diff` moves it on. An invalid
   * block is an answer, `{ ok: false }`. Throws {@link ExecutorError} where the engine fails or the executor
   * is busy or closed, {@link RangeError} where a field of the block is negative, too large for its type, or not of its
   * length, and TypeError where it is something else; the executor can be used again then. One block at a
   * time; nothing may change it once it has been executed.
   */
  async execute(database: Database, block: Block): Promise<ExecutorResult> {
    // Before the executor is taken: this throws where there is no block.
    const stats = emptyStats(block.transactions.length, 0);
    this.claim();
    try {
      return await this.run(database, block, stats);
    } catch (error) {
      return failed(error, stats);
    } finally {
      this.release();
      await this.scope.rest();
    }
  }

  /**
   * Executes `block` like {@link execute}, and yields each transaction's result as soon as it has been
   * executed; returns what `execute` answers. The results of an invalid block end before its first
   * invalid transaction. The block begins with the first `next`; nothing may change `database`, and
   * the executor is busy, until the generator has ended: by its last result, an error, or `return`
   * (a `break` out of `for await`), which gives the block up.
   */
  async *stream(database: Database, block: Block): AsyncGenerator<TransactionResult, ExecutorResult, undefined> {
    const count = block.transactions.length;
    const stats = emptyStats(count, 0);
    this.claim();
    try {
      const run = await this.begin(database, block, stats);
      let gasUsed = 0n;
      for (let first = 0; first < count; ) {
        const end = sliceEnd(block, first);
        for (; first < end; first++) {
          const attempt = this.attempt(run, first);
          this.settle(run, first, typeof attempt === 'number' ? attempt : await attempt);
          for (const result of run.results.final(first, first + 1, gasUsed)) {
            gasUsed = result.receipt.cumulativeGasUsed;
            this.paused = true;
            yield result;
            this.paused = false;
            // What the database had lent is gone by then.
            if (this.closed) throw closedError();
          }
        }
        // Results may be on their way to somebody: give that its turn.
        await breathe();
      }
      return await this.end(run);
    } catch (error) {
      return failed(error, stats);
    } finally {
      this.release();
    }
  }

  /**
   * Ends the executor, which takes no block any more. One that is running (its machine answers promises, or it is streamed) is
   * given up before its next transaction: its `execute`, or its stream, throws {@link ExecutorError} with code CLOSED.
   */
  async close(): Promise<void> {
    this.closed = true;
    // Nobody else would: where the stream was dropped its generator never ends.
    if (this.paused) this.scope.giveBack();
  }

  /** Takes the executor for a block. */
  private claim(): void {
    checkFree(this.closed, this.busy);
    this.busy = true;
  }

  private release(): void {
    if (this.traces !== null) this.scope.vm.setTracer?.(null);
    this.scope.giveBack();
    letGo.settle();
    this.paused = false;
    this.busy = false;
  }

  private async run(database: Database, block: Block, stats: ExecutionStats): Promise<ExecutorResult> {
    const run = await this.begin(database, block, stats);
    try {
      for (let index = 0; index < block.transactions.length; index++) {
        const attempt = this.attempt(run, index);
        // The reference machine answers promises; waiting for a number would cost a turn of the event loop's queue.
        this.settle(run, index, typeof attempt === 'number' ? attempt : await attempt);
      }
      return await this.end(run);
    } catch (error) {
      // Nobody has seen them: they need not be copied out when the memory is used for another block.
      run.results.release();
      throw error;
    }
  }

  private async begin(database: Database, block: Block, stats: ExecutionStats): Promise<SerialBlock> {
    const scope = this.scope;
    const { environment, maxBlobGas, transactions } = block;
    const records = recordTransactions(block);
    scope.begin(database, block);
    await scope.before(block);
    const execution = new RecordedExecution({ vm: scope.vm, environment, maxBlobGas, deferFee: false }, records);
    const roots = hasReceiptRoots(block) ? ([] as Uint8Array[]) : null;
    const results = scope.results(transactions, roots);
    return { database, block, stats, execution, places: records.places, roots, results };
  }

  /** Runs transaction `index`. */
  private attempt({ execution, places }: SerialBlock, index: number): number | Promise<number> {
    if (this.closed) throw closedError();
    const { vm, state } = this.scope;
    state.step = index;
    if (this.traces !== null) vm.setTracer?.(this.traces.begin(index));
    try {
      const status = execution.run(places[index] as number, this.view);
      return typeof status === 'number' ? status : status.catch((error: unknown) => broken(index, error));
    } catch (error) {
      return broken(index, error);
    }
  }

  /** Takes what transaction `index`, whose run ended with `status`, came to. Throws {@link BlockError} where it is invalid. */
  private settle(run: SerialBlock, index: number, status: number): void {
    const { vm, outcomeArena, admission } = this.scope;
    const { execution, results } = run;
    if (status !== RUN_DONE) throw new ExecutorError('MACHINE_FAILED', `a serial read blocked on ${status}`);
    run.stats.incarnations++;
    const outcome = execution.pack(outcomeArena);
    const rejection = admission.judge(execution.memory, run.places[index] as number, outcome);
    if (rejection !== null) throw rejectionError(index, rejection);
    admission.count(outcome);
    results.add(index, outcome);
    vm.writes(this.view.sink);
    run.roots?.push(this.scope.root(run.database));
    this.traces?.end(index, results.outcome(index));
  }

  private end({ database, block, results, stats }: SerialBlock): Promise<ExecutorResult> {
    if (this.traces !== null) this.scope.vm.setTracer?.(null);
    return this.scope.after(database, block, results, stats);
  }
}

function broken(index: number, error: unknown): never {
  throw machineFailure(`transaction ${index}`, error);
}
