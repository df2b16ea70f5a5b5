/** A process that runs a block over threads; with the argument `close` it closes the executor, else it just ends. */
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from './sample-block.js';

const executor = await ParallelExecutor.create({ vm: 'ethereumjs', threads: 3, advice: { headStart: 'off' } });
const result = await executor.execute(sampleDatabase(4), sampleBlock(sampleTransactions(8, 4)));
if (process.argv[2] === 'close') await executor.close();
process.stdout.write(result.ok ? `ok ${process.argv[2]}` : 'rejected');
