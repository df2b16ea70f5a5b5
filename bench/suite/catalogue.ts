/**
 * The suite's generated blocks. Sizes and parameters are those by which other engines are known: pevm's blocks of a
 * gigagas, grevm's hot accounts (a tenth of all accounts takes part in a share of the transactions) and its
 * dependencies (a share of the transactions depends on the one so many before them).
 */
import { KIND_NAMES } from '../../workloads/kinds/index.js';
import { BARS } from '../verdict.js';
import type { GeneratedSpec, GroupName, Unit, UnitBars, UnitCost } from './unit.js';

const FORK = 'Osaka';
/** Transactions of the block that `runBlock` is measured on. */
const SAMPLE = 250;
/** The same of transactions that each have a market of their own, whose state the other side takes long to load. */
const MARKET_SAMPLE = 100;
const GRID = 20_000;
const CHAIN = 20_000;
/** Rounds of blocks that take seconds. */
const LARGE_ROUNDS = 3;
/** Blocks from this size on are large: they take that, and their memory is not found again in any cache. */
const LARGE = 100_000;

type Options = Omit<GeneratedSpec['options'], 'fork' | 'transactions'>;
type Sort = 'transfer' | 'erc20' | 'hybrid' | 'swap' | 'market';

/** Rough seconds per 1,000 transactions, for planning: to build, check and warm up, and to measure a round. */
const COSTS: Readonly<Record<Sort, readonly [fixed: number, round: number]>> = {
  transfer: [0.05, 0.008],
  erc20: [0.12, 0.017],
  hybrid: [0.25, 0.026],
  swap: [1.1, 0.11],
  market: [1.8, 0.21],
};
const START_UP = 3;
const PEER = 7;

function costOf(transactions: number, sort: Sort): UnitCost {
  const [fixed, round] = COSTS[sort];
  const thousands = transactions / 1000;
  const dearer = transactions > LARGE ? 1.5 : 1;
  return {
    fixed: START_UP + thousands * fixed * dearer,
    round: 0.1 + thousands * round,
    peer: PEER,
  };
}

interface Entry {
  readonly name: string;
  readonly group: GroupName;
  readonly title: string;
  readonly transactions: number;
  readonly options: Options;
  readonly sort: Sort;
  readonly bars?: UnitBars;
  readonly peer?: boolean;
  readonly profiled?: boolean;
}

const ERC20: Options = { mix: { erc20: 1 } };
const HYBRID: Options = { mix: { transfer: 3, erc20: 5, swap: 2 }, venues: 20 };
const GIGAGAS: readonly Entry[] = [
  {
    name: 'transfers',
    group: 'gigagas',
    title: '47,620 independent transfers',
    transactions: 47_620,
    options: {},
    sort: 'transfer',
    profiled: true,
  },
  {
    name: 'erc20',
    group: 'gigagas',
    title: '37,123 independent ERC-20 transfers',
    transactions: 37_123,
    options: ERC20,
    sort: 'erc20',
    bars: { speedup: BARS.independent, runBlock: BARS.runBlock },
    profiled: true,
  },
  {
    // A market of its own for each, contracts included, as in pevm's block.
    name: 'swaps',
    group: 'gigagas',
    title: '6,413 independent swaps in concentrated liquidity, each in a market of its own',
    transactions: 6_413,
    options: { mix: { range: 1 }, clusters: 6_413 },
    sort: 'market',
    bars: { speedup: BARS.independent },
    profiled: true,
  },
];

const HUGE: readonly Entry[] = [
  {
    name: 'transfers',
    group: 'huge',
    title: '500,000 independent transfers',
    transactions: 500_000,
    options: {},
    sort: 'transfer',
    // Its sample would be that of the gigagas.
    peer: false,
  },
  {
    name: 'erc20',
    group: 'huge',
    title: '500,000 independent ERC-20 transfers',
    transactions: 500_000,
    options: ERC20,
    sort: 'erc20',
    peer: false,
    bars: { serialSeconds: BARS.hugeSerial, parallelSeconds: BARS.hugeParallel },
  },
];

const LINKED: Options = { dependencyRatio: 1, dependencyDistance: 1 };

const CHAINS: readonly Entry[] = [
  {
    name: 'transfers',
    group: 'chain',
    title: 'each transfer sent by the recipient of the one before',
    transactions: CHAIN,
    options: LINKED,
    sort: 'transfer',
    bars: { speedup: BARS.chain },
  },
  {
    name: 'erc20',
    group: 'chain',
    title: 'each ERC-20 transfer sent by the recipient of the one before',
    transactions: CHAIN,
    options: { ...ERC20, ...LINKED },
    sort: 'erc20',
    bars: { speedup: BARS.chain },
    profiled: true,
  },
  {
    name: 'swaps',
    group: 'chain',
    title: 'swaps in one pool',
    transactions: CHAIN / 4,
    options: { mix: { range: 1 } },
    sort: 'swap',
    bars: { speedup: BARS.chain },
  },
];

const MIXED: readonly Entry[] = [
  {
    name: 'hybrid-10k',
    group: 'mixed',
    title: '30 % transfers, 50 % ERC-20, 20 % swaps in 20 pairs',
    transactions: 10_000,
    options: HYBRID,
    sort: 'hybrid',
  },
  {
    name: 'hybrid-100k',
    group: 'mixed',
    title: '30 % transfers, 50 % ERC-20, 20 % swaps in 20 pairs',
    transactions: 100_000,
    options: HYBRID,
    sort: 'hybrid',
    bars: { memory: BARS.memory },
    profiled: true,
  },
  {
    name: 'contracts',
    group: 'mixed',
    title: 'every kind of transaction, deployments and delegations included',
    transactions: 5_000,
    options: { mix: Object.fromEntries(KIND_NAMES.map((kind) => [kind, 1])), keys: true, venues: 4 },
    sort: 'swap',
    profiled: true,
  },
];

/** Of each row of the grids, the one that `runBlock` is measured beside. */
const PEER_PERCENT = 50;
const HOT_RATIOS = [10, 30, 50, 70, 90] as const;
const HOT_KINDS: readonly Pick<Entry, 'name' | 'title' | 'options' | 'sort'>[] = [
  { name: 'transfers', title: 'transfers, % to a tenth of the accounts', options: {}, sort: 'transfer' },
  { name: 'erc20', title: 'ERC-20, % to a tenth of the accounts', options: ERC20, sort: 'erc20' },
  {
    name: 'erc20-to-10',
    title: 'ERC-20, % to ten accounts',
    options: { ...ERC20, hotAccounts: 10 },
    sort: 'erc20',
  },
  { name: 'hybrid', title: 'hybrid, % to a tenth of the accounts and in one pair', options: HYBRID, sort: 'hybrid' },
];

const DISTANCES = [1, 8, 64] as const;
const DEPENDENCY_RATIOS = [10, 50, 90] as const;
const DISTANCE_KINDS = [
  { name: 'transfers', title: 'transfers', options: {}, sort: 'transfer' },
  { name: 'erc20', title: 'ERC-20', options: ERC20, sort: 'erc20' },
] as const;

function hotGrid(): Entry[] {
  return HOT_KINDS.flatMap(({ name, title, options, sort }) =>
    HOT_RATIOS.map((percent) => ({
      name: `${name}-${percent}%`,
      group: 'hot' as const,
      title: title.replace('%', `${percent} %`),
      transactions: GRID,
      options: { ...options, hotRatio: percent / 100 },
      sort,
      peer: percent === PEER_PERCENT,
    })),
  );
}

function distanceGrid(): Entry[] {
  return DISTANCE_KINDS.flatMap(({ name, title, options, sort }) =>
    DEPENDENCY_RATIOS.flatMap((percent) =>
      DISTANCES.map((distance) => ({
        name: `${name}-${percent}%-${distance}`,
        group: 'distance' as const,
        title: `${title}, ${percent} % depend on the ${distance === 1 ? 'one before' : `one ${distance} before`}`,
        transactions: GRID,
        options: { ...options, dependencyRatio: percent / 100, dependencyDistance: distance },
        sort,
        peer: percent === PEER_PERCENT && distance === 1,
      })),
    ),
  );
}

/** Largest number of the people's groups that a block of so many transactions fills. */
function fitting(options: Options, transactions: number): Options {
  return options.clusters === undefined ? options : { ...options, clusters: Math.min(options.clusters, transactions) };
}

/** The same options for a block of `transactions`, whose senders can sign. */
export function sampleOptions({ options, sample }: GeneratedSpec): GeneratedSpec['options'] {
  const transactions = Math.min(sample, options.transactions);
  return { ...options, ...fitting(options, transactions), transactions, keys: true };
}

function unitOf(
  { name, group, title, transactions, options, sort, bars = {}, peer = true, profiled = false }: Entry,
  scale: number,
): Unit {
  const size = Math.max(1, Math.round(transactions * scale));
  return {
    name: `${group}/${name}`,
    group,
    title,
    spec: {
      kind: 'generated',
      options: { fork: FORK, ...fitting(options, size), transactions: size },
      sample: Math.min(sort === 'market' ? MARKET_SAMPLE : SAMPLE, size),
    },
    // Promises are about the whole size.
    bars: scale < 1 ? {} : bars,
    cost: costOf(size, sort),
    ...(size >= LARGE ? { mostRounds: LARGE_ROUNDS } : {}),
    peer,
    profiled,
  };
}

/** Units of the generator, in the order of their groups. `scale` makes their blocks smaller. */
export function generatedUnits(scale = 1): Unit[] {
  const entries = [...GIGAGAS, ...HUGE, ...CHAINS, ...MIXED, ...hotGrid(), ...distanceGrid()];
  return entries.map((entry) => unitOf(entry, scale));
}
