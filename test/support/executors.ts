/** Executors for tests: shared by a suite, and looked into. */
import type { Worker } from 'node:worker_threads';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import type { VmName } from '../../src/vm/name.js';

export type Executor = SerialExecutor | ParallelExecutor;

/** Executors that the tests of a suite use one after the other, since making one costs more than most tests do. */
export class SharedExecutors {
  private readonly made = new Map<string, Executor>();

  /** 0 threads is the serial one. */
  async of(threads: number, vm: VmName = 'wasm'): Promise<Executor> {
    const key = `${threads} ${vm}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const executor =
      threads === 0
        ? await SerialExecutor.create({ vm })
        : await ParallelExecutor.create({ vm, threads, advice: { headStart: 'off' } });
    this.made.set(key, executor);
    return executor;
  }

  async close(): Promise<void> {
    await Promise.all([...this.made.values()].map((executor) => executor.close()));
  }
}

/** The executor's threads, by looking inside: nothing but a test wants to kill one. */
export function threadsOf(executor: ParallelExecutor): Worker[] {
  const inner = executor as unknown as { pool: { threads: { worker: Worker }[] } | null };
  return inner.pool?.threads.map(({ worker }) => worker) ?? [];
}
