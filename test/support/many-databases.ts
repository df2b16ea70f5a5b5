/**
 * Executes a block over each of `argv[2]` databases on one executor of `argv[3]` threads, drops each, and prints how many of
 * them were mapped at most, as far as the process' addresses tell. To be run with --expose-gc, and on Linux.
 */
import { readFileSync } from 'node:fs';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from './sample-block.js';

const [databases, threads] = process.argv.slice(2).map(Number) as [number, number];
const LOOK_EVERY = 50;

/** Addresses that this process has taken, KiB. */
function mapped(): number {
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
const empty = mapped();
const held = sampleDatabase(4);
const each = mapped() - empty;
let most = 0;
for (let i = 1; i <= databases; i++) {
  const result = await executor.execute(sampleDatabase(4), sampleBlock(sampleTransactions(8, 4)));
  if (!result.ok) throw result.error;
  if (i % LOOK_EVERY !== 0) continue;
  // What this thread has dropped is not what is looked for.
  globalThis.gc?.();
  most = Math.max(most, (mapped() - empty) / each);
}
await executor.close();
process.stdout.write(`${Math.round(most)} of ${databases} mapped, one held: ${held.heap.used > 0}`);
