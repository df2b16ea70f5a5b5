/**
 * Runs programs under schedules. The calling thread is worker 0 and takes part; the others are threads that are kept.
 * Nothing is carried from one schedule to the next but the threads with what they have compiled.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Transferable } from 'node:worker_threads';
import { Baton } from './baton.js';
import { SCHEDULE_ERRORS, ScheduleError, type ScheduleErrorCode, ScheduleStopped } from './errors.js';
import { placeName } from './events.js';
import { holdBaton, installHooks } from './hooks.js';
import type { Schedule } from './schedule.js';
import { beginSimulation, simulationBuffers } from './simulated-time.js';
import { type Part, ScheduleThreads } from './threads.js';
import {
  ACCESS_WORDS,
  ACCESSES,
  ALIVE,
  CHANGE_COUNT,
  CHANGES,
  CLOCKS,
  COUNTDOWN,
  EXPLORING,
  FAILED,
  FINGERPRINT,
  LOG_WORDS,
  LOGGED,
  LOGGING,
  MOST_STEPS,
  PATIENCE,
  PERIOD,
  RANDOM,
  SCHEDULE_TIMES,
  SCHEDULE_WORDS,
  type ScheduleMemory,
  SLOW,
  SOONEST,
  STATE_LEFT,
  STATE_RUNNABLE,
  STATE_WAITING,
  STEP,
  STOP,
  STOP_ABANDONED,
  STOP_STALLED,
  STRATEGY,
  STRATEGY_LISTED,
  STRATEGY_PRIORITIES,
  STRATEGY_RANDOM,
  STRATEGY_SIMULATED,
  SWITCHES,
  TICK,
  WORKER_HEAP,
  WORKER_INDEX,
  WORKER_PRIORITY,
  WORKER_STATE,
  WORKER_WORDS,
  WORKERS,
  WORKERS_AT,
} from './words.js';

export interface DriverOptions {
  /** Points after which a schedule counts as a livelock. */
  readonly mostSteps?: number;
  /** Records of events that a log has room for; 0 keeps none. */
  readonly logRoom?: number;
  /** Records of accesses that an exploration has room for; 0 keeps none. */
  readonly accessRoom?: number;
  /** Transactions of the largest block whose execution is simulated; 0 simulates none. */
  readonly simulated?: number;
}

/** What a schedule came to. */
export interface ScheduleReport {
  readonly steps: number;
  readonly switches: number;
  /** Hash of all events: equal for equal interleavings. */
  readonly fingerprint: number;
  /** Records of the log, `LOG_WORDS` words each; valid until the next schedule. */
  readonly log: Int32Array;
  readonly logged: number;
  /** Records of accesses, `ACCESS_WORDS` words each; valid until the next schedule. */
  readonly accesses: Int32Array;
  readonly accessCount: number;
  /** The calling thread's clock at the end of a simulation, nanoseconds. */
  readonly nanoseconds: number;
}

/** How the calling thread starts the others. */
export type StartPart = (worker: number, module: string, data: unknown, transfer?: Transferable[]) => Part;

const MOST_STEPS_DEFAULT = 100_000_000;
/** The calling thread waits so long, milliseconds, for the others to leave. */
const LEAVE_MILLISECONDS = 1000;

const STRATEGIES = {
  random: STRATEGY_RANDOM,
  priorities: STRATEGY_PRIORITIES,
  listed: STRATEGY_LISTED,
  simulated: STRATEGY_SIMULATED,
} as const;

export class ScheduleDriver {
  readonly #memory: ScheduleMemory;
  readonly #words: Int32Array;
  readonly #mostSteps: number;
  readonly #uninstall = installHooks();
  #threads = new ScheduleThreads();
  #run = 0;

  constructor(options: DriverOptions = {}) {
    this.#memory = {
      words: new SharedArrayBuffer(4 * SCHEDULE_WORDS),
      times: new SharedArrayBuffer(8 * SCHEDULE_TIMES),
      log: new SharedArrayBuffer(4 * LOG_WORDS * (options.logRoom ?? 0)),
      accesses: new SharedArrayBuffer(4 * ACCESS_WORDS * (options.accessRoom ?? 0)),
      ...simulationBuffers(options.simulated ?? 0),
    };
    this.#words = new Int32Array(this.#memory.words);
    this.#mostSteps = options.mostSteps ?? MOST_STEPS_DEFAULT;
  }

  /**
   * Runs a program under `schedule`. `prepare` starts workers 1 to `schedule.workers` - 1 and waits until each is
   * ready; what it answers is the calling thread's part. Throws {@link ScheduleError} where the schedule did not come
   * to its end, and what a worker threw otherwise.
   */
  async run<T>(
    schedule: Schedule,
    prepare: (start: StartPart) => Promise<() => T | Promise<T>>,
  ): Promise<{ readonly value: T; readonly report: ScheduleReport }> {
    this.#reset(schedule);
    const run = ++this.#run;
    const parts: Part[] = [];
    const baton = new Baton(this.#memory, 0);
    let value: T | undefined;
    let failure: unknown = null;
    try {
      const act = await prepare((worker, module, data, transfer = []) => {
        const part = this.#threads.start({ run, memory: this.#memory, worker, module, data }, transfer);
        parts.push(part);
        return part;
      });
      holdBaton(baton);
      value = await act();
    } catch (error) {
      failure = error;
    } finally {
      holdBaton(null);
    }
    // Where it failed others may wait for this worker for ever: they would be in a deadlock of its making.
    if (failure !== null) baton.end(STOP_ABANDONED);
    baton.leave(failure !== null);
    const failures = await this.#left(baton, parts);
    this.#judge(failure, failures);
    return { value: value as T, report: this.#report() };
  }

  /** Events up to now, also of a schedule that threw. */
  report(): ScheduleReport {
    return this.#report();
  }

  async close(): Promise<void> {
    this.#uninstall();
    await this.#threads.close();
  }

  #reset(schedule: Schedule): void {
    const words = this.#words;
    words.fill(0);
    words[ALIVE] = schedule.workers;
    words[WORKERS] = schedule.workers;
    words[MOST_STEPS] = this.#mostSteps;
    words[STRATEGY] = STRATEGIES[schedule.strategy];
    words[TICK] = schedule.tick;
    words[PATIENCE] = schedule.patience;
    words[FINGERPRINT] = 0x811c9dc5;
    words[SLOW] = -1;
    words[LOGGING] = this.#memory.log.byteLength > 0 ? 1 : 0;
    words[EXPLORING] = this.#memory.accesses.byteLength > 0 ? 1 : 0;
    for (let worker = 0; worker < schedule.workers; worker++) this.#word(worker, WORKER_STATE, STATE_RUNNABLE);
    switch (schedule.strategy) {
      case 'random':
        words[RANDOM] = schedule.random;
        words[PERIOD] = schedule.period;
        words[COUNTDOWN] = 1 + ((schedule.random >>> 0) % (2 * schedule.period - 1));
        words[SLOW] = schedule.slow;
        break;
      case 'priorities':
        schedule.priorities.forEach((priority, worker) => {
          this.#word(worker, WORKER_PRIORITY, priority);
        });
        words[CHANGE_COUNT] = schedule.changes.length;
        schedule.changes.forEach((step, i) => {
          words[CHANGES + 2 * i] = step;
        });
        break;
      case 'listed':
        words[CHANGE_COUNT] = schedule.decisions.length;
        schedule.decisions.forEach(({ step, worker }, i) => {
          words[CHANGES + 2 * i] = step;
          words[CHANGES + 2 * i + 1] = worker;
        });
        break;
    }
    if (schedule.strategy === 'simulated') beginSimulation(this.#memory, schedule.costs);
    new Float64Array(this.#memory.times).fill(0)[SOONEST] = Number.POSITIVE_INFINITY;
  }

  #word(worker: number, which: number, value: number): void {
    this.#words[WORKERS_AT + worker * WORKER_WORDS + which] = value;
  }

  /** Waits until every thread is through; answers what they threw. */
  async #left(baton: Baton, parts: readonly Part[]): Promise<string[]> {
    const words = this.#words;
    while (words[STOP] === 0 && words[ALIVE] !== 0) {
      const alive = Atomics.load(words, ALIVE);
      if (alive === 0 || Atomics.wait(words, ALIVE, alive, LEAVE_MILLISECONDS) !== 'timed-out') continue;
      await turn();
      // A thread that dies cannot hand the baton over.
      if (parts.every(({ isEnded }) => isEnded)) break;
    }
    if (words[STOP] === 0 && words[ALIVE] !== 0) baton.end(STOP_ABANDONED);
    if (words[STOP] === STOP_STALLED) {
      // The one that is stuck stays so.
      const stuck = this.#threads;
      this.#threads = new ScheduleThreads();
      await stuck.close();
    }
    const failures = await Promise.all(parts.map(({ ended }) => ended));
    return failures.filter((failure) => failure !== null);
  }

  #judge(failure: unknown, failures: readonly string[]): void {
    const reason = this.#words[STOP] as number;
    const own = failure !== null && !(failure instanceof ScheduleStopped);
    if (reason !== 0 && reason !== STOP_ABANDONED) {
      throw new ScheduleError(SCHEDULE_ERRORS[reason - 1] as ScheduleErrorCode, this.#situation());
    }
    if (own) throw failure;
    const first = failures[0];
    if (first !== undefined) throw new ScheduleError('WORKER_FAILED', first);
    if (failure !== null) throw new ScheduleError('ABANDONED', this.#situation());
  }

  /** Where each worker stood. */
  #situation(): string {
    const words = this.#words;
    const stands = Array.from({ length: words[WORKERS] as number }, (_, worker) => {
      const word = (which: number): number => words[WORKERS_AT + worker * WORKER_WORDS + which] as number;
      // Those that were stopped have left since; what they waited for stands still.
      if (word(WORKER_STATE) === STATE_WAITING) return `worker ${worker} waits at ${this.#place(word)}`;
      return `worker ${worker} ${word(WORKER_STATE) === STATE_LEFT ? 'has left' : 'runs'}`;
    });
    const failed = words[FAILED] as number;
    const cause = failed === 0 ? [] : [`worker ${failed - 1} failed`];
    return [`after ${words[STEP]} points`, ...stands, ...cause].join(', ');
  }

  #place(word: (which: number) => number): string {
    return placeName(word(WORKER_HEAP), word(WORKER_INDEX));
  }

  #report(): ScheduleReport {
    const words = this.#words;
    return {
      steps: words[STEP] as number,
      switches: words[SWITCHES] as number,
      fingerprint: (words[FINGERPRINT] as number) >>> 0,
      log: new Int32Array(this.#memory.log),
      logged: words[LOGGED] as number,
      accesses: new Int32Array(this.#memory.accesses),
      accessCount: words[ACCESSES] as number,
      nanoseconds: new Float64Array(this.#memory.times)[CLOCKS] as number,
    };
  }
}
