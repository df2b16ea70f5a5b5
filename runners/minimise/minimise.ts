/**
 * Shrinks a scenario that diverges: fewer transactions first, since everything after that is the cheaper for it, then
 * whatever goes all at once, accounts, slots, code, calldata and lists, and at last plainer amounts. Passes are repeated until none of them
 * changes anything, first with few runs of each candidate and then with more, or until the time is over: then the
 * smallest scenario so far is the answer.
 */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../fixtures/cases.js';
import type { Scenario, ScenarioTransaction } from '../scenario/scenario.js';
import { idleInstructions, instructionsOf, isIdle, keepInstructions } from './code.js';
import { addressOf, keepTransactions, withAccount, withoutEarlierNonce, withTransaction } from './edits.js';
import { Search, type SearchOptions } from './search.js';
import { shrinkList } from './shrink-list.js';

export interface Minimised {
  readonly scenario: Scenario;
  readonly tried: number;
  /** Every pass came to its end: nothing that was tried makes it smaller. */
  readonly complete: boolean;
}

type Pass = (search: Search) => Promise<void>;

/** Amounts that are plainer than others. */
const PLAIN_BALANCE = 10n ** 18n;
const PLAIN_GAS = [30_000n, 100_000n, 1_000_000n];
const STOP = 0x00;
const ZERO_WORD = new Uint8Array(32);

/** `scenario` must diverge. */
export async function minimise(scenario: Scenario, options: SearchOptions): Promise<Minimised> {
  const search = new Search(scenario, options);
  for (const effort of ['quick', 'usual'] as const) {
    search.effort = effort;
    await repeatPasses(search);
  }
  return { scenario: search.best, tried: search.tried, complete: !search.over() };
}

async function repeatPasses(search: Search): Promise<void> {
  for (let changed = true; changed && !search.over(); ) {
    changed = false;
    for (const [name, pass] of PASSES) {
      const before = search.best;
      search.pass = name;
      await pass(search);
      if (search.best !== before) changed = true;
    }
  }
}

const transactions: Pass = async (search) => {
  for (let before = -1; before !== search.best.transactions.length && !search.over(); ) {
    before = search.best.transactions.length;
    await search.guess(keepTransactions);
    const { best } = search;
    const all = best.transactions.map((_, index) => index);
    await shrinkList(all, (kept) => search.try(keepTransactions(best, kept), true), search.over);
  }
};

/**
 * Values that are sent make transactions conflict in accounts, too, and a conflict that the engine gets right hides
 * one that it does not: without them a divergence shows more often, so that fewer transactions still show it.
 */
const values: Pass = async (search) => {
  const { best } = search;
  if (best.transactions.every(({ value }) => value === 0n)) return;
  await search.try({ ...best, transactions: best.transactions.map((one) => ({ ...one, value: 0n })) }, true);
};

const withdrawals: Pass = async (search) => {
  const { best } = search;
  await shrinkList(best.withdrawals, (rest) => search.try({ ...best, withdrawals: rest }), search.over);
};

/** All of one kind at once, which is cheap to try and often is what remains in the end. */
const wholesale: Pass = async (search) => {
  const { pre, transactions: all } = search.best;
  if (all.some(({ data, to }) => to !== null && data.length > 0)) {
    const transactions = all.map((one) => (one.to === null ? one : { ...one, data: new Uint8Array() }));
    await search.try({ ...search.best, transactions });
  }
  const tryAccounts = async (change: (account: AccountState) => AccountState): Promise<boolean> =>
    search.try({ ...search.best, pre: new Map([...search.best.pre].map(([address, one]) => [address, change(one)])) });
  const senders = new Set(all.map((one) => addressOf(one)));
  const parties = new Set([...senders, ...all.flatMap(({ to }) => (to === null ? [] : [bytesToHex(to)]))]);
  for (const kept of [senders, parties]) {
    const rest = [...pre].filter(([address]) => kept.has(address));
    if (rest.length < pre.size && (await search.try({ ...search.best, pre: new Map(rest) }))) break;
  }
  const accounts = [...search.best.pre.values()];
  if (accounts.some(({ storage }) => storage.size > 0)) await tryAccounts((one) => ({ ...one, storage: new Map() }));
  if (accounts.some(({ code }) => code.length > 1)) {
    await tryAccounts((one) => (one.code.length > 1 ? { ...one, code: Uint8Array.of(STOP) } : one));
  }
};

const accounts: Pass = async (search) => {
  const { best } = search;
  await shrinkList([...best.pre], (rest) => search.try({ ...best, pre: new Map(rest) }), search.over);
};

/** Runs `shrink` for every account that is left when its turn comes. */
function eachAccount(shrink: (search: Search, address: Hex, account: AccountState) => Promise<void>): Pass {
  return async (search) => {
    for (const address of search.best.pre.keys()) {
      const account = search.best.pre.get(address);
      if (account !== undefined && !search.over()) await shrink(search, address, account);
    }
  };
}

const slots = eachAccount(async (search, address, account) => {
  const { best } = search;
  const keep = (rest: readonly (readonly [Hex, bigint])[]): Promise<boolean> =>
    search.try(withAccount(best, address, { ...account, storage: new Map(rest) }));
  await shrinkList([...account.storage], keep, search.over);
});

const codes = eachAccount(async (search, address, account) => {
  const { best } = search;
  if (account.code.length === 0 || (account.code.length === 1 && account.code[0] === STOP)) return;
  const tryCode = (code: Uint8Array): Promise<boolean> => search.try(withAccount(best, address, { ...account, code }));
  // A contract that must be there, and need not do anything: a system contract, for one.
  if (await tryCode(Uint8Array.of(STOP))) return;
  const whole = instructionsOf(account.code);
  const all = whole.map((_, index) => index);
  const kept = await shrinkList(all, (rest) => tryCode(keepInstructions(whole, rest)), search.over);
  // What cannot be left out, since jumps would lead elsewhere, may still do nothing.
  const left = instructionsOf(keepInstructions(whole, kept));
  const idle = new Set(left.flatMap((one, index) => (isIdle(one) ? [index] : [])));
  const active = left.flatMap((_, index) => (idle.has(index) ? [] : [index]));
  await shrinkList(active, (rest) => tryCode(idleInstructions(left, [...rest, ...idle])), search.over);
});

const basics = eachAccount(async (search, address, account) => {
  if (account.balance !== 0n && !(await search.try(withAccount(search.best, address, { ...account, balance: 0n })))) {
    if (account.balance !== PLAIN_BALANCE) {
      await search.try(withAccount(search.best, address, { ...account, balance: PLAIN_BALANCE }));
    }
  }
  await search.try(withoutEarlierNonce(search.best, address));
  const standing = search.best.pre.get(address);
  for (const [slot, value] of standing?.storage ?? []) {
    const now = search.best.pre.get(address);
    if (value === 1n || now === undefined) continue;
    await search.try(withAccount(search.best, address, { ...now, storage: new Map(now.storage).set(slot, 1n) }));
  }
});

/** Runs `shrink` for every transaction. */
function eachTransaction(shrink: (search: Search, index: number, one: ScenarioTransaction) => Promise<void>): Pass {
  return async (search) => {
    for (let index = 0; index < search.best.transactions.length && !search.over(); index++) {
      await shrink(search, index, search.best.transactions[index] as ScenarioTransaction);
    }
  };
}

const calldata = eachTransaction(async (search, index, { data, to }) => {
  const { best } = search;
  const tryData = (bytes: Uint8Array): Promise<boolean> => search.try(withTransaction(best, index, { data: bytes }));
  // Calldata of a creation is code.
  const parts = to === null ? instructionsOf(data) : [...data].map((byte) => Uint8Array.of(byte));
  const all = parts.map((_, part) => part);
  const kept = await shrinkList(all, (rest) => tryData(keepInstructions(parts, rest)), search.over);
  if (to === null) return;
  const left = keepInstructions(parts, kept);
  const set = [...left.keys()].filter((at) => left[at] !== 0);
  await shrinkList(set, (rest) => tryData(left.map((byte, at) => (rest.includes(at) ? byte : 0))), search.over);
});

const lists = eachTransaction(async (search, index, one) => {
  const tryOne = (change: Partial<ScenarioTransaction>): Promise<boolean> =>
    search.try(withTransaction(search.best, index, change));
  await shrinkList(one.accessList, (accessList) => tryOne({ accessList }), search.over);
  await shrinkList(one.authorizations, (authorizations) => tryOne({ authorizations }), search.over);
  if (one.type === 3) {
    const plain = { type: 2, blobVersionedHashes: [], maxFeePerBlobGas: 0n } as const;
    if (await tryOne(plain)) return;
    const hashes = one.blobVersionedHashes;
    await shrinkList(hashes, (rest) =>
      rest.length === 0 ? Promise.resolve(false) : tryOne({ blobVersionedHashes: rest }),
    );
  }
});

const amounts = eachTransaction(async (search, index, one) => {
  const tryOne = (change: Partial<ScenarioTransaction>): Promise<boolean> =>
    search.try(withTransaction(search.best, index, change));
  if (one.type === 4 && one.authorizations.length === 0) await tryOne({ type: 2 });
  if (one.value !== 0n && !(await tryOne({ value: 0n })) && one.value !== 1n) await tryOne({ value: 1n });
  for (const gasLimit of PLAIN_GAS) if (gasLimit < one.gasLimit && (await tryOne({ gasLimit }))) break;
  const { baseFee } = search.best.environment;
  const fees = [
    [baseFee, 0n],
    [baseFee + 1n, 1n],
  ] as const;
  for (const [maxFeePerGas, tip] of fees) {
    // Before EIP-1559 one price stands in both fields.
    const maxPriorityFeePerGas = one.type < 2 ? maxFeePerGas : tip;
    if (one.maxFeePerGas <= maxFeePerGas && one.maxPriorityFeePerGas <= maxPriorityFeePerGas) break;
    if (await tryOne({ maxFeePerGas, maxPriorityFeePerGas })) break;
  }
});

const environment: Pass = async (search) => {
  const { excessBlobGas, prevRandao, parentBeaconBlockRoot } = search.best.environment;
  const tryOne = (change: Partial<Scenario['environment']>): Promise<boolean> =>
    search.try({ ...search.best, environment: { ...search.best.environment, ...change } });
  const isSet = (bytes: Uint8Array): boolean => bytes.some((byte) => byte !== 0);
  if (excessBlobGas !== 0n) await tryOne({ excessBlobGas: 0n });
  if (isSet(prevRandao)) await tryOne({ prevRandao: ZERO_WORD });
  if (isSet(parentBeaconBlockRoot)) await tryOne({ parentBeaconBlockRoot: ZERO_WORD });
};

const PASSES: readonly (readonly [string, Pass])[] = [
  ['values', values],
  ['transactions', transactions],
  ['wholesale', wholesale],
  ['withdrawals', withdrawals],
  ['accounts', accounts],
  ['slots', slots],
  ['code', codes],
  ['calldata', calldata],
  ['lists', lists],
  ['amounts', amounts],
  ['balances', basics],
  ['environment', environment],
];
