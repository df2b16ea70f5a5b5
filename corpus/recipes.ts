/** What the filled corpus is made of: for each fork the same recipes, each with the kinds that the fork knows. */
import { atLeast, FORKS, type Fork } from '../src/primitives/fork.js';
import { KIND_NAMES, type Mix } from '../workloads/index.js';
import { KINDS } from '../workloads/kinds/index.js';
import type { Scenario } from './plan.js';
import { scenario, type TestDefinition } from './scenarios/define.js';
import { buildWorkload, type Recipe, recipeGasLimit } from './workload-test.js';

/** Every fork from Berlin on. */
const FILLED_FORKS: readonly Fork[] = FORKS.filter((fork) => atLeast(fork, 'Berlin'));

interface NamedRecipe extends Recipe {
  readonly name: string;
  readonly description: string;
  readonly mix: Mix;
}

function times(count: number, size: number): readonly number[] {
  return Array.from({ length: count }, () => size);
}

const EVERY_KIND: Mix = Object.fromEntries(KIND_NAMES.map((name) => [name, name === 'pairCreation' ? 0.2 : 1]));

const RECIPES: readonly NamedRecipe[] = [
  {
    name: 'every_kind',
    description: 'All kinds of transactions among forty people.',
    mix: EVERY_KIND,
    accounts: 40,
    venues: 2,
    blocks: times(10, 50),
  },
  {
    name: 'hot',
    description: 'All kinds; half of the transactions go to two hot accounts and the first venues.',
    mix: EVERY_KIND,
    accounts: 60,
    venues: 3,
    hotRatio: 0.5,
    hotAccounts: 2,
    blocks: times(6, 100),
  },
  {
    name: 'chains',
    description: 'Payments and tokens in chains of up to 25 transactions, three apart.',
    mix: { transfer: 2, erc20: 2, feeToken: 1 },
    accounts: 120,
    dependencyRatio: 0.8,
    dependencyDistance: 3,
    chainLength: 25,
    blocks: times(6, 80),
  },
  {
    name: 'clusters',
    description: 'Payments, tokens and swaps in four clusters that share nothing but the beneficiary.',
    mix: { transfer: 2, erc20: 3, swap: 2, mint: 1 },
    accounts: 80,
    clusters: 4,
    hotRatio: 0.2,
    blocks: times(5, 80),
  },
  {
    name: 'markets',
    description: 'Swaps, routes and liquidity on constant-product pairs and pools with ranges.',
    mix: { swap: 4, route: 2, liquidity: 1, range: 3, rangeLiquidity: 2, pairCreation: 0.2 },
    accounts: 50,
    venues: 3,
    hotRatio: 0.3,
    blocks: times(5, 80),
  },
  {
    name: 'order_decides',
    description: 'Vaults that run short, order books, races for the beneficiary, counters, claims.',
    mix: { vault: 3, order: 3, searcher: 2, nft: 2, airdrop: 2, multicall: 2, clearing: 1, histogram: 1 },
    accounts: 50,
    venues: 2,
    hotRatio: 0.5,
    blocks: times(6, 80),
  },
  {
    name: 'changing_code',
    description: 'Creations, metamorphic contracts, proxies, delegations, sponsored batches.',
    mix: { metamorphic: 4, proxy: 2, creation: 1, batch: 4, sponsor: 3, permit: 1, transfer: 1 },
    accounts: 30,
    venues: 3,
    blocks: times(6, 60),
  },
  {
    name: 'large',
    description: 'A block of 500 mixed transactions.',
    mix: { transfer: 3, erc20: 4, swap: 2, nft: 1, feeToken: 1, batch: 1, proxy: 1 },
    accounts: 200,
    hotRatio: 0.2,
    blocks: [500],
  },
  {
    name: 'largest',
    description: 'A block of 2,000 payments, token transfers and swaps.',
    mix: { transfer: 4, erc20: 4, swap: 1, vault: 1 },
    accounts: 300,
    venues: 4,
    hotRatio: 0.1,
    dependencyRatio: 0.2,
    dependencyDistance: 16,
    blocks: [2000],
  },
];

/** Forks that change nothing about execution but the difficulty get the first recipe alone. */
const DIFFICULTY_FORKS: readonly Fork[] = ['ArrowGlacier', 'GrayGlacier'];

function mixFor(mix: Mix, fork: Fork): Mix {
  return Object.fromEntries(Object.entries(mix).filter(([name]) => atLeast(fork, KINDS.get(name)!.since)));
}

function definition({ name, description, mix, ...recipe }: NamedRecipe, fork: Fork, brief: boolean): TestDefinition {
  return {
    name: `workload_${name}`,
    description,
    forks: [fork],
    options: { gasLimit: recipeGasLimit(recipe), excessBlobGas: 10_000_000n, brief },
    build: (test, seed) => buildWorkload(test, seed, { ...recipe, mix: mixFor(mix, fork) }),
  };
}

/** The filled corpus: one file for each fork. */
export const FILLED: readonly Scenario[] = FILLED_FORKS.map((fork) => {
  const recipes = DIFFICULTY_FORKS.includes(fork) ? RECIPES.slice(0, 1) : RECIPES;
  const definitions = recipes.map((recipe) => definition(recipe, fork, true));
  return scenario(fork, `generated workloads on ${fork}`, definitions);
});

/** The first recipe with few blocks on each fork, for the corpus that every run takes. */
export const QUICK: Scenario = scenario(
  'workloads',
  'generated workloads on every fork from Berlin on',
  FILLED_FORKS.filter((fork) => !DIFFICULTY_FORKS.includes(fork)).map((fork) => {
    return definition({ ...(RECIPES[0] as NamedRecipe), blocks: times(2, 50) }, fork, false);
  }),
);
