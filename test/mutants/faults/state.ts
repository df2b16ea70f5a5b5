/** Faults of shared memory, of the changes that a block leaves, and of its receipts. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const DATABASE = 'src/state/database.ts';
const LOCATIONS = 'src/state/locations.ts';
const PLACES = 'src/state/places.ts';
const PACKED = 'src/state/packed-diff.ts';
const RESULTS = 'src/executor/results.ts';
const CODEC = 'src/executor/codec.ts';

const shared = faultsIn('shared memory', ['locations', 'places', 'heap']);
const changes = faultsIn('state changes', ['packed-diff', 'pitfalls-accounts']);
const outcomes = faultsIn('outcomes', ['block-outcome', 'pitfalls-block']);

export const STATE_FAULTS: readonly Fault[] = [
  shared(
    'location-by-hash-alone',
    'a location is recognised by its hash, whatever its key is',
    expression(LOCATIONS, 'equalWords(u32, row + ROW_KEY, words, key, count)', 'true'),
    ['locations', 'pitfalls-memory'],
  ),
  shared(
    'place-published-twice',
    'two threads that publish a row of one place at once each keep their own',
    expression(
      PLACES,
      'Atomics.compareExchange(i32, word, seen, this.base + row) === seen',
      '(Atomics.store(i32, word, this.base + row), true)',
    ),
  ),
  shared(
    'place-of-an-earlier-block',
    'a place is read that an earlier block has left something in',
    expression(PLACES, '(i32[place + PLACE_LOCATION] as number) < this.base', 'i32[place + PLACE_LOCATION] === 0'),
  ),
  shared(
    'slot-of-any-account-by-place',
    'a slot is found by its place, whosever it is, where the hashes are equal',
    expression(PLACES, 'rows[row + LOCATION_RESET] === reset', 'true'),
    ['places'],
  ),
  shared(
    'account-of-any-address-by-place',
    'an account is found by its place, whatever its address is, where the hashes are equal',
    expression(PLACES, 'equalWords(this.rows.u32, row + ROW_ADDRESS, words, at, ADDRESS_WORDS)', 'true'),
    ['places'],
  ),
  shared(
    'bases-stand-still',
    'a database lends its places for the same base again',
    statement(DATABASE, 'i32[DB_LOCATIONS] = base + end;', 'i32[DB_LOCATIONS] = base;'),
    ['places'],
  ),
  shared(
    'bases-without-end',
    'a base leaves no room for the references above it',
    expression(DATABASE, 'base <= MOST_BASE', 'true'),
    ['places'],
  ),
  shared(
    'lent-to-everybody',
    'two executors use the places of one database at once',
    expression(DATABASE, 'Atomics.compareExchange(i32, DB_LENT, 0, 1) !== 0', 'false'),
    ['executor-lifecycle', 'places'],
  ),
  shared(
    'root-by-places',
    'the state root after a transaction is made of the lists of rows, while others insert some',
    expression('src/executor/scope.ts', 'hasReceiptRoots(block) ? 0 : database.lend()', 'database.lend()'),
    ['executor-lifecycle'],
  ),
  shared(
    'kept-by-a-block-that-is-over',
    'a database never gets back what it lent for a block',
    statement('src/executor/parallel.ts', 'this.scope.giveBack();', '', {
      before: 'else if (this.occupied) return;\n      ',
    }),
    ['executor-stream', 'executor-lifecycle'],
  ),
  shared(
    'account-by-hash-alone',
    'the database takes an account for any other one with its hash',
    expression(DATABASE, 'equalWords(u32, row + ACCOUNT_ADDRESS, words, at, ADDRESS_WORDS)', 'true'),
    ['database'],
  ),
  shared(
    'slot-by-hash-alone',
    'the database takes a slot for any other one of the account with its hash',
    expression(DATABASE, 'equalWords(u32, row + SLOT_KEY, words, at, U256_WORDS)', 'true'),
    ['database'],
  ),
  shared(
    'slot-of-any-account',
    'the database takes a slot for the same one of another account with its hash',
    expression(DATABASE, 'u32[row + SLOT_ACCOUNT] === account', 'true'),
    ['database'],
  ),
  shared(
    'location-twice',
    'two threads that meet a location at once make one row each',
    expression(LOCATIONS, 'other !== 0', 'false', { before: 'if (', after: ') return other;' }),
  ),
  shared(
    'rows-of-a-thread-lost',
    'of two threads that begin a list of rows at once one is forgotten, and what it wrote is in no change',
    expression(
      'src/state/row-lists.ts',
      'Atomics.compareExchange(i32, this.head, next, list) === next',
      'Atomics.store(i32, this.head, list) === list',
    ),
    ['locations', 'packed-diff'],
  ),
  shared(
    'code-of-another-account',
    'the code of whichever account was read last is taken for that of the one asked for',
    expression('src/executor/speculative-view.ts', 'this.table.isOf(basics, words, address)', 'true'),
    ['speculative-view', 'pitfalls-transactions'],
  ),
  shared(
    'heap-given-twice',
    'two threads that reserve memory at once get the same',
    expression(
      'src/state/heap.ts',
      'Atomics.compareExchange(this.i32, HEAP_NEXT, at, at + words)',
      'Atomics.store(this.i32, HEAP_NEXT, at + words) - words',
    ),
    ['heap'],
  ),
  shared(
    'arena-of-the-block-before',
    'a thread goes on in memory that it took in the block before',
    statement('src/executor/block-engine.ts', 'this.arena.reset();', ''),
    ['executor-library'],
  ),
  shared(
    'codes-of-the-block-before',
    'codes made in the block before are taken for those that stand in their place now',
    statement('src/state/codes.ts', 'this.fromBlock.clear();', ''),
    ['pitfalls-memory'],
  ),
  shared(
    'block-left-behind',
    'the memory of a block is used again while threads are still in it',
    expression('src/executor/parallel.ts', 'active === 0 || pool.death !== null', 'true'),
    ['executor-lifecycle'],
  ),
  shared(
    'joins-a-closed-block',
    'a thread that wakes up late from the block before joins the next one, while its owner is alone in it',
    expression('src/executor/worker.ts', 'Atomics.load(heap.i32, CONTROL_OPEN) === 1', 'true'),
    ['head-start'],
  ),
  shared(
    'records-of-another-block',
    'a thread that missed a block takes its records for those of the next one',
    expression('src/executor/worker.ts', 'latest.block === block', 'true'),
    ['executor-lifecycle'],
  ),
  shared(
    'database-not-mapped',
    'a thread does not see what the database has grown by since the last block',
    statement('src/executor/worker.ts', 'this.current.heap.refresh();', ''),
    ['executor-bytes'],
  ),
  shared(
    'first-database-for-all',
    'threads are sent the first database, and read it for those that come after',
    expression('src/executor/pool.ts', 'this.shared?.deref() !== memory', 'this.shared === null'),
    ['executor-lifecycle'],
  ),
  shared(
    'environment-of-hashes-shifted',
    'BLOCKHASH answers threads the hash of the next block',
    expression(CODEC, 'Number(number - first)', 'Number(number - first + 1n)'),
    ['pitfalls-block'],
  ),
  shared(
    'blob-fee-is-base-fee',
    'threads take the base fee for the blob base fee',
    expression(CODEC, '{ ...fixed, blockHash }', '{ ...fixed, blobBaseFee: fixed.baseFee, blockHash }'),
    ['executor-library', 'pitfalls-block'],
  ),
  changes(
    'root-by-lists',
    'the state root after a transaction misses locations that are in use before they are listed',
    expression(
      PACKED,
      'tables.table.rows()',
      '(function* (): Generator<number> { const { lists } = tables.table; const found = new Int32Array(ROW_LIST_LENGTH); for (let list = lists.first; list !== 0; list = lists.after(list)) yield* found.subarray(0, lists.read(list, found)); })()',
    ),
  ),
  changes(
    'code-before-again',
    'a database that is moved over a block keeps the code from before',
    expression('src/state/apply-packed.ts', 'forward ? codeAfter(words, at) : at + CHANGE_BODY', 'at + CHANGE_BODY'),
  ),
  changes(
    'code-beyond-its-chunk',
    'a code longer than a chunk of packed changes is written beyond its end',
    expression(
      PACKED,
      'Math.max(count, Math.min(2 * this.words.length, MOST_CHUNK_WORDS))',
      'Math.min(2 * this.words.length, MOST_CHUNK_WORDS)',
    ),
  ),
  changes(
    'wiped-value-not-restored',
    'a slot that was wiped and got its old value again is wiped after the block',
    expression(
      PACKED,
      'difference === 0 && (beforeBits === 0 || tables.state.current(reset) === 0)',
      'difference === 0',
    ),
  ),
  changes(
    'untouched-slots-survive',
    'slots of a destroyed account that the block never named are not wiped',
    expression(PACKED, 'bits === 0', 'true', { before: 'if (', after: ') continue;' }),
  ),
  changes(
    'wipe-wins',
    'what a block writes to a slot after it was wiped is left out of the changes',
    expression('src/state/expand-diff.ts', '!slots.has(slot)', 'true'),
  ),
  changes(
    'slots-not-counted',
    'the number of slots of an account is not kept when a block is applied (EIP-7610)',
    expression('src/state/apply-packed.ts', 'zero !== wasZero', 'false'),
  ),
  changes(
    'later-steps-unseen',
    'what is done after the transactions, rewards and withdrawals, is not in the state after the block',
    expression('src/state/block-state.ts', 'written && (i32[base + CELL_WRITER] as number) >= this.finalStep', 'false'),
    ['pitfalls-block', 'block-steps'],
  ),
  changes(
    'no-code-equals-any',
    'an account without code counts as having whatever code it is compared with',
    statement(
      'src/state/codes.ts',
      'if (aReference === 0 || bReference === 0) return false;',
      'if (aReference === 0 || bReference === 0) return true;',
    ),
  ),
  outcomes(
    'gas-not-cumulative',
    'a receipt holds the gas of its own transaction only',
    statement(RESULTS, 'cumulativeGasUsed += this.gasUsed(index);', 'cumulativeGasUsed = this.gasUsed(index);', {
      before: 'return this.transactions.map((_, index) => {\n      ',
    }),
  ),
  outcomes(
    'stream-forgets-gas-before',
    'receipts of a stream count gas from the slice on that they were handed out with',
    expression(RESULTS, 'gasBefore', '0n', { before: 'let cumulativeGasUsed = ' }),
    ['executor-stream'],
  ),
  outcomes(
    'outcome-shares-the-heap',
    'an outcome that is still held changes when the executor runs another block',
    expression(RESULTS, 'heap.u32.slice(0, used)', 'heap.u32.subarray(0, used)'),
    ['block-outcome', 'executor-library'],
  ),
  outcomes(
    'bloom-without-topics',
    'topics are left out of the bloom filters',
    statement('src/transition/block/receipts.ts', 'for (const topic of log.topics) addToBloom(bloom, topic);', ''),
  ),
  outcomes(
    'receipt-without-type',
    'a receipt is encoded without the type of its transaction (EIP-2718)',
    expression('src/transition/block/receipts.ts', 'receipt.type === 0', 'true', { before: 'return ' }),
  ),
];
