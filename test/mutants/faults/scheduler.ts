/** Faults of the scheduler where it is no advice, of hints as far as tests ask for them, and of images. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const SCHEDULER = 'src/scheduler/scheduler.ts';
const INCARNATION = 'src/executor/incarnation.ts';
const IMAGES = 'src/executor/images.ts';
const CONTROL = 'src/scheduler/control.ts';
const PRECEDENT = 'src/executor/precedent.ts';

const scheduler = faultsIn('scheduler', ['scheduler', 'pitfalls-stm', 'pitfalls-memory']);
const hints = faultsIn('hints', ['hints']);
const images = faultsIn('images', ['images']);

export const SCHEDULER_FAULTS: readonly Fault[] = [
  scheduler(
    'taken-without-swap',
    'a transaction is taken by a store instead of a swap: two threads may run it at once',
    expression(
      SCHEDULER,
      'this.statuses.change(index, status, statusWord(incarnationOf(status), EXECUTING))',
      'Atomics.store(this.heap.i32, this.statuses.words(index), statusWord(incarnationOf(status), EXECUTING)) > 0',
    ),
  ),
  scheduler(
    'stale-wake-up-counts',
    'a wake-up releases its transaction whatever has become of it',
    expression(SCHEDULER, 'parked', 'this.statuses.load(index)', { before: 'this.statuses.change(index, ' }),
  ),
  scheduler(
    'aborts-without-swap',
    'an early validator aborts what was committed or run again in the meantime',
    expression(
      SCHEDULER,
      'this.statuses.change(index, status, statusWord(incarnationOf(status), ABORTING))',
      'Atomics.store(this.heap.i32, this.statuses.words(index), statusWord(incarnationOf(status), ABORTING)) > 0',
    ),
  ),
  scheduler(
    'exact-runs-aborted',
    'early validators abort exact incarnations too, whose writes are final already',
    expression(INCARNATION, 'heap.i32[statuses.words(index) + TX_EXACT] === 1', 'false'),
  ),
  scheduler(
    'estimates-too-late',
    'an aborted transaction may run again before its writes are marked as estimates',
    statement(
      INCARNATION,
      'this.markEstimates(index);\n    scheduler.endAbort(index, status);',
      'scheduler.endAbort(index, status);\n    this.markEstimates(index);',
    ),
  ),
  scheduler(
    'retries-without-end',
    'no number of incarnations is too many for speculation',
    expression(SCHEDULER, 'incarnationOf(status) >= MAX_INCARNATIONS', 'false'),
  ),
  scheduler(
    'parks-without-a-second-look',
    'who parks does not look whether the other one has finished meanwhile',
    expression(SCHEDULER, 'isFinished(this.statuses.load(blocker))', 'false', { before: 'if (' }),
  ),
  scheduler(
    'wakes-only-the-first',
    'of all that wait for a transaction one is woken',
    statement(SCHEDULER, 'node = i32[node + DEPENDENT_NEXT] as number;', 'node = 0;'),
  ),
  scheduler(
    'works-on-after-the-verdict',
    'runs of a block that is rejected already go on to their end',
    expression('src/executor/speculative-view.ts', 'this.scheduler.decided()', 'false', {
      before: 'if (',
      after: ') return this.transaction;',
    }),
    ['decided-block', 'pitfalls-block'],
  ),
  scheduler(
    'second-verdict-counts',
    'a block can be decided twice',
    expression(
      'src/executor/block-engine.ts',
      'Atomics.compareExchange(i32, CONTROL_VERDICT, from, VERDICT_ENDING) !== from',
      'false',
    ),
    ['decided-block', 'executor-rejection', 'executor-lifecycle'],
  ),
  scheduler(
    'leaves-in-conflict',
    'the lane leaves what others have taken to them in a block full of conflicts too',
    expression(SCHEDULER, 'this.mine[index] === 0 && this.control.calm', 'this.mine[index] === 0'),
    ['scheduler', 'lane'],
  ),
  scheduler(
    'leaves-its-own',
    'a worker leaves what it has taken itself to the others',
    expression(SCHEDULER, 'this.mine[index] === 0 && this.control.calm', 'this.control.calm'),
    ['scheduler', 'lane'],
  ),
  scheduler(
    'leaves-though-idle',
    'a worker with nothing else to do still leaves what others have taken to them',
    expression('src/executor/block-engine.ts', 'this.lane.advance()', 'this.lane.advance(false)'),
    ['lane'],
  ),
  scheduler(
    'turn-of-the-block-before',
    'a worker takes for its own what it took in the block before',
    statement(SCHEDULER, 'this.mine.fill(0, 0, this.count);', ''),
  ),
  scheduler(
    'turn-never-comes',
    'a worker does not look for its turn before it has run its batch',
    expression(SCHEDULER, '(this.batchNext & LOOK_MASK) !== 0', 'true'),
    ['scheduler', 'lane'],
  ),
  scheduler(
    'calm-after-failures',
    'window and batch stay large when a check fails',
    expression(CONTROL, 'this.calm', 'false', { before: '} else if (' }),
  ),
  scheduler(
    'calm-with-credits',
    'a block is called calm though its transactions write one balance',
    statement(CONTROL, 'i32[CONTROL_STREAK] = (i32[CONTROL_STREAK] as number) % GROWTH_STREAK;', ''),
  ),
  scheduler(
    'precedent-of-conflicts',
    'a block is shared at once although the one before was full of conflicts',
    expression(PRECEDENT, 'FEW_ABORTS * aborts <= count', 'true'),
    ['precedent'],
  ),
  scheduler(
    'precedent-of-a-part',
    'a block is shared at once although one thread ran most of the one before',
    expression(PRECEDENT, '2 * alone <= count', 'true'),
    ['precedent'],
  ),
  scheduler(
    'precedent-of-any-size',
    'a few transactions are shared at once, because so many were in the block before',
    expression(PRECEDENT, '2 * hints.length < this.count', 'false'),
    ['precedent'],
  ),
  scheduler(
    'precedent-for-a-chain',
    'a chain is shared at once, because the block before was none',
    expression(PRECEDENT, 'isChain((index) => hints[index] as number, 0, hints.length, FIRST_STEP, GAPS)', 'false'),
    ['precedent'],
  ),
  hints(
    'nonce-chain-unhinted',
    "a sender's transactions do not wait for one another",
    expression('src/scheduler/graph.ts', 'last.get(at + RECORD_SENDER)', '-1'),
    ['scheduler'],
  ),
  hints(
    'payments-unhinted',
    'a sender does not wait for who pays it',
    expression('src/scheduler/graph.ts', '!creates && !isZero(words, at + RECORD_VALUE)', 'false'),
    ['scheduler'],
  ),
  hints(
    'beneficiary-hinted',
    'all transactions of a block access list wait for one another, since each pays the beneficiary',
    expression('src/scheduler/block-list.ts', 'equalBytes(account.address, coinbase)', 'false'),
  ),
  hints(
    'rules-for-any-argument',
    'a rule that was learnt for one argument is used whatever the argument is',
    expression('src/scheduler/foresight.ts', '!hasArgument(records, at, rule.argument, rule.value)', 'false'),
  ),
  hints(
    'wrong-rules-stay',
    'a rule that never comes true is never dropped',
    expression('src/scheduler/learnt.ts', 'scored.score < 0', 'false'),
  ),
  images(
    'image-unvalidated',
    'a run goes on from an image whose reads were answered otherwise now',
    expression(IMAGES, 'this.validReads(index, image)', 'this.readCount(image)', { before: 'const valid = ' }),
  ),
  images(
    'image-room-taken-early',
    'room of an image is used again while its transaction may still go on from it',
    expression(IMAGES, '(this.owners[place] as number) < this.parts.scheduler.frontier()', 'true'),
  ),
  images(
    'image-rooms-of-the-block-before',
    'images are written where those of the block before stood',
    statement(IMAGES, 'this.rooms.length = 0;', ''),
  ),
  images(
    'image-of-a-credit',
    'an image is made of a run that was shown a recipient without a balance',
    expression(IMAGES, 'view.credited !== 0', 'false'),
  ),
  images(
    'image-reads-forgotten',
    'a run that goes on from an image does not answer for what was read before it',
    statement('src/executor/speculative-view.ts', 'this.readCount = count;', 'this.readCount = 0;'),
  ),
  images(
    'image-keeps-half-its-reads',
    'half of what was read is written into an image',
    expression(IMAGES, 'i < 2 * readCount', 'i < readCount'),
  ),
  images(
    'image-code-by-place',
    'an image finds its codes by where they stood in the machine that made it, whatever stands there in this one',
    expression('src/vm/core/codes.ts', 'this.#codes.has(known) && this.#hashIs(known, hash)', 'this.#codes.has(known)'),
  ),
];
