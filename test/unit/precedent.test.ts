/** What a block is expected to be like: as the one before. */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { Precedent, type SharedBlock } from '../../src/executor/precedent.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { CONTROL_END, CONTROL_THROTTLES, CONTROL_WINDOW } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { SharedHeap } from '../../src/state/heap.js';
import type { Transaction } from '../../src/transition/types.js';
import { blockOf, busy, contract, place, send, sender, senders, stranger } from '../support/conflict-block.js';
import { onWake } from '../support/on-wake.js';
import { canonical } from '../support/outcome.js';

const THREADS = 3;
const COUNT = 300;
const HEAVY = place(1);

function heapAfter(window: number, throttles = 0): SharedHeap {
  const heap = SharedHeap.create(CONTROL_END, CONTROL_END);
  heap.i32[CONTROL_WINDOW] = window;
  heap.i32[CONTROL_THROTTLES] = throttles;
  return heap;
}

const shared = (count: number, aborts: number, milliseconds: number, alone = 0): SharedBlock => ({
  count,
  alone,
  aborts,
  milliseconds,
});
const none = (count: number): Int32Array => new Int32Array(count).fill(-1);
const chain = (count: number): Int32Array => Int32Array.from({ length: count }, (_, n) => n - 1);

describe('precedent', () => {
  it('says nothing before there was a block, and after one that is no example', () => {
    const precedent = new Precedent();
    expect(precedent.windowFor(none(1000))).to.equal(0);
    precedent.note(heapAfter(128), shared(1000, 0, 5));
    expect(precedent.windowFor(none(1000))).to.equal(128);
    precedent.forget();
    expect(precedent.windowFor(none(1000))).to.equal(0);
  });

  it('expects no more than what is left to share is worth', () => {
    const precedent = new Precedent();
    precedent.note(heapAfter(512), shared(300, 0, 1.2));
    // 4 us a transaction.
    expect(precedent.windowFor(none(199))).to.equal(0);
    expect(precedent.windowFor(none(200))).to.equal(512);
  });

  it('expects nothing of a block of less than half the size', () => {
    const precedent = new Precedent();
    precedent.note(heapAfter(512), shared(1000, 0, 50));
    expect(precedent.windowFor(none(499))).to.equal(0);
    expect(precedent.windowFor(none(500))).to.equal(512);
  });

  it('does not follow a block with many conflicts', () => {
    const precedent = new Precedent();
    precedent.note(heapAfter(64), shared(1000, 125, 5));
    expect(precedent.windowFor(none(1000))).to.equal(64);
    precedent.note(heapAfter(64), shared(1000, 126, 5));
    expect(precedent.windowFor(none(1000))).to.equal(0);
    precedent.note(heapAfter(64, 1), shared(1000, 0, 5));
    expect(precedent.windowFor(none(1000))).to.equal(0);
  });

  it('does not follow a block of which one thread ran the greater part', () => {
    const precedent = new Precedent();
    precedent.note(heapAfter(64), shared(1000, 0, 5, 500));
    expect(precedent.windowFor(none(1000))).to.equal(64);
    precedent.note(heapAfter(64), shared(1000, 0, 5, 501));
    expect(precedent.windowFor(none(1000))).to.equal(0);
  });

  it('does not let others into what is known to begin as a chain', () => {
    const precedent = new Precedent();
    precedent.note(heapAfter(64), shared(1000, 0, 5));
    expect(precedent.windowFor(chain(1000))).to.equal(0);
    const broken = (every: number): Int32Array => chain(1000).map((hint, n) => (n % every === 0 ? -1 : hint));
    // How fast they are is not known yet: tiny ones stay with one thread.
    expect(precedent.windowFor(broken(10))).to.equal(0);
    expect(precedent.windowFor(broken(5))).to.equal(64);
  });

  describe('of an executor', function () {
    this.timeout(60_000);
    const database = Database.create();
    let serial: SerialExecutor;
    let executor: ParallelExecutor;
    /** Where the frontier stood when the others were let in. */
    let woken: number[] = [];

    before(async () => {
      const accounts = { ...senders(COUNT), [HEAVY]: contract(busy(1)) };
      database.load(Object.entries(accounts) as [Hex, AccountState][]);
      serial = await SerialExecutor.create({ vm: 'wasm' });
      executor = await ParallelExecutor.create({ vm: 'wasm', threads: THREADS });
      onWake(executor, ({ frontier }) => woken.push(frontier));
    });

    after(async () => {
      await serial.close();
      await executor.close();
    });

    beforeEach(() => executor.advise({}));

    async function run(transactions: Transaction[]): Promise<number[]> {
      woken = [];
      const block = blockOf('Cancun', transactions);
      expect(canonical(await executor.execute(database, block))).to.equal(
        canonical(await serial.execute(database, block)),
      );
      return woken;
    }

    /** Each takes some ten microseconds, from another sender. */
    const slow = Array.from({ length: COUNT }, (_, n) => send(sender(n), HEAVY, { gasLimit: 900_000n }));
    const nothing = (count: number): Transaction[] =>
      Array.from({ length: count }, (_, n) => send(sender(n), stranger(n), { value: 1n, gasLimit: 21_000n }));

    it('lets the others in at once where it did so before with success', async () => {
      expect((await run(slow))[0]).to.be.greaterThan(0);
      for (let again = 0; again < 3; again++) expect(await run(slow)).to.deep.equal([0]);
    });

    it('begins alone again after a block that one thread ran, or that failed, and after other advice', async () => {
      await run(slow);
      expect(await run(nothing(10))).to.deep.equal([]);
      expect((await run(slow))[0]).to.be.greaterThan(0);
      const invalid = slow.map((tx, n) => (n === COUNT - 1 ? { ...tx, nonce: 7n } : tx));
      expect(await run(invalid)).to.deep.equal([0]);
      expect((await run(slow))[0]).to.be.greaterThan(0);
      executor.advise({});
      expect((await run(slow))[0]).to.be.greaterThan(0);
    });

    it('is not asked where the advice on how to begin is false', async () => {
      executor.advise({ headStart: 'false', seed: 3 });
      const places = new Set<number | undefined>();
      for (let round = 0; round < 6; round++) places.add((await run(slow))[0]);
      expect(places.size).to.be.greaterThan(2);
    });
  });
});
