/**
 * Faults of mapping: a thread reads what another one wrote without having asked for that part of the heap. Most of the time
 * it has seen more than it needs, so that these show by chance, unless its views end where it has mapped.
 */
import { type Fault, faultsIn, statement } from '../fault.js';

const FEES = 'src/mvmemory/fees.ts';
const INCARNATION = 'src/executor/incarnation.ts';
const MVMEMORY = 'src/mvmemory/mvmemory.ts';
const PARALLEL = 'src/executor/parallel.ts';

const unmapped = faultsIn('mapping', ['mapping']);

export const MAPPING_FAULTS: readonly Fault[] = [
  unmapped(
    'records-not-mapped',
    'a thread opens a block without its records',
    statement('src/executor/block-engine.ts', 'this.heap.map(i32[CONTROL_INPUTS_END] as number);', ''),
  ),
  unmapped(
    'rejection-text-not-mapped',
    'the text of an outcome that makes the block invalid is read where another thread wrote it',
    statement('src/executor/admission.ts', 'outcomes.refresh();', ''),
  ),
  unmapped(
    'results-not-mapped',
    'results are read from records that other threads wrote',
    statement('src/executor/results.ts', 'heap.map(heap.used);', ''),
  ),
  unmapped(
    'state-after-not-mapped',
    'the steps after the transactions begin over what the calling thread has seen of the state',
    statement(PARALLEL, 'heap.refresh();', ''),
  ),
  unmapped(
    'receipt-root-not-mapped',
    'a state root after a transaction is read where another thread wrote it',
    statement(PARALLEL, 'this.scope.heap.map(reference + ROOT_WORDS);', ''),
  ),
  unmapped(
    'read-set-not-mapped',
    'a read set is validated that another thread recorded',
    statement(INCARNATION, 'heap.map(end);', '', {
      before: 'if (statuses.load(index) !== status) return false;\n    ',
    }),
  ),
  unmapped(
    'write-set-not-mapped',
    'what another thread wrote is marked as estimates',
    statement(INCARNATION, 'heap.map(end);', '', {
      after: '\n    for (let at = writes; at < end; at += 2) {\n      this.images',
    }),
  ),
  unmapped(
    'fee-not-mapped',
    'a fee is added that another thread left',
    statement(FEES, 'this.owed.map(fee + U256_WORDS);', ''),
  ),
  unmapped(
    'entry-to-pass-not-mapped',
    'an entry is linked behind one of another thread',
    statement(MVMEMORY, 'heap.map(next + ENTRY_WORDS);', ''),
  ),
  unmapped(
    'entry-below-not-mapped',
    'a version below is looked for among entries of other threads',
    statement(MVMEMORY, 'heap.map(entry + ENTRY_WORDS);', '', {
      after: '\n      if ((heap.i32[entry + ENTRY_TRANSACTION] as number) < transaction) return true;',
    }),
  ),
  unmapped(
    'version-not-mapped',
    'a version is looked for among entries that other threads made',
    statement(MVMEMORY, 'heap.map(entry + ENTRY_WORDS);', '', { before: 'while (entry !== 0) {\n      ' }),
  ),
  unmapped(
    'newest-version-not-mapped',
    'the newest version is asked for its transaction at the frontier, where another thread wrote it',
    statement(MVMEMORY, 'heap.map(entry + ENTRY_WORDS);', '', {
      before: 'let entry = Atomics.load(heap.i32, row + LOCATION_HEAD);\n      ',
    }),
  ),
  unmapped(
    'next-version-not-mapped',
    'the versions above the frontier are passed over without having been mapped',
    statement(MVMEMORY, 'heap.map(entry + ENTRY_WORDS);', '', {
      before: 'entry = Atomics.load(heap.i32, entry + ENTRY_NEXT);\n        ',
    }),
  ),
  unmapped(
    'final-version-not-mapped',
    'a final version is read where another thread wrote its entry',
    statement(MVMEMORY, 'heap.map(at + ENTRY_WORDS);', ''),
  ),
  unmapped(
    'value-not-mapped',
    'a value is read where another thread wrote it',
    statement(MVMEMORY, 'this.heap.map(cell + CELL_VALUE + BASICS_WORDS);', ''),
  ),
];
