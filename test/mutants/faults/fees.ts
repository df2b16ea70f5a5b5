/** Faults of deferred beneficiary fees: what is owed, what is folded, what a reader of the beneficiary sees. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const FEES = 'src/mvmemory/fees.ts';
const INCARNATION = 'src/executor/incarnation.ts';

const fee = faultsIn('deferred fees', ['fees', 'pitfalls-beneficiary']);

export const FEE_FAULTS: readonly Fault[] = [
  fee(
    'fee-of-reexecution-dropped',
    'a transaction that ran more than once owes no fee',
    expression(INCARNATION, 'executed ? this.fee(result) : 0', 'executed && incarnation === 0 ? this.fee(result) : 0'),
  ),
  fee(
    'fee-of-low-word-only',
    'a fee whose low 32 bits are zero is taken for none',
    expression(INCARNATION, 'i < U256_WORDS', 'i < 1', {
      before: 'const { u32 } = this.engine.outcomes;\n    for (let i = 0; ',
    }),
  ),
  fee(
    'fold-forgets-last-fee',
    'the lane folds every sixteenth transaction without its own fee',
    expression(FEES, 'this.addUpTo(index + 1)', 'this.addUpTo(index)', { before: 'if (' }),
  ),
  fee(
    'anchor-counted-twice',
    'the fee of the transaction at which the lane folded last is added once more',
    expression(FEES, 'i + 1', 'i', { before: 'this.next = ' }),
  ),
  fee(
    'committed-fees-unread',
    'a read of the beneficiary misses the fees that were committed since the last fold',
    expression(FEES, 'this.addUpTo(frontier)', 'false', { before: 'folded = ' }),
  ),
  fee(
    'absolute-write-forgotten',
    'what a transaction itself made of the beneficiary is not kept when it commits',
    expression(FEES, 'i32[words + TX_BENEFICIARY_WRITE] as number', '0', { before: 'const absolute = ' }),
  ),
  fee(
    'beneficiary-write-of-the-run-before',
    'a transaction that leaves the beneficiary alone has what the one before it on its thread made of it',
    statement(INCARNATION, 'this.beneficiaryWrite = 0;', '', { after: '\n    this.creditEntry' }),
  ),
  fee(
    'fees-create-nobody',
    'an absent beneficiary that gets fees stays absent',
    statement(FEES, 'this.sum[BASICS_EXISTS] = 1;', ''),
  ),
  fee(
    'first-paid-fee-lost',
    'a thread alone in the block pays the first fee into a cell that it then leaves aside',
    statement(FEES, 'heap.i32[location + LOCATION_BASE] = cell;', ''),
  ),
  fee(
    'fees-paid-twice',
    'fees that were paid at once are added again as deferred ones',
    expression(FEES, 'cell', '0', {
      before: 'that comes after all of them.\n    heap.i32[words + TX_BENEFICIARY_AFTER] = ',
    }),
  ),
  fee(
    'paid-fee-creates-nobody',
    'a fee that is paid at once leaves an absent beneficiary absent',
    statement(FEES, 'heap.u32[cell + CELL_VALUE + BASICS_EXISTS] = 1;', ''),
  ),
  fee(
    'no-fee-creates-somebody',
    'a fee of zero that is paid at once creates an absent beneficiary',
    expression(
      FEES,
      'addU256(heap.u32, cell + CELL_VALUE + BASICS_BALANCE, this.owed.u32, fee) !== 0',
      '(addU256(heap.u32, cell + CELL_VALUE + BASICS_BALANCE, this.owed.u32, fee), true)',
    ),
  ),
  fee(
    'fee-into-the-database-value',
    'a fee that is paid at once is added to the value from before the block',
    expression(FEES, 'cell === heap.i32[location + LOCATION_ORIGIN]', 'false'),
    ['head-start'],
  ),
  fee(
    'last-fees-lost',
    'fees after the last fold are not in the state after the block',
    expression(FEES, 'this.addUpTo(index + 1)', 'false', { before: 'return ' }),
  ),
  fee(
    'beneficiary-credited',
    'a transfer to the beneficiary is a credit beside the deferred fees',
    expression('src/transition/transaction/parties.ts', 'equalBytes(transaction.to, coinbase)', 'false'),
  ),
];
