/**
 * Small hand-made blocks whose transactions get in each other's way, and a rig that runs one of them on
 * every executor until the conflict has really been met. For the tests of the correctness rules
 * (`pitfalls-*.test.ts`).
 *
 * The trick that makes a conflict certain is {@link busy}: a piece of code that takes about a
 * millisecond of machine time and little gas. A transaction that is busy before it writes is still
 * running while other threads execute the ones after it, which therefore read what stood before it.
 */
import { generateAddress, generateAddress2 } from '@ethereumjs/util';
import { expect } from 'chai';
import { assemble } from '../../corpus/assemble.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { emptyStats } from '../../src/executor/scope.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import {
  bigIntToMinimalBytes,
  bytesToHex,
  concatBytes,
  EMPTY_BYTES,
  type Hex,
  hexToBytes,
} from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import type { Advice } from '../../src/scheduler/advice.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import type { AccountDiff } from '../../src/state/diff.js';
import { createBlock, createTransaction, type NewBlock, type NewTransaction } from '../../src/transition/create.js';
import type {
  Authorization,
  Block,
  BlockOutcome,
  ExecutionResult,
  ExecutionStats,
  Transaction,
  TransactionOutcome,
} from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import { addressHex, slotHex } from './keys.js';
import { comparable } from './sample-block.js';

// ---- Addresses and accounts -----------------------------------------------------------------------------

/** The n-th account that sends transactions: one each, so that no nonce orders them beforehand. */
export const sender = (n: number): Hex => addressHex(0xa000 + n);
/** The n-th contract of a test. */
export const place = (n: number): Hex => addressHex(0xc000 + n);
/** An address that nobody knows. */
export const stranger = (n: number): Hex => addressHex(0xe000 + n);
/** The beneficiary where a test does not choose one: absent before the block. */
export const COINBASE: Hex = addressHex(0xfee);
export const ETHER = 10n ** 18n;
/** Wei per gas of {@link send}; there is no base fee, so all of it goes to the beneficiary. */
export const PRICE = 10n;

export type Allocation = Readonly<Record<Hex, AccountState>>;

export interface AccountFields {
  readonly nonce?: bigint;
  readonly balance?: bigint;
  /** By slot number. */
  readonly storage?: Readonly<Record<string, bigint>>;
}

function stateOf(code: Uint8Array, nonce: bigint, { balance = 0n, storage = {} }: AccountFields): AccountState {
  const slots = new Map(Object.entries(storage).map(([slot, value]) => [slotHex(BigInt(slot)), value]));
  return { nonce, balance, code, storage: slots };
}

/** An account without code; nonce and balance 0 where they are not given. */
export function wallet(fields: AccountFields = {}): AccountState {
  return stateOf(EMPTY_BYTES, fields.nonce ?? 0n, fields);
}

/** A contract, nonce 1, from assembly (see `corpus/assemble.ts`). */
export function contract(source: string, fields: AccountFields = {}): AccountState {
  return stateOf(hexToBytes(assemble(source)), fields.nonce ?? 1n, fields);
}

/** An account whose code is a delegation to `target` (EIP-7702). */
export function delegated(target: Hex, fields: AccountFields = {}): AccountState {
  return stateOf(concatBytes(Uint8Array.of(0xef, 0x01, 0x00), hexToBytes(target)), fields.nonce ?? 1n, fields);
}

/** The first `count` senders with one ether each. */
export function senders(count: number): Allocation {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [sender(n), wallet({ balance: ETHER })]));
}

// ---- Code -----------------------------------------------------------------------------------------------

/** x coordinate of the generator of secp256k1: a valid `r` of a signature. */
const GENERATOR_X = '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

/** Assembly that recovers `times` signers: much work in a machine of any kind, for 3,000 gas each. */
export function busy(times = 3): string {
  const once = `1 0 MSTORE 27 0x20 MSTORE ${GENERATOR_X} 0x40 MSTORE 1 0x60 MSTORE 0x20 0x80 0x80 0 0 1 3000 CALL POP `;
  return once.repeat(times);
}

/** Price of a CALL to a warm account, or to any before EIP-2929 (EIP-150). */
export function callGas(fork: Fork): bigint {
  if (atLeast(fork, 'Berlin')) return 100n;
  return atLeast(fork, 'EIP150') ? 700n : 40n;
}

/** Gas of {@link busy} in fresh memory: 4 stores, 12 pushes of 7 operands and their 4 pairs, the call, POP, 5 words of memory. */
export function busyGas(fork: Fork, times = 3): bigint {
  const stores = 4n * 9n;
  const call = 7n * 3n + callGas(fork) + 3000n + 2n;
  return BigInt(times) * (stores + call) + 5n * 3n;
}

/** ECRECOVER exists before anything pays it: before EIP-158 a call to an absent account costs more. */
export const PRECOMPILE_ACCOUNT: Allocation = { [addressHex(1)]: wallet({ balance: 1n }) };

/** Assembly: CALL of `address` with all gas, `value` wei and no data; leaves the success flag. */
export function callOf(address: Hex, value: bigint | string = 0n, gas = 'GAS'): string {
  return `0 0 0 0 ${value} ${address} ${gas} CALL`;
}

/** Address of the contract that `creator` makes with CREATE at `nonce` (yellow paper, section 7). */
export function createdBy(creator: Hex, nonce: bigint): Hex {
  return bytesToHex(generateAddress(hexToBytes(creator), bigIntToMinimalBytes(nonce)));
}

/** Address of CREATE2 (EIP-1014). */
export function created2By(creator: Hex, salt: bigint, initCode: Hex): Hex {
  return bytesToHex(generateAddress2(hexToBytes(creator), words(salt), hexToBytes(initCode)));
}

/** A contract that others ask for the word at its slot 0 ({@link ASK}). Called with a word, it stores that, after a while. */
export const FLAG: Hex = addressHex(0xf1a6);
export const flagContract = contract(
  `CALLDATASIZE @set JUMPI 0 SLOAD 0 MSTORE 0x20 0 RETURN set: ${busy()} 0 CALLDATALOAD 0 SSTORE`,
);
/** Assembly: the word of {@link FLAG}. */
export const ASK = `0x20 0 0 0 0 ${FLAG} GAS CALL POP 0 MLOAD`;

/** keccak256 of nothing (EIP-1052: the code hash of an account without code). */
export const EMPTY_CODE_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470n;

// ---- Transactions and blocks ----------------------------------------------------------------------------

/** A legacy transaction of {@link PRICE} with 300,000 gas. */
export function send(from: Hex, to: Hex | null, fields: Partial<NewTransaction> = {}): Transaction {
  return createTransaction({
    type: 0,
    chainId: null,
    gasLimit: 300_000n,
    maxFeePerGas: PRICE,
    maxPriorityFeePerGas: PRICE,
    ...fields,
    sender: from,
    to,
  });
}

/** A type-4 transaction (EIP-7702). */
export function delegate(
  from: Hex,
  to: Hex,
  authorizations: readonly Authorization[],
  fields: Partial<NewTransaction> = {},
): Transaction {
  return send(from, to, { type: 4, chainId: 1n, authorizations, ...fields });
}

/** A tuple signed by `authority`. */
export function authorization(authority: Hex, target: Hex, nonce = 0n): Authorization {
  return { chainId: 1n, address: hexToBytes(target), nonce, authority: hexToBytes(authority) };
}

/** A block of only its transactions; `fields` asks for more. */
export function blockOf(fork: Fork, transactions: readonly Transaction[], fields: Partial<NewBlock> = {}): Block {
  return createBlock({
    mode: 'state-test',
    coinbase: COINBASE,
    ...fields,
    fork,
    transactions,
    environment: { number: 100n, timestamp: 1_000_000n, ...fields.environment },
  });
}

/** 32 bytes of calldata for each number. */
export function words(...values: (bigint | Hex)[]): Uint8Array {
  return hexToBytes(`0x${values.map((value) => BigInt(value).toString(16).padStart(64, '0')).join('')}`);
}

// ---- Outcomes -------------------------------------------------------------------------------------------

/** The outcome of a block that must be valid. */
export function valid(result: ExecutionResult): BlockOutcome {
  if (!result.ok) throw result.error;
  return result;
}

/** Why a block was rejected: the transaction error's name and the transaction's index. */
export function rejection(result: ExecutionResult): { code: string; index: number | null } {
  if (result.ok) throw new TypeError('the block is valid');
  return { code: result.error.code.replace('TransactionException.', ''), index: result.error.transactionIndex };
}

export type Executed = Extract<TransactionOutcome, { kind: 'executed' }>;

export function executed(outcome: BlockOutcome, index: number): Executed {
  const found = outcome.transactions[index];
  if (found?.kind !== 'executed') throw new TypeError(`transaction ${index} was not executed`);
  return found;
}

export function gasOf(outcome: BlockOutcome): bigint[] {
  return outcome.transactions.map((_, index) => executed(outcome, index).gasUsed);
}

export function statusOf(outcome: BlockOutcome): boolean[] {
  return outcome.transactions.map((_, index) => executed(outcome, index).success);
}

/** The words that a transaction logged, one list per log. */
export function logged(outcome: BlockOutcome, index: number): bigint[][] {
  return executed(outcome, index).logs.map(({ data }) =>
    Array.from({ length: data.length / 32 }, (_, i) => BigInt(bytesToHex(data.subarray(32 * i, 32 * i + 32)))),
  );
}

export function changeOf(outcome: BlockOutcome, address: Hex): AccountDiff | undefined {
  return outcome.diff.get(address);
}

/** Value of a slot after the block, where the block changed it. */
export function slotAfter(outcome: BlockOutcome, address: Hex, slot: bigint | Hex): bigint | undefined {
  return outcome.diff.get(address)?.storage.get(slotHex(BigInt(slot)))?.after;
}

// ---- The rig --------------------------------------------------------------------------------------------

const MACHINES = ['wasm', 'ethereumjs'] as const;
/** Numbers of threads by machine. The reference machine is slower to start, so it gets fewer. */
const THREADS: Readonly<Record<VmName, readonly number[]>> = { wasm: [1, 2, 3, 4, 8], ethereumjs: [1, 3] };
/** Every executor runs a block at least this often, and then on until it has met the conflict. */
const LEAST_ROUNDS = 2;
/** After so many rounds it is enough that another executor of the machine has met it. */
const ENOUGH_ROUNDS = 6;
/** After so many rounds the test has failed. */
const MOST_ROUNDS = 200;

export type Met = (stats: ExecutionStats) => boolean;

/** Some transaction ran again, was found stale, or met an estimate. */
export const conflict: Met = ({ reexecutions, aborts, estimatesHit }) => reexecutions + aborts + estimatesHit > 0;
/** A conflict, and a read that added a fee which had not been folded yet. */
export const deferredRead: Met = (stats) => stats.deferredFeeReads > 0;
/** For blocks in which nothing may conflict. */
export const anything: Met = () => true;

interface Parallel {
  readonly vm: VmName;
  readonly threads: number;
  readonly executor: ParallelExecutor;
}

/** How else blocks begin: one thread is alone in it from end to end, or others are let in at any transaction. */
const HEAD_STARTS: readonly (readonly [threads: number, advice: Partial<Advice>])[] = [
  [1, {}],
  [3, { headStart: 'false', seed: 1 }],
];
/** So often each of these runs a block: where others are let in is drawn anew. */
const HEAD_START_ROUNDS = 4;

export interface Run {
  readonly vm: VmName;
  readonly threads: number;
  readonly result: ExecutionResult;
}

export interface Agreement {
  /** What the serial executor made of the block. */
  readonly result: ExecutionResult;
  /** The first run of each parallel executor. */
  readonly runs: readonly Run[];
  /** Statistics of all runs with more than one thread, added up. */
  readonly stats: ExecutionStats;
}

export class ConflictRig {
  private readonly database = Database.create();

  private constructor(
    private readonly serial: readonly SerialExecutor[],
    private readonly parallel: readonly Parallel[],
    /** Those that begin alone: their outcomes count, their conflicts do not. */
    private readonly beginners: readonly Parallel[],
  ) {}

  /** Both machines with their threads. That takes seconds, so tests share one: {@link useRig}. */
  static async open(): Promise<ConflictRig> {
    const serial = await Promise.all(MACHINES.map((vm) => SerialExecutor.create({ vm })));
    const create = async (vm: VmName, threads: number, advice: Partial<Advice>): Promise<Parallel> => ({
      vm,
      threads,
      executor: await ParallelExecutor.create({ vm, threads, advice }),
    });
    const parallel = MACHINES.flatMap((vm) => THREADS[vm].map((threads) => create(vm, threads, { headStart: 'off' })));
    const beginners = MACHINES.flatMap((vm) => HEAD_STARTS.map(([threads, advice]) => create(vm, threads, advice)));
    return new ConflictRig(serial, await Promise.all(parallel), await Promise.all(beginners));
  }

  async close(): Promise<void> {
    await Promise.all([...this.parallel, ...this.beginners].map(({ executor }) => executor.close()));
  }

  /**
   * Runs the block on both machines, serially and with every number of threads, again and again until
   * `met` holds, and expects one outcome of all: receipts, gas, logs, state diff, error. The diff must
   * lead to one state and back. With one thread every transaction runs exactly once.
   */
  async agree(accounts: Allocation, block: Block, met: Met = conflict): Promise<Agreement> {
    const { database } = this;
    database.clear();
    database.load(Object.entries(accounts) as [Hex, AccountState][]);
    const [result, other] = await this.serially(block);
    expect(comparable(withoutHalts(other)), 'the two machines, serially').to.deep.equal(
      comparable(withoutHalts(result)),
    );
    if (result.ok) this.thereAndBack(result);
    const runs: Run[] = [];
    const total = emptyStats(0, 0);
    for (const machine of MACHINES) {
      const own = this.parallel.filter(({ vm }) => vm === machine);
      const expected = comparable(machine === 'wasm' ? result : other);
      const stats = await this.repeat(own, block, expected, met, runs);
      expect(met(stats), `what the test is about was never met on ${machine}: ${JSON.stringify(stats)}`).to.equal(true);
      add(total, stats);
      await this.begin(
        this.beginners.filter(({ vm }) => vm === machine),
        block,
        expected,
      );
    }
    return { result, runs, stats: total };
  }

  /** The block on both machines, in the order of {@link MACHINES}. */
  private async serially(block: Block): Promise<[ExecutionResult, ExecutionResult]> {
    const [first, second] = this.serial as [SerialExecutor, SerialExecutor];
    return [await first.execute(this.database, block), await second.execute(this.database, block)];
  }

  /** Runs the block on the executors of one machine; statistics of those with more than one thread. */
  private async repeat(
    executors: readonly Parallel[],
    block: Block,
    expected: unknown,
    met: Met,
    runs: Run[],
  ): Promise<ExecutionStats> {
    const total = emptyStats(0, 0);
    let waiting = executors;
    for (let round = 0; waiting.length > 0; round++) {
      const unmet: Parallel[] = [];
      for (const parallel of waiting) {
        const { vm, threads, executor } = parallel;
        const result = await executor.execute(this.database, block);
        expect(comparable(result), `${vm}, ${threads} threads, round ${round}`).to.deep.equal(expected);
        if (threads === 1) {
          if (result.ok) expect(result.stats).to.include({ incarnations: block.transactions.length, aborts: 0 });
        } else {
          add(total, result.stats);
          if (!met(result.stats)) unmet.push(parallel);
        }
        if (round === 0) runs.push({ vm, threads, result });
      }
      if (round + 1 < LEAST_ROUNDS) continue;
      waiting = unmet;
      if (round >= MOST_ROUNDS || (round >= ENOUGH_ROUNDS && met(total))) break;
    }
    return total;
  }

  /** Runs the block on the executors of one machine that begin alone. */
  private async begin(executors: readonly Parallel[], block: Block, expected: unknown): Promise<void> {
    for (const { vm, threads, executor } of executors) {
      for (let round = 0; round < HEAD_START_ROUNDS; round++) {
        const result = await executor.execute(this.database, block);
        const label = `${vm}, ${threads === 1 ? 'alone' : `${threads} threads let in later`}, round ${round}`;
        expect(comparable(result), label).to.deep.equal(expected);
      }
    }
  }

  private thereAndBack({ diff }: BlockOutcome): void {
    const { database } = this;
    const before = database.stateRoot();
    database.apply(diff);
    for (const [address, { after }] of diff) {
      const account = database.account(address);
      expect(account && { nonce: account.nonce, balance: account.balance }, address).to.deep.equal(after);
    }
    database.revert(diff);
    expect(database.stateRoot(), 'the way back').to.deep.equal(before);
  }
}

let shared: ConflictRig | null = null;

/**
 * The rig for the tests of `suite`: one for all files of a run, opened before the first test that wants
 * it and closed after the last test of all.
 */
export function useRig(suite: Mocha.Suite): Pick<ConflictRig, 'agree'> {
  suite.beforeAll('opens the executors', async () => {
    if (shared !== null) return;
    shared = await ConflictRig.open();
    let root = suite;
    while (root.parent !== undefined) root = root.parent;
    root.afterAll('closes the executors', async () => {
      await shared?.close();
      shared = null;
    });
  });
  return {
    agree: async (accounts, block, met) => {
      if (shared === null) throw new Error('the rig is not open');
      return shared.agree(accounts, block, met);
    },
  };
}

/** A halt is a word for people, and each machine has its own. */
function withoutHalts(result: ExecutionResult): ExecutionResult {
  if (!result.ok) return result;
  const transactions = result.transactions.map((outcome) => ({ ...outcome, halt: null }));
  return { ...result, transactions } as BlockOutcome;
}

function add(total: ExecutionStats, stats: ExecutionStats): void {
  for (const key of Object.keys(total) as (keyof ExecutionStats)[]) total[key] += stats[key];
}
