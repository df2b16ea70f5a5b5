/**
 * Executes `argv[2]` blocks whose records are large on one executor of `argv[3]` threads (0: the serial one), and prints how many mebibytes the
 * process has grown by at most, and what all records together take.
 */
import { recordTransactions } from '../../src/transition/transaction/index.js';
import { executorOf } from './executor-of.js';
import { sampleBlock, sampleDatabase, sampleTransaction } from './sample-block.js';

const [blocks, threads] = process.argv.slice(2).map(Number) as [number, number];
const LOOK_EVERY = 10;
const SENDERS = 100;
const data = new Uint8Array(100_000);

const executor = await executorOf(threads);
const database = sampleDatabase(SENDERS);
const transactions = Array.from({ length: SENDERS }, (_, i) =>
  sampleTransaction(i, SENDERS, { data, gasLimit: 2_000_000n }),
);
let [first, most, records] = [0, 0, 0];
for (let i = 1; i <= blocks; i++) {
  // A block of its own each time, or its records would be there already.
  const block = sampleBlock(transactions);
  const result = await executor.execute(database, block);
  if (!result.ok) throw result.error;
  records += recordTransactions(block).u32.byteLength / 2 ** 20;
  if (i % LOOK_EVERY !== 0) continue;
  const now = process.memoryUsage().rss / 2 ** 20;
  if (first === 0) first = now;
  most = Math.max(most, now - first);
}
await executor.close();
process.stdout.write(`${Math.round(most)} of ${Math.round(records)} MiB`);
