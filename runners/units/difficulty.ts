/** The difficulty of a block, by the function that headers are validated with. */
import { blockDifficulty } from '../../src/transition/block/difficulty.js';
import type { DifficultyCase } from '../fixtures/unit-cases.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';
import { expectEqual } from './expect-equal.js';

/** Throws `CaseFailure` where the difficulty is not the fixture's. */
export function checkDifficulty(one: DifficultyCase): void {
  const { fork, number, timestamp, parentTimestamp, parentDifficulty, parentHasOmmers } = one;
  const input = { number, timestamp, parentTimestamp, parentDifficulty, parentHasOmmers };
  const differences: Difference[] = [];
  expectEqual(differences, 'currentDifficulty', one.difficulty, blockDifficulty(fork, input));
  if (differences.length > 0) nonconformant('the difficulty differs from the fixture', differences);
}
