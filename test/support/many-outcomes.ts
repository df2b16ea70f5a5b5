/**
 * Executes `argv[3]` blocks on one executor of `argv[2]` threads (0: the serial one) in a loop that never waits for anything else,
 * and reads nothing of what they come to. To be run with a heap that has no room for all of it.
 */
import { executorOf } from './executor-of.js';
import { sampleBlock, sampleDatabase, sampleTransaction } from './sample-block.js';

const [threads, blocks] = process.argv.slice(2).map(Number) as [number, number];
const SENDERS = 100;

const executor = await executorOf(threads);
const database = sampleDatabase(SENDERS);
for (let n = 0; n < blocks; n++) {
  const transactions = Array.from({ length: SENDERS }, (_, i) => sampleTransaction(i, SENDERS, {}));
  const result = await executor.execute(database, sampleBlock(transactions));
  if (!result.ok) throw result.error;
}
await executor.close();
process.stdout.write(`${blocks} blocks`);
