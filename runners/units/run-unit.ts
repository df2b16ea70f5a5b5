/** Runs one case that asks a single function of the engine. There is one run: nothing is parallel about it. */
import type { UnitCase } from '../fixtures/unit-cases.js';
import { type CaseOutcome, judge } from '../verdict/result.js';
import { checkDifficulty } from './difficulty.js';
import { checkPow } from './pow.js';
import { checkRlp } from './rlp.js';
import { checkTransaction } from './transaction.js';
import { checkTrie } from './trie.js';

/** Throws `CaseFailure` where the engine does not do what the fixture says. */
function check(one: UnitCase): void {
  if (one.kind === 'transaction') checkTransaction(one);
  else if (one.kind === 'difficulty') checkDifficulty(one);
  else if (one.kind === 'trie') checkTrie(one);
  else if (one.kind === 'pow') checkPow(one);
  else checkRlp(one);
}

/** The outcome of `one`; rejects where the engine throws what it should not. */
export function runUnitCase(one: UnitCase): Promise<CaseOutcome> {
  return judge(async () => check(one));
}
