/** Faults of the multi-version memory: which version a read resolves to, and how versions come to stand there. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const MVMEMORY = 'src/mvmemory/mvmemory.ts';
const INCARNATION = 'src/executor/incarnation.ts';

const memory = faultsIn('multi-version memory', ['mvmemory', 'pitfalls-stm', 'pitfalls-memory']);
const resets = faultsIn('resets', ['mvmemory', 'pitfalls-accounts']);
const credits = faultsIn('credits', ['credits']);

export const MVMEMORY_FAULTS: readonly Fault[] = [
  memory(
    'reads-its-own-version',
    'a read resolves to what an earlier incarnation of the same transaction wrote',
    expression(
      MVMEMORY,
      '(heap.i32[entry + ENTRY_TRANSACTION] as number) < transaction',
      '(heap.i32[entry + ENTRY_TRANSACTION] as number) <= transaction',
      { after: ') {\n        const cell' },
    ),
  ),
  memory(
    'cleared-version-counts',
    'a version that was taken back hides the one below it',
    expression(MVMEMORY, 'cell !== 0', 'true', {
      before: 'const cell = Atomics.load(heap.i32, entry + ENTRY_CELL);\n        if (',
      after: ') {\n          this.mapCell',
    }),
  ),
  memory(
    'versions-unsorted',
    'a version is inserted at the head of the chain, whatever stands there',
    expression(MVMEMORY, 'owner < transaction', 'true', { after: ') break;' }),
  ),
  memory(
    'publish-overwrites-the-link',
    'a version is linked by a store instead of compare-and-swap: of two at once one is lost',
    expression(
      MVMEMORY,
      'Atomics.compareExchange(heap.i32, link, next, fresh) === next',
      'Atomics.store(heap.i32, link, fresh) === fresh',
    ),
  ),
  memory(
    'first-version-overwrites-the-link',
    'the first version of a location is linked by a store instead of compare-and-swap',
    expression(
      MVMEMORY,
      'Atomics.compareExchange(heap.i32, row + LOCATION_HEAD, 0, fresh) === 0',
      'Atomics.store(heap.i32, row + LOCATION_HEAD, fresh) === fresh',
    ),
  ),
  memory(
    'first-piece-overwrites-the-link',
    'the first version of a location, made in one piece, is linked by a store instead of compare-and-swap',
    expression(
      MVMEMORY,
      'Atomics.compareExchange(i32, row + LOCATION_HEAD, 0, entry) === 0',
      'Atomics.store(i32, row + LOCATION_HEAD, entry) === entry',
    ),
  ),
  memory(
    'untouched-though-written',
    'a location counts as untouched although somebody has written it',
    expression(MVMEMORY, 'i32[row + LOCATION_HEAD] !== 0 || i32[row + LOCATION_BASE] !== origin', 'false', {
      after: ') return 0;\n    const reset',
    }),
  ),
  memory(
    'untouched-though-reset',
    'a slot counts as untouched although its account was reset',
    expression(MVMEMORY, 'reset !== 0 && this.wasEverReset(reset)', 'false'),
  ),
  memory(
    'untouched-beneficiary',
    'the beneficiary counts as untouched as long as nobody has written it, whatever fees are owed',
    expression(MVMEMORY, 'row === (this.fees as BeneficiaryFees).location ? 0 : origin', 'origin'),
    ['pitfalls-beneficiary'],
  ),
  memory(
    'overwrites-the-database-value',
    'a thread that is alone in the block writes over the value from before the block',
    expression(MVMEMORY, 'cell === heap.i32[row + LOCATION_ORIGIN]', 'false'),
  ),
  memory(
    'alone-among-others',
    'the thread that began a block goes on as if it were alone when the others have been let in',
    statement('src/executor/block-engine.ts', 'this.alone = false;', ''),
    ['head-start'],
  ),
  memory(
    'alone-without-resets',
    'a thread that is alone in the block reads slots of accounts that were reset since',
    expression(
      'src/executor/alone-view.ts',
      '(i32[reset + CELL_WRITER] as number) > (i32[cell + CELL_WRITER] as number)',
      'false',
    ),
    ['alone-view'],
  ),
  memory(
    'alone-resets-its-own-slots',
    'a thread that is alone in the block does not see slots that were written together with the reset of their account',
    expression(
      'src/executor/alone-view.ts',
      '(i32[reset + CELL_WRITER] as number) > (i32[cell + CELL_WRITER] as number)',
      '(i32[reset + CELL_WRITER] as number) >= (i32[cell + CELL_WRITER] as number)',
    ),
    ['alone-view'],
  ),
  memory(
    'settles-over-lower-versions',
    'a final write becomes the base value although lower transactions have versions above that',
    expression(MVMEMORY, '(heap.i32[entry + ENTRY_TRANSACTION] as number) < transaction', 'false', {
      after: ') return true;',
    }),
  ),
  memory(
    'final-read-below-all-versions',
    'a transaction at the frontier reads the base value although lower ones have versions above that',
    expression(MVMEMORY, 'heap.i32[row + LOCATION_HEAD] !== 0', 'false', {
      after: ') {\n      let entry',
    }),
  ),
  memory(
    'final-read-of-its-own-version',
    'a transaction at the frontier reads what its earlier incarnation wrote',
    expression(MVMEMORY, 'heap.i32[entry + ENTRY_TRANSACTION] === transaction', 'false', {
      before: 'if (entry !== 0 && ',
    }),
  ),
  memory(
    'final-read-above-itself',
    'a transaction at the frontier reads the version of a later one',
    expression(MVMEMORY, '(heap.i32[entry + ENTRY_TRANSACTION] as number) > transaction', 'false', {
      before: 'entry !== 0 && ',
    }),
  ),
  memory(
    'settles-speculation',
    'every first incarnation writes base values, not only the one at the frontier',
    expression(INCARNATION, 'exact && incarnation === 0', 'incarnation === 0', { before: 'this.final = ' }),
  ),
  memory(
    'stale-versions-stay',
    'what only the incarnation before wrote is not taken back',
    expression(INCARNATION, 'incarnation > 0', 'false', { before: 'if (', after: ') this.clearStale(words);' }),
  ),
  memory(
    'fresh-versions-cleared',
    'what two incarnations in a row wrote is taken back after the second',
    expression(INCARNATION, 'memory.incarnationAt(entry) === this.incarnation', 'false'),
  ),
  memory(
    'root-holds-later-writes',
    'the state root after a transaction holds what later ones have written already',
    expression(MVMEMORY, '(heap.i32[entry + ENTRY_TRANSACTION] as number) < count', 'true'),
    ['pitfalls-block'],
  ),
  resets(
    'reset-unread',
    'a read of a slot does not ask whether its account was destroyed since the slot was written',
    expression(MVMEMORY, 'reset !== 0 && this.writer(reset) > this.writer(cell)', 'false', {
      before: 'this.cell = ',
    }),
  ),
  resets(
    'reset-hides-own-slots',
    'slots that a transaction writes after it created their account read as zero',
    expression(
      MVMEMORY,
      'reset !== 0 && this.writer(reset) > this.writer(cell)',
      'reset !== 0 && this.writer(reset) >= this.writer(cell)',
      { before: 'this.cell = ' },
    ),
  ),
  resets(
    'reset-equals-anything',
    'validation takes a wiped slot for whatever value was read before',
    expression(
      MVMEMORY,
      '(aReset || this.isZero(a, count)) && (bReset || this.isZero(b, count))',
      '(aReset || this.isZero(a, count)) || (bReset || this.isZero(b, count))',
    ),
  ),
  resets(
    'reset-not-final',
    'slots of a destroyed account are not wiped from the state after the block',
    expression(MVMEMORY, 'reset !== 0 && this.writer(reset) > this.writer(this.predecessor(row, count))', 'false'),
  ),
  resets(
    'reset-unwritten',
    'a destruction or creation publishes no reset',
    statement(
      INCARNATION,
      'this.put(this.engine.table.account(KIND_RESET, words, address), this.newCell(true, 0));',
      'this.engine.table.account(KIND_RESET, words, address);',
    ),
  ),
  resets(
    'presence-without-reset',
    'whether an address has storage (EIP-7610) does not depend on its destruction',
    expression('src/state/locations.ts', 'row + ROW_RESET', '0', {
      before: 'KIND_PRESENCE, row + ROW_PRESENCE_CELL, ',
    }),
  ),
  credits(
    'credits-without-base',
    'credits are added up, but not to what the account had before the block',
    statement(MVMEMORY, 'this.addBalance(sum, cell);', '', {
      before: 'cell = Atomics.load(heap.i32, row + LOCATION_BASE);\n      this.mapCell(cell);\n      ',
    }),
  ),
  credits(
    'only-the-newest-credit',
    'a read adds one credit instead of all down to the last absolute balance',
    expression(MVMEMORY, 'word > 0', 'true', { before: 'if (', after: ') break;' }),
  ),
  credits(
    'credit-loses-nonce',
    'a credited account reads as if it had no nonce',
    expression(MVMEMORY, 'i < BASICS_BALANCE', 'i < BASICS_EXISTS', {
      before: 'for (let i = 0; ',
      after: '; i++) sum[i]',
    }),
  ),
  credits(
    'credit-creates-nobody',
    'an absent account that is credited stays absent',
    statement(MVMEMORY, 'sum[BASICS_EXISTS] = 1;', ''),
  ),
  credits(
    'credit-replaces-balance',
    'the lane makes a credit the whole balance',
    statement(MVMEMORY, 'this.addBalance(sum, below);', ''),
  ),
  credits(
    'credit-in-place-of-balance',
    'the lane folds a credit over itself, so that what the recipient had before is lost',
    expression(MVMEMORY, 'heap.i32[entry + ENTRY_NEXT] as number', 'entry', {
      before: 'const below = this.finalFrom(row, ',
    }),
  ),
  credits(
    'credit-of-the-run-before',
    'a transaction that credits nobody has the credit of the one that its thread ran before',
    statement(INCARNATION, 'this.creditEntry = 0;', '', { after: '\n    const { executed }' }),
  ),
  credits(
    'credit-unknown-to-the-lane',
    'the lane is not told of credits and folds none',
    statement(INCARNATION, 'i32[words + TX_CREDIT_ENTRY] = this.creditEntry;', 'i32[words + TX_CREDIT_ENTRY] = 0;'),
  ),
  credits(
    'contracts-credited-unread',
    'a recipient with code is shown no balance of its own either',
    expression(
      'src/executor/speculative-view.ts',
      'this.heap.u32[this.memory.cell + CELL_VALUE + CODE_CELL_REFERENCE] === 0',
      'true',
    ),
  ),
  credits(
    'exact-runs-credit',
    'runs that begin at the frontier credit as well, and settle the amount as a balance',
    expression('src/executor/speculative-view.ts', '!exact && record >= 0', 'record >= 0'),
  ),
  credits(
    'nothing-is-credited',
    'a transfer of no value credits its recipient, which then exists',
    expression('src/transition/transaction/parties.ts', 'value === 0n', 'false', {
      before: 'if (to === null || ',
    }),
  ),
  credits(
    'senders-credit-themselves',
    'a transfer to its own sender is a credit',
    expression('src/transition/transaction/parties.ts', '!equalBytes(to, sender)', 'true'),
  ),
];
