/** Memory that runs out at any point: in the executor's heaps, the database's, a thread's own. */
import { expect } from 'chai';
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import type { BlockScope } from '../../src/executor/scope.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { CONTROL_PACKED, HEAP_NEXT } from '../../src/layout.js';
import { Database } from '../../src/state/database.js';
import { HEAP_MAXIMUM_WORDS, HeapExhaustedError, type SharedHeap } from '../../src/state/heap.js';
import { PlantedError } from '../support/fault.js';
import { attempt, type Expected, expectedBlock, generator } from '../support/fault-blocks.js';
import { type FaultyThread, letGoFirst, ThreadSpy, threadCount } from '../support/fault-threads.js';
import { sampleDatabase } from '../support/sample-block.js';

const HEAPS = ['heap', 'outcomes'] as const;
const ROUNDS = 8;

/** The heap has room for `words` words after each reset from now on. Answers a function that ends this. */
function leaveRoom(heap: SharedHeap, words: number): () => void {
  const reset = heap.reset.bind(heap);
  heap.reset = (start) => {
    reset(start);
    Atomics.store(heap.i32, HEAP_NEXT, HEAP_MAXIMUM_WORDS - 16 * Math.ceil(words / 16));
  };
  return () => {
    heap.reset = reset;
  };
}

describe('faults: memory that runs out', function () {
  this.timeout(120_000);
  const below = generator(0x3e3);
  const spy = new ThreadSpy();
  let small: Expected;
  let large: Expected;

  before(async () => {
    small = await expectedBlock('wasm', below, 20, 60);
    large = await expectedBlock('wasm', below, 300, 320);
    spy.begin();
  });
  after(() => spy.end());

  const scopeOf = (executor: object): BlockScope => (executor as { scope: BlockScope }).scope;

  /** Words of a heap that the block takes where `executor` runs it. */
  async function need(
    which: (typeof HEAPS)[number],
    executor: SerialExecutor | ParallelExecutor,
    { database, block }: Expected,
  ): Promise<number> {
    await executor.execute(database, block);
    return scopeOf(executor)[which].used;
  }

  for (const which of HEAPS) {
    for (const threads of [0, 1, 3]) {
      const who = threads === 0 ? 'serially' : `${threads} threads`;
      it(`fails the block and no other where the ${which} is full, ${who}`, async () => {
        const executor =
          threads === 0
            ? await SerialExecutor.create({ vm: 'wasm' })
            : await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
        let full = 0;
        for (const expected of [small, large]) {
          const { database, block, text } = expected;
          const words = await need(which, executor, expected);
          for (let round = 0; round < ROUNDS; round++) {
            const restore = leaveRoom(scopeOf(executor)[which], below(words));
            let failure: unknown = null;
            const answer = await attempt(
              executor.execute(database, block).catch((error: unknown) => {
                failure = error;
                throw error;
              }),
            );
            restore();
            expect(answer, `round ${round}: ${failure}`).to.be.oneOf([text, 'MEMORY_EXHAUSTED']);
            if (failure !== null) {
              full++;
              expect(String(failure)).to.match(/shared memory exhausted: \d+ bytes wanted, the limit is \d+/);
            }
            const before = process.memoryUsage().arrayBuffers;
            expect(await attempt(executor.execute(database, block)), `after round ${round}`).to.equal(text);
            // A full heap is a GiB: what it held must not be kept by copying it.
            expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(2 ** 26);
          }
        }
        expect(full).to.be.greaterThan(ROUNDS / 2);
        await executor.close();
        expect(spy.live).to.have.length(0);
      });
    }
  }

  it('waits for the threads that pack a block’s changes where there is no room for its own share', async () => {
    const { database, block, text } = large;
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
    // Threads take long to pack, and only the calling one runs out of room.
    for (const { fault } of spy.live) fault.arm('packing', 'sleep', 2, 7);
    letGoFirst(executor, spy.live[0] as FaultyThread);
    const { outcomeArena } = scopeOf(executor);
    const alloc = outcomeArena.alloc.bind(outcomeArena);
    let packing = 0;
    outcomeArena.alloc = (words) => {
      // Records of changes come in chunks of this size at least, outcomes do not.
      if (words >= 256 && packing++ === 0) throw new HeapExhaustedError(1, 2);
      return alloc(words);
    };
    expect(await attempt(executor.execute(database, block))).to.equal('MEMORY_EXHAUSTED');
    expect(packing).to.equal(1);
    const { heap } = scopeOf(executor);
    const state = (): number[] => [Atomics.load(heap.i32, CONTROL_PACKED), heap.used];
    const left = state();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(state(), 'what threads have packed since').to.deep.equal(left);
    for (const { fault } of spy.live) fault.disarm();
    expect(await attempt(executor.execute(database, block))).to.equal(text);
    await executor.close();
  });

  it('fails the block where a thread alone cannot pack its share of the changes, and keeps the thread', async () => {
    const { database, block, text } = large;
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
    const threads = [...spy.live];
    let failed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const thread = threads[round % 2] as FaultyThread;
      thread.fault.arm('packing', 'throw', 1 + below(4));
      letGoFirst(executor, thread);
      const run = executor.execute(database, block);
      const failure = await run.then(
        () => null,
        (error: unknown) => error,
      );
      // It may have come too late, or not so often to the site.
      if (thread.fault.fired > 0) {
        failed++;
        expect(failure).to.be.instanceOf(ExecutorError).with.property('code', 'MACHINE_FAILED');
        expect(String(failure)).to.contain(new PlantedError().message);
      } else expect(failure).to.equal(null);
      thread.fault.disarm();
      expect(await attempt(executor.execute(database, block)), `after round ${round}`).to.equal(text);
    }
    expect(failed).to.be.greaterThan(2);
    expect(spy.live).to.deep.equal(threads);
    await executor.close();
  });

  it('fails to load a state that is too large, and loads another one', () => {
    const database = Database.create();
    const restore = leaveRoom(database.heap, 2000);
    database.clear();
    const source = sampleDatabase(200);
    const accounts = [...source.accounts()];
    expect(() => database.load(accounts)).to.throw(HeapExhaustedError);
    // Whatever was added can be found, and stands there once.
    const kept = [...database.accounts()].map(([address]) => address);
    expect(kept.filter((address) => database.account(address) === null)).to.deep.equal([]);
    expect(new Set(kept).size).to.equal(kept.length);
    restore();
    database.clear();
    database.load(accounts);
    expect(database.stateRoot()).to.deep.equal(source.stateRoot());
  });

  it('ends a thread that has filled its own heap, and that block alone', async () => {
    const { database, block, text } = small;
    const alone = threadCount();
    spy.limits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 2, advice: { headStart: 'off' } });
    let lost = 0;
    for (let round = 0; round < 20 && lost < 3; round++) {
      const [thread] = spy.live as [FaultyThread];
      thread.fault.arm('access', 'fill', 4 + below(60));
      letGoFirst(executor, thread);
      const failure = await executor.execute(database, block).then(() => null, String);
      if (failure !== null) lost++;
      expect(failure ?? '').to.match(/^$|^ExecutorError: WORKER_DIED: worker 1: .*memory limit: JS heap out of memory/);
      await spy.settle(thread);
      expect(await attempt(executor.execute(database, block))).to.equal(text);
    }
    expect(lost).to.equal(3);
    spy.limits = undefined;
    await executor.close();
    expect(threadCount()).to.equal(alone);
  });
});
