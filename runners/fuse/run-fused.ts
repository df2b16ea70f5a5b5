/** Runs one fused block: serial against parallel, and now and then against the other machine. */
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import { runBlockchainCase } from '../blockchain/run-blockchain.js';
import { emptyCoverage } from '../events/tally.js';
import type { BlockchainCase } from '../fixtures/cases.js';
import { decodeFile } from '../fixtures/decode.js';
import type { Engines, Executor } from '../job/engine.js';
import { scenarioBlock } from '../scenario/block.js';
import { scenarioFixture } from '../scenario/fixture.js';
import type { Scenario } from '../scenario/scenario.js';
import { executeBoth } from '../verdict/both.js';
import { compareResults } from '../verdict/compare.js';
import type { FusedFacts } from '../verdict/fused.js';
import { type CaseOutcome, disagreeing, judge, nonconformant } from '../verdict/result.js';
import type { Coverage } from '../verdict/verdict.js';
import type { FusedReference } from './references.js';
import { isSeconded } from './seconded.js';
import { settle } from './settle.js';

/** Gas of a block beyond which the reference machine, some hundred times as slow, would take minutes. */
const MOST_SECONDED_GAS = 16_000_000n;

/** `other` is the serial executor of the machine that `engines` do not have; it is asked for when it is needed. */
export async function runFused(
  engines: Engines,
  other: () => Promise<Executor>,
  reference: FusedReference,
): Promise<CaseOutcome> {
  const planned = reference.build();
  const facts: FusedFacts = { plan: planned.plan, aborted: false, rejected: false, seconded: false };
  const outcome = await judge(async (coverage) => {
    const { block, result } = await settle(planned, (scenario) => execute(engines, scenario, coverage));
    facts.rejected = !result.ok;
    if (!isSeconded(reference.id) || (result.ok && result.gasUsed > MOST_SECONDED_GAS)) return;
    facts.seconded = true;
    await second(engines, await other(), block.scenario, result);
    await judgeFixture(engines, block.scenario, result);
  });
  facts.aborted = outcome.coverage.aborts > 0;
  return { ...outcome, fused: facts };
}

function open(engines: Engines, scenario: Scenario): Block {
  engines.database.clear();
  engines.database.load(scenario.pre);
  return scenarioBlock(scenario, engines.database);
}

/** Serial and parallel; `coverage` becomes that of this block alone. Throws `CaseFailure` where they disagree. */
async function execute(engines: Engines, scenario: Scenario, coverage: Coverage): Promise<ExecutionResult> {
  Object.assign(coverage, emptyCoverage());
  const { serial, disagreement } = await executeBoth(engines, open(engines, scenario), coverage);
  if (disagreement !== null) disagreeing(disagreement, null);
  return serial;
}

/** Why a transaction failed is said to people alone, and by each machine in its own words. */
function withoutHalts(result: ExecutionResult): ExecutionResult {
  if (!result.ok) return result;
  const transactions = result.transactions.map((one) => (one.kind === 'executed' ? { ...one, halt: null } : one));
  const { receipts, gasUsed, blobGasUsed, logsBloom, requests, diff, stats } = result;
  return { ok: true, receipts, transactions, gasUsed, blobGasUsed, logsBloom, requests, diff, stats };
}

async function second(engines: Engines, other: Executor, scenario: Scenario, result: ExecutionResult): Promise<void> {
  const seconded = await other.execute(engines.database, open(engines, scenario));
  const found = compareResults(withoutHalts(result), withoutHalts(seconded));
  if (found !== null) nonconformant('the other machine comes to another result', found.differences);
}

/** The block, signed and written as an official test, has to pass as one: that is what holds signatures and roots to it. */
async function judgeFixture(engines: Engines, scenario: Scenario, result: ExecutionResult): Promise<void> {
  const text = JSON.stringify(scenarioFixture(scenario, result));
  const [one] = decodeFile('fused', 'fused.json', text).cases;
  if (one === undefined || one instanceof Error) throw one ?? new RangeError('a fixture without a case');
  const { verdict, cause, differences } = await runBlockchainCase(engines, one as BlockchainCase);
  if (verdict !== 'pass') nonconformant(`as an official fixture: ${cause}`, differences);
}
