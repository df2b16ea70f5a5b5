/** The schedules that a block is run under beside the runs on real threads. */
import { type Database, ExecutorError, type InspectedBlock } from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import type { DriverOptions, ScheduleReport } from './driver.js';
import { ScheduleError } from './errors.js';
import { Exploration } from './explore.js';
import { mix } from './random.js';
import { type Schedule, ScheduleNameError, scheduleNamed, scheduleSeeds } from './schedule.js';
import { ScheduledEngine } from './scheduled-engine.js';

/** What `--schedules` and `--seed` say. */
export interface ScheduleSettings {
  /** Schedules per block. */
  readonly count: number;
  /** Any text; another one draws other schedules. */
  readonly seed: string;
  /** Blocks of 2 to 4 transactions are also run under every schedule of two workers with so few pre-emptions; left out where they are not. */
  readonly exploration?: ExplorationSettings;
  /** Name of a schedule that is run in place of those drawn. */
  readonly only?: string;
}

export interface ExplorationSettings {
  readonly preemptions: number;
  /** Schedules per block at most. */
  readonly limit: number;
}

/** What a block came to under a schedule: a result, or the failure of the engine. */
export type ScheduledOutcome =
  | { readonly result: ExecutionResult; readonly schedule: Schedule }
  | { readonly result: null; readonly schedule: Schedule; readonly failure: ScheduleError | ExecutorError };

/** Told what a schedule came to. */
export type OnSchedule = (schedule: Schedule, report: ScheduleReport) => void;

/** Blocks that are explored have so many transactions. */
const LEAST_EXPLORED = 2;
const MOST_EXPLORED = 4;
const EXPLORING_WORKERS = 2;
/** Accesses of a schedule that an exploration looks at. */
const ACCESS_ROOM = 1 << 18;

export class ScheduledRuns {
  readonly #engine: ScheduledEngine;

  /** `choose` names the schedules of a block. */
  constructor(
    vm: VmName,
    private readonly choose: (block: Block) => readonly string[],
    private readonly exploration: ExplorationSettings | null = null,
    private readonly onSchedule: OnSchedule | null = null,
    options: DriverOptions = {},
  ) {
    this.#engine = new ScheduledEngine(vm, exploration === null ? options : { ...options, accessRoom: ACCESS_ROOM });
  }

  /**
   * Runs `block` under its schedules, one after the other, and then under those of an exploration where it is small
   * enough for one. Returns true where an exploration has left nothing out. A result is to be read before the next one.
   */
  async *over(database: Database, block: Block): AsyncGenerator<ScheduledOutcome, boolean, undefined> {
    for (const name of this.choose(block)) {
      const outcome = await this.execute(name, database, block);
      if (outcome.result === null && outcome.failure.code === 'INFEASIBLE') throw misfit(name, outcome.failure);
      yield outcome;
    }
    const { length } = block.transactions;
    if (this.exploration === null || length < LEAST_EXPLORED || length > MOST_EXPLORED) return false;
    const exploration = new Exploration({ ...this.exploration, workers: EXPLORING_WORKERS });
    for (let schedule = exploration.next(); schedule !== null; schedule = exploration.next()) {
      const outcome = await this.#run(schedule, database, block);
      exploration.ran(this.#engine.report());
      yield outcome;
    }
    return exploration.explored.complete >= this.exploration.preemptions;
  }

  /** Runs `block` under the schedule of that name. Throws `ScheduleNameError` where it names none. */
  execute(name: string, database: Database, block: Block): Promise<ScheduledOutcome> {
    return this.#run(scheduleNamed(name, block.transactions.length), database, block);
  }

  async #run(schedule: Schedule, database: Database, block: Block): Promise<ScheduledOutcome> {
    try {
      const { result } = await this.#engine.execute(schedule, database, block);
      return { result, schedule };
    } catch (failure) {
      if (!(failure instanceof ScheduleError || failure instanceof ExecutorError)) throw failure;
      return { result: null, schedule, failure };
    } finally {
      this.onSchedule?.(schedule, this.#engine.report());
    }
  }

  /** As `ScheduledEngine.inspect`. */
  inspect(): InspectedBlock | null {
    return this.#engine.inspect();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** What is wrong is the list, and not the engine. */
function misfit(name: string, { message }: Error): ScheduleNameError {
  return new ScheduleNameError(`"${name}" belongs to another block or another engine (${message})`);
}

/**
 * Names the schedules of a block, from what it holds: the same ones wherever and whenever it is run. A block of one
 * transaction or none has nothing to interleave: no other thread is woken for it, so that one schedule is all there is.
 */
export function drawnSchedules({ count, seed, only }: ScheduleSettings): (block: Block) => readonly string[] {
  if (only !== undefined) return () => [only];
  const number = textSeed(seed);
  return (block) => scheduleSeeds(number, placeOf(block), block.transactions.length < 2 ? Math.min(1, count) : count);
}

/** A number for a text. */
export function textSeed(text: string): number {
  let seed = text.length;
  for (const byte of new TextEncoder().encode(text)) seed = mix(seed, byte);
  return seed;
}

/** A number that blocks mostly do not share. */
function placeOf({ environment, transactions }: Block): number {
  let place = mix(Number(environment.number & 0xffffffffn), Number(environment.timestamp & 0xffffffffn));
  for (const { sender, nonce, data } of transactions) {
    place = mix(place, Number(nonce & 0xffffffffn) ^ data.length);
    for (const byte of sender) place = Math.imul(place ^ byte, 0x01000193);
  }
  return place;
}
