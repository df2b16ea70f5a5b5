/** Worker threads that end at any point: of a block, of its packing, of their start, of the executor's end. */
import { expect } from 'chai';
import type { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { attempt, type Expected, expectedBlock, generator } from '../support/fault-blocks.js';
import { type FaultyThread, letGoFirst, ThreadSpy, threadCount } from '../support/fault-threads.js';

const THREADS = 3;
const SEED = 0x6a11;

describe('faults: worker threads that end at a random point', function () {
  this.timeout(120_000);
  const below = generator(SEED);
  const spy = new ThreadSpy();
  let small: Expected;
  let large: Expected;
  let executor: ParallelExecutor;
  let alone: number | null;

  before(async () => {
    small = await expectedBlock('wasm', below, 20, 60);
    large = await expectedBlock('wasm', below, 300, 320);
    alone = threadCount();
    spy.begin();
  });
  after(() => spy.end());

  beforeEach(async () => {
    executor = await ParallelExecutor.create({ vm: 'wasm', threads: THREADS, advice: { headStart: 'off' } });
  });
  afterEach(async () => {
    spy.first = null;
    await executor.close();
    expect(spy.live, 'threads that were left').to.have.length(0);
    expect(threadCount()).to.equal(alone);
  });

  const victim = (): FaultyThread => spy.live[below(spy.live.length)] as FaultyThread;

  /** Accesses of one worker thread in a block that nothing disturbs. */
  async function accesses(site: 'access' | 'packing', { database, block }: Expected): Promise<number> {
    let most = 0;
    for (let round = 0; round < 2; round++) {
      for (const { fault } of spy.live) fault.arm(site, 'count', 0);
      // Alone the calling thread would often be through before the others have come.
      letGoFirst(executor, victim());
      await executor.execute(database, block);
      for (const { fault } of spy.live) most = Math.max(most, fault.seen);
    }
    for (const { fault } of spy.live) fault.disarm();
    return most;
  }

  /** A number up to `most`, small ones as often as large ones: how often a thread waits changes from run to run. */
  const point = (most: number): number => 1 + below(Math.min(most, 2 << below(Math.ceil(Math.log2(most + 1)))));

  /** Ends a thread at a random one of its accesses, `rounds` times; answers how often the block was lost. */
  async function kill(site: 'access' | 'packing', expected: Expected, rounds: number): Promise<number> {
    const { database, block, text } = expected;
    const most = await accesses(site, expected);
    expect(most, `times that a worker came to ${site}`).to.be.greaterThan(0);
    const threads = threadCount();
    let lost = 0;
    for (let round = 0; round < rounds; round++) {
      const thread = victim();
      thread.fault.arm(site, 'exit', point(most));
      if (site === 'packing' || round % 2 === 0) letGoFirst(executor, thread);
      const answer = await attempt(executor.execute(database, block));
      expect(answer, `round ${round}`).to.be.oneOf([text, 'WORKER_DIED']);
      if (answer !== text) lost++;
      await spy.settle(thread);
      expect(await attempt(executor.execute(database, block)), `after round ${round}`).to.equal(text);
      expect(spy.live).to.have.length(THREADS - 1);
      expect(threadCount()).to.equal(threads);
    }
    return lost;
  }

  it('at 14 accesses of a block', async () => {
    expect(await kill('access', small, 14)).to.be.greaterThan(3);
  });

  it('at 4 accesses of a larger block, and at 8 of its packing', async () => {
    expect(await kill('access', large, 4)).to.be.greaterThan(0);
    expect(await kill('packing', large, 8)).to.be.greaterThan(2);
  });

  it('takes no memory with it', async () => {
    const { database, block, text } = small;
    const size = (): number => {
      (globalThis as { gc?: () => void }).gc?.();
      return process.memoryUsage.rss();
    };
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round++) {
        const thread = victim();
        thread.fault.arm('access', 'exit', 1);
        await attempt(executor.execute(database, block));
        await spy.settle(thread);
        expect(await attempt(executor.execute(database, block))).to.equal(text);
      }
    };
    await rounds(4);
    const before = size();
    await rounds(10);
    expect((size() - before) / 10 / 1024, 'KiB for each death').to.be.lessThan(1024);
  });

  it('while it starts', async () => {
    for (let round = 0; round < 3; round++) {
      let number = 0;
      const dying = below(THREADS - 1);
      spy.first = (fault) => {
        if (number++ === dying) fault.arm('access', 'exit', 1 + below(3));
      };
      const started = spy.started;
      const answer = await ParallelExecutor.create({
        vm: 'wasm',
        threads: THREADS,
        advice: { headStart: 'off' },
      }).catch((error: unknown) => error);
      if (answer instanceof ParallelExecutor) await answer.close();
      else expect((answer as ExecutorError).code).to.equal('WORKER_DIED');
      expect(spy.started - started).to.equal(THREADS - 1);
      expect(spy.live, 'the threads of the other executor').to.have.length(THREADS - 1);
    }
  });

  it('while others take its place', async () => {
    const { database, block, text } = small;
    for (let round = 0; round < 2; round++) {
      spy.first = (fault) => fault.arm('access', 'exit', 1 + below(8));
      victim().fault.arm('access', 'exit', 1);
      for (let tries = 0; tries < 3; tries++) {
        expect(await attempt(executor.execute(database, block))).to.be.oneOf([text, 'WORKER_DIED']);
      }
      spy.first = null;
      for (const thread of [...spy.live]) await spy.settle(thread);
      expect(await attempt(executor.execute(database, block))).to.equal(text);
    }
  });

  it('while the executor closes', async () => {
    const { database, block } = small;
    for (let round = 0; round < 5; round++) {
      const other = await ParallelExecutor.create({ vm: 'wasm', threads: THREADS, advice: { headStart: 'off' } });
      const own = spy.live.slice(THREADS - 1);
      const execution = below(2) === 0 ? attempt(other.execute(database, block)) : null;
      for (let turns = below(3); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      own[below(own.length)]?.fault.arm('access', 'exit', 1 + below(40));
      await other.close();
      if (execution !== null) expect(await execution).to.be.oneOf([small.text, 'WORKER_DIED', 'CLOSED']);
      expect(spy.live).to.have.length(THREADS - 1);
    }
  });
});
