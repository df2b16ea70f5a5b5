/** A chain's blocks and its end against what a fixture expects of them. */
import { bytesToHex, equalBytes } from '../../src/primitives/bytes.js';
import type { StateDiff } from '../../src/state/diff.js';
import { BlockError } from '../../src/transition/errors.js';
import type { Allocation } from '../fixtures/cases.js';
import type { Database } from '../job/engine.js';
import { compareAccounts } from '../verdict/compare-state.js';
import { judgeException } from '../verdict/judge-exception.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';
import type { Chain } from './chain.js';

/**
 * Runs block `index` by `process`, which answers its hash or throws {@link BlockError}. `exception`
 * lists names of which one must occur (empty: any); null where the block is valid. Answers the hash of
 * a valid block, null for one that was rightly rejected; throws `CaseFailure` otherwise, with the differences that
 * `more` knows of where a valid block was rejected.
 */
export async function judgeBlock(
  exception: readonly string[] | null,
  index: number,
  process: () => Promise<Uint8Array>,
  more: () => Difference[] = () => [],
): Promise<Uint8Array | null> {
  let hash: Uint8Array;
  try {
    hash = await process();
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    if (exception === null) {
      nonconformant(
        `a valid block was rejected: ${error.code}`,
        [{ what: 'exception', expected: 'none', actual: error.message }, ...more()],
        index,
        error.transactionIndex,
      );
    }
    judgeException(exception, error.code, error.message, index, error.transactionIndex);
    return null;
  }
  if (exception !== null) {
    const expected = exception.length === 0 ? 'any' : exception.join(' | ');
    nonconformant(
      'an invalid block was accepted',
      [{ what: 'exception', expected, actual: 'the block was executed and kept its promises' }],
      index,
    );
  }
  return hash;
}

/** What a fixture says about the end of its chain. */
export interface ExpectedEnd {
  readonly lastBlockHash: Uint8Array;
  readonly postState: Allocation | null;
  readonly postStateHash: Uint8Array | null;
}

/**
 * The accounts after the block of that hash, as it changed the state that `database` holds, against the fixture's:
 * a wrong root does not tell which of them is wrong. Nothing where the fixture tells the state after another block,
 * or the block was not executed to its end.
 */
export function accountsAfter(
  database: Database,
  expected: ExpectedEnd,
  hash: Uint8Array | null,
  diff: StateDiff | null,
): Difference[] {
  const { lastBlockHash, postState } = expected;
  if (diff === null || postState === null || hash === null || !equalBytes(hash, lastBlockHash)) return [];
  database.apply(diff);
  try {
    return compareAccounts(postState, database.accounts());
  } finally {
    database.revert(diff);
  }
}

/** Head and state of `chain` against the fixture; throws `CaseFailure`. Moves `database` to the head. */
export function checkEnd(database: Database, chain: Chain, expected: ExpectedEnd): void {
  const differences: Difference[] = [];
  differ(differences, 'lastblockhash', expected.lastBlockHash, chain.head.header.hash);
  if (differences.length > 0) nonconformant('the head of the chain differs from the fixture', differences);
  chain.moveTo(chain.head);
  const root = database.stateRoot();
  differ(differences, 'stateRoot', chain.head.header.stateRoot, root);
  if (expected.postStateHash !== null) differ(differences, 'postStateHash', expected.postStateHash, root);
  if (expected.postState !== null) differences.push(...compareAccounts(expected.postState, database.accounts()));
  if (differences.length > 0) nonconformant('the post-state differs from the fixture', differences);
}

/** Adds a difference where the bytes differ. */
export function differ(out: Difference[], what: string, expected: Uint8Array, actual: Uint8Array): void {
  if (!equalBytes(expected, actual)) out.push({ what, expected: bytesToHex(expected), actual: bytesToHex(actual) });
}
