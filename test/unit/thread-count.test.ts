/** The threads that tests of faults count: those that live, not those that the system still lists. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { countTasks, threadCount } from '../support/fault-threads.js';

describe('count of threads', () => {
  it('counts a thread that lives', async () => {
    const alone = threadCount();
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    await new Promise((resolve) => worker.once('online', resolve));
    expect(threadCount()).to.equal(alone === null ? null : alone + 1);
    await worker.terminate();
    expect(threadCount()).to.equal(alone);
  });

  it('does not count a thread that has begun to end, nor one that ends while it is looked at', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-tasks-'));
    const task = (id: number, stat: string | null): void => {
      mkdirSync(join(folder, `${id}`));
      if (stat !== null) writeFileSync(join(folder, `${id}`, 'stat'), stat);
    };
    // Names may hold anything, spaces and parentheses too; the flags are the seventh field after them.
    task(100, '100 (node) R 1 100 100 0 -1 4194304 12 0 0 0');
    task(101, '101 (a) R 0 (b) S 1 100 100 0 -1 4194368 12 0 0 0');
    task(102, '102 (node) R 1 100 100 0 -1 4194308 12 0 0 0');
    task(103, '103 (node) X 1 100 100 0 -1 4194372 12 0 0 0');
    task(104, null);
    expect(countTasks(folder)).to.equal(2);
    rmSync(folder, { recursive: true });
  });
});
