/** Blocks over heaps of which each thread sees no more than it has mapped: no read may go past that. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import { EXACT_HOST, exactViews } from '../support/exact-views.js';
import { Random } from '../support/hammer.js';
import { canonical } from '../support/outcome.js';
import { blockFrom, randomBlock } from './random-block.js';

const BLOCKS = 200;
const LONG_BLOCKS = 6;

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

  it(`${LONG_BLOCKS} blocks whose changes all threads pack come out as serially`, async () => {
    const random = new Random(77);
    for (let i = 0; i < LONG_BLOCKS; i++) {
      const { accounts, block } = blockFrom((bound) => random.next(bound), 300, 500);
      await agree(Database.from(accounts), block);
    }
  });
});
