/** What a workload is asked to be, checked. */
import { atLeast, type Fork } from '../src/primitives/fork.js';
import { KINDS, type KindName } from './kinds/index.js';

export type Mix = Partial<Record<KindName, number>>;
export type PlainType = 0 | 1 | 2;

export interface WorkloadOptions {
  /** Berlin or later. */
  readonly fork: Fork;
  /** Of a block. */
  readonly transactions: number;
  /** What everything that is drawn is drawn from: a whole number below 2^53. Default 1. */
  readonly seed?: number;
  /** Weights of the kinds of transactions. Default: transfers alone. */
  readonly mix?: Mix;
  /** People who send and receive. With twice as many as transactions nobody has to act twice: the default. */
  readonly accounts?: number;
  /** Share of transactions whose counterpart is a hot account, and whose venue is the first one. Default 0. */
  readonly hotRatio?: number;
  /** Hot accounts of each cluster. Default: a tenth of its people. */
  readonly hotAccounts?: number;
  /** Share of transactions that depend on one before. Default 0. */
  readonly dependencyRatio?: number;
  /** How many transactions before it stands the one that a transaction depends on. Default 1. */
  readonly dependencyDistance?: number;
  /** Most transactions in a chain of dependencies; what would make it longer depends on none. Default: no bound. */
  readonly chainLength?: number;
  /** Groups of people with contracts of their own, which share nothing but the beneficiary. Default 1. */
  readonly clusters?: number;
  /**
   * Of each market, book, vault and so on, in each cluster. A person keeps to one of them, and never to the first
   * where there are several, unless a transaction is hot. Default 1.
   */
  readonly venues?: number;
  /** Weights of the types of transactions that no kind demands. Default: 2, and 0 in Berlin. */
  readonly types?: Partial<Record<PlainType, number>>;
  /** Senders have secret keys, so that a block can be signed. It costs some 50 us an account. Default false. */
  readonly keys?: boolean;
  /** 20 bytes. Default: nobody's address. */
  readonly coinbase?: Uint8Array;
  /** Wei; 0 before London. Default 7. */
  readonly baseFee?: bigint;
}

/** An option that is out of its range, or does not go with another; `option` names it. */
export class WorkloadOptionError extends Error {
  override readonly name = 'WorkloadOptionError';
  readonly code = 'WORKLOAD_OPTION';
  constructor(
    readonly option: keyof WorkloadOptions,
    detail: string,
  ) {
    super(`workload option ${option}: ${detail}`);
  }
}

/** {@link WorkloadOptions} with nothing left open. */
export interface CheckedOptions {
  readonly fork: Fork;
  readonly transactions: number;
  readonly seed: number;
  readonly mix: readonly (readonly [KindName, number])[];
  readonly accounts: number;
  readonly hotRatio: number;
  readonly hotAccounts: number;
  readonly dependencyRatio: number;
  readonly dependencyDistance: number;
  readonly chainLength: number;
  readonly clusters: number;
  readonly venues: number;
  readonly types: readonly (readonly [PlainType, number])[];
  readonly keys: boolean;
  readonly coinbase: Uint8Array;
  readonly baseFee: bigint;
}

function whole(option: keyof WorkloadOptions, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new WorkloadOptionError(option, `${value} is not a whole number ${range}`);
}

function ratio(option: keyof WorkloadOptions, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new WorkloadOptionError(option, `${value} is not between 0 and 1`);
}

function weights<T extends string>(option: keyof WorkloadOptions, given: Partial<Record<T, number>>): [T, number][] {
  const entries = Object.entries(given) as [T, number][];
  for (const [name, weight] of entries) {
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new WorkloadOptionError(option, `the weight ${weight} of ${name} is not a number from 0 on`);
  }
  const positive = entries.filter(([, weight]) => weight > 0);
  if (positive.length === 0) throw new WorkloadOptionError(option, 'no weight is above 0');
  return positive;
}

function checkedMix({ mix = { transfer: 1 }, fork, keys = false }: WorkloadOptions): CheckedOptions['mix'] {
  const entries = weights('mix', mix);
  for (const [name] of entries) {
    const kind = KINDS.get(name);
    if (kind === undefined) {
      throw new WorkloadOptionError('mix', `there is no kind ${name}; there are ${[...KINDS.keys()].join(', ')}`);
    }
    if (!atLeast(fork, kind.since)) throw new WorkloadOptionError('mix', `${name} needs ${kind.since}, not ${fork}`);
    if (kind.needsKeys === true && !keys) {
      throw new WorkloadOptionError('mix', `${name} is signed by accounts; ask for the option keys`);
    }
  }
  return entries;
}

function checkedTypes(types: WorkloadOptions['types'], fork: Fork): CheckedOptions['types'] {
  const newest = atLeast(fork, 'London') ? 2 : 0;
  return weights('types', types ?? { [newest]: 1 }).map(([name, weight]) => {
    const type = Number(name);
    if (type === 2 && newest < 2) throw new WorkloadOptionError('types', `type 2 needs London, not ${fork}`);
    if (type !== 0 && type !== 1 && type !== 2) {
      throw new WorkloadOptionError('types', `${name} is none of 0, 1 and 2; others belong to kinds`);
    }
    return [type, weight];
  });
}

const NOBODY = new Uint8Array(20).fill(0xc0);

/** Checks what a caller asks for and fills in the rest. Throws {@link WorkloadOptionError}. */
export function checkOptions(options: WorkloadOptions): CheckedOptions {
  const { fork } = options;
  if (!atLeast(fork, 'Berlin')) throw new WorkloadOptionError('fork', `${fork} is older than Berlin`);
  const transactions = whole('transactions', options.transactions, 0, 2 ** 24);
  const clusters = whole('clusters', options.clusters ?? 1, 1);
  const accounts = whole('accounts', options.accounts ?? Math.max(2 * transactions, 2 * clusters), 2, 2 ** 26);
  const people = Math.floor(accounts / clusters);
  if (people < 2) {
    throw new WorkloadOptionError(
      'clusters',
      `${accounts} accounts are less than two for each of ${clusters} clusters`,
    );
  }
  const hotAccounts = options.hotAccounts ?? Math.max(1, Math.floor(people / 10));
  const coinbase = options.coinbase ?? NOBODY;
  if (coinbase.length !== 20) throw new WorkloadOptionError('coinbase', `has ${coinbase.length} bytes, not 20`);
  return {
    fork,
    transactions,
    seed: whole('seed', options.seed ?? 1, 0),
    mix: checkedMix(options),
    accounts,
    hotRatio: ratio('hotRatio', options.hotRatio ?? 0),
    hotAccounts: whole('hotAccounts', hotAccounts, 1, people),
    dependencyRatio: ratio('dependencyRatio', options.dependencyRatio ?? 0),
    dependencyDistance: whole('dependencyDistance', options.dependencyDistance ?? 1, 1),
    chainLength: whole('chainLength', options.chainLength ?? Number.MAX_SAFE_INTEGER, 1),
    clusters,
    venues: whole('venues', options.venues ?? 1, 1),
    types: checkedTypes(options.types, fork),
    keys: options.keys ?? false,
    coinbase,
    baseFee: atLeast(fork, 'London') ? (options.baseFee ?? 7n) : 0n,
  };
}
