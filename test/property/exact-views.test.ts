/** Blocks over heaps of which each thread sees no more than it has mapped: no read may go past that. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Subject } from '../../bench/contender.js';
import { CONTENDED_WORKLOADS } from '../../bench/engine-workloads.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import type { ExecutorResult } from '../../src/transition/types.js';
import { EXACT_HOST, exactViews } from '../support/exact-views.js';
import { Random } from '../support/hammer.js';
import { canonical } from '../support/outcome.js';
import { blockFrom, randomBlock } from './random-block.js';

const BLOCKS = 200;
const LONG_BLOCKS = 6;
/** Transactions of a block of contended swaps, and how often each is run. */
const SWAPS = 80;
const SWAP_RUNS = 3;

describe('heaps whose views end where the thread has mapped', function () {
  this.timeout(300_000);

  let serial: SerialExecutor;
  const parallel: [name: string, ParallelExecutor][] = [];
  let inexact = (): void => {};

  before(async () => {
    inexact = exactViews();
    serial = await SerialExecutor.create({ vm: 'wasm' });
    for (const threads of [1, 2, 4]) {
      for (const headStart of ['off', 'false'] as const) {
        const executor = await ParallelExecutor.create({
          vm: 'wasm',
          threads,
          advice: { headStart },
          host: EXACT_HOST,
        });
        parallel.push([`${threads} threads, head start ${headStart}`, executor]);
      }
    }
  });
  after(async () => {
    for (const [, executor] of parallel) await executor.close();
    inexact();
  });

  async function agree(database: Database, block: Parameters<SerialExecutor['execute']>[1]): Promise<boolean> {
    const expected = await serial.execute(database, block);
    const text = canonical(expected);
    for (const [name, executor] of parallel) {
      expect(canonical(await executor.execute(database, block)), name).to.equal(text);
    }
    return expected.ok;
  }

  it(`${BLOCKS} random blocks come out as serially, invalid ones with the same message`, async () => {
    const database = Database.create();
    let rejected = 0;
    await fc.assert(
      fc.asyncProperty(randomBlock(30), async ({ accounts, block }) => {
        database.clear();
        database.load(accounts);
        if (!(await agree(database, block))) rejected++;
      }),
      { numRuns: BLOCKS, seed: 20261122, endOnFailure: true },
    );
    expect(rejected).to.be.greaterThan(5);
  });

  it(`${LONG_BLOCKS} blocks whose changes all threads pack come out as serially, read at once or after another block`, async () => {
    const random = new Random(77);
    let held: { found: ExecutorResult[]; text: string } | null = null;
    for (let i = 0; i < LONG_BLOCKS; i++) {
      const { accounts, block } = blockFrom((bound) => random.next(bound), 300, 500);
      const database = Database.from(accounts);
      await agree(database, block);
      // The block that was just run took the memory of these.
      for (const found of held?.found ?? []) expect(canonical(found), `block ${i - 1}, held`).to.equal(held?.text);
      const found: ExecutorResult[] = [];
      for (const [, executor] of parallel) found.push(await executor.execute(database, block));
      held = { found, text: canonical(await serial.execute(database, block)) };
    }
  });

  it('transactions that go on from images, their own or other threads’, come out as serially', async () => {
    const restored: number[] = [];
    const images = await Promise.all(
      [2, 4].map((threads) =>
        ParallelExecutor.create({
          vm: 'wasm',
          threads,
          advice: { headStart: 'off', hintSources: { learnt: 'off' } },
          host: EXACT_HOST,
        }),
      ),
    );
    for (const { name, build } of CONTENDED_WORKLOADS) {
      const { database, block } = Subject.of(build(SWAPS));
      const text = canonical(await serial.execute(database, block));
      for (let run = 0; run < SWAP_RUNS; run++) {
        for (const executor of images) {
          const found = await executor.execute(database, block);
          expect(canonical(found), `${name}, run ${run}`).to.equal(text);
          restored.push(found.stats.restores + found.stats.resumptions);
        }
      }
    }
    for (const executor of images) await executor.close();
    expect(restored.filter((count) => count > 0)).to.have.length.greaterThan(3);
  });
});
