/** Faults of balances on which nothing depends: what the machine says of them, what the lane makes of it. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const WRITES = 'src/vm/core/writes.ts';
const MEMORY = 'src/mvmemory/mvmemory.ts';
const LANE = 'src/executor/lane.ts';

const balance = faultsIn('balances', ['balances']);

export const BALANCE_FAULTS: readonly Fault[] = [
  balance(
    'seen-balances-told',
    'a balance is called one on which nothing depends, whoever has looked at it',
    expression(WRITES, '(flags & FLAG_BALANCE_SEEN) !== 0', 'false'),
  ),
  balance(
    'payments-untold',
    'the machine does not say how much was paid from a balance',
    expression(WRITES, '(flags & FLAG_PAID) === 0', 'true'),
  ),
  balance(
    'emptiness-untold',
    'an account that may be empty is like any other',
    expression(WRITES, 'paid !== 0 || isZero(words, balance)', 'false'),
  ),
  balance(
    'large-balances-told',
    'a balance to which not as much again can be added is like any other',
    expression(MEMORY, 'bits >= MOST_BITS', 'false'),
  ),
  balance(
    'demand-not-asked',
    'any balance is enough for the payments that were made from another one',
    expression(MEMORY, 'bits > least', 'true'),
  ),
  balance(
    'nonces-not-asked',
    'basics are trusted although their nonce has changed too',
    expression(MEMORY, '!equalWords(u32, now, u32, cell + CELL_VALUE, BASICS_BALANCE)', 'false'),
  ),
  balance(
    'beneficiary-told',
    'the beneficiary is like any other account',
    expression(MEMORY, 'row === (this.fees as BeneficiaryFees).location', 'false', {
      before: 'if (',
      after:
        ') return false;\n    if (this.resolve(row, transaction, final) !== RESOLVED) return false;\n    this.mapCell(cell);',
    }),
  ),
  balance(
    'balance-left-as-it-was',
    'the balance that was worked out from another one stays',
    statement(LANE, 'this.incarnations.balances.putRight(index);', '', { before: 'if (validated) ' }),
  ),
  balance(
    'balance-of-the-run-before',
    'what an earlier look of the lane found is put right although the transaction has run again since',
    expression(LANE, 'validated', 'true', { before: 'if (', after: ') this.incarnations.balances.putRight(index);' }),
  ),
];
