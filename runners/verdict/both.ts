/** Runs one block on the serial executor and on every parallel one, and judges their agreement. */
import type { Block, ExecutionResult, ExecutionStats } from '../../src/transition/types.js';
import type { Engines, Executor } from '../job/engine.js';
import { type Comparison, causeOf, compareResults } from './compare.js';
import type { Coverage } from './verdict.js';

/** Runs of the configuration that differed, after the first, to tell a wrong engine from an unsteady one. */
const RERUNS = 2;

export interface Disagreement {
  readonly verdict: 'divergent' | 'unstable';
  readonly cause: string;
  readonly threads: number;
  readonly comparison: Comparison;
}

export interface BothResult {
  readonly serial: ExecutionResult;
  /** Null where all parallel runs equal the serial one. */
  readonly disagreement: Disagreement | null;
}

/** Adds what was executed to `coverage`. The database stays as it was. */
export async function executeBoth(engines: Engines, block: Block, coverage: Coverage): Promise<BothResult> {
  const serial = await engines.serial.execute(engines.database, block);
  coverage.blocks++;
  if (block.transactions.length > 1) coverage.multiTransactionBlocks++;
  coverage.transactions += block.transactions.length;
  for (const [threads, executor] of engines.parallel) {
    const parallel = await executor.execute(engines.database, block);
    addStats(coverage, parallel.stats);
    const comparison = compareResults(serial, parallel);
    if (comparison === null) continue;
    const verdict = (await isSteady(executor, engines, block, parallel)) ? 'divergent' : 'unstable';
    const first = comparison.differences[0];
    const where = first === undefined ? 'the outcome' : causeOf(first);
    return { serial, disagreement: { verdict, cause: `parallel differs from serial: ${where}`, threads, comparison } };
  }
  return { serial, disagreement: null };
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
