/** Threads that sleep at any point, and threads that never go on. */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { CONTROL_FRONTIER, CONTROL_VERDICT, VERDICT_IDLE } from '../../src/layout.js';
import type { Site } from '../support/fault.js';
import { attempt, expectedBlock, generator } from '../support/fault-blocks.js';
import { type FaultyThread, letGoFirst, ThreadSpy, threadCount } from '../support/fault-threads.js';

/** Times at a site between two sleeps. */
const SLEEPS: readonly (readonly [Site, number])[] = [
  ['access', 40],
  ['access', 400],
  ['call', 2],
  ['read', 6],
];
const BLOCKS = 4;

describe('faults: slow worker threads', function () {
  this.timeout(120_000);
  const below = generator(0x51e3);
  const spy = new ThreadSpy();

  before(() => spy.begin());
  // A test that fails leaves its executor open; the next one looks at threads of its own.
  afterEach(() => Promise.all(spy.live.map((thread) => thread.terminate())));
  after(() => spy.end());

  for (const [site, period] of SLEEPS) {
    it(`one that sleeps at every ${period}th ${site} changes no outcome`, async () => {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
      const [slow] = spy.live as [FaultyThread];
      slow.fault.arm(site, 'sleep', period, below(1 << 30));
      // The other worker may be through with a small block before this one has woken up: then one more.
      for (let round = 0; round < BLOCKS || slow.fault.fired < 2; round++) {
        const { database, block, text } = await expectedBlock('wasm', below, 10, 50);
        letGoFirst(executor, slow);
        expect(await attempt(executor.execute(database, block)), `block ${round}`).to.equal(text);
      }
      slow.fault.disarm();
      await executor.close();
      expect(spy.live).to.have.length(0);
    });
  }

  it('all of them asleep now and then, while a larger block is packed too', async () => {
    const { database, block, text } = await expectedBlock('wasm', below, 300, 320);
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
    for (const site of ['access', 'packing'] as const) {
      for (const { fault } of spy.live) fault.arm(site, 'sleep', site === 'access' ? 100 : 2, below(1 << 30));
      for (let round = 0; round < 3; round++) {
        expect(await attempt(executor.execute(database, block)), site).to.equal(text);
      }
    }
    for (const { fault } of spy.live) fault.disarm();
    await executor.close();
  });

  /** Resolves when the fault has happened. */
  async function happened({ fault }: FaultyThread): Promise<void> {
    while (fault.fired === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  it('one that never goes on is ended with the executor, and the block with it', async () => {
    const { database, block } = await expectedBlock('wasm', below, 30, 50);
    const alone = threadCount();
    for (let round = 0; round < 2; round++) {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 2, advice: { headStart: 'off' } });
      const [stuck] = spy.live as [FaultyThread];
      stuck.fault.arm('access', 'hang', 5 + below(60));
      letGoFirst(executor, stuck);
      const execution = attempt(executor.execute(database, block));
      await happened(stuck);
      await executor.close();
      expect(await execution).to.equal('CLOSED');
      expect(spy.live).to.have.length(0);
    }
    expect(threadCount()).to.equal(alone);
  });

  it('a stream is not kept by one that never goes on', async () => {
    const { database, block } = await expectedBlock('wasm', below, 300, 320);
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 2, advice: { headStart: 'off' } });
    const [stuck] = spy.live as [FaultyThread];
    stuck.fault.arm('access', 'hang', 2000);
    letGoFirst(executor, stuck);
    const failure = (async () => {
      for await (const _ of executor.stream(database, block));
      return 'done';
    })().catch((error: { code: string }) => error.code);
    await happened(stuck);
    await executor.close();
    expect(await failure).to.equal('CLOSED');
    expect(spy.live).to.have.length(0);
  });
});

describe('faults: an executor that is closed before its block has begun', function () {
  this.timeout(60_000);

  it('gives the block up', async () => {
    const below = generator(0xc105);
    const { database, block } = await expectedBlock('ethereumjs', below, 60, 80);
    const executor = await ParallelExecutor.create({ vm: 'ethereumjs', threads: 2, advice: { headStart: 'off' } });
    const { scope, engine } = executor as unknown as {
      scope: { before(of: typeof block): Promise<void> };
      engine: { run(breathe: unknown): Promise<void>; scheduler: { running(): boolean } };
    };
    // As if the steps before the transactions took long.
    const real = scope.before.bind(scope);
    let closing: Promise<void> | null = null;
    scope.before = async (of) => {
      closing = executor.close();
      await real(of);
    };
    let ran = true;
    const run = engine.run.bind(engine);
    engine.run = (breathe) => {
      ran = engine.scheduler.running();
      return run(breathe);
    };
    expect(await attempt(executor.execute(database, block))).to.equal('CLOSED');
    await closing;
    expect(ran, 'the block was begun').to.equal(false);
  });

  it('lets all threads leave a block that the calling one could not begin', async () => {
    const below = generator(0xc106);
    const spy = new ThreadSpy();
    spy.begin();
    const { database, block, text } = await expectedBlock('wasm', below, 60, 80);
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
    spy.end();
    const { engine, scope } = executor as unknown as {
      engine: { openOwn(...values: unknown[]): void };
      scope: { heap: { i32: Int32Array; used: number } };
    };
    const open = engine.openOwn.bind(engine);
    for (const { fault } of spy.live) fault.arm('access', 'sleep', 10, 3);
    engine.openOwn = () => {
      throw new RangeError('no room to begin');
    };
    const failure = await executor.execute(database, block).catch(String);
    expect(failure).to.equal('RangeError: no room to begin');
    const state = (): number[] => [Atomics.load(scope.heap.i32, CONTROL_FRONTIER), scope.heap.used];
    const left = state();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(state(), 'what threads have done since').to.deep.equal(left);
    expect(Atomics.load(scope.heap.i32, CONTROL_VERDICT)).to.equal(VERDICT_IDLE);
    engine.openOwn = open;
    for (const { fault } of spy.live) fault.disarm();
    expect(await attempt(executor.execute(database, block))).to.equal(text);
    await executor.close();
  });
});
