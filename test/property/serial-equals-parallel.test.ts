/** The engine's one promise: whatever the number of threads, a block comes out as it does serially. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import { VM_NAMES } from '../../src/vm/name.js';
import { canonical } from '../support/outcome.js';
import { randomBlock } from './random-block.js';

const THREADS = [1, 2, 3, 4, 8];
/** Blocks by machine. The engine is the same on both; on the reference machine each takes over twice as long. */
const BLOCKS = { wasm: 1000, ethereumjs: 400 };

for (const vm of VM_NAMES) {
  describe(`random conflicting blocks on the machine ${vm}`, function () {
    this.timeout(600_000);

    let serial: SerialExecutor;
    const parallel: [name: string, threads: number, ParallelExecutor][] = [];

    before(async () => {
      serial = await SerialExecutor.create({ vm });
      for (const threads of THREADS) {
        const executor = await ParallelExecutor.create({ vm, threads, advice: { headStart: 'off' } });
        parallel.push([`${threads} threads`, threads, executor]);
      }
      // One thread has the block to itself; of three, one has it for some transactions, before it lets the others in.
      parallel.push(['1 thread, alone', 1, await ParallelExecutor.create({ vm, threads: 1 })]);
      const advice = { headStart: 'false', seed: 5 } as const;
      parallel.push(['3 threads, let in later', 3, await ParallelExecutor.create({ vm, threads: 3, advice })]);
    });

    after(async () => {
      await serial.close();
      for (const [, , executor] of parallel) await executor.close();
    });

    it(`${BLOCKS[vm]} blocks give the serial outcome with ${THREADS.join(', ')} threads, from the start and let in later`, async () => {
      const database = Database.create();
      let rejected = 0;
      let aborts = 0;
      let feeReads = 0;
      let resets = 0;
      await fc.assert(
        fc.asyncProperty(randomBlock(30), async ({ accounts, block }) => {
          database.clear();
          database.load(accounts);
          const expected = await serial.execute(database, block);
          if (!expected.ok) rejected++;
          for (const [name, threads, executor] of parallel) {
            const result = await executor.execute(database, block);
            expect(canonical(result), name).to.equal(canonical(expected));
            if (threads === 1 && result.ok) {
              expect(result.stats.incarnations, 'one incarnation each with one thread').to.equal(
                block.transactions.length,
              );
            }
            aborts += result.stats.aborts;
            feeReads += result.stats.deferredFeeReads;
            resets += result.stats.resets;
          }
        }),
        { numRuns: BLOCKS[vm], seed: 20261121, endOnFailure: false },
      );
      // The blocks must have been worth running: conflicts, deferred fees that were read, resets, rejections.
      expect(aborts).to.be.greaterThan(100);
      expect(feeReads).to.be.greaterThan(20);
      expect(resets).to.be.greaterThan(100);
      expect(rejected).to.be.greaterThan(20);
      console.log(
        `      aborts ${aborts}, deferred-fee reads ${feeReads}, resets ${resets}, rejected blocks ${rejected}`,
      );
    });
  });
}
