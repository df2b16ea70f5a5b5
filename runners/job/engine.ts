/** The engine as the runner uses it: the only place where the runner names its classes. */
import { Database, ParallelExecutor, SerialExecutor } from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';

/** An executor of either kind; `execute` leaves the database as it was. */
export interface Executor {
  execute(database: Database, block: Block): Promise<ExecutionResult>;
  close(): Promise<void>;
}

/** What one job process keeps alive across its cases. */
export interface Engines {
  /** Cleared and loaded anew for each case. */
  readonly database: Database;
  readonly serial: Executor;
  /** Number of threads to executor. */
  readonly parallel: ReadonlyMap<number, Executor>;
}

export async function createEngines(vm: 'ethereumjs' | 'wasm', threads: readonly number[]): Promise<Engines> {
  const serial = await SerialExecutor.create({ vm });
  const parallel = new Map<number, Executor>();
  for (const count of threads) parallel.set(count, await ParallelExecutor.create({ vm, threads: count }));
  return { database: Database.from([]), serial, parallel };
}

export async function closeEngines(engines: Engines): Promise<void> {
  await Promise.all([engines.serial, ...engines.parallel.values()].map((executor) => executor.close()));
}

export type { Database };
