/**
 * The baton that the threads of a schedule pass on: only the thread that has it runs. It comes to a scheduling point
 * before and after each access to shared memory, and decides there, by the schedule's strategy, whether it goes on or
 * who does. Everything that a decision depends on stands in shared words, so that the same schedule of the same
 * program gives the same interleaving whatever the machine does.
 *
 * Waiting is a state of the worker, not of its thread: `wait` gives the baton away until another worker's `notify`.
 * A wait with a deadline ends by virtual time, one tick a point, or when nobody else can run. Where all wait without
 * one, that is a deadlock.
 */
import { ScheduleStopped } from './errors.js';
import { EVENT_FAILED, EVENT_LEAVE, EVENT_SWITCH, EVENT_TIMEOUT, EVENT_WAIT, EVENT_WAKE } from './events.js';
import { nextState } from './random.js';
import { SimulatedTime } from './simulated-time.js';
import {
  ACCESS_HEAP,
  ACCESS_INDEX,
  ACCESS_OTHERS,
  ACCESS_STEP,
  ACCESS_WORDS,
  ACCESS_WORKER,
  ACCESS_WRITES,
  ACCESSES,
  ALIVE,
  CHANGE_COUNT,
  CHANGES,
  CLOCKS,
  COUNTDOWN,
  DEADLINES,
  EXPLORING,
  FAILED,
  FINGERPRINT,
  HORIZON,
  LOG_EVENT,
  LOG_FIRST,
  LOG_SECOND,
  LOG_STEP,
  LOG_WORDS,
  LOG_WORKER,
  LOGGED,
  LOGGING,
  MOST_CHANGES,
  MOST_STEPS,
  NEXT_CHANGE,
  PATIENCE,
  PERIOD,
  RANDOM,
  type ScheduleMemory,
  SLOW,
  SOONEST,
  STATE_LEFT,
  STATE_RUNNABLE,
  STATE_WAITING,
  STEP,
  STOP,
  STOP_DEADLOCK,
  STOP_INFEASIBLE,
  STOP_LIVELOCK,
  STOP_LOG_FULL,
  STOP_STALLED,
  STRATEGY,
  STRATEGY_LISTED,
  STRATEGY_RANDOM,
  STRATEGY_SIMULATED,
  SWITCHES,
  TICK,
  TIME,
  TURN,
  TURNS_ENDED,
  WAITS,
  WORKER_GO,
  WORKER_HEAP,
  WORKER_INDEX,
  WORKER_PRIORITY,
  WORKER_QUIET,
  WORKER_SEEN,
  WORKER_SINCE,
  WORKER_STATE,
  WORKER_TIMED_OUT,
  WORKER_WORDS,
  WORKERS,
  WORKERS_AT,
  WRITES,
} from './words.js';

// The engine's own accesses go through replaced functions (`hooks.ts`); the baton's must not.
const { add, load, notify, store, wait } = Atomics;

/** How often, and how long each time, milliseconds, a parked thread waits for the running one to come to a point. */
const STALL_CHECKS = 12;
const STALL_MILLISECONDS = 10_000;
/**
 * Points after which a worker gives way even to those with a lower priority: one that polls for what another has to do
 * must not keep it from doing so for ever.
 */
const LONGEST_TURN = 16_384;
/** Simulation: how far a worker's clock may run ahead of the lowest one, nanoseconds. */
const QUANTUM = 300;
/** One of so many chances is left to a worker that is to be slow. */
const SLOWNESS = 16;

export class Baton {
  private readonly words: Int32Array;
  private readonly times: Float64Array;
  private readonly log: Int32Array;
  private readonly accesses: Int32Array;
  private readonly own: number;
  private readonly count: number;
  /** This worker's clock in a simulation of scale; null elsewhere. */
  readonly simulated: SimulatedTime | null;

  constructor(
    memory: ScheduleMemory,
    readonly worker: number,
  ) {
    this.words = new Int32Array(memory.words);
    this.times = new Float64Array(memory.times);
    this.log = new Int32Array(memory.log);
    this.accesses = new Int32Array(memory.accesses);
    this.own = WORKERS_AT + worker * WORKER_WORDS;
    this.count = this.words[WORKERS] as number;
    this.simulated = this.words[STRATEGY] === STRATEGY_SIMULATED ? new SimulatedTime(memory, worker) : null;
  }

  // ---- Points -----------------------------------------------------------------------------------------

  /** A scheduling point beside an access to word `index` of `heap`. Returns when this worker has the baton again. */
  point(heap: number, index: number, writes: boolean): void {
    const { words, times } = this;
    if (words[STOP] !== 0) throw new ScheduleStopped();
    const step = (words[STEP] as number) + 1;
    words[STEP] = step;
    if (step >= (words[MOST_STEPS] as number)) this.stop(STOP_LIVELOCK);
    if (this.simulated !== null) {
      if ((times[CLOCKS + this.worker] as number) > (times[HORIZON] as number)) this.pass(this.earliest());
      return;
    }
    const time = (times[TIME] as number) + 1;
    times[TIME] = time;
    if (time >= (times[SOONEST] as number)) this.expire(time);
    let next = this.worker;
    if (words[STRATEGY] === STRATEGY_RANDOM) {
      const left = (words[COUNTDOWN] as number) - 1;
      words[COUNTDOWN] = left;
      if (left > 0) return;
      next = this.random();
    } else if (words[STRATEGY] === STRATEGY_LISTED) {
      if (words[EXPLORING] === 1) this.recordAccess(step, heap, index, writes);
      next = this.listed(step);
    } else {
      if (this.changesAt(step)) this.lower();
      if (step - (words[TURN] as number) > LONGEST_TURN) this.endTurn(step);
      next = this.highest(this.worker);
    }
    if (next !== this.worker) this.pass(next);
  }

  /** After a load. Many of them, while nobody writes, are a worker that has nothing to do. */
  loaded(): void {
    const { words, own } = this;
    if (words[own + WORKER_SEEN] === words[WRITES]) {
      words[own + WORKER_QUIET] = (words[own + WORKER_QUIET] as number) + 1;
      return;
    }
    words[own + WORKER_SEEN] = words[WRITES] as number;
    words[own + WORKER_QUIET] = 0;
  }

  wrote(): void {
    const { words, own } = this;
    words[WRITES] = ((words[WRITES] as number) + 1) | 0;
    words[own + WORKER_SEEN] = words[WRITES] as number;
    words[own + WORKER_QUIET] = 0;
  }

  // ---- Waiting ----------------------------------------------------------------------------------------

  /** Waits to be woken at that word; true where `milliseconds` passed before. */
  wait(heap: number, index: number, milliseconds: number): boolean {
    const { words, times, own } = this;
    words[own + WORKER_STATE] = STATE_WAITING;
    words[own + WORKER_HEAP] = heap;
    words[own + WORKER_INDEX] = index;
    words[own + WORKER_TIMED_OUT] = 0;
    words[WAITS] = (words[WAITS] as number) + 1;
    words[own + WORKER_SINCE] = words[WAITS] as number;
    if (this.simulated !== null) {
      times[DEADLINES + this.worker] = (times[CLOCKS + this.worker] as number) + milliseconds * 1e6;
    } else {
      const points = Math.ceil((milliseconds * 1e6) / (words[TICK] as number));
      times[DEADLINES + this.worker] = (times[TIME] as number) + points;
    }
    this.findSoonest();
    this.event(EVENT_WAIT, heap, index);
    this.pass(this.forced());
    // It may have been its own deadline that let it go on.
    return words[own + WORKER_TIMED_OUT] === 1;
  }

  /** Wakes up to `most` of those that wait at that word, the first one first; answers how many. */
  notify(heap: number, index: number, most: number): number {
    const { words } = this;
    let woken = 0;
    for (; woken < most; woken++) {
      let first = -1;
      for (let worker = 0; worker < this.count; worker++) {
        const at = WORKERS_AT + worker * WORKER_WORDS;
        if (words[at + WORKER_STATE] !== STATE_WAITING) continue;
        if (words[at + WORKER_HEAP] !== heap || words[at + WORKER_INDEX] !== index) continue;
        if (first < 0 || this.since(worker) < this.since(first)) first = worker;
      }
      if (first < 0) break;
      this.release(first, false);
      if (this.simulated !== null) {
        this.simulated.notified();
        this.wakeLater(first, this.simulated.wake);
      }
      this.event(EVENT_WAKE, first, 0);
    }
    if (woken > 0) this.findSoonest();
    return woken;
  }

  /** The thread of `worker` runs only after a while. */
  private wakeLater(worker: number, nanoseconds: number): void {
    const { times } = this;
    const clock = (times[CLOCKS + this.worker] as number) + nanoseconds;
    times[CLOCKS + worker] = Math.max(clock, times[CLOCKS + worker] as number);
    times[HORIZON] = Math.min(times[HORIZON] as number, clock + QUANTUM);
  }

  /** Virtual milliseconds. */
  now(): number {
    if (this.simulated !== null) return (this.times[CLOCKS + this.worker] as number) / 1e6;
    return ((this.times[TIME] as number) * (this.words[TICK] as number)) / 1e6;
  }

  // ---- Coming and going -------------------------------------------------------------------------------

  /** Waits for the baton for the first time. */
  enter(): void {
    this.park();
  }

  /** This worker is through, or has `failed`: whoever can goes on. Never throws. */
  leave(failed: boolean): void {
    const { words, own } = this;
    // In a schedule that was given up the states tell where its workers stood.
    if (words[STOP] === 0) {
      words[own + WORKER_STATE] = STATE_LEFT;
      this.event(failed ? EVENT_FAILED : EVENT_LEAVE, 0, 0);
      if (failed && words[FAILED] === 0) words[FAILED] = this.worker + 1;
    }
    const left = add(words, ALIVE, -1) - 1;
    if (left === 0) {
      notify(words, ALIVE);
      return;
    }
    if (words[STOP] !== 0) return;
    try {
      this.give(this.forced());
    } catch (error) {
      if (!(error instanceof ScheduleStopped)) throw error;
    }
  }

  /** Gives the schedule up: every thread throws {@link ScheduleStopped}, this one at once. */
  stop(reason: number): never {
    this.end(reason);
    throw new ScheduleStopped();
  }

  /** Gives the schedule up without throwing. */
  end(reason: number): void {
    const { words } = this;
    if (words[STOP] === 0) store(words, STOP, reason);
    for (let worker = 0; worker < this.count; worker++) {
      const go = WORKERS_AT + worker * WORKER_WORDS + WORKER_GO;
      store(words, go, 1);
      notify(words, go);
    }
  }

  // ---- Events -----------------------------------------------------------------------------------------

  /** Adds an event to the fingerprint and, where one is kept, to the log. */
  event(kind: number, first: number, second: number): void {
    const { words } = this;
    const step = words[STEP] as number;
    let hash = words[FINGERPRINT] as number;
    hash = Math.imul(hash ^ step, 0x01000193);
    hash = Math.imul(hash ^ ((this.worker << 8) | kind), 0x01000193);
    hash = Math.imul(hash ^ first, 0x01000193);
    hash = Math.imul(hash ^ second ^ (hash >>> 15), 0x01000193);
    words[FINGERPRINT] = hash;
    if (words[LOGGING] !== 1) return;
    const at = (words[LOGGED] as number) * LOG_WORDS;
    const { log } = this;
    if (at + LOG_WORDS > log.length) {
      // Only once: what is told about the end is not logged any more.
      words[LOGGING] = 0;
      this.stop(STOP_LOG_FULL);
    }
    log[at + LOG_STEP] = step;
    log[at + LOG_WORKER] = this.worker;
    log[at + LOG_EVENT] = kind;
    log[at + LOG_FIRST] = first;
    log[at + LOG_SECOND] = second;
    words[LOGGED] = (words[LOGGED] as number) + 1;
  }

  private recordAccess(step: number, heap: number, index: number, writes: boolean): void {
    const { words, accesses } = this;
    const at = (words[ACCESSES] as number) * ACCESS_WORDS;
    // Whoever explores sees by the number of records that some are missing.
    if (at + ACCESS_WORDS > accesses.length) return;
    let others = 0;
    for (let worker = 0; worker < this.count; worker++) {
      if (worker !== this.worker && this.isRunnable(worker)) others |= 1 << worker;
    }
    accesses[at + ACCESS_STEP] = step;
    accesses[at + ACCESS_WORKER] = this.worker;
    accesses[at + ACCESS_HEAP] = heap;
    accesses[at + ACCESS_INDEX] = index;
    accesses[at + ACCESS_WRITES] = writes ? 1 : 0;
    accesses[at + ACCESS_OTHERS] = others;
    words[ACCESSES] = (words[ACCESSES] as number) + 1;
  }

  // ---- Who is next ------------------------------------------------------------------------------------

  private isRunnable(worker: number): boolean {
    return this.words[WORKERS_AT + worker * WORKER_WORDS + WORKER_STATE] === STATE_RUNNABLE;
  }

  private since(worker: number): number {
    return this.words[WORKERS_AT + worker * WORKER_WORDS + WORKER_SINCE] as number;
  }

  /** A whole number from 0 to `bound` - 1. */
  private below(bound: number): number {
    const state = nextState(this.words[RANDOM] as number);
    this.words[RANDOM] = state;
    return Math.floor(((state >>> 0) / 2 ** 32) * bound);
  }

  /** Any worker that can run, and how many points it gets; -1 where there is none. */
  private random(): number {
    const { words } = this;
    words[COUNTDOWN] = 1 + this.below(2 * (words[PERIOD] as number) - 1);
    const chosen = this.anyRunnable();
    if (chosen < 0 || chosen !== words[SLOW] || this.below(SLOWNESS) === 0) return chosen;
    return this.anyRunnable();
  }

  private anyRunnable(): number {
    let runnable = 0;
    for (let worker = 0; worker < this.count; worker++) if (this.isRunnable(worker)) runnable++;
    if (runnable === 0) return -1;
    let which = this.below(runnable);
    for (let worker = 0; ; worker++) if (this.isRunnable(worker) && which-- === 0) return worker;
  }

  /** How idle a worker seems: 0 while it may have something to do. */
  private idleness(worker: number): number {
    const { words } = this;
    const at = WORKERS_AT + worker * WORKER_WORDS;
    if (words[at + WORKER_SEEN] !== words[WRITES]) return 0;
    return Math.floor((words[at + WORKER_QUIET] as number) / (words[PATIENCE] as number));
  }

  /**
   * Of the workers that can run the least idle one; among equals `favourite` in a schedule that is listed, else the one
   * with the highest priority. -1 where there is none.
   */
  private highest(favourite: number): number {
    const { words } = this;
    const listed = words[STRATEGY] === STRATEGY_LISTED;
    let best = -1;
    let least = 0;
    for (let worker = 0; worker < this.count; worker++) {
      if (!this.isRunnable(worker)) continue;
      const idle = this.idleness(worker);
      if (best >= 0 && idle > least) continue;
      if (best < 0 || idle < least || (listed ? worker === favourite : this.priority(worker) > this.priority(best))) {
        best = worker;
        least = idle;
      }
    }
    return best;
  }

  private priority(worker: number): number {
    return this.words[WORKERS_AT + worker * WORKER_WORDS + WORKER_PRIORITY] as number;
  }

  private changesAt(step: number): boolean {
    const { words } = this;
    const next = words[NEXT_CHANGE] as number;
    return next < (words[CHANGE_COUNT] as number) && step >= (words[CHANGES + 2 * next] as number);
  }

  /** This worker's priority falls below all that were given at the start, and above those that fall later (PCT). */
  private lower(): void {
    const { words } = this;
    words[NEXT_CHANGE] = (words[NEXT_CHANGE] as number) + 1;
    words[this.own + WORKER_PRIORITY] = -(words[NEXT_CHANGE] as number);
  }

  /** This worker's priority falls below all others. */
  private endTurn(step: number): void {
    const { words } = this;
    words[TURNS_ENDED] = (words[TURNS_ENDED] as number) + 1;
    words[this.own + WORKER_PRIORITY] = -MOST_CHANGES - (words[TURNS_ENDED] as number);
    words[TURN] = step;
  }

  /** The next worker that can run, in a circle. */
  private another(): number {
    for (let i = 1; i < this.count; i++) {
      const worker = (this.worker + i) % this.count;
      if (this.isRunnable(worker)) return worker;
    }
    return this.worker;
  }

  private listed(step: number): number {
    const { words } = this;
    if (!this.changesAt(step)) {
      if (step - (words[TURN] as number) <= LONGEST_TURN) return this.highest(this.worker);
      words[TURN] = step;
      return this.another();
    }
    const next = words[NEXT_CHANGE] as number;
    words[NEXT_CHANGE] = next + 1;
    const worker = words[CHANGES + 2 * next + 1] as number;
    if (words[CHANGES + 2 * next] !== step || worker >= this.count || !this.isRunnable(worker)) {
      this.stop(STOP_INFEASIBLE);
    }
    return worker;
  }

  /** Who goes on where this worker cannot. */
  private forced(): number {
    const { times } = this;
    for (;;) {
      const next = this.runnable();
      if (next >= 0) return next;
      if (this.simulated !== null) this.stop(STOP_DEADLOCK);
      const soonest = times[SOONEST] as number;
      if (soonest === Number.POSITIVE_INFINITY) this.stop(STOP_DEADLOCK);
      times[TIME] = Math.max(soonest, times[TIME] as number);
      this.expire(times[TIME] as number);
    }
  }

  private runnable(): number {
    if (this.simulated !== null) return this.earliest();
    return this.words[STRATEGY] === STRATEGY_RANDOM ? this.random() : this.highest(-1);
  }

  /**
   * The worker whose clock is lowest, or whose deadline comes before that; -1 where all wait without one. It may go on
   * until its clock is a little beyond the next one's: to change threads at every access would take too long.
   */
  private earliest(): number {
    const { words, times } = this;
    let first = -1;
    let lowest = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (let worker = 0; worker < this.count; worker++) {
      const state = words[WORKERS_AT + worker * WORKER_WORDS + WORKER_STATE];
      if (state === STATE_LEFT) continue;
      const clock = times[(state === STATE_WAITING ? DEADLINES : CLOCKS) + worker] as number;
      if (clock < lowest) {
        next = lowest;
        lowest = clock;
        first = worker;
      } else next = Math.min(next, clock);
    }
    times[HORIZON] = next + QUANTUM;
    if (first >= 0 && !this.isRunnable(first)) {
      this.release(first, true);
      times[CLOCKS + first] = lowest;
      this.event(EVENT_TIMEOUT, first, 0);
    }
    return first;
  }

  // ---- Deadlines --------------------------------------------------------------------------------------

  private expire(time: number): void {
    for (let worker = 0; worker < this.count; worker++) {
      const waits = this.words[WORKERS_AT + worker * WORKER_WORDS + WORKER_STATE] === STATE_WAITING;
      if (!waits || (this.times[DEADLINES + worker] as number) > time) continue;
      this.release(worker, true);
      this.event(EVENT_TIMEOUT, worker, 0);
    }
    this.findSoonest();
  }

  private findSoonest(): void {
    let soonest = Number.POSITIVE_INFINITY;
    for (let worker = 0; worker < this.count; worker++) {
      if (this.words[WORKERS_AT + worker * WORKER_WORDS + WORKER_STATE] !== STATE_WAITING) continue;
      soonest = Math.min(soonest, this.times[DEADLINES + worker] as number);
    }
    this.times[SOONEST] = soonest;
  }

  private release(worker: number, timedOut: boolean): void {
    const at = WORKERS_AT + worker * WORKER_WORDS;
    this.words[at + WORKER_STATE] = STATE_RUNNABLE;
    this.words[at + WORKER_TIMED_OUT] = timedOut ? 1 : 0;
    this.words[at + WORKER_QUIET] = 0;
  }

  // ---- Handing over -----------------------------------------------------------------------------------

  /** Gives the baton to `next`, and returns when this worker has it again. */
  private pass(next: number): void {
    if (next === this.worker) return;
    this.words[SWITCHES] = (this.words[SWITCHES] as number) + 1;
    this.event(EVENT_SWITCH, next, 0);
    this.give(next);
    this.park();
  }

  private give(next: number): void {
    this.words[TURN] = this.words[STEP] as number;
    const go = WORKERS_AT + next * WORKER_WORDS + WORKER_GO;
    store(this.words, go, 1);
    notify(this.words, go, 1);
  }

  private park(): void {
    const { words, own } = this;
    let seen = -1;
    let checks = 0;
    while (load(words, own + WORKER_GO) === 0) {
      if (wait(words, own + WORKER_GO, 0, STALL_MILLISECONDS) !== 'timed-out') continue;
      const step = load(words, STEP);
      checks = step === seen ? checks + 1 : 0;
      seen = step;
      if (checks === STALL_CHECKS) this.end(STOP_STALLED);
    }
    store(words, own + WORKER_GO, 0);
    if (load(words, STOP) !== 0) throw new ScheduleStopped();
  }
}
