/**
 * What a block does around its transactions. Each step is a transaction of its own for the machine:
 * the executor calls `begin`, runs the step, then calls `finish` and `writes`.
 */
import { atLeast } from '../../primitives/fork.js';
import type { Log, Vm } from '../../vm/vm.js';
import type { Block } from '../types.js';
import { DAO_DRAINED_ACCOUNTS, DAO_REFUND_CONTRACT } from './dao.js';
import {
  CONSOLIDATION_REQUEST,
  DEPOSIT_CONTRACT,
  DEPOSIT_REQUEST,
  depositRequests,
  typedRequest,
  WITHDRAWAL_REQUEST,
} from './requests.js';
import { blockRewards } from './rewards.js';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  callChecked,
  callUnchecked,
  HISTORY_STORAGE_ADDRESS,
  mustLoad,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from './system-calls.js';

/** Wei per gwei, the unit of EIP-4895 amounts. */
const GWEI = 1000000000n;

export interface StepContext {
  readonly vm: Vm;
  readonly block: Block;
  /** Logs of the block that the account at `address` wrote, in order; only steps after the transactions ask. */
  readonly logsOf: (address: Uint8Array) => readonly Log[];
  /** Collects requests with data, type byte first, in the order of their types (EIP-7685). */
  readonly requests: Uint8Array[];
}

export interface BlockStep {
  readonly name: string;
  /**
   * Does the step on `vm`, between `begin` and `finish`. Throws `BlockError` where the block must be
   * rejected, Error where a read blocks. Answers a promise only if the machine does.
   */
  run(context: StepContext): void | Promise<void>;
}

function credit(vm: Vm, address: Uint8Array, amount: bigint): void {
  mustLoad(vm, address);
  // A zero amount still touches: an empty account then goes (EIP-161, EIP-4895).
  if (amount === 0n) vm.touch(address);
  else vm.setBalance(address, vm.balance(address) + amount);
}

/** EIP-779. Like any transfer of its day, it leaves the drained accounts existing, if empty. */
const drainDao: BlockStep = {
  name: 'DAO irregular state change',
  run({ vm }) {
    let drained = 0n;
    for (const address of DAO_DRAINED_ACCOUNTS) {
      mustLoad(vm, address);
      drained += vm.balance(address);
      vm.setBalance(address, 0n);
    }
    mustLoad(vm, DAO_REFUND_CONTRACT);
    vm.setBalance(DAO_REFUND_CONTRACT, vm.balance(DAO_REFUND_CONTRACT) + drained);
  },
};

const storeBeaconRoot: BlockStep = {
  name: 'EIP-4788 beacon root',
  run({ vm, block }) {
    const root = block.parentBeaconBlockRoot;
    if (root === null) throw new TypeError(`block ${block.environment.number} has no parentBeaconBlockRoot`);
    return callUnchecked(vm, BEACON_ROOTS_ADDRESS, root, block.environment.baseFee);
  },
};

const storeParentHash: BlockStep = {
  name: 'EIP-2935 parent hash',
  run: ({ vm, block }) => callUnchecked(vm, HISTORY_STORAGE_ADDRESS, block.parentHash, block.environment.baseFee),
};

const processWithdrawals: BlockStep = {
  name: 'EIP-4895 withdrawals',
  run({ vm, block }) {
    for (const withdrawal of block.withdrawals) credit(vm, withdrawal.address, withdrawal.amount * GWEI);
  },
};

const collectDeposits: BlockStep = {
  name: 'EIP-6110 deposits',
  run({ logsOf, requests }) {
    pushRequest(requests, DEPOSIT_REQUEST, depositRequests(logsOf(DEPOSIT_CONTRACT)));
  },
};

function systemRequests(name: string, type: number, contract: Uint8Array): BlockStep {
  return {
    name,
    run: ({ vm, block, requests }) =>
      callChecked(vm, contract, block.environment.baseFee, (output) => pushRequest(requests, type, output)),
  };
}

const collectWithdrawals = systemRequests(
  'EIP-7002 withdrawal requests',
  WITHDRAWAL_REQUEST,
  WITHDRAWAL_REQUESTS_ADDRESS,
);
const collectConsolidations = systemRequests(
  'EIP-7251 consolidation requests',
  CONSOLIDATION_REQUEST,
  CONSOLIDATION_REQUESTS_ADDRESS,
);

/** EIP-7685 leaves out requests without data. */
function pushRequest(requests: Uint8Array[], type: number, data: Uint8Array): void {
  if (data.length > 0) requests.push(typedRequest(type, data));
}

const payRewards: BlockStep = {
  name: 'block rewards',
  run({ vm, block }) {
    const { fork, number, coinbase } = block.environment;
    for (const { address, amount } of blockRewards(fork, number, coinbase, block.ommers)) credit(vm, address, amount);
  },
};

/** Steps before the first transaction, in order. A state test has none. */
export function preBlockSteps(block: Block): BlockStep[] {
  if (block.mode === 'state-test') return [];
  const { fork } = block.environment;
  const steps: BlockStep[] = [];
  if (block.daoFork) steps.push(drainDao);
  if (atLeast(fork, 'Cancun')) steps.push(storeBeaconRoot);
  if (atLeast(fork, 'Prague')) steps.push(storeParentHash);
  return steps;
}

/** Steps after the last transaction, in order: withdrawals before requests, as execution-specs do. */
export function postBlockSteps(block: Block): BlockStep[] {
  if (block.mode === 'state-test') return [];
  const { fork } = block.environment;
  if (!atLeast(fork, 'Paris')) return [payRewards];
  const steps: BlockStep[] = [];
  if (atLeast(fork, 'Shanghai')) steps.push(processWithdrawals);
  if (atLeast(fork, 'Prague')) steps.push(collectDeposits, collectWithdrawals, collectConsolidations);
  return steps;
}
