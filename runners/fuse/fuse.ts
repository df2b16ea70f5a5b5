/**
 * Fused blocks: the indexes of one state test and fork, signed anew by several senders and interleaved in one block.
 * What a block is depends on the test, the seed and its number alone, so that it is the same on every machine.
 */
import { atLeast } from '../../src/primitives/fork.js';
import type { StateCase } from '../fixtures/cases.js';
import { hasReachableExcess } from '../scenario/genesis.js';
import { addressOfKey, type Scenario, type ScenarioEnvironment, scenarioRules } from '../scenario/scenario.js';
import { Random } from '../selftest/random.js';
import type { FusedPlan } from '../verdict/fused.js';
import { Cast } from './cast.js';
import { endBadly } from './invalid.js';
import { conflictPlan, spreadPlan } from './plans.js';
import { Script } from './script.js';
import { templatesOf } from './templates.js';

export interface FusedBlock {
  readonly plan: FusedPlan;
  readonly scenario: Scenario;
  /** Index of the first transaction that was put in to be rejected; null where the block is meant to be valid. */
  readonly badFrom: number | null;
}

/** Two of three blocks are built to conflict. */
const PLANS: readonly FusedPlan[] = ['conflict', 'conflict', 'spread'];
/** One of so many blocks is meant to be rejected. */
const BAD_EVERY = 6;
const DEFAULT_BASE_FEE = 10n;
/** Above it senders could not pay for a block. */
const MOST_BASE_FEE = 10n ** 12n;
const ZERO_WORD = new Uint8Array(32);
/** Room beyond the transactions' gas limits in a block. */
const SPARE_GAS = 1_000_000n;
const MOST_GAS_LIMIT = 2n ** 62n;

/** The block's environment as far as the test decides it; without gas limit and coinbase. */
function environmentOf(one: StateCase): Omit<ScenarioEnvironment, 'coinbase' | 'gasLimit'> {
  const given = one.environment;
  const baseFee = given.baseFee ?? DEFAULT_BASE_FEE;
  return {
    timestamp: given.timestamp > 0n && given.timestamp < MOST_GAS_LIMIT ? given.timestamp : 1n,
    prevRandao: given.random ?? ZERO_WORD,
    baseFee: baseFee > MOST_BASE_FEE ? DEFAULT_BASE_FEE : baseFee,
    excessBlobGas: given.excessBlobGas ?? 0n,
    parentBeaconBlockRoot: ZERO_WORD,
  };
}

/**
 * Fuses the cases of one test and fork, which share pre-state and environment, into block `number`; `name` names the
 * scenario. The sum of gas limits is at most `MOST_BLOCK_GAS`.
 */
export function fuse(cases: readonly StateCase[], name: string, seed: string, number: number): FusedBlock {
  const [one] = cases;
  if (one === undefined) throw new RangeError(`${name}: no case to fuse`);
  const random = new Random('fuse', seed, one.file, one.test, one.network, String(number));
  const environment = environmentOf(one);
  const rules = scenarioRules(one.network, environment.timestamp, one.config);
  const base = atLeast(rules.fork, 'London') ? environment : { ...environment, baseFee: 0n };
  const templates = templatesOf(cases, rules);
  const plan = random.pick(PLANS) as FusedPlan;
  const cast = new Cast(one, rules, templates, plan, seed, random);
  const reachable = hasReachableExcess({ rules, environment: { ...base, coinbase: cast.coinbase, gasLimit: 0n } });
  const settled = reachable ? base : { ...base, excessBlobGas: 0n };
  const script = new Script(cast, settled);
  const usable = templates.valid.filter((template) => script.affords(template));
  if (plan === 'conflict') conflictPlan(script, usable);
  else spreadPlan(script, usable);
  const gasLimit = script.gas + SPARE_GAS;
  const badFrom = random.below(BAD_EVERY) === 0 ? endBadly(script, gasLimit) : null;
  return {
    plan,
    badFrom,
    scenario: {
      name,
      network: one.network,
      rules,
      pre: cast.pre,
      environment: { ...settled, coinbase: cast.coinbase, gasLimit },
      transactions: script.transactions,
      withdrawals: withdrawals(cast),
    },
  };
}

function withdrawals({ rules, random, coinbase, poor }: Cast): Scenario['withdrawals'] {
  if (!atLeast(rules.fork, 'Shanghai') || random.below(3) > 0) return [];
  return [coinbase, poor.address].map((address, index) => {
    return { index: BigInt(index), validatorIndex: 7n, address, amount: BigInt(index + 1) };
  });
}

/**
 * The block without its transaction `index` and what the same sender sends after it: what is left of a block that
 * was meant to be valid and turned out not to be, because the test's code changes what a nonce or a balance will be.
 */
export function withoutRejected(block: FusedBlock, index: number): FusedBlock {
  const { transactions } = block.scenario;
  const rejected = transactions[index];
  if (rejected === undefined) throw new RangeError(`no transaction ${index} in a block of ${transactions.length}`);
  const sender = addressOfKey(rejected.secretKey);
  const kept = transactions.filter((one, place) => place < index || addressOfKey(one.secretKey) !== sender);
  const removed = (before: number): number =>
    before - transactions.slice(0, before).filter((one) => kept.includes(one)).length;
  const badFrom = block.badFrom === null ? null : block.badFrom - removed(block.badFrom);
  return { ...block, badFrom, scenario: { ...block.scenario, transactions: kept } };
}
