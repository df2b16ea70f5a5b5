/** Runs one block on the serial executor and on every parallel one, and judges their agreement. */
import { isDeepStrictEqual } from 'node:util';
import type { Block, ExecutionResult, ExecutionStats } from '../../src/transition/types.js';
import { explainRun, explainSchedule } from '../explain/explain-run.js';
import type { Engines, Executor } from '../job/engine.js';
import type { ScheduledOutcome } from '../schedules/scheduled-runs.js';
import { type Comparison, causeOf, compareResults } from './compare.js';
import type { Explanation } from './explanation.js';
import { Stopwatch } from './stopwatch.js';
import type { Coverage } from './verdict.js';

/** Runs of the configuration that differed, after the first, to tell a wrong engine from an unsteady one. */
const RERUNS = 2;

export interface Disagreement {
  readonly verdict: 'divergent' | 'unstable';
  readonly cause: string;
  readonly threads: number;
  /** Name of the deterministic schedule; null for a run on real threads. */
  readonly schedule: string | null;
  readonly comparison: Comparison;
  /** Null where the executor cannot be looked into. */
  readonly explanation: Explanation | null;
}

export interface BothResult {
  readonly serial: ExecutionResult;
  /** Null where all parallel runs equal the serial one. */
  readonly disagreement: Disagreement | null;
}

/** Adds what was executed to `coverage`. The database stays as it was. */
export async function executeBoth(engines: Engines, block: Block, coverage: Coverage): Promise<BothResult> {
  const stopwatch = engines.stopwatch ?? new Stopwatch();
  const serial = await stopwatch.time('serial', () => engines.serial.execute(engines.database, block));
  coverage.blocks++;
  if (block.transactions.length > 1) coverage.multiTransactionBlocks++;
  coverage.transactions += block.transactions.length;
  for (const [threads, executor] of engines.parallel) {
    const parallel = await stopwatch.time(threads, () => executor.execute(engines.database, block));
    addStats(coverage, parallel.stats);
    const comparison = compareResults(serial, parallel);
    if (comparison === null) continue;
    // Before the memory is used for another run.
    const results = { serial, parallel, comparison };
    const explanation = await explainRun(engines, block, results, () => executor.inspect?.() ?? null);
    const verdict = (await isSteady(executor, engines, block, parallel)) ? 'divergent' : 'unstable';
    const cause = causeOfComparison(comparison);
    return { serial, disagreement: { verdict, cause, threads, schedule: null, comparison, explanation } };
  }
  return { serial, disagreement: await underSchedules(engines, block, serial, coverage) };
}

/** The first disagreement under the engines' deterministic schedules. */
async function underSchedules(
  engines: Engines,
  block: Block,
  serial: ExecutionResult,
  coverage: Coverage,
): Promise<Disagreement | null> {
  const { schedules, database } = engines;
  if (schedules === undefined) return null;
  const outcomes = schedules.over(database, block);
  for (;;) {
    const { value: outcome, done } = await outcomes.next();
    if (done === true) {
      if (outcome) coverage.exploredBlocks++;
      return null;
    }
    coverage.schedules++;
    if (outcome.result !== null) addStats(coverage, outcome.result.stats);
    const found = findingOf(serial, outcome);
    if (found === null) continue;
    const { name, workers } = outcome.schedule;
    // A schedule that does not come to the same again is a fault of the schedules' driver, or of something it does not drive.
    const again = findingOf(serial, await schedules.execute(name, database, block));
    const verdict = isDeepStrictEqual(again, found) ? 'divergent' : 'unstable';
    const explanation = await explainSchedule(engines, block, serial, name);
    return { verdict, ...found, threads: workers, schedule: name, explanation };
  }
}

type Finding = Pick<Disagreement, 'cause' | 'comparison'>;

/** What is wrong with a run under a schedule; null where it equals the serial one. */
function findingOf(serial: ExecutionResult, outcome: ScheduledOutcome): Finding | null {
  if (outcome.result === null) {
    const { code, message } = outcome.failure;
    const differences = [{ what: 'execution', expected: 'an outcome', actual: message }];
    return { cause: `the parallel engine fails: ${code}`, comparison: { differences, transaction: null } };
  }
  const comparison = compareResults(serial, outcome.result);
  return comparison === null ? null : { cause: causeOfComparison(comparison), comparison };
}

function causeOfComparison({ differences: [first] }: Comparison): string {
  return `parallel differs from serial: ${first === undefined ? 'the outcome' : causeOf(first)}`;
}

async function isSteady(executor: Executor, engines: Engines, block: Block, first: ExecutionResult): Promise<boolean> {
  for (let i = 0; i < RERUNS; i++) {
    if (compareResults(first, await executor.execute(engines.database, block)) !== null) return false;
  }
  return true;
}

function addStats(coverage: Coverage, stats: ExecutionStats): void {
  coverage.aborts += stats.aborts;
  coverage.reexecutions += stats.reexecutions;
  coverage.estimatesHit += stats.estimatesHit;
  coverage.deferredFeeReads += stats.deferredFeeReads;
  coverage.resets += stats.resets;
}
