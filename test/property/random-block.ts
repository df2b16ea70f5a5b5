/**
 * Random blocks in which transactions get in each other's way: few senders, few contracts with hot
 * slots, a beneficiary that may be anybody, destruction and re-creation, delegations, and now and
 * then a transaction that makes the block invalid.
 */
import fc from 'fast-check';
import { assemble } from '../../corpus/assemble.js';
import * as contracts from '../../corpus/contracts.js';
import { bigIntToBytes, concatBytes, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import type { Authorization, Block, Transaction } from '../../src/transition/types.js';
import { busy } from '../support/conflict-block.js';

/** Forks at which something about conflicts differs. */
const FORKS: readonly Fork[] = [
  'Frontier',
  'Homestead',
  'EIP158',
  'Byzantium',
  'Istanbul',
  'London',
  'Shanghai',
  'Cancun',
  'Prague',
  'Osaka',
];

const word = (value: bigint): Uint8Array => bigIntToBytes(value, 32);
const words = (...values: bigint[]): Uint8Array => concatBytes(...values.map(word));
const address = (number: number): Hex => `0x${number.toString(16).padStart(40, '0')}`;
const asWord = (hex: Hex): bigint => BigInt(hex);

const SENDERS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => address(n + 0x10000));
/** Starts without money: solvent only if something pays it first. */
const POOR = address(0x1b00);
const EMPTY = address(0x1e00);
const FRESH = [address(0x1f01), address(0x1f02)];

const CODES: Readonly<Record<string, Hex>> = {
  counter: contracts.COUNTER,
  register: contracts.REGISTER,
  coinbaseReader: contracts.COINBASE_READER,
  balanceReader: contracts.BALANCE_READER,
  createFactory: contracts.CREATE_FACTORY,
  create2Factory: contracts.CREATE2_FACTORY,
  ephemeral: contracts.EPHEMERAL_FACTORY,
  child: contracts.CHILD,
  mortal: contracts.MORTAL,
  revertIfOdd: contracts.REVERT_IF_ODD,
  slotWriter: contracts.SLOT_WRITER,
  proxy: contracts.PROXY,
  prober: contracts.PROBER_EARLY,
  multicall: contracts.MULTICALL,
  pool: contracts.POOL,
  token: contracts.TOKEN,
  /** Takes a while, and then calls the account of the first word with the second. */
  slow: assemble(`${busy(1)} 0x20 CALLDATALOAD 0 MSTORE 0 0 0x20 0 0 0 CALLDATALOAD GAS CALL`),
};
const CONTRACTS = new Map(Object.keys(CODES).map((name, i) => [name, address(0x2000 + i)] as const));
const at = (name: string): Hex => CONTRACTS.get(name) as Hex;

/** Everybody a transaction may name. */
const TARGETS: readonly Hex[] = [
  ...SENDERS,
  POOR,
  EMPTY,
  ...FRESH,
  at('mortal'),
  at('child'),
  at('revertIfOdd'),
  at('counter'),
];

interface Plan {
  readonly sender: number;
  readonly action: number;
  readonly a: number;
  readonly b: number;
  readonly tip: number;
  readonly fault: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  sender: fc.nat(75),
  action: fc.nat(23),
  a: fc.nat(15),
  b: fc.nat(15),
  tip: fc.nat(3),
  fault: fc.nat(399),
});

/** Not drawn by {@link plan}: it makes others run before what they should have waited for. */
const SLOW = 24;

interface Action {
  readonly to: Hex | null;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly authorize?: boolean;
}

function call(name: string, data: Uint8Array, value = 0n): Action {
  return { to: at(name), value, data };
}

function action({ action: which, a, b }: Plan): Action {
  const target = TARGETS[(a * 16 + b) % TARGETS.length] as Hex;
  const small = BigInt(a % 4);
  const childInit = hexToBytes(contracts.CHILD_INIT);
  switch (which) {
    case 0:
      return { to: target, value: BigInt(b) * 1_000_000n, data: EMPTY_BYTES };
    case 1:
      return { to: POOR, value: 10n ** 17n, data: EMPTY_BYTES };
    case 2:
      return call('counter', word(small));
    case 3:
      return call('register', EMPTY_BYTES);
    case 4:
      return call('coinbaseReader', word(small));
    case 5:
      return call('balanceReader', word(small), BigInt(b));
    case 6:
      return call('createFactory', childInit, small);
    case 7:
      return call('create2Factory', concatBytes(word(small), childInit), small);
    case 8:
      return call('ephemeral', concatBytes(word(small), childInit), 10n);
    case 9:
      return call('child', words(0n, 0n));
    case 10:
      return call('child', words(1n, asWord(target)), small);
    case 11:
      return call('mortal', word(asWord(target)), small);
    case 12:
      return call('revertIfOdd', word(0n));
    case 13:
      return call('revertIfOdd', word(1n + small));
    case 14:
      return call('slotWriter', words(small, BigInt(b % 5), BigInt(a % 3)));
    case 15:
      return call('proxy', word(asWord(b % 2 === 0 ? at('counter') : at('register'))));
    case 16:
      return call('proxy', words(small, 0n));
    case 17:
      return call('prober', words(asWord(target), 16n * small));
    case 18:
      return call('multicall', words(asWord(target), small, asWord(at('counter')), 0n), 2n * small);
    case 19:
      return call('pool', word(BigInt(1 + a * b)));
    case 20:
      return call('token', concatBytes(hexToBytes('0xa9059cbb'), words(asWord(SENDERS[b % 5] as Hex), BigInt(a * 20))));
    case 21:
      return { to: null, value: small, data: childInit };
    case SLOW:
      return call('slow', words(asWord(at(b % 2 === 0 ? 'counter' : 'register')), small));
    case 22:
      return { to: target, value: 0n, data: words(small), authorize: true };
    default:
      return { to: EMPTY, value: 0n, data: EMPTY_BYTES };
  }
}

export interface RandomBlock {
  readonly accounts: readonly (readonly [Hex, AccountState])[];
  readonly block: Block;
}

const NO_STORAGE: ReadonlyMap<Hex, bigint> = new Map();

function slot(number: bigint): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`;
}

function allocation(): [Hex, AccountState][] {
  const accounts: [Hex, AccountState][] = SENDERS.map((sender) => [
    sender,
    { nonce: 0n, balance: 10n ** 18n, code: EMPTY_BYTES, storage: NO_STORAGE },
  ]);
  accounts.push([EMPTY, { nonce: 0n, balance: 0n, code: EMPTY_BYTES, storage: NO_STORAGE }]);
  for (const [name, code] of Object.entries(CODES)) {
    const storage = new Map<Hex, bigint>([
      [slot(0n), 1n],
      [slot(7n), 5n],
      [slot(0x360894n), asWord(at('counter'))],
    ]);
    accounts.push([at(name), { nonce: 1n, balance: 1000n, code: hexToBytes(code), storage }]);
  }
  return accounts;
}

/** Mostly somebody with money; seldom the poor account or the beneficiary, unless that is a contract (EIP-3607). */
function chooseSender(number: number, coinbase: Hex): Hex {
  if (number === 74) return POOR;
  if (number === 75 && ![...CONTRACTS.values()].includes(coinbase)) return coinbase;
  return SENDERS[number % SENDERS.length] as Hex;
}

function build(fork: Fork, coinbase: Hex, plans: readonly Plan[], gasLimit: bigint): RandomBlock {
  const baseFee = atLeast(fork, 'London') ? 7n : 0n;
  const nonces = new Map<Hex, bigint>();
  const transactions = plans.map((item): Transaction => {
    const sender = chooseSender(item.sender, coinbase);
    const { to, value, data, authorize } = action(item);
    const nonce = nonces.get(sender) ?? 0n;
    nonces.set(sender, nonce + 1n);
    const delegates = authorize === true && atLeast(fork, 'Prague') && to !== null;
    const authorizations: Authorization[] = [];
    if (delegates) {
      const authority = SENDERS[item.b % SENDERS.length] as Hex;
      const expected = nonces.get(authority) ?? 0n;
      nonces.set(authority, expected + 1n);
      const delegate = item.a % 3 === 0 ? address(0) : at(item.a % 3 === 1 ? 'counter' : 'register');
      authorizations.push({
        chainId: 1n,
        address: hexToBytes(delegate),
        nonce: expected,
        authority: hexToBytes(authority),
      });
    }
    const tip = BigInt(item.tip);
    return {
      type: delegates ? 4 : atLeast(fork, 'London') ? 2 : 0,
      chainId: atLeast(fork, 'London') ? 1n : null,
      nonce: item.fault === 0 ? nonce + 1n : nonce,
      gasLimit: item.fault === 1 ? 20_000n : 600_000n,
      maxFeePerGas: baseFee + tip,
      maxPriorityFeePerGas: atLeast(fork, 'London') ? tip : baseFee + tip,
      to: to === null ? null : hexToBytes(to),
      value,
      data,
      accessList: [],
      maxFeePerBlobGas: 0n,
      blobVersionedHashes: [],
      authorizations,
      sender: hexToBytes(sender),
    };
  });
  const block: Block = {
    environment: {
      fork,
      chainId: 1n,
      number: 100n,
      timestamp: 1_000_000n,
      coinbase: hexToBytes(coinbase),
      gasLimit,
      difficulty: atLeast(fork, 'Paris') ? 0n : 131072n,
      prevRandao: word(42n),
      baseFee,
      blobBaseFee: atLeast(fork, 'Cancun') ? 1n : 0n,
      blockHash: (number) => word(number + 1n),
    },
    maxBlobGas: 0n,
    transactions,
    mode: atLeast(fork, 'Prague') ? 'state-test' : 'block',
    withdrawals: [],
    ommers: [],
    daoFork: false,
    parentHash: word(100n),
    parentBeaconBlockRoot: word(7n),
  };
  return { accounts: allocation(), block };
}

/** Who may be the beneficiary: nobody in particular, an empty account, a sender, contracts that read, write and die. */
const BENEFICIARIES: readonly Hex[] = [
  address(0xbeef),
  EMPTY,
  SENDERS[0] as Hex,
  POOR,
  at('mortal'),
  at('coinbaseReader'),
  at('child'),
];

/**
 * A block of `least` to `most` transactions out of a source of whole numbers below a bound. All of them
 * start from the same accounts. Most have a transaction that takes a while, so that others overtake it, and
 * few are of a fork whose receipts carry state roots, which take long.
 */
export function blockFrom(below: (bound: number) => number, least: number, most: number): RandomBlock {
  const forks = below(16) === 0 ? FORKS : FORKS.slice(FORKS.indexOf('Byzantium'));
  const length = least + below(most - least + 1);
  const slow = below(length + 1);
  const plans = Array.from({ length }, (_, i) => ({
    sender: below(76),
    action: i === slow ? SLOW : below(24),
    a: below(16),
    b: below(16),
    tip: below(4),
    fault: below(400),
  }));
  const fork = forks[below(forks.length)] as Fork;
  const coinbase = BENEFICIARIES[below(BENEFICIARIES.length)] as Hex;
  return build(fork, coinbase, plans, below(20) === 0 ? 2_000_000n : 100_000_000n);
}

/** A block of up to `most` transactions. */
export function randomBlock(most: number): fc.Arbitrary<RandomBlock> {
  return fc
    .record({
      fork: fc.constantFrom(...FORKS),
      coinbase: fc.constantFrom(...BENEFICIARIES),
      plans: fc.array(plan, { minLength: 1, maxLength: most, size: 'max' }),
      tight: fc.nat(19),
    })
    .map(({ fork, coinbase, plans, tight }) => build(fork, coinbase, plans, tight === 0 ? 2_000_000n : 100_000_000n));
}
