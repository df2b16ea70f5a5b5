/** From a fused block as it was put together to the one that stands: valid up to what is meant to be wrong. */
import type { ExecutionResult } from '../../src/transition/types.js';
import type { Scenario } from '../scenario/scenario.js';
import { type FusedBlock, withoutRejected } from './fuse.js';

/** Transactions that are taken out before a block is left as it is, which is then a rejected one. */
const MOST_REMOVED = 8;

/**
 * Executes the block serially by `execute`, without the transactions that it rejects though they are meant to be valid
 * (a test's code may drain a sender, or use up its nonce). Answers the block that was executed last, and its result.
 */
export async function settle<T extends ExecutionResult>(
  block: FusedBlock,
  execute: (scenario: Scenario) => Promise<T>,
): Promise<{ readonly block: FusedBlock; readonly result: T }> {
  let standing = block;
  for (let removed = 0; ; removed++) {
    const result = await execute(standing.scenario);
    const index = result.ok ? null : result.error.transactionIndex;
    const isMeant = index === null || (standing.badFrom !== null && index >= standing.badFrom);
    if (isMeant || removed === MOST_REMOVED) return { block: standing, result };
    standing = withoutRejected(standing, index);
  }
}
