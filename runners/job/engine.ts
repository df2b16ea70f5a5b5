/** The engine as the runner uses it: where all its executors are made but those of schedules and timelines, whose threads are others. */

import {
  type AccessWatch,
  type Advice,
  Database,
  type InspectedBlock,
  ParallelExecutor,
  SerialExecutor,
  type TransactionTraces,
} from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import { drawnSchedules, ScheduledRuns, type ScheduleSettings } from '../schedules/scheduled-runs.js';
import { Stopwatch } from '../verdict/stopwatch.js';

/** An executor of either kind; `execute` leaves the database as it was. */
export interface Executor {
  execute(database: Database, block: Block): Promise<ExecutionResult>;
  close(): Promise<void>;
  /** What the block executed last left in memory, where the executor keeps it: for explanations. */
  inspect?(): InspectedBlock | null;
}

/** What one job process keeps alive across its cases. */
export interface Engines {
  /** Cleared and loaded anew for each case. */
  readonly database: Database;
  readonly serial: Executor;
  /** Number of threads to executor. */
  readonly parallel: ReadonlyMap<number, Executor>;
  /** The executors' machine; the default one where left out. */
  readonly vm?: VmName;
  /** Deterministic schedules that blocks are run under besides. */
  readonly schedules?: ScheduledRuns;
  /** Told how long executions take. */
  readonly stopwatch?: Stopwatch;
  /** Told the place in its test of each block that is about to be processed. */
  readonly onBlock?: (index: number) => void;
}

/** Makes executors; tests give ones that are wrong. */
export type EngineFactory = (
  vm: VmName,
  threads: readonly number[],
  schedules?: ScheduleSettings | null,
) => Promise<Engines>;

export async function createEngines(
  vm: VmName,
  threads: readonly number[],
  schedules: ScheduleSettings | null = null,
): Promise<Engines> {
  const serial = await SerialExecutor.create({ vm });
  const parallel = new Map<number, Executor>();
  for (const count of threads) {
    // One thread has each block to itself; several are to meet from the first transaction on.
    const advice: Partial<Advice> = { headStart: count === 1 ? 'on' : 'off' };
    parallel.set(count, await ParallelExecutor.create({ vm, threads: count, advice }));
  }
  const engines = { database: emptyDatabase(), serial, parallel, vm, stopwatch: new Stopwatch() };
  return schedules === null
    ? engines
    : { ...engines, schedules: new ScheduledRuns(vm, drawnSchedules(schedules), schedules.exploration ?? null) };
}

/** A serial executor of the machine that is not `vm`: a second opinion. */
export function createOtherMachine(vm: VmName): Promise<Executor> {
  return SerialExecutor.create({ vm: vm === 'wasm' ? 'ethereumjs' : 'wasm' });
}

/** A serial executor that reports its transactions. */
export function createTracedExecutor(vm: VmName, traces: TransactionTraces): Promise<Executor> {
  return SerialExecutor.create({ vm, traces });
}

/** A serial executor that tells what its transactions read and write. */
export function createWatchedExecutor(vm: VmName, accesses: AccessWatch): Promise<Executor> {
  return SerialExecutor.create({ vm, accesses });
}

export function emptyDatabase(): Database {
  return Database.from([]);
}

export async function closeEngines(engines: Engines): Promise<void> {
  await Promise.all([engines.serial, ...engines.parallel.values()].map((executor) => executor.close()));
  await engines.schedules?.close();
}

export type { Database };
