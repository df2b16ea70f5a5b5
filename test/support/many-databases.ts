/**
 * Makes `argv[2]` databases, drops each, and prints how many of them were mapped at most, as far as the process' addresses tell.
 * Over each a block is executed, on one executor of `argv[3]` threads (0 is the serial one), where that is given. Linux only.
 */
import { readFileSync } from 'node:fs';
import { executorOf } from './executor-of.js';
import { sampleBlock, sampleDatabase, sampleTransactions } from './sample-block.js';

const [databases, threads] = process.argv.slice(2).map(Number) as [number, number | undefined];
const LOOK_EVERY = 50;

/** Addresses that this process has taken, KiB. */
function mapped(): number {
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

const executor = threads === undefined ? null : await executorOf(threads);
const empty = mapped();
const held = sampleDatabase(4);
const each = mapped() - empty;
let most = 0;
for (let i = 1; i <= databases; i++) {
  const database = sampleDatabase(4);
  const result = await executor?.execute(database, sampleBlock(sampleTransactions(8, 4)));
  if (result !== undefined && !result.ok) throw result.error;
  if (i % LOOK_EVERY === 0) most = Math.max(most, (mapped() - empty) / each);
}
await executor?.close();
process.stdout.write(`${Math.round(most)} of ${databases} mapped, one held: ${held.heap.used > 0}`);
