/** Faults of what decides: validation of read sets, publishing, and the ordered commits. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const LANE = 'src/executor/lane.ts';
const INCARNATION = 'src/executor/incarnation.ts';
const VIEW = 'src/executor/speculative-view.ts';
const MVMEMORY = 'src/mvmemory/mvmemory.ts';
const ADMISSION = 'src/executor/admission.ts';

const validation = faultsIn('validation', ['pitfalls-stm', 'pitfalls-memory']);
const lane = faultsIn('commit lane', ['lane', 'pitfalls-stm', 'pitfalls-memory']);

export const LANE_FAULTS: readonly Fault[] = [
  validation(
    'storage-unvalidated',
    'reads of storage are not validated',
    expression(
      INCARNATION,
      'memory.stillHolds(row, index, cell, final)',
      'heap.i32[row + layout.LOCATION_KIND] === layout.KIND_STORAGE || memory.stillHolds(row, index, cell, final)',
    ),
  ),
  validation(
    'last-read-unvalidated',
    'the last read of each transaction is not validated',
    expression(
      INCARNATION,
      'reads + 2 * Atomics.load(heap.i32, words + TX_READ_COUNT)',
      'reads + 2 * Atomics.load(heap.i32, words + TX_READ_COUNT) - 2',
    ),
  ),
  validation(
    'low-word-validated',
    'validation compares the lowest 32 bits of a slot, and of an account only whether it exists',
    expression(
      MVMEMORY,
      'equalWords(this.heap.u32, a + CELL_VALUE, this.heap.u32, b + CELL_VALUE, count)',
      'equalWords(this.heap.u32, a + CELL_VALUE, this.heap.u32, b + CELL_VALUE, 1)',
    ),
  ),
  validation(
    'code-reads-unrecorded',
    'reads of code are not recorded',
    statement(
      VIEW,
      'reads[at + 1] = cell;',
      'reads[at + 1] = cell; if (this.heap.u32[row + layout.LOCATION_KIND] === layout.KIND_CODE) this.readCount--;',
    ),
    ['pitfalls-transactions'],
  ),
  validation(
    'long-read-set-lost',
    'where a read set outgrows its buffer, what was read before is forgotten',
    expression(VIEW, 'enlarged(this.reads)', 'new Int32Array(2 * this.reads.length)'),
  ),
  validation(
    'long-write-set-lost',
    'where a write set outgrows its buffer, what was written before is forgotten',
    expression(INCARNATION, 'enlarged(this.writes)', 'new Int32Array(2 * this.writes.length)'),
  ),
  validation(
    'exact-too-early',
    'a run counts as exact although the transaction before it is not committed',
    expression(INCARNATION, 'scheduler.isAtFrontier(index)', 'scheduler.frontier() >= index - 1'),
  ),
  validation(
    'speculation-throws',
    'an error that a speculative run throws fails the block instead of being its result',
    expression(INCARNATION, 'error instanceof HeapExhaustedError', 'true', { before: 'if (', after: ') throw error;' }),
    ['executor-failure'],
  ),
  lane(
    'reexecutions-unvalidated',
    'the lane validates first incarnations only',
    expression(
      LANE,
      'heap.i32[words + TX_EXACT] === 1',
      'heap.i32[words + TX_EXACT] === 1 || incarnationOf(status) > 0',
    ),
  ),
  lane(
    'invalid-unvalidated',
    'the lane believes a speculative run that found its transaction invalid',
    expression(
      LANE,
      'failed || !this.incarnations.validate(index, status, true)',
      'failed || (outcomes.u32[result + OUTCOME_KIND] === layout.OUTCOME_EXECUTED && !this.incarnations.validate(index, status, true))',
    ),
    ['pitfalls-transactions'],
  ),
  lane(
    'failure-committed',
    'an incarnation that failed is judged as it is, not run again',
    expression(
      LANE,
      'failed || !this.incarnations.validate(index, status, true)',
      '!failed && !this.incarnations.validate(index, status, true)',
    ),
    ['executor-failure'],
  ),
  lane(
    'commits-without-swap',
    'a commit stores the status word instead of swapping it: whoever aborted in between is overruled',
    expression(
      LANE,
      'this.engine.statuses.change(index, status, statusWord(incarnationOf(status), COMMITTED))',
      'Atomics.store(this.engine.heap.i32, this.engine.statuses.words(index), statusWord(incarnationOf(status), COMMITTED)) > 0',
      { before: 'if (!', after: ') return true;' },
    ),
  ),
  lane(
    'takes-what-runs',
    'the lane takes a transaction that somebody else is running',
    expression(
      LANE,
      'state === READY || state === PARKED',
      'state === READY || state === PARKED || state === EXECUTING',
    ),
  ),
  lane(
    'lane-kept',
    'whoever has held the lane keeps it',
    statement(LANE, 'Atomics.store(this.engine.heap.i32, CONTROL_LANE, 0);', ''),
  ),
  lane(
    'lane-taken-in-vain',
    'the lane is taken while its next transaction is being aborted, and leaving it wakes those who wait for that',
    expression(LANE, 'isBeingChanged(statuses.load(first))', 'stateOf(statuses.load(first)) === EXECUTING'),
  ),
  {
    name: 'frontier-first',
    area: 'commit lane',
    about: 'the frontier moves before the ordered effects of the transaction stand',
    edits: [
      expression(
        LANE,
        'this.judge(index, heap.i32[words + TX_RESULT] as number)',
        '(Atomics.store(heap.i32, CONTROL_FRONTIER, index + 1), this.judge(index, heap.i32[words + TX_RESULT] as number))',
        { after: ') return false;\n    Atomics' },
      ),
      expression(
        LANE,
        'this.judge(index, result)',
        '(Atomics.store(this.engine.heap.i32, CONTROL_FRONTIER, index + 1), this.judge(index, result))',
      ),
    ],
    units: ['lane', 'pitfalls-stm', 'pitfalls-memory'],
  },
  lane(
    'results-after-status',
    'the status word says executed before the results stand',
    statement(
      INCARNATION,
      'this.store(index, incarnation, exact);',
      'Atomics.store(heap.i32, statuses.words(index), statusWord(incarnation, EXECUTED)); this.store(index, incarnation, exact);',
    ),
  ),
  lane(
    'rejected-ahead',
    'a speculative run that finds its transaction invalid rejects the block at once',
    statement(
      INCARNATION,
      'this.store(index, incarnation, exact);',
      'this.store(index, incarnation, exact); if (!(this.execution as RecordedExecution).executed) this.engine.decide(layout.VERDICT_REJECTED, index, 0, "");',
    ),
    ['pitfalls-transactions'],
  ),
  lane(
    'outcome-of-the-run-before',
    'the outcome of the first incarnation stays that of the transaction',
    statement(
      INCARNATION,
      'i32[words + TX_RESULT] = result;',
      'if (incarnation === 0) i32[words + TX_RESULT] = result;',
    ),
  ),
  lane(
    'root-of-the-transaction-before',
    'the state root in a receipt is that before its transaction',
    expression('src/executor/receipt-root.ts', 'memory.after(index + 1)', 'memory.after(index)'),
    ['pitfalls-block'],
  ),
  lane(
    'rejection-of-another-index',
    'a rejection names the transaction after the invalid one',
    expression('src/executor/block-engine.ts', 'index', 'index + 1', {
      before: 'this.decide(VERDICT_REJECTED, ',
      after: ', TRANSACTION_ERRORS',
    }),
  ),
  lane(
    'gas-admitted-by-intrinsic',
    'a transaction is admitted by its intrinsic gas instead of its gas limit',
    expression(ADMISSION, 'record + RECORD_GAS_LIMIT', 'record + layout.RECORD_INTRINSIC'),
    ['pitfalls-block'],
  ),
  lane(
    'blob-gas-uncounted',
    'blob gas of the transactions before is not counted',
    statement(ADMISSION, 'add(words, CONTROL_BLOB_GAS, used, outcome + OUTCOME_BLOB_GAS);', ''),
    ['pitfalls-block'],
  ),
  lane(
    'admission-last',
    'an error of the sender is reported before that of the gas left in the block',
    expression('src/executor/judge.ts', 'precedesAdmission(invalid.code)', 'true'),
    ['executor-rejection', 'pitfalls-block'],
  ),
];
