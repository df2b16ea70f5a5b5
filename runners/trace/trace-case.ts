/** Runs one case serially and hands on the lines of its trace. */

import { type Database, StepCosts, type Tracer, type TransactionTraces } from '../../src/index.js';
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { Block, ExecutionResult, TransactionOutcome } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import type { PreAllocations } from '../engine/pre-allocations.js';
import type { BlockCases } from '../fixtures/cases.js';
import { createTracedExecutor, type Engines, type Executor, emptyDatabase } from '../job/engine.js';
import { runBlockCase } from '../job/run-case.js';
import type { CaseOutcome } from '../verdict/result.js';
import { quantity, type SummaryLine, stepLine, type TraceLine } from './lines.js';

export interface TraceSettings {
  readonly vm: VmName;
  /** Only this transaction of each block; null for all. */
  readonly transaction: number | null;
  /** Only this block of the test; null for all. */
  readonly block: number | null;
  readonly stack: boolean;
  readonly memory: boolean;
}

/**
 * Runs `one` from its start and gives `emit` every line of the transactions that `settings` select.
 * Answers the case's verdict against its fixture. Throws what the
 * engine throws, and `FixtureError` where the pre-allocation that the case names is missing or malformed.
 */
export async function traceCase(
  one: BlockCases,
  settings: TraceSettings,
  preAllocations: PreAllocations,
  emit: (line: TraceLine) => void,
): Promise<CaseOutcome> {
  const executor = new TracingExecutor(settings, emit);
  await executor.open();
  const engines: Engines = {
    database: emptyDatabase(),
    serial: executor,
    parallel: new Map(),
    onBlock: (index) => {
      executor.block = index;
    },
  };
  return runBlockCase(engines, one, preAllocations);
}

class TracingExecutor implements Executor, TransactionTraces {
  /** Place of the block in its test; null in state tests. */
  block: number | null = null;
  #serial: Executor | null = null;
  #running: Block | null = null;
  /** The transaction that runs, where it is traced. */
  #traced: number | null = null;
  /** Held back until it is known whether a state root goes with it. */
  #summary: SummaryLine | null = null;

  constructor(
    private readonly settings: TraceSettings,
    private readonly emit: (line: TraceLine) => void,
  ) {}

  async open(): Promise<void> {
    this.#serial = await createTracedExecutor(this.settings.vm, this);
  }

  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    if (this.#serial === null) throw new Error('open was not called');
    this.#running = block;
    const result = await this.#serial.execute(database, block);
    const isState = block.mode === 'state-test';
    if (!result.ok && this.#traced !== null) {
      const { transactionIndex, message } = result.error;
      const summary = this.#summaryOf(transactionIndex ?? this.#traced, '0x', 0n, false, message);
      this.#flush(isState ? { stateRoot: bytesToHex(database.stateRoot()), ...summary } : summary);
    } else if (this.#summary !== null) {
      this.#flush(isState && result.ok ? { stateRoot: rootAfter(database, result), ...this.#summary } : this.#summary);
    }
    this.#traced = null;
    return result;
  }

  async close(): Promise<void> {
    await this.#serial?.close();
  }

  begin(index: number): Tracer | null {
    if (this.#summary !== null) this.#flush(this.#summary);
    const { transaction, block, stack, memory } = this.settings;
    const wanted = (transaction === null || transaction === index) && (block === null || block === (this.block ?? 0));
    this.#traced = wanted ? index : null;
    if (!wanted) return null;
    const { fork } = this.#block.environment;
    return new StepCosts(stack, memory, (step) => this.emit(stepLine(step, fork)));
  }

  end(index: number, outcome: TransactionOutcome): void {
    if (this.#traced === null || outcome.kind !== 'executed') return;
    this.#traced = null;
    const { output, gasUsed, success, halt } = outcome;
    this.#summary = this.#summaryOf(index, bytesToHex(output), gasUsed, success, halt);
  }

  get #block(): Block {
    if (this.#running === null) throw new Error('no block is running');
    return this.#running;
  }

  #summaryOf(transaction: number, output: Hex, gasUsed: bigint, pass: boolean, error: string | null): SummaryLine {
    return {
      output,
      gasUsed: quantity(gasUsed),
      pass,
      fork: this.#block.environment.fork,
      ...(this.block === null ? {} : { block: this.block }),
      transaction,
      ...(error === null ? {} : { error }),
    };
  }

  #flush(summary: SummaryLine): void {
    this.#summary = null;
    this.emit(summary);
  }
}

function rootAfter(database: Database, result: ExecutionResult & { readonly ok: true }): Hex {
  database.apply(result.diff);
  const root = bytesToHex(database.stateRoot());
  database.revert(result.diff);
  return root;
}
