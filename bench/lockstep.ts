/** The engine's contenders: the WASM machine under the transition, and whole blocks through SerialExecutor. */

import { BlockScope, createVm } from '../src/executor/scope.js';
import { SerialExecutor } from '../src/executor/serial.js';
import { OUTCOME_CODE, OUTCOME_EXECUTED, OUTCOME_GAS_USED, OUTCOME_KIND } from '../src/layout.js';
import { leavesAfter } from '../src/state/collect.js';
import { Database } from '../src/state/database.js';
import { stateRoot } from '../src/state/root.js';
import { receiptsRoot } from '../src/transition/block/receipts.js';
import {
  effectiveGasPrice,
  intrinsicGas,
  RecordedExecution,
  recordTransactions,
} from '../src/transition/transaction/index.js';
import type { Block, BlockOutcome, Transaction } from '../src/transition/types.js';
import { RUN_DONE } from '../src/vm/vm.js';
import type { Contender } from './measure.js';
import { type BlockPlan, ENVIRONMENT, type Workload } from './workloads.js';

function blockOf(transactions: readonly Transaction[]): Block {
  return {
    environment: ENVIRONMENT,
    maxBlobGas: 786_432n,
    transactions,
    mode: 'block',
    withdrawals: [],
    ommers: [],
    daoFork: false,
    parentHash: new Uint8Array(32),
    parentBeaconBlockRoot: new Uint8Array(32),
  };
}

/** Each transaction whole (validity, fees, message, outcome, write set) over a block's state; no receipts. */
export class TransactionRunner implements Contender {
  readonly transactions: number;
  #outcomes = new Uint32Array(0);
  readonly #database: Database;
  readonly #block: Block;

  private constructor(
    readonly name: string,
    private readonly scope: BlockScope,
    workload: Workload,
  ) {
    this.transactions = workload.transactions.length;
    this.#database = Database.from(workload.accounts);
    this.#block = blockOf(workload.transactions);
  }

  static async create(name: string, workload: Workload): Promise<TransactionRunner> {
    return new TransactionRunner(name, new BlockScope(await createVm('wasm')), workload);
  }

  async prepare(): Promise<() => void> {
    const records = recordTransactions(this.#block);
    const { places } = records;
    this.scope.begin(this.#database, this.#block);
    const { environment, maxBlobGas } = this.#block;
    const context = { vm: this.scope.vm, environment, maxBlobGas, deferFee: false };
    const execution = new RecordedExecution(context, records);
    const outcomes = new Uint32Array(places.length);
    this.#outcomes = outcomes;
    return () => {
      const { vm, state, arena } = this.scope;
      for (let index = 0; index < places.length; index++) {
        state.step = index;
        if (execution.run(places[index] as number, state) !== RUN_DONE)
          throw new Error(`transaction ${index} was blocked`);
        outcomes[index] = execution.pack(arena);
        vm.writes(state.sink);
      }
    };
  }

  /** Gas of every transaction of the batch run last, all of which must have succeeded. */
  get gas(): readonly bigint[] {
    const { u32 } = this.scope.heap;
    return Array.from(this.#outcomes, (at, index) => {
      if (u32[at + OUTCOME_KIND] !== OUTCOME_EXECUTED || u32[at + OUTCOME_CODE] !== 1) {
        throw new Error(`transaction ${index} was not executed`);
      }
      return BigInt(u32[at + OUTCOME_GAS_USED] as number);
    });
  }
}

/**
 * The bare machine over the same state, with what the bare @ethereumjs/evm is asked for: warm sets, the
 * sender's nonce, the message, and the write set; no validity and no fees.
 */
export class MessageRunner implements Contender {
  readonly name = 'wasm';
  readonly transactions: number;
  readonly #database: Database;
  readonly #block: Block;
  readonly #messages;

  private constructor(
    private readonly scope: BlockScope,
    workload: Workload,
  ) {
    this.transactions = workload.transactions.length;
    this.#database = Database.from(workload.accounts);
    this.#block = blockOf(workload.transactions);
    this.#messages = workload.transactions.map((transaction) => ({
      caller: transaction.sender,
      origin: transaction.sender,
      to: transaction.to,
      value: transaction.value,
      data: transaction.data,
      gas: transaction.gasLimit - intrinsicGas(transaction, ENVIRONMENT.fork).intrinsic,
      gasPrice: effectiveGasPrice(transaction, ENVIRONMENT.baseFee),
      blobVersionedHashes: transaction.blobVersionedHashes,
    }));
  }

  static async create(workload: Workload): Promise<MessageRunner> {
    return new MessageRunner(new BlockScope(await createVm('wasm')), workload);
  }

  async prepare(): Promise<() => void> {
    this.scope.begin(this.#database, this.#block);
    return () => this.#run();
  }

  #run(): void {
    const { vm, state } = this.scope;
    const messages = this.#messages;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index] as (typeof messages)[number];
      state.step = index;
      vm.begin(ENVIRONMENT, state);
      vm.load(message.caller);
      vm.setNonce(message.caller, vm.nonce(message.caller) + 1n);
      vm.warmAddress(message.caller);
      if (message.to !== null) vm.warmAddress(message.to);
      vm.warmAddress(ENVIRONMENT.coinbase);
      vm.start(message);
      vm.run();
      if (!vm.result().success) throw new Error(`message ${index} failed`);
      vm.finish();
      vm.writes(state.sink);
    }
  }
}

/** One block through the serial executor; `withRoots` adds the roots of receipts and state that a header names. */
export class SerialRunner implements Contender {
  readonly transactions: number;
  outcome: BlockOutcome | null = null;
  readonly #database: Database;
  readonly #block: Block;

  private constructor(
    readonly name: string,
    private readonly executor: SerialExecutor,
    plan: BlockPlan,
    private readonly withRoots: boolean,
  ) {
    this.transactions = plan.transactions.length;
    this.#database = Database.from(plan.accounts);
    this.#block = blockOf(plan.transactions);
  }

  static async create(name: string, plan: BlockPlan, withRoots: boolean): Promise<SerialRunner> {
    return new SerialRunner(name, await SerialExecutor.create({ vm: 'wasm' }), plan, withRoots);
  }

  async prepare(): Promise<() => Promise<void>> {
    return async () => {
      const result = await this.executor.execute(this.#database, this.#block);
      if (!result.ok) throw result.error;
      this.outcome = result;
      // Receipts and changes are made when they are read: that is part of the work.
      if (result.receipts.length !== this.transactions || result.diff.size === 0)
        throw new Error('the outcome is not whole');
      if (this.withRoots) this.roots();
    };
  }

  /** Roots of the outcome's receipts and of the state after the block. */
  roots(): { receipts: Uint8Array; state: Uint8Array } {
    const { receipts, diff } = this.outcome as BlockOutcome;
    return { receipts: receiptsRoot(receipts), state: stateRoot(leavesAfter(this.#database, diff)) };
  }
}
