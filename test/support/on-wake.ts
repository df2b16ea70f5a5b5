/** When an executor wakes its workers for a block's transactions. */
import type { BlockEngine } from '../../src/executor/block-engine.js';
import type { ParallelExecutor } from '../../src/executor/parallel.js';

export interface Wake {
  /** Transactions committed by then. */
  readonly frontier: number;
  /** Workers that were woken. */
  readonly threads: number;
}

/** What is used of an executor's own part. */
interface Waking {
  readonly engine: BlockEngine;
  wake(pool: unknown, database: unknown, helpers: number): void;
}

/**
 * Calls `seen` each time that `executor`, which must not lose a thread, wakes workers for transactions: before it opens the
 * block to them, since from then on a thread that is still awake may do all of it before anybody is woken.
 */
export function onWake(executor: ParallelExecutor, seen: (wake: Wake) => void): void {
  const waking = executor as unknown as Waking;
  const { engine } = waking;
  const wake = waking.wake.bind(executor);
  waking.wake = (pool, database, helpers) => {
    seen({ frontier: engine.scheduler.frontier(), threads: helpers });
    wake(pool, database, helpers);
  };
}
