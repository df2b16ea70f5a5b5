/** A process that closes its executor while a block runs, and says what became of the block. */
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from './sample-block.js';

const executor = await ParallelExecutor.create({ vm: 'ethereumjs', threads: 3, advice: { headStart: 'off' } });
const execution = executor.execute(sampleDatabase(12), sampleBlock(sampleTransactions(4000, 12)));
execution.catch(() => {});
await new Promise((resolve) => setImmediate(resolve));
await executor.close();
try {
  process.stdout.write(`ok ${(await execution).ok}`);
} catch (error) {
  process.stdout.write(error instanceof ExecutorError ? error.code : String(error));
}
