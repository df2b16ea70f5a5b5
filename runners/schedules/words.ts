/**
 * The shared words of one schedule. Only the thread that has the baton touches them, except for the word that it is
 * parked on; handing the baton over orders everything else.
 */

/** Logical workers at most. */
export const MOST_WORKERS = 64;

/** Why the schedule was given up: one of STOP_*; every thread throws at its next access then. */
export const STOP = 0;
/** Logical workers that have not left. */
export const ALIVE = 1;
/** Scheduling points passed. */
export const STEP = 2;
export const MOST_STEPS = 3;
/** One of STRATEGY_*. */
export const STRATEGY = 4;
/** State of the generator that decisions are drawn from; never 0. */
export const RANDOM = 5;
/** Random: points until the next switch, and the mean of that. */
export const COUNTDOWN = 6;
export const PERIOD = 7;
/** Loads in a row after which a worker that nobody has written for is taken to be idle. */
export const PATIENCE = 8;
/** Counts writes of all workers. */
export const WRITES = 9;
/** Virtual nanoseconds that a point takes. */
export const TICK = 10;
/** Counts waits, so that the one that has waited longest is woken first. */
export const WAITS = 11;
export const SWITCHES = 12;
/** Hash of all events so far. */
export const FINGERPRINT = 13;
/** Records in the log; recorded where LOGGING is 1. */
export const LOGGED = 14;
export const LOGGING = 15;
/** Random: a worker that is seldom chosen, or -1. */
export const SLOW = 16;
/** Priorities, or listed decisions: the next of them. */
export const NEXT_CHANGE = 17;
export const CHANGE_COUNT = 18;
/** Records of accesses in the exploration's buffer; recorded where EXPLORING is 1. */
export const ACCESSES = 19;
export const EXPLORING = 20;
/** Number of logical workers. */
export const WORKERS = 21;
/** A worker that failed instead of leaving, plus 1. */
export const FAILED = 22;

/** Point at which the running worker got the baton, and how often one has lost it for having it too long. */
export const TURN = 23;
export const TURNS_ENDED = 24;

/** (step, worker) of listed decisions, or (step, 0) of priority changes. */
export const CHANGES = 32;
export const MOST_CHANGES = 64;

/** Words of each worker. */
export const WORKER_WORDS = 16;
export const WORKERS_AT = CHANGES + 2 * MOST_CHANGES;
/** 1: it has the baton. It is parked on this word. */
export const WORKER_GO = 0;
/** One of STATE_*. */
export const WORKER_STATE = 1;
/** Where it waits, and since when. */
export const WORKER_HEAP = 2;
export const WORKER_INDEX = 3;
export const WORKER_SINCE = 4;
/** 1 where its wait has timed out. */
export const WORKER_TIMED_OUT = 5;
/** The higher, the sooner it runs. */
export const WORKER_PRIORITY = 6;
/** Loads since anybody wrote, and the count of writes then. */
export const WORKER_QUIET = 7;
export const WORKER_SEEN = 8;
export const SCHEDULE_WORDS = WORKERS_AT + MOST_WORKERS * WORKER_WORDS;

/** Virtual time in points, then the soonest deadline of a wait, then each worker's. */
export const TIME = 0;
export const SOONEST = 1;
export const DEADLINES = 2;
/** Simulation: nanoseconds up to which the running worker may go on, and each worker's clock. */
export const HORIZON = DEADLINES + MOST_WORKERS;
export const CLOCKS = HORIZON + 1;
export const SCHEDULE_TIMES = CLOCKS + MOST_WORKERS;

export const STOP_DEADLOCK = 1;
export const STOP_LIVELOCK = 2;
export const STOP_STALLED = 3;
export const STOP_INFEASIBLE = 4;
export const STOP_LOG_FULL = 5;
export const STOP_ABANDONED = 6;

export const STRATEGY_RANDOM = 0;
export const STRATEGY_PRIORITIES = 1;
export const STRATEGY_LISTED = 2;
export const STRATEGY_SIMULATED = 3;

export const STATE_LEFT = 0;
export const STATE_RUNNABLE = 1;
export const STATE_WAITING = 2;

/** A record of an access: step, worker, heap, index, 1 for a write, and the workers that might have run instead (bits). */
export const ACCESS_STEP = 0;
export const ACCESS_WORKER = 1;
export const ACCESS_HEAP = 2;
export const ACCESS_INDEX = 3;
export const ACCESS_WRITES = 4;
export const ACCESS_OTHERS = 5;
export const ACCESS_WORDS = 6;

/** A record of the log: step, worker, kind of event, and two numbers that belong to it. */
export const LOG_STEP = 0;
export const LOG_WORKER = 1;
export const LOG_EVENT = 2;
export const LOG_FIRST = 3;
export const LOG_SECOND = 4;
export const LOG_WORDS = 5;

/** What threads share; buffers, so that it can be posted. */
export interface ScheduleMemory {
  readonly words: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
  /** Room for records of the log; empty where none is kept. */
  readonly log: SharedArrayBuffer;
  /** Room for records of accesses; empty where none are kept. */
  readonly accesses: SharedArrayBuffer;
  /** What things take in a simulation, and who has which cache line (`simulated-time.ts`); empty where there is none. */
  readonly costs: SharedArrayBuffer;
  readonly lines: SharedArrayBuffer;
  readonly lineTimes: SharedArrayBuffer;
}
