/** The scheduler: each ready transaction is taken once, parked ones come back, stale wake-ups do nothing. */
import { expect } from 'chai';
import {
  CONTROL_BATCH,
  CONTROL_EXEC_CURSOR,
  CONTROL_FRONTIER,
  CONTROL_VERDICT,
  CONTROL_WINDOW,
  TX_HINT,
  VERDICT_DONE,
} from '../../src/layout.js';
import {
  ABORTING,
  COMMITTED,
  EXECUTED,
  EXECUTING,
  incarnationOf,
  isFinished,
  PARKED,
  READY,
  stateOf,
  statusWord,
} from '../../src/mvmemory/statuses.js';
import { ADDRESS_WORDS, wordsToBytes } from '../../src/primitives/words.js';
import { hintsOf } from '../../src/scheduler/graph.js';
import { MAX_INCARNATIONS } from '../../src/scheduler/scheduler.js';
import { finishHash, hashWords } from '../../src/state/hash.js';
import { recordTransactions } from '../../src/transition/transaction/index.js';
import { EngineWords } from '../support/engine-words.js';
import { hammer } from '../support/hammer.js';
import { sampleBlock, sampleTransaction } from '../support/sample-block.js';
import type { ScheduleData, ScheduleResult } from '../support/schedule-thread.js';

describe('mvmemory/statuses', () => {
  it('keeps incarnation and state apart in one word', () => {
    for (const incarnation of [0, 1, 12, 2 ** 20]) {
      for (const state of [READY, EXECUTING, EXECUTED, ABORTING, PARKED, COMMITTED]) {
        const word = statusWord(incarnation, state);
        expect([incarnationOf(word), stateOf(word)]).to.deep.equal([incarnation, state]);
        expect(isFinished(word)).to.equal(state === EXECUTED || state === COMMITTED);
      }
    }
  });

  it('changes only the word that was expected, of that transaction', () => {
    const { statuses } = EngineWords.create(3);
    expect(statuses.change(1, statusWord(0, READY), statusWord(0, EXECUTING))).to.equal(true);
    expect(statuses.change(1, statusWord(0, READY), statusWord(0, EXECUTING))).to.equal(false);
    expect(statuses.change(1, statusWord(1, EXECUTING), statusWord(1, EXECUTED))).to.equal(false);
    expect([0, 1, 2].map((i) => statuses.load(i))).to.deep.equal([0, statusWord(0, EXECUTING), 0]);
  });
});

describe('scheduler', () => {
  it('hands out every transaction once, in order', () => {
    const { scheduler, statuses } = EngineWords.create(4);
    expect([scheduler.take(), scheduler.take(), scheduler.take(), scheduler.take(), scheduler.take()]).to.deep.equal([
      0, 1, 2, 3, -1,
    ]);
    expect(statuses.load(2)).to.equal(statusWord(0, EXECUTING));
  });

  it('does not run further ahead of the frontier than its window', () => {
    const { scheduler, heap } = EngineWords.create(2000);
    let last = -1;
    for (let next = scheduler.take(); next >= 0; next = scheduler.take()) last = next;
    expect(last).to.be.within(15, 1998);
    Atomics.store(heap.i32, CONTROL_FRONTIER, 1);
    expect(scheduler.take()).to.equal(last + 1);
    expect(scheduler.take()).to.equal(-1);
  });

  it('leaves what others have taken to them, and looks for its own turn, while speculation succeeds', () => {
    const one = EngineWords.create(300);
    const two = EngineWords.attach(one.heap.memory);
    const { heap } = one;
    const mine = [one.scheduler.take(), two.scheduler.take()] as const;
    expect(mine).to.deep.equal([0, heap.i32[CONTROL_BATCH]]);
    const leaves = (): boolean[] => [mine[0], mine[1], 299].map((index) => one.scheduler.leaves(index));
    expect(leaves()).to.deep.equal([false, false, false]);
    for (let i = 0; i < 64; i++) one.scheduler.control.succeeded();
    expect(leaves()).to.deep.equal([false, true, true]);
    expect(two.scheduler.leaves(mine[0])).to.equal(true);
    two.scheduler.open();
    expect(two.scheduler.leaves(mine[1]), 'of the block before').to.equal(true);
    // Of a batch from 0 to 3 the one before which it looks has passed; the next batch begins with another look.
    for (let last = one.scheduler.take(); last !== mine[1] - 1; ) last = one.scheduler.take();
    expect(one.scheduler.take()).to.equal(2 * mine[1]);
    const due = [4, 0, 0, 0, 4].map((ahead, i) => {
      heap.i32[CONTROL_FRONTIER] = ahead;
      if (i > 0) one.scheduler.take();
      return one.scheduler.isDue();
    });
    // 9, 10 and 11 are not looked before; at 12 the frontier is with the other one.
    expect(due).to.deep.equal([false, false, false, true, false]);
    one.scheduler.control.failed(0);
    heap.i32[CONTROL_FRONTIER] = 0;
    expect(one.scheduler.isDue()).to.equal(false);
    expect(leaves()).to.deep.equal([false, false, false]);
  });

  it('takes more at once, and runs further ahead, after many checks that succeeded, until the first that fails', () => {
    const { scheduler, heap } = EngineWords.create(4);
    const words = (): number[] => [heap.i32[CONTROL_WINDOW] as number, heap.i32[CONTROL_BATCH] as number];
    const seen: number[][] = [words()];
    for (let i = 1; i <= 112; i++) {
      scheduler.control.succeeded();
      if (i % 16 === 0) seen.push(words());
    }
    const growth = [
      [32, 4],
      [64, 8],
      [128, 16],
      [256, 16],
      [512, 64],
      [1024, 64],
      [2048, 64],
      [2048, 64],
    ];
    expect(seen).to.deep.equal(growth);
    scheduler.control.failed(9);
    expect(words()).to.deep.equal([512, 16]);
  });

  it('is not calm where credits are committed, however many succeed', () => {
    const { scheduler, heap } = EngineWords.create(4);
    const { control } = scheduler;
    for (let i = 1; i <= 400; i++) {
      control.succeeded();
      expect(control.calm, `${i}`).to.equal(false);
      if (i % 20 === 0) control.balanceShared();
    }
    expect([heap.i32[CONTROL_WINDOW], heap.i32[CONTROL_BATCH]]).to.deep.equal([512, 16]);
    for (let i = 0; i < 64; i++) control.succeeded();
    expect(control.calm).to.equal(true);
    control.balanceShared();
    expect([control.calm, heap.i32[CONTROL_WINDOW]]).to.deep.equal([false, 512]);
  });

  it('begins with the window that is expected, and calls nothing calm before it has seen that', () => {
    const { scheduler, heap } = EngineWords.create(4);
    const begin = (expected: number): unknown => {
      scheduler.control.reset(expected);
      return [heap.i32[CONTROL_WINDOW], heap.i32[CONTROL_BATCH], scheduler.control.calm];
    };
    expect(begin(0)).to.deep.equal([32, 4, false]);
    expect(begin(4)).to.deep.equal([32, 4, false]);
    expect(begin(128)).to.deep.equal([128, 16, false]);
    expect(begin(2048)).to.deep.equal([512, 16, false]);
    const succeed = (count: number): boolean => {
      for (let i = 0; i < count; i++) scheduler.control.succeeded();
      return scheduler.control.calm;
    };
    expect([succeed(31), succeed(1)]).to.deep.equal([false, true]);
    begin(512);
    expect([succeed(32), succeed(31), succeed(1)]).to.deep.equal([false, false, true]);
  });

  it('skips what is not ready and what has run too often', () => {
    const engine = EngineWords.create(4);
    engine.setStatus(0, statusWord(0, EXECUTED));
    engine.setStatus(1, statusWord(MAX_INCARNATIONS, READY));
    engine.setStatus(2, statusWord(1, PARKED));
    expect([engine.scheduler.take(), engine.scheduler.take()]).to.deep.equal([3, -1]);
  });

  it('parks a transaction until its hint has run', () => {
    const engine = EngineWords.create(3);
    const { scheduler, statuses, heap } = engine;
    heap.i32[statuses.words(1) + TX_HINT] = 0;
    expect([scheduler.take(), scheduler.take()]).to.deep.equal([0, 2]);
    expect(statuses.load(1)).to.equal(statusWord(0, PARKED));
    engine.setStatus(0, statusWord(0, EXECUTED));
    scheduler.wake(0);
    expect(statuses.load(1)).to.equal(statusWord(1, READY));
    expect([scheduler.take(), scheduler.take()]).to.deep.equal([1, -1]);
  });

  it('releases at once where the blocker has finished already', () => {
    const engine = EngineWords.create(2);
    engine.setStatus(0, statusWord(0, EXECUTED));
    engine.setStatus(1, statusWord(3, EXECUTING));
    engine.scheduler.beginWait();
    const epoch = engine.scheduler.epoch();
    engine.scheduler.park(1, 0);
    expect(engine.statuses.load(1)).to.equal(statusWord(4, READY));
    expect(engine.scheduler.epoch()).to.be.above(epoch);
    // The registration is still in the stack; waking again changes nothing.
    engine.scheduler.wake(0);
    expect(engine.statuses.load(1)).to.equal(statusWord(4, READY));
  });

  it('wakes all that wait, once', () => {
    const engine = EngineWords.create(5);
    const { scheduler, statuses } = engine;
    for (let i = 0; i < 5; i++) scheduler.take();
    for (const index of [3, 1, 4]) scheduler.park(index, 0);
    expect(scheduler.take()).to.equal(-1);
    engine.setStatus(0, statusWord(0, EXECUTED));
    scheduler.wake(0);
    expect([1, 2, 3, 4].map((i) => statuses.load(i))).to.deep.equal([
      statusWord(1, READY),
      statusWord(0, EXECUTING),
      statusWord(1, READY),
      statusWord(1, READY),
    ]);
    expect([scheduler.take(), scheduler.take(), scheduler.take(), scheduler.take()]).to.deep.equal([1, 3, 4, -1]);
    scheduler.wake(0);
    expect(statuses.load(3)).to.equal(statusWord(1, EXECUTING));
  });

  for (const state of [EXECUTING, EXECUTED, COMMITTED, PARKED]) {
    it(`leaves a later incarnation alone when an earlier one is woken (state ${state})`, () => {
      const engine = EngineWords.create(3);
      const { scheduler, statuses } = engine;
      engine.setStatus(2, statusWord(0, EXECUTING));
      scheduler.park(2, 1);
      // The lane took it over; it went on from there.
      expect(statuses.change(2, statusWord(0, PARKED), statusWord(1, EXECUTING))).to.equal(true);
      engine.setStatus(2, statusWord(1, state));
      engine.setStatus(1, statusWord(0, EXECUTED));
      scheduler.wake(1);
      expect(statuses.load(2)).to.equal(statusWord(1, state));
    });
  }

  it('aborts under the word that was found stale only, and makes the next incarnation ready', () => {
    const engine = EngineWords.create(3);
    const { scheduler, statuses, heap } = engine;
    while (scheduler.take() >= 0);
    const found = statusWord(0, EXECUTED);
    engine.setStatus(1, found);
    expect(scheduler.beginAbort(1, statusWord(1, EXECUTED))).to.equal(false);
    expect(scheduler.beginAbort(1, found)).to.equal(true);
    expect(scheduler.beginAbort(1, found)).to.equal(false);
    expect(stateOf(statuses.load(1))).to.equal(ABORTING);
    scheduler.endAbort(1, found);
    expect(statuses.load(1)).to.equal(statusWord(1, READY));
    expect(Atomics.load(heap.i32, CONTROL_EXEC_CURSOR)).to.equal(1);
    expect(scheduler.take()).to.equal(1);
  });

  it('offers executed transactions above a suspicion for validation, once', () => {
    const engine = EngineWords.create(6);
    const { scheduler } = engine;
    while (scheduler.take() >= 0);
    expect(scheduler.nextCheck()).to.equal(-1);
    for (const index of [1, 2, 4]) engine.setStatus(index, statusWord(0, EXECUTED));
    scheduler.suspect(2);
    scheduler.suspect(6);
    expect([scheduler.nextCheck(), scheduler.nextCheck(), scheduler.nextCheck()]).to.deep.equal([2, 4, -1]);
    scheduler.suspect(4);
    scheduler.suspect(5);
    expect([scheduler.nextCheck(), scheduler.nextCheck()]).to.deep.equal([4, -1]);
  });

  it('runs until the verdict stands, and waits for a bounded time', () => {
    const { scheduler, heap } = EngineWords.create(1);
    expect(scheduler.running()).to.equal(true);
    const epoch = scheduler.epoch();
    const start = performance.now();
    scheduler.wait(epoch, 5);
    expect(performance.now() - start).to.be.below(1000);
    scheduler.signal();
    expect(scheduler.epoch(), 'nobody waits').to.equal(epoch);
    scheduler.beginWait();
    scheduler.signal();
    expect(scheduler.epoch()).to.equal(epoch + 1);
    scheduler.endWait();
    scheduler.signal();
    expect(scheduler.epoch()).to.equal(epoch + 1);
    Atomics.store(heap.i32, CONTROL_VERDICT, VERDICT_DONE);
    expect(scheduler.running()).to.equal(false);
  });

  for (const threads of [2, 4]) {
    it(`loses no parked transaction and takes none twice with ${threads} threads`, async function () {
      this.timeout(8000);
      for (let round = 0; round < 3; round++) {
        const count = 500;
        const incarnations = MAX_INCARNATIONS + 1;
        const engine = EngineWords.create(count);
        // No lane commits here, so the window must not close.
        engine.heap.i32[CONTROL_WINDOW] = count;
        const taken = new SharedArrayBuffer(4 * count * incarnations);
        const finished = new SharedArrayBuffer(4);
        const data: ScheduleData = { memory: engine.heap.memory, taken, incarnations, finished, milliseconds: 2000 };
        const results = await hammer<ScheduleData, ScheduleResult>(
          'schedule-thread',
          new Array<ScheduleData>(threads).fill(data),
        );
        const left = Array.from({ length: count }, (_, i) => i).filter(
          (i) => stateOf(engine.statuses.load(i)) !== EXECUTED,
        );
        expect(left, 'never released').to.deep.equal([]);
        expect(results.reduce((sum, { executed }) => sum + executed, 0)).to.equal(count);
        expect(results.reduce((sum, { parked }) => sum + parked, 0)).to.be.above(0);
        const counts = new Int32Array(taken);
        for (let i = 0; i < count; i++) {
          const last = incarnationOf(engine.statuses.load(i));
          const own = [...counts.subarray(i * incarnations, (i + 1) * incarnations)];
          expect(own, `transaction ${i}`).to.deep.equal(own.map((_, k) => (k <= last ? 1 : 0)));
        }
      }
    });
  }
});

describe('scheduler/graph', () => {
  const address = (n: number): Uint8Array => new Uint8Array(20).fill(n);
  it('chains a sender’s transactions and a transfer into a later sender', () => {
    const edges = [
      { sender: address(1), to: address(2), value: 1n },
      { sender: address(3), to: address(1), value: 0n },
      { sender: address(1), to: null, value: 5n },
      { sender: address(2), to: address(3), value: 1n },
      { sender: address(3), to: address(3), value: 1n },
      { sender: address(4), to: address(9), value: 1n },
    ];
    const { u32: words, places } = recordTransactions(
      sampleBlock(edges.map((edge, i) => sampleTransaction(i, 9, edge))),
    );
    expect([...hintsOf(words, places)]).to.deep.equal([-1, -1, 0, 0, 3, -1]);
  });

  it('looks for an address among no more than a few whose hashes collide', () => {
    // Recipients that would all stand in one place of the table for so many transactions.
    const count = 160;
    const mask = 1023;
    const key = new Uint32Array(ADDRESS_WORDS);
    const recipients: Uint8Array[] = [];
    for (let n = 1; recipients.length < count - 2; n++) {
      key[0] = n;
      if ((finishHash(hashWords(key, 0, ADDRESS_WORDS, 0)) & mask) === 0)
        recipients.push(wordsToBytes(key, 0, ADDRESS_WORDS));
    }
    const [first, last] = [recipients[0], recipients.at(-1)] as [Uint8Array, Uint8Array];
    const edges = recipients.map((to) => ({ sender: address(1), to, value: 1n }));
    const senders = [first, last].map((sender) => ({ sender, to: address(1), value: 0n }));
    const { u32: words, places } = recordTransactions(
      sampleBlock([...edges, ...senders].map((edge, i) => sampleTransaction(i, 9, edge))),
    );
    expect([...hintsOf(words, places).subarray(count - 2)]).to.deep.equal([0, -1]);
  });
});
