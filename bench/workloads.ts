/** What is measured: a pre-state and a sequence of transactions over it, for both contenders alike. */
import { word } from '../contracts/abi.js';
import { initCode } from '../corpus/assemble.js';
import { bigIntToBytes, bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import type { Fork } from '../src/primitives/fork.js';
import type { AccountState } from '../src/state/account.js';
import type { Transaction } from '../src/transition/types.js';
import type { BlockEnvironment } from '../src/vm/vm.js';
import { ARITHMETIC_LOOP, CALLEE, callLoop, ERC20, KECCAK_LOOP, MEMORY_LOOP, pair, STORAGE_LOOP } from './contracts.js';
import { allowance, balance, contract, POOL, RESERVES, RICH, repeated, swapData, transferData } from './token-state.js';

/** The last fork whose blocks need no request contracts in the pre-state. */
export const BENCH_FORK: Fork = 'Cancun';

export const ENVIRONMENT: BlockEnvironment = {
  fork: BENCH_FORK,
  chainId: 1n,
  number: 1n,
  timestamp: 1_000_000n,
  coinbase: hexToBytes(`0x${'c0'.repeat(20)}`),
  gasLimit: 10_000_000_000n,
  difficulty: 0n,
  prevRandao: new Uint8Array(32),
  baseFee: 7n,
  blobBaseFee: 1n,
  blockHash: () => null,
};

export interface Workload {
  readonly name: string;
  /** The least ratio that the project promises; null where it promises none. */
  readonly bar: number | null;
  readonly accounts: readonly (readonly [Hex, AccountState])[];
  readonly transactions: readonly Transaction[];
}

const CONTRACT_BASE = 0xc000_0000n;
const TOKEN0 = contractAddress(0);
const TOKEN1 = contractAddress(1);
const PAIR = contractAddress(2);
const RUNNER = contractAddress(3);
const CALLED = contractAddress(4);

function contractAddress(index: number): Hex {
  return bytesToHex(bigIntToBytes(CONTRACT_BASE + BigInt(index), 20));
}

function funded(): AccountState {
  return { nonce: 0n, balance: RICH, code: EMPTY_BYTES, storage: new Map() };
}

function call(sender: Hex, nonce: number, to: Hex | null, data: Uint8Array, gasLimit: bigint): Transaction {
  return {
    type: 2,
    chainId: ENVIRONMENT.chainId,
    nonce: BigInt(nonce),
    gasLimit,
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: 1n,
    to: to === null ? null : hexToBytes(to),
    value: 0n,
    data,
    accessList: [],
    maxFeePerBlobGas: 0n,
    blobVersionedHashes: [],
    authorizations: [],
    sender: hexToBytes(sender),
  };
}

/** A token in which the pair has its reserve, and each of `holders` has plenty and has allowed the pair to take it. */
function token(holders: readonly Hex[]): AccountState {
  const spender = hexToBytes(PAIR);
  const owned = holders.map(hexToBytes).flatMap((holder) => [balance(holder, RICH), allowance(holder, spender)]);
  return contract(ERC20, [balance(spender, POOL), ...owned]);
}

/** Both tokens and their pair. */
function market(holders: readonly Hex[]): [Hex, AccountState][] {
  return [
    [TOKEN0, token(holders)],
    [TOKEN1, token(holders)],
    [PAIR, contract(pair(TOKEN0, TOKEN1), RESERVES)],
  ];
}

/** Few accounts and many transactions: the machine, not the state, is measured. */
const SENDER = bytesToHex(bigIntToBytes(0xaaaa_0001n, 20));
const HOLDERS: readonly Hex[] = Array.from({ length: 8 }, (_, i) =>
  bytesToHex(bigIntToBytes(0xbbbb_0001n + BigInt(i), 20)),
);

function looping(name: string, code: Hex, iterations: number): Workload {
  return {
    name,
    bar: 40,
    accounts: [
      [SENDER, funded()],
      [RUNNER, contract(code)],
      [CALLED, contract(CALLEE)],
    ],
    transactions: repeated(3, (index) => call(SENDER, index, RUNNER, word(iterations), 16_000_000n)),
  };
}

/** What `npm run bench -- vm` runs on the bare machines. */
export function machineWorkloads(): Workload[] {
  const traders: [Hex, AccountState][] = [SENDER, ...HOLDERS].map((address) => [address, funded()]);
  return [
    {
      name: 'ERC-20 transfer',
      bar: 100,
      accounts: [...traders, [TOKEN0, token([SENDER, ...HOLDERS])]],
      // Many, because reading the clock costs as much as one: 1 % of a batch of 200.
      transactions: repeated(1000, (index) =>
        call(SENDER, index, TOKEN0, transferData(hexToBytes(HOLDERS[index % 8] as Hex), 1000 + index), 100_000n),
      ),
    },
    {
      name: 'constant-product swap',
      bar: 80,
      accounts: [...traders, ...market([SENDER, ...HOLDERS])],
      transactions: repeated(100, (index) => call(SENDER, index, PAIR, swapData(10n ** 15n + BigInt(index)), 300_000n)),
    },
    looping('storage loop', STORAGE_LOOP, 2_000),
    looping('arithmetic loop', ARITHMETIC_LOOP, 10_000),
    looping('keccak loop', KECCAK_LOOP, 4_000),
    looping('memory loop', MEMORY_LOOP, 5_000),
    looping('external-call loop', callLoop(CALLED), 1_000),
    {
      name: 'contract creation',
      bar: null,
      accounts: [[SENDER, funded()]],
      transactions: repeated(50, (index) =>
        call(SENDER, index, null, hexToBytes(initCode(ERC20, '1 1 SSTORE  CALLER 0x20 SSTORE')), 1_000_000n),
      ),
    },
  ];
}

/** A transaction of a block; `from` is the index of its sender. */
export interface BlockPlan {
  readonly name: string;
  readonly bar: number;
  readonly accounts: readonly (readonly [Hex, AccountState])[];
  readonly transactions: readonly (Transaction & { readonly from: number })[];
}

/** Blocks for the executors; `senders` are addresses of accounts that can sign. */
export function blockPlans(senders: readonly Hex[]): BlockPlan[] {
  const wallets: [Hex, AccountState][] = senders.map((address) => [address, funded()]);
  const next = (index: number): Hex => senders[(index * 7 + 1) % senders.length] as Hex;
  const from = (index: number): Hex => senders[index] as Hex;
  const transfer = (index: number): Transaction =>
    call(from(index), 0, TOKEN0, transferData(hexToBytes(next(index)), 1000 + index), 100_000n);
  const mixed = (index: number): Transaction => {
    switch (index % 10) {
      case 0:
      case 1:
      case 2:
        return { ...call(from(index), 0, next(index), EMPTY_BYTES, 21_000n), value: 1n + BigInt(index) };
      case 3:
      case 4:
        return call(from(index), 0, PAIR, swapData(10n ** 15n + BigInt(index)), 300_000n);
      case 5:
        return call(from(index), 0, null, hexToBytes(initCode(ERC20, '1 1 SSTORE')), 1_000_000n);
      default:
        return transfer(index);
    }
  };
  const plan = (name: string, make: (index: number) => Transaction): BlockPlan => ({
    name,
    bar: 50,
    accounts: [...wallets, ...market(senders)],
    transactions: senders.map((_, index) => ({ ...make(index), from: index })),
  });
  return [
    plan(`block of ${senders.length} ERC-20 transfers`, transfer),
    plan(`mixed block of ${senders.length} transactions`, mixed),
  ];
}
