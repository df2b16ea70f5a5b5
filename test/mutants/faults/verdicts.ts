/** Faults of the comparisons that a verdict is made of, and of the names of exceptions. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const COMPARE = 'runners/verdict/compare.ts';
const BOTH = 'runners/verdict/both.ts';
const ACCOUNTS = 'runners/verdict/compare-state.ts';
const EXCEPTIONS = 'runners/verdict/exceptions.ts';

const compared = faultsIn('verdicts', ['runner-compare']);
const named = faultsIn('verdicts', ['runner-exceptions']);

export const VERDICT_FAULTS: readonly Fault[] = [
  compared(
    'accounts-of-parallel-alone',
    'changes of accounts that parallel execution alone has are not told',
    expression(COMPARE, '!serial.has(address)', 'false'),
  ),
  compared(
    'slots-of-parallel-alone',
    'changes of slots that parallel execution alone has are told only where it clears the slot',
    expression(COMPARE, '!serial.storage.has(slot)', '!serial.storage.has(slot) && change.after === 0n'),
  ),
  compared(
    'accounts-before-uncompared',
    'accounts are compared as they are after the block alone',
    expression(COMPARE, "['before', 'after'] as const", "['after'] as const"),
  ),
  compared(
    'code-before-uncompared',
    'the code that an account had before the block is not compared',
    expression(COMPARE, 'parallel.code?.before ?? null', 'serial.code?.before ?? null'),
  ),
  compared(
    'output-uncompared',
    'outputs of transactions are not compared',
    expression(COMPARE, 'parallel.output', 'serial.output'),
  ),
  compared(
    'blob-gas-of-transactions-uncompared',
    'blob gas is compared for the block, and for no transaction',
    expression(COMPARE, 'String(parallel.blobGasUsed)', 'String(serial.blobGasUsed)', { after: ', index)' }),
  ),
  compared(
    'receipt-status-uncompared',
    'the status of receipts is not compared',
    expression(COMPARE, 'text(parallel.status)', 'text(serial.status)'),
  ),
  compared(
    'surplus-receipts-uncompared',
    'receipts without a transaction are told only where both executions have them',
    expression(
      COMPARE,
      'Math.max(serial.receipts.length, parallel.receipts.length)',
      'Math.min(serial.receipts.length, parallel.receipts.length)',
    ),
  ),
  compared(
    'last-request-uncompared',
    'the last request to the consensus layer is not compared',
    expression(COMPARE, 'Math.min(serial.length, parallel.length)', 'Math.min(serial.length, parallel.length) - 1', {
      after: '; i++) {\n    found.bytes(`requests[',
    }),
  ),
  compared(
    'fourth-topic-uncompared',
    'logs are compared by their first three topics',
    expression(
      COMPARE,
      "b.topics.map(hex).join(' ')",
      "a.topics.slice(0, 3).join() === b.topics.slice(0, 3).join() ? a.topics.map(hex).join(' ') : b.topics.map(hex).join(' ')",
    ),
  ),
  compared(
    'rejecting-transaction-uncompared',
    'the transaction that a block is rejected for is not compared where serial execution names none',
    expression(COMPARE, 'text(parallel.error.transactionIndex)', "'none'", {
      before: 'text(serial.error.transactionIndex),\n      ',
    }),
  ),
  compared(
    'first-parallel-run-decides',
    'where a parallel run equals the serial one, those that follow are not made',
    statement(BOTH, 'if (comparison === null) continue;', 'if (comparison === null) break;'),
  ),
  compared(
    'first-rerun-uncompared',
    'the first repetition of a run that differs is not looked at',
    expression(
      BOTH,
      'compareResults(first, await executor.execute(engines.database, block)) !== null',
      'i > 0 && compareResults(first, await executor.execute(engines.database, block)) !== null',
    ),
  ),
  compared(
    'expected-code-missing',
    'an account without code is as good as one with the code that the fixture expects',
    expression(
      ACCOUNTS,
      '!equalBytes(expected.code, actual.code)',
      'actual.code.length > 0 && !equalBytes(expected.code, actual.code)',
    ),
  ),
  compared(
    'expected-account-missing',
    'accounts without balance that the fixture expects may be absent',
    expression(ACCOUNTS, '!seen.has(address)', '!seen.has(address) && account.balance > 0n'),
    ['runner-state', 'runner-blockchain', 'runner-engine'],
  ),
  compared(
    'expected-slot-missing',
    'slots that the fixture expects may be absent',
    expression(ACCOUNTS, '[...expected.storage.keys(), ...actual.storage.keys()]', '[...actual.storage.keys()]'),
  ),
  compared(
    'unexpected-slot',
    'slots that the fixture does not expect may be there',
    expression(ACCOUNTS, '[...expected.storage.keys(), ...actual.storage.keys()]', '[...expected.storage.keys()]'),
  ),
  named(
    'unknown-exception-name-matches',
    'a name of an exception that is not known stands for any',
    statement(EXCEPTIONS, 'unmapped.push(name);', 'return { matches: true };'),
  ),
  named(
    'exception-by-its-beginning',
    'an exception is taken for one whose name its own begins with',
    expression(EXCEPTIONS, 'codes.includes(actual)', 'codes.some((one) => actual.startsWith(one))'),
  ),
];
