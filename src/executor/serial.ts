/** The plain loop: each transaction after the other over one state. The baseline of every comparison and speed-up. */
import { atLeast } from '../primitives/fork.js';
import type { Database } from '../state/database.js';
import { BlockError } from '../transition/errors.js';
import { RecordedExecution, recordTransactions } from '../transition/transaction/index.js';
import type { Block, ExecutionResult, ExecutionStats, TransactionOutcome } from '../transition/types.js';
import type { VmName } from '../vm/name.js';
import type { Tracer } from '../vm/trace.js';
import { RUN_DONE } from '../vm/vm.js';
import { ExecutorError } from './errors.js';
import { rejectionError } from './judge.js';
import { BlockScope, createVm, emptyStats } from './scope.js';

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
}

export class SerialExecutor {
  private constructor(
    private readonly scope: BlockScope,
    private readonly traces: TransactionTraces | null,
  ) {}

  static async create(options: SerialExecutorOptions): Promise<SerialExecutor> {
    return new SerialExecutor(new BlockScope(await createVm(options.vm)), options.traces ?? null);
  }

  /**
   * Executes `block` over `database`, which stays as it is: `outcome.diff` moves it on. An invalid
   * block is an answer, `{ ok: false }`; an {@link ExecutorError} is thrown where the engine fails.
   */
  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    const stats = emptyStats(block.transactions.length, 0);
    try {
      return await this.run(database, block, stats);
    } catch (error) {
      if (error instanceof BlockError) return { ok: false, error, stats };
      throw error;
    } finally {
      if (this.traces !== null) this.scope.vm.setTracer?.(null);
    }
  }

  /** Ends the executor. Present so that both executors are used alike; a serial one holds no threads. */
  async close(): Promise<void> {}

  private async run(database: Database, block: Block, stats: ExecutionStats): Promise<ExecutionResult> {
    const scope = this.scope;
    const { vm, state, outcomeArena, admission } = scope;
    const { environment, maxBlobGas, transactions } = block;
    const records = recordTransactions(block);
    scope.begin(database, block);
    await scope.before(block);
    const execution = new RecordedExecution(
      { vm, environment, maxBlobGas, deferFee: false },
      { u32: records.words, u8: records.bytes },
    );
    const roots = !atLeast(environment.fork, 'Byzantium') && block.mode === 'block' ? ([] as Uint8Array[]) : null;
    const results = scope.results(transactions, roots);
    for (let index = 0; index < transactions.length; index++) {
      const record = records.places[index] as number;
      state.step = index;
      if (this.traces !== null) vm.setTracer?.(this.traces.begin(index));
      const attempt = execution.run(record, state);
      // The reference machine answers promises; waiting for a number would cost a turn of the event loop's queue.
      const status = typeof attempt === 'number' ? attempt : await attempt;
      if (status !== RUN_DONE) throw new ExecutorError('MACHINE_FAILED', `a serial read blocked on ${status}`);
      stats.incarnations++;
      const outcome = execution.pack(outcomeArena);
      const rejection = admission.judge(execution.memory, record, outcome);
      if (rejection !== null) throw rejectionError(index, rejection);
      admission.count(outcome);
      results.add(index, outcome);
      vm.writes(state.sink);
      roots?.push(scope.root(database));
      this.traces?.end(index, results.outcome(index));
    }
    if (this.traces !== null) vm.setTracer?.(null);
    return scope.after(database, block, results, stats);
  }
}
