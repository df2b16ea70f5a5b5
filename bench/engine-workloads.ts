/**
 * Blocks for `npm run bench -- engine`, from "no two transactions meet" to "each waits for the one
 * before". A block is built when it is needed and never kept: at 100,000 transactions it weighs more
 * than the engine.
 */
import { word } from '../contracts/abi.js';
import { assemble, initCode } from '../corpus/assemble.js';
import {
  type AccountState,
  bytesToHex,
  createTransaction,
  EMPTY_BYTES,
  type Hex,
  hexToBytes,
  type NewTransaction,
  type Transaction,
} from '../src/index.js';
import { mix32 } from '../workloads/random.js';
import { ERC20, pair } from './contracts.js';
import {
  allowance,
  balance,
  contract,
  POOL,
  RESERVES,
  RICH,
  repeated,
  type Slot,
  swapData,
  transferData,
} from './token-state.js';

/** Pre-state and transactions of one block. */
export interface BuiltBlock {
  /** To be walked once: accounts are made as they are asked for. */
  readonly accounts: Iterable<readonly [Hex, AccountState]>;
  readonly transactions: readonly Transaction[];
}

export interface EngineWorkload {
  readonly name: string;
  /** Least speed-up that the project promises at 2 threads for blocks of 1,000 transactions and more; null: none. */
  readonly bar: number | null;
  /** Measured with 100,000 transactions unless the caller asks for less. */
  readonly large: boolean;
  /** A block of `size` transactions; the same size always gives the same block. */
  build(size: number): BuiltBlock;
}

/** Wei per gas. Every transaction pays exactly this, so that a chain can pass on its whole balance. */
export const BASE_FEE = 7n;
const WORK_ROUNDS = 1500;
const PRIORITY_FEE = 1n;
const GAS_PRICE = BASE_FEE + PRIORITY_FEE;
const TRANSFER_GAS = 21_000n;

// ---- Addresses and accounts --------------------------------------------------------------------------

const ROLE = { contract: 0, sender: 1, recipient: 2, pair: 3 } as const;

/** Scattered over the address space as real ones are, so that no hash table is flattered by a sequence. */
function address(role: number, index: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  for (let word = 0; word < 5; word++) {
    view.setUint32(4 * word, mix32(mix32(index) ^ Math.imul(5 * role + word + 1, 0x9e3779b1)));
  }
  return bytes;
}

const sender = (index: number): Uint8Array => address(ROLE.sender, index);
const recipient = (index: number): Uint8Array => address(ROLE.recipient, index);
const pool = (index: number): Uint8Array => address(ROLE.pair, index);
const TOKEN0 = address(ROLE.contract, 0);
const TOKEN1 = address(ROLE.contract, 1);
const CONTRACT = address(ROLE.contract, 2);

const NO_STORAGE: ReadonlyMap<Hex, bigint> = new Map();

function person(balance: bigint): AccountState {
  return { nonce: 0n, balance, code: EMPTY_BYTES, storage: NO_STORAGE };
}

const FUNDED = person(RICH);
/** Exists, so that paying it creates nothing. */
const KNOWN = person(1n);

type Account = readonly [Hex, AccountState];

function deployed(at: Uint8Array, code: Hex, storage: Iterable<Slot>): Account {
  return [bytesToHex(at), contract(code, storage)];
}

function* people(count: number, who: (index: number) => Uint8Array, state: AccountState): Generator<Account> {
  for (let index = 0; index < count; index++) yield [bytesToHex(who(index)), state];
}

/** Accounts made one after the other; contracts with much storage as functions, so that it is made late. */
function* joined(...parts: readonly (Iterable<Account> | (() => Account))[]): Generator<Account> {
  for (const part of parts) {
    if (typeof part === 'function') yield part();
    else yield* part;
  }
}

// ---- Tokens and pairs --------------------------------------------------------------------------------

/** Code that a swap runs before it reads its pair's state, and after it has written it. */
interface Work {
  readonly before: string;
  readonly after: string;
}

const NO_WORK: Work = { before: '', after: '' };
/** Some fifty microseconds of arithmetic: ten times what the swap takes. */
const WORK = `${WORK_ROUNDS} work: DUP1 DUP1 MUL 7 ADD POP 1 SWAP1 SUB DUP1 @work JUMPI POP`;

/** Both tokens for `traders` senders (and as many recipients), and `pools` pairs; trader i may use pair `poolOf(i)`. */
function market(
  traders: number,
  pools: number,
  poolOf: (trader: number) => number,
  work: Work = NO_WORK,
): Generator<Account> {
  const code = pair(bytesToHex(TOKEN0), bytesToHex(TOKEN1), work.before, work.after);
  function* balances(allowances: boolean): Generator<Slot> {
    for (let index = 0; index < pools; index++) yield balance(pool(index), POOL);
    for (let index = 0; index < traders; index++) {
      yield balance(sender(index), RICH);
      if (allowances) yield allowance(sender(index), pool(poolOf(index)));
    }
  }
  function* pairs(): Generator<Account> {
    for (let index = 0; index < pools; index++) yield deployed(pool(index), code, RESERVES);
  }
  return joined(
    () => deployed(TOKEN0, ERC20, balances(true)),
    () => deployed(TOKEN1, ERC20, balances(false)),
    pairs(),
  );
}

/** One token held by `senders` senders and `recipients` recipients. */
function token(senders: number, recipients: number): Account {
  function* balances(): Generator<Slot> {
    for (let index = 0; index < senders; index++) yield balance(sender(index), RICH);
    for (let index = 0; index < recipients; index++) yield balance(recipient(index), 1n);
  }
  return deployed(TOKEN0, ERC20, balances());
}

// ---- Transactions ------------------------------------------------------------------------------------

function transaction(fields: NewTransaction): Transaction {
  return createTransaction({ maxFeePerGas: GAS_PRICE, maxPriorityFeePerGas: PRIORITY_FEE, ...fields });
}

function pay(from: Uint8Array, to: Uint8Array, value: bigint, nonce = 0): Transaction {
  return transaction({ sender: from, to, value, nonce: BigInt(nonce), gasLimit: TRANSFER_GAS });
}

function call(from: Uint8Array, to: Uint8Array, data: Uint8Array, gasLimit = 100_000n, nonce = 0): Transaction {
  return transaction({ sender: from, to, data, gasLimit, nonce: BigInt(nonce) });
}

function transferToken(from: Uint8Array, to: Uint8Array, amount: number, nonce = 0): Transaction {
  return call(from, TOKEN0, transferData(to, 1000 + amount), 100_000n, nonce);
}

function swap(from: Uint8Array, at: Uint8Array, amount: number): Transaction {
  return call(from, at, swapData(10n ** 15n + BigInt(amount)), 1_000_000n);
}

// ---- Contracts that only these blocks need ------------------------------------------------------------

/** s[0] += 1. */
const COUNTER = assemble('0 SLOAD 1 ADD 0 SSTORE');

/** s[i + 1] = s[i] + 1 for calldata word i. */
const LINK = assemble('0 CALLDATALOAD DUP1 SLOAD 1 ADD SWAP1 1 ADD SSTORE');

/** s[caller] = balance of the coinbase. */
const COINBASE_READER = assemble('COINBASE BALANCE CALLER SSTORE');

/** First slot of the links that belong to no chain. */
const LOOSE = 2 ** 32;

// ---- Blocks ------------------------------------------------------------------------------------------

const CREATION = hexToBytes(initCode(ERC20, '1 1 SSTORE'));
/** In the mixed block about ten swaps meet in a pair. */
const TRANSACTIONS_PER_POOL = 50;

/**
 * Of ten transactions four are ERC-20 transfers, three are payments, two are swaps and one creates a
 * contract; recipients are other senders drawn at random, and every tenth transaction is its sender's second.
 */
function mixed(size: number): BuiltBlock {
  const pools = Math.ceil(size / TRANSACTIONS_PER_POOL);
  const poolOf = (trader: number): number => mix32(~trader) % Math.max(1, pools);
  const transactions = repeated(size, (index) => {
    const kind = index % 10;
    const from = sender(index);
    const other = sender((index + 1 + (mix32(index) % Math.max(1, size - 1))) % size);
    if (kind === 9) return transferToken(sender(index - 1), other, index, 1);
    if (kind === 2 || kind === 7) return swap(from, pool(poolOf(index)), index);
    if (kind === 5) return transaction({ sender: from, data: CREATION, gasLimit: 1_000_000n });
    return kind % 3 === 0 ? pay(from, other, BigInt(1 + index)) : transferToken(from, other, index);
  });
  return { accounts: joined(people(size, sender, FUNDED), market(size, pools, poolOf)), transactions };
}

/** ERC-20 transfers; `percent` of them, at random places, go to one of {@link HOT_HOLDERS} holders at random. */
function hotKeys(percent: number): (size: number) => BuiltBlock {
  return (size) => ({
    accounts: joined(people(size, sender, FUNDED), () => token(size, size + HOT_HOLDERS)),
    transactions: repeated(size, (index) => {
      const draw = mix32(index + 1);
      const hot = draw % 100 < percent;
      return transferToken(sender(index), recipient(hot ? size + (mix32(draw) % HOT_HOLDERS) : index), index);
    }),
  });
}

const HOT_HOLDERS = 4;

/** Every sender calls one contract; `data` by transaction. */
function callers(code: Hex, data: (index: number) => Uint8Array, slots: readonly Slot[] = []) {
  return (size: number): BuiltBlock => ({
    accounts: joined(people(size, sender, FUNDED), [deployed(CONTRACT, code, slots)]),
    transactions: repeated(size, (index) => call(sender(index), CONTRACT, data(index))),
  });
}

const SLOT_ZERO: readonly Slot[] = [[bytesToHex(word(0)), 1n]];

export const ENGINE_WORKLOADS: readonly EngineWorkload[] = [
  {
    name: 'independent transfers',
    bar: null,
    large: false,
    build: (size) => ({
      accounts: joined(people(size, sender, FUNDED), people(size, recipient, KNOWN)),
      transactions: repeated(size, (index) => pay(sender(index), recipient(index), BigInt(1 + index))),
    }),
  },
  {
    name: 'independent ERC-20',
    bar: 1.7,
    large: true,
    build: (size) => ({
      accounts: joined(people(size, sender, FUNDED), () => token(size, size)),
      transactions: repeated(size, (index) => transferToken(sender(index), recipient(index), index)),
    }),
  },
  {
    // The pairs share their tokens: a token's slots are per holder, so that nobody meets in them.
    name: 'independent swaps',
    bar: 1.7,
    large: true,
    build: (size) => ({
      accounts: joined(
        people(size, sender, FUNDED),
        market(size, size, (trader) => trader),
      ),
      transactions: repeated(size, (index) => swap(sender(index), pool(index), index)),
    }),
  },
  { name: 'mixed', bar: null, large: true, build: mixed },
  { name: 'one hot slot', bar: null, large: false, build: callers(COUNTER, () => EMPTY_BYTES, SLOT_ZERO) },
  {
    name: 'one hot recipient',
    bar: null,
    large: false,
    build: (size) => ({
      accounts: joined(people(size, sender, FUNDED), people(1, recipient, KNOWN)),
      transactions: repeated(size, (index) => pay(sender(index), recipient(0), BigInt(1 + index))),
    }),
  },
  {
    name: 'one nonce chain',
    bar: 0.9,
    large: false,
    build: (size) => ({
      accounts: joined(people(1, sender, FUNDED), people(size, recipient, KNOWN)),
      transactions: repeated(size, (index) => pay(sender(0), recipient(index), BigInt(1 + index), index)),
    }),
  },
  {
    // Each sender passes on what it has just received; it had next to nothing before. Senders and
    // recipients show the chain before anything runs.
    name: 'one dependency chain',
    bar: 0.9,
    large: true,
    build: (size) => ({
      accounts: joined(
        people(1, sender, FUNDED),
        people(size, (index) => sender(index + 1), KNOWN),
      ),
      transactions: repeated(size, (index) =>
        pay(sender(index), sender(index + 1), RICH - BigInt(index + 1) * TRANSFER_GAS * GAS_PRICE),
      ),
    }),
  },
  {
    // Nothing shows this chain but running it.
    name: 'one dependency chain in storage',
    bar: 0.9,
    large: false,
    build: callers(LINK, word, SLOT_ZERO),
  },
  {
    // The same chain in every second transaction; the others do the same work on slots of their own.
    name: 'half-chained',
    bar: null,
    large: false,
    build: callers(LINK, (index) => word(index % 2 === 0 ? index / 2 : LOOSE + 2 * index), SLOT_ZERO),
  },
  { name: 'random conflicts, 1 % hot keys', bar: null, large: false, build: hotKeys(1) },
  { name: 'random conflicts, 10 % hot keys', bar: null, large: false, build: hotKeys(10) },
  { name: 'random conflicts, 30 % hot keys', bar: null, large: false, build: hotKeys(30) },
  { name: 'coinbase readers', bar: null, large: false, build: callers(COINBASE_READER, () => EMPTY_BYTES) },
];

/** Blocks in a row of one market, to see what is learnt from one for the next; no bar is set for them. */
export const HINT_WORKLOADS: readonly Pick<EngineWorkload, 'name' | 'build'>[] = [
  {
    name: 'swaps in 10 pools',
    build: (size) => ({
      accounts: joined(
        people(size, sender, FUNDED),
        market(size, 10, (trader) => mix32(trader) % 10),
      ),
      transactions: repeated(size, (index) => swap(sender(index), pool(mix32(index) % 10), index)),
    }),
  },
  {
    // Half of the swaps go to one pool, each of the others to one of its own.
    name: 'every second swap in one pool',
    build: (size) => {
      const poolOf = (index: number): number => (index % 2 === 0 ? 0 : index);
      return {
        accounts: joined(people(size, sender, FUNDED), market(size, size, poolOf)),
        transactions: repeated(size, (index) => swap(sender(index), pool(poolOf(index)), index)),
      };
    },
  },
  {
    name: 'ERC-20 to 8 recipients',
    build: (size) => ({
      accounts: joined(people(size, sender, FUNDED), () => token(size, size)),
      transactions: repeated(size, (index) => transferToken(sender(index), recipient(mix32(index) % 8), index)),
    }),
  },
  ...[
    'mixed',
    'half-chained',
    'random conflicts, 10 % hot keys',
    'random conflicts, 30 % hot keys',
    'one hot slot',
    'independent ERC-20',
    'independent swaps',
  ].map((wanted) => ENGINE_WORKLOADS.find(({ name }) => name === wanted) as EngineWorkload),
];

/** `pools` pairs for all; which one a transaction uses is drawn at random. */
function contendedSwaps(pools: number, work: Work = NO_WORK): (size: number) => BuiltBlock {
  const poolOf = (trader: number): number => mix32(trader + 1) % pools;
  return (size) => ({
    accounts: joined(people(size, sender, FUNDED), market(size, pools, poolOf, work)),
    transactions: repeated(size, (index) => swap(sender(index), pool(poolOf(index)), index)),
  });
}

/** Conflicts, light and heavy, for suspension and checkpoints. */
export const CONTENDED_WORKLOADS: readonly Pick<EngineWorkload, 'name' | 'build'>[] = [
  { name: 'contended swaps, one pair', build: contendedSwaps(1) },
  { name: 'contended swaps, ten pairs', build: contendedSwaps(10) },
  { name: 'contended ERC-20, 30 % hot keys', build: hotKeys(30) },
  { name: 'contended heavy swaps, one pair, work before', build: contendedSwaps(1, { before: WORK, after: '' }) },
  { name: 'contended heavy swaps, ten pairs, work before', build: contendedSwaps(10, { before: WORK, after: '' }) },
  { name: 'contended heavy swaps, one pair, work after', build: contendedSwaps(1, { before: '', after: WORK }) },
  { name: 'contended heavy swaps, ten pairs, work after', build: contendedSwaps(10, { before: '', after: WORK }) },
];
