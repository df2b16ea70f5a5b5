/** The engine as the runner uses it: the only place where the runner names its classes. */

import { Database, ParallelExecutor, SerialExecutor, type TransactionTraces } from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';

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
  /** Told the place in its test of each block that is about to be processed. */
  readonly onBlock?: (index: number) => void;
}

export async function createEngines(vm: VmName, threads: readonly number[]): Promise<Engines> {
  const serial = await SerialExecutor.create({ vm });
  const parallel = new Map<number, Executor>();
  for (const count of threads) parallel.set(count, await ParallelExecutor.create({ vm, threads: count }));
  return { database: emptyDatabase(), serial, parallel };
}

/** A serial executor that reports its transactions. */
export function createTracedExecutor(vm: VmName, traces: TransactionTraces): Promise<Executor> {
  return SerialExecutor.create({ vm, traces });
}

export function emptyDatabase(): Database {
  return Database.from([]);
}

export async function closeEngines(engines: Engines): Promise<void> {
  await Promise.all([engines.serial, ...engines.parallel.values()].map((executor) => executor.close()));
}

export type { Database };
