/**
 * The same contended blocks again and again, on several executors at once, so that many more threads
 * than cores pre-empt each other at every point of the protocol.
 */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { canonical } from '../support/outcome.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from '../support/sample-block.js';

const SENDERS = 10;
const TRANSACTIONS = 50;
const THREADS = [2, 3, 4, 8];
const ROUNDS = 150;
/** So many times as many, where so many transactions have not been aborted: how often threads meet is up to the machine. */
const MOST = 5;

describe('repeated runs under pre-emption', function () {
  this.timeout(300_000);
  const executors: ParallelExecutor[] = [];

  after(async () => {
    for (const executor of executors) await executor.close();
  });

  it(`gives one outcome in ${ROUNDS} rounds on ${THREADS.join(', ')} threads at once`, async () => {
    const database = sampleDatabase(SENDERS);
    const { environment } = sampleBlock([]);
    const transactions = sampleTransactions(TRANSACTIONS, SENDERS);
    // One that is valid, and one whose error only the committed prefix can tell.
    const blocks = [
      sampleBlock(transactions),
      sampleBlock(transactions, { environment: { ...environment, gasLimit: 500_000n } }),
    ];
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const expected: string[] = [];
    for (const block of blocks) expected.push(canonical(await serial.execute(database, block)));
    for (const threads of THREADS)
      executors.push(await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } }));
    let aborts = 0;
    let round = 0;
    for (; round < ROUNDS || (aborts <= ROUNDS && round < MOST * ROUNDS); round++) {
      const which = round % blocks.length;
      const block = blocks[which];
      if (block === undefined) throw new Error('no such block');
      const results = await Promise.all(executors.map((executor) => executor.execute(database, block)));
      for (const [i, result] of results.entries()) {
        expect(canonical(result), `round ${round}, ${THREADS[i]} threads`).to.equal(expected[which]);
        aborts += result.stats.aborts;
      }
    }
    console.log(`      ${aborts} aborts in ${round} rounds`);
    expect(aborts).to.be.greaterThan(ROUNDS);
  });
});
