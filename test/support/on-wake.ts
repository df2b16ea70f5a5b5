/** When an executor wakes its workers for a block's transactions. */
import type { BlockEngine } from '../../src/executor/block-engine.js';
import type { ParallelExecutor } from '../../src/executor/parallel.js';
import type { WorkerPool } from '../../src/executor/pool.js';
import { CONTROL_VERDICT, VERDICT_RUNNING } from '../../src/layout.js';

export interface Wake {
  /** Transactions committed by then. */
  readonly frontier: number;
  /** Workers that were woken; undefined stands for all. */
  readonly threads: number | undefined;
}

/** Calls `seen` each time that `executor`, which must not lose a thread, wakes workers for transactions, just before. */
export function onWake(executor: ParallelExecutor, seen: (wake: Wake) => void): void {
  const { engine, pool } = executor as unknown as { engine: BlockEngine; pool: WorkerPool };
  const announce = pool.announce.bind(pool);
  pool.announce = (threads) => {
    if (Atomics.load(engine.heap.i32, CONTROL_VERDICT) === VERDICT_RUNNING) {
      seen({ frontier: engine.scheduler.frontier(), threads });
    }
    announce(threads);
  };
}
