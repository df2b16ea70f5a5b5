/** Runs one state test: serial, parallel, and both against the fixture. */
import { bytesToHex, equalBytes } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH } from '../../src/primitives/crypto.js';
import { atLeast } from '../../src/primitives/fork.js';
import type { StateDiff } from '../../src/state/diff.js';
import { logsHash } from '../../src/transition/block/receipts.js';
import type { ErrorCode } from '../../src/transition/errors.js';
import {
  decodeTransaction,
  TransactionDecodeError,
  transactionFromFields,
} from '../../src/transition/transaction/index.js';
import type { Transaction } from '../../src/transition/types.js';
import type { StateCase } from '../fixtures/cases.js';
import type { Engines } from '../job/engine.js';
import { executeBoth } from '../verdict/both.js';
import { compareAccounts } from '../verdict/compare-state.js';
import { judgeException, occurred } from '../verdict/judge-exception.js';
import { type CaseOutcome, disagreeing, judge, nonconformant } from '../verdict/result.js';
import type { Coverage, Difference } from '../verdict/verdict.js';
import { checkStatedFields } from './cross-check.js';
import { type StateRules, stateBlock, stateRules } from './environment.js';

/** What the transaction came to: its logs and the change of state, or why it was rejected. */
type Applied =
  | { readonly ok: true; readonly diff: StateDiff; readonly logsHash: Uint8Array }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

export function runStateCase(engines: Engines, one: StateCase): Promise<CaseOutcome> {
  return judge(async (coverage) => {
    engines.database.clear();
    engines.database.load(one.pre);
    const rules = stateRules(one);
    const applied = await apply(engines, one, rules, coverage);
    checkException(one, applied);
    engines.database.apply(applied.ok ? applied.diff : rejectedDiff(engines, one, rules));
    checkState(engines, one, applied);
  });
}

async function apply(engines: Engines, one: StateCase, rules: StateRules, coverage: Coverage): Promise<Applied> {
  let transaction: Transaction;
  try {
    // The suite's author asks for the signed bytes to be executed; the fields beside them are what they were made of.
    transaction =
      one.txbytes === null ? transactionFromFields(one.fields, rules) : decodeTransaction(one.txbytes, rules);
  } catch (error) {
    if (!(error instanceof TransactionDecodeError)) throw error;
    return { ok: false, code: `TransactionException.${error.code}`, detail: error.message };
  }
  if (one.txbytes !== null) checkStatedFields(one.fields, transaction);
  const { serial, disagreement } = await executeBoth(engines, stateBlock(one, rules, transaction), coverage);
  if (disagreement !== null) disagreeing(disagreement, null);
  if (!serial.ok) return { ok: false, code: serial.error.code, detail: serial.error.message };
  return { ok: true, diff: serial.diff, logsHash: logsHash(serial.receipts.flatMap((receipt) => receipt.logs)) };
}

function checkException(one: StateCase, applied: Applied): void {
  const expected = one.expect.exception;
  if (applied.ok) {
    if (expected === null) return;
    const actual = 'the transaction was executed';
    nonconformant('an invalid transaction was executed', [
      { what: 'exception', expected: expected.join(' | '), actual },
    ]);
  }
  if (expected === null) {
    nonconformant(`a valid transaction was rejected: ${applied.code}`, [
      { what: 'exception', expected: 'none', actual: occurred(applied.code, applied.detail) },
    ]);
  }
  judgeException(expected, applied.code, applied.detail, null);
}

/**
 * State after a rejected transaction: nothing has changed. Before Spurious Dragon, though, most
 * suites were filled by a client that credited the coinbase with a reward of zero all the same,
 * which before EIP-161 leaves an empty account where there was none (execution-specs#1967). A
 * fixture that lists its whole post-state says whether it was; where there is no list, its root does.
 */
function rejectedDiff(engines: Engines, one: StateCase, rules: StateRules): StateDiff {
  const coinbase = bytesToHex(one.environment.coinbase);
  const { state, stateRoot } = one.expect;
  if (atLeast(rules.fork, 'EIP158') || engines.database.account(coinbase) !== null) return new Map();
  const untouched = state === null ? equalBytes(stateRoot, engines.database.stateRoot()) : !state.has(coinbase);
  if (untouched) return new Map();
  return new Map([[coinbase, { before: null, after: { nonce: 0n, balance: 0n }, storage: new Map() }]]);
}

function checkState(engines: Engines, one: StateCase, applied: Applied): void {
  const { expect } = one;
  const differences: Difference[] = [];
  const bytes = (what: string, expected: Uint8Array, actual: Uint8Array): void => {
    if (equalBytes(expected, actual)) return;
    differences.push({ what, expected: bytesToHex(expected), actual: bytesToHex(actual) });
  };
  bytes('stateRoot', expect.stateRoot, engines.database.stateRoot());
  bytes('logsHash', expect.logsHash, applied.ok ? applied.logsHash : EMPTY_LIST_HASH);
  if (expect.state !== null) differences.push(...compareAccounts(expect.state, engines.database.accounts()));
  if (differences.length === 0) return;
  const what = differences[0]?.what === 'logsHash' ? 'logs differ' : 'state differs';
  nonconformant(
    applied.ok ? `${what} from the fixture` : `${what} from the fixture after a rejected transaction`,
    differences,
  );
}
