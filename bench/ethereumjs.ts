/** The contenders from @ethereumjs: EVM.runCall over a state manager of its own, and runBlock. */
import { type Block, type BlockData, createBlock } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { createEVM, type EVM } from '@ethereumjs/evm';
import { Caches, MerkleStateManager, SimpleStateManager } from '@ethereumjs/statemanager';
import { createFeeMarket1559Tx, type TypedTransaction } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { createVM, type RunBlockResult, runBlock, type VM } from '@ethereumjs/vm';
import { commonOf } from '../corpus/chain.js';
import { bigIntToMinimalBytes, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import type { AccountState } from '../src/state/account.js';
import { effectiveGasPrice, intrinsicGas } from '../src/transition/transaction/index.js';
import type { Transaction } from '../src/transition/types.js';
import type { Contender } from './measure.js';
import { BENCH_FORK, type BlockPlan, ENVIRONMENT, type Workload } from './workloads.js';

type StateManager = MerkleStateManager | SimpleStateManager;
type Accounts = Iterable<readonly [Hex, AccountState]>;

const common = (): Common => commonOf(BENCH_FORK);

/** Writes `accounts` into an empty state. */
export async function load(state: StateManager, accounts: Accounts): Promise<void> {
  for (const [hex, account] of accounts) {
    const address = new Address(hexToBytes(hex));
    await state.putAccount(address, new Account(account.nonce, account.balance));
    if (account.code.length > 0) await state.putCode(address, account.code);
    for (const [slot, value] of account.storage) {
      await state.putStorage(address, hexToBytes(slot), bigIntToMinimalBytes(value));
    }
  }
}

/** Reads every account, code and slot once, so that the caches hold them. */
export async function warmUp(state: StateManager, accounts: Accounts): Promise<void> {
  for (const [hex, account] of accounts) {
    const address = new Address(hexToBytes(hex));
    await state.getAccount(address);
    await state.getCode(address);
    for (const slot of account.storage.keys()) await state.getStorage(address, hexToBytes(slot));
  }
}

/** State managers that runCall is tried over; the faster one for a workload is its contender. */
const STATE_MANAGERS: Readonly<Record<string, (common: Common) => StateManager>> = {
  'simple state': (common) => new SimpleStateManager({ common }),
  'cached state': (common) => new MerkleStateManager({ common, caches: new Caches() }),
};

/** `header` as opcodes read it. */
function header() {
  const { number, timestamp, coinbase, gasLimit, difficulty, prevRandao, baseFee, blobBaseFee } = ENVIRONMENT;
  return {
    header: {
      number,
      timestamp,
      coinbase: new Address(coinbase),
      gasLimit,
      difficulty,
      prevRandao,
      baseFeePerGas: baseFee,
      getBlobGasPrice: () => blobBaseFee,
    },
  };
}

/** The bare machine: warm sets as a transaction has them, the message, the journal cleared; no fees and no receipts. */
class CallRunner implements Contender {
  readonly transactions: number;
  /** Gas of each transaction after refunds, intrinsic gas included. */
  gas: bigint[] = [];
  readonly #calls;

  constructor(
    readonly name: string,
    private readonly stateOf: (common: Common) => StateManager,
    private readonly workload: Workload,
  ) {
    this.transactions = workload.transactions.length;
    const block = header();
    this.#calls = workload.transactions.map((transaction) => {
      const { intrinsic } = intrinsicGas(transaction, BENCH_FORK);
      const sender = new Address(transaction.sender);
      const options = {
        block,
        caller: sender,
        origin: sender,
        value: transaction.value,
        data: transaction.data,
        gasLimit: transaction.gasLimit - intrinsic,
        gasPrice: effectiveGasPrice(transaction, ENVIRONMENT.baseFee),
        ...(transaction.to === null ? {} : { to: new Address(transaction.to) }),
      };
      return { options, intrinsic };
    });
  }

  async prepare(): Promise<() => Promise<void>> {
    const settings = common();
    const state = this.stateOf(settings);
    await load(state, this.workload.accounts);
    const evm = await createEVM({ common: settings, stateManager: state });
    // The outermost checkpoint is never committed, so that nothing is written to a trie.
    await evm.journal.checkpoint();
    return () => this.#run(evm, state);
  }

  async #run(evm: EVM, state: StateManager): Promise<void> {
    const gas: bigint[] = [];
    for (const { options, intrinsic } of this.#calls) {
      evm.journal.addWarmedAddress(options.caller.bytes);
      if (options.to !== undefined) evm.journal.addWarmedAddress(options.to.bytes);
      evm.journal.addWarmedAddress(ENVIRONMENT.coinbase);
      const { execResult } = await evm.runCall(options);
      evm.journal.cleanJournal();
      state.originalStorageCache.clear();
      if (execResult.exceptionError !== undefined) throw new Error(execResult.exceptionError.error);
      const spent = intrinsic + execResult.executionGasUsed;
      const refund = execResult.gasRefund ?? 0n;
      gas.push(spent - (refund < spent / 5n ? refund : spent / 5n));
    }
    this.gas = gas;
  }
}

/** One contender for each state manager. */
export function callRunners(workload: Workload): (Contender & { readonly gas: readonly bigint[] })[] {
  return Object.entries(STATE_MANAGERS).map(([name, stateOf]) => new CallRunner(name, stateOf, workload));
}

// ---- Whole blocks -------------------------------------------------------------------------------------

function signed(transaction: Transaction, secret: Uint8Array, settings: Common): TypedTransaction {
  const { nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas, value, data } = transaction;
  const to = transaction.to === null ? {} : { to: new Address(transaction.to) };
  const fields = { nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas, value, data, ...to };
  const tx = createFeeMarket1559Tx(fields, { common: settings }).sign(secret);
  // The library keeps the recovered key on the transaction.
  tx.getSenderAddress();
  return tx;
}

export interface BlockRunnerOptions {
  /** False leaves the state root out: nothing is hashed or written to the state trie. */
  readonly withStateRoot: boolean;
}

/** What a block runs on. */
interface BlockParts {
  readonly vm: VM;
  readonly state: MerkleStateManager;
  /** State root before the block. */
  readonly root: Uint8Array;
  readonly block: Block;
  readonly plan: BlockPlan;
  /** From the run that filled the header. */
  readonly result: RunBlockResult;
}

/** One block, over caches that hold the whole pre-state. */
export class BlockRunner implements Contender {
  readonly transactions: number;

  private constructor(
    readonly name: string,
    private readonly parts: BlockParts,
    private readonly withStateRoot: boolean,
  ) {
    this.transactions = parts.plan.transactions.length;
  }

  get result(): RunBlockResult {
    return this.parts.result;
  }

  /** `secrets` are the senders' keys, by number. */
  static async create(
    name: string,
    plan: BlockPlan,
    secrets: readonly Uint8Array[],
    options: BlockRunnerOptions,
  ): Promise<BlockRunner> {
    const settings = common();
    const state = new MerkleStateManager({ common: settings, caches: new Caches() });
    await load(state, plan.accounts);
    await state.flush();
    const root = await state.getStateRoot();
    const vm = await createVM({ common: settings, stateManager: state });
    const transactions = plan.transactions.map((tx) => signed(tx, secrets[tx.from] as Uint8Array, settings));
    const { number, timestamp, coinbase, gasLimit, baseFee } = ENVIRONMENT;
    const fields = { number, timestamp, coinbase: new Address(coinbase), gasLimit, baseFeePerGas: baseFee };
    const make = (more: BlockData['header']): Block =>
      createBlock({ header: { ...fields, ...more }, transactions }, { common: settings });
    const result = await runBlock(vm, {
      block: make({}),
      root,
      generate: true,
      skipBlockValidation: true,
      skipHeaderValidation: true,
    });
    const { stateRoot, receiptsRoot, logsBloom, gasUsed } = result;
    const block = make({ stateRoot, receiptTrie: receiptsRoot, logsBloom, gasUsed });
    if (!options.withStateRoot) state.getStateRoot = () => Promise.resolve(stateRoot);
    return new BlockRunner(name, { vm, state, root, block, plan, result }, options.withStateRoot);
  }

  async prepare(): Promise<() => Promise<void>> {
    const { vm, state, root, block, plan } = this.parts;
    const { withStateRoot } = this;
    await state.setStateRoot(root);
    await warmUp(state, plan.accounts);
    // Under one more checkpoint the end of the block writes nothing to the trie.
    if (!withStateRoot) await state.checkpoint();
    return async () => {
      await runBlock(vm, { block, skipBlockValidation: true, skipHeaderValidation: true });
      if (!withStateRoot) await state.revert();
    };
  }
}
