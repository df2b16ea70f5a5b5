/** Blocks of a generated workload as a test of the corpus: signed by people's keys, filled by the oracle. */
import { bytesToHex, type Hex } from '../src/primitives/bytes.js';
import { atLeast } from '../src/primitives/fork.js';
import type { AccountState } from '../src/state/account.js';
import { type GeneratedTransaction, Workload, type WorkloadOptions } from '../workloads/index.js';
import { type BlockBuilder, ETHER, GWEI, type Key, type TestBuilder } from './plan.js';

/** What a test takes from the generator; fork, seed and keys come with the test. */
export type Recipe = Omit<WorkloadOptions, 'fork' | 'seed' | 'keys' | 'transactions' | 'coinbase' | 'baseFee'> & {
  /** Transactions of each block. */
  readonly blocks: readonly number[];
};

/** Gas limits of a transaction on average, at most: kinds give far more than they use. */
const GAS_PER_TRANSACTION = 700_000n;
const SPARE_GAS = 30_000_000n;

/** A gas limit under which every block of the recipe is valid: what stays unused counts only at the end of a block. */
export function recipeGasLimit({ blocks }: Recipe): bigint {
  return SPARE_GAS + GAS_PER_TRANSACTION * BigInt(Math.max(...blocks));
}

/** A block that does not fit under the gas limit of its test. */
export class RecipeError extends Error {
  override readonly name = 'RecipeError';
  readonly code = 'RECIPE_TOO_LARGE';
  constructor(
    readonly test: string,
    readonly block: number,
    wanted: bigint,
    limit: bigint,
  ) {
    super(`${test}, block ${block}: its transactions ask for ${wanted} gas, and the limit is ${limit}`);
  }
}

/** People's keys by number, made when they first act. */
class Keyring {
  private readonly keys = new Map<number, Key>();

  constructor(private readonly workload: Workload) {}

  key(person: number): Key {
    let key = this.keys.get(person);
    if (key === undefined) {
      const { people } = this.workload;
      key = { secret: people.secret(person), address: people.hex(person), nonce: 0n };
      this.keys.set(person, key);
    }
    return key;
  }
}

function place(test: TestBuilder, address: Hex, { nonce, balance, code, storage }: AccountState): void {
  const slots = [...storage].map(([slot, value]): [bigint, bigint] => [BigInt(slot), value]);
  test.account(address, { nonce, balance, code: bytesToHex(code), storage: new Map(slots) });
}

function send(block: BlockBuilder, keys: Keyring, baseFee: bigint, one: GeneratedTransaction): void {
  const priced = one.type < 2;
  const tip = priced ? one.maxFeePerGas - baseFee : one.maxPriorityFeePerGas;
  block.send(keys.key(one.from), {
    type: one.type,
    nonce: one.nonce,
    to: one.to === null ? null : bytesToHex(one.to),
    value: one.value,
    data: bytesToHex(one.data),
    gas: one.gasLimit,
    tip,
    feeSlack: priced ? 0n : one.maxFeePerGas - baseFee - tip,
    accessList: one.accessList.map(({ address, slots }) => {
      return { address: bytesToHex(address), storageKeys: slots.map(bytesToHex) };
    }),
    authorizations: one.authorizations.map(({ address, nonce, chainId }, i) => {
      return { authority: keys.key(one.authorities[i] as number), address: bytesToHex(address), nonce, chainId };
    }),
    blobHashes: one.blobVersionedHashes.map(bytesToHex),
  });
}

/** Who gets the fees, in turn: nobody, a sender, somebody whom others pay, a contract. */
function coinbaseOf(test: TestBuilder, workload: Workload, contracts: readonly Hex[], block: number): Hex {
  const { people } = workload;
  const choices = [test.address('coinbase'), people.hex(0), people.hex(1), contracts[block % contracts.length]];
  return choices[block % choices.length] ?? test.address('coinbase');
}

/** Writes the recipe's genesis and blocks into the test. Throws {@link RecipeError}. */
export function buildWorkload(test: TestBuilder, seed: number, { blocks, ...options }: Recipe): void {
  const { fork, plan } = test;
  const baseFee = plan.baseFee;
  const workload = Workload.create({
    ...options,
    fork,
    seed: seedOf(seed, plan.name),
    keys: true,
    transactions: Math.max(...blocks),
    baseFee,
    types: atLeast(fork, 'London') ? { 0: 1, 1: 1, 2: 2 } : { 0: 1, 1: 1 },
  });
  const contracts: Hex[] = [];
  for (const [address, state] of workload.accounts()) {
    if (state.code.length > 0 && !plan.pre.has(address)) contracts.push(address);
    place(test, address, state);
  }
  const keys = new Keyring(workload);
  const priceBase = atLeast(fork, 'London') ? baseFee : 0n;
  blocks.forEach((count, number) => {
    const transactions = workload.transactions(count);
    const wanted = transactions.reduce((sum, { gasLimit }) => sum + gasLimit, 0n);
    if (wanted > plan.gasLimit) throw new RecipeError(plan.name, number, wanted, plan.gasLimit);
    const block = test.block({
      coinbase: coinbaseOf(test, workload, contracts, number),
      withdrawals: [number, number + 1].map((person) => {
        return { address: workload.people.hex(person), amount: ETHER / GWEI };
      }),
    });
    for (const one of transactions) send(block, keys, priceBase, one);
  });
}

/** Another seed for every test. */
function seedOf(seed: number, name: string): number {
  let hash = seed;
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash;
}
