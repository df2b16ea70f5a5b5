/** Events of a schedule's log, and how they are written as text. */

import {
  CONTROL_ACTIVE,
  CONTROL_EPOCH,
  CONTROL_GENERATION,
  VERDICT_DONE,
  VERDICT_ENDING,
  VERDICT_FAILED,
  VERDICT_IDLE,
  VERDICT_PACKING,
  VERDICT_REJECTED,
  VERDICT_RUNNING,
} from '../../src/layout.js';
import {
  ABORTING,
  COMMITTED,
  EXECUTED,
  EXECUTING,
  incarnationOf,
  PARKED,
  READY,
  stateOf,
} from '../../src/mvmemory/statuses.js';
import { LOG_EVENT, LOG_FIRST, LOG_SECOND, LOG_STEP, LOG_WORDS, LOG_WORKER } from './words.js';

/** The baton goes to worker `first`. */
export const EVENT_SWITCH = 1;
/** The worker waits at word `second` of heap `first`. */
export const EVENT_WAIT = 2;
/** Worker `first` was woken. */
export const EVENT_WAKE = 3;
/** The wait of worker `first` timed out. */
export const EVENT_TIMEOUT = 4;
/** The worker is through. */
export const EVENT_LEAVE = 5;
/** The worker threw. */
export const EVENT_FAILED = 6;
/** The status word of transaction `first` is now `second`. */
export const EVENT_STATUS = 7;
/** The commit lane's word is now `first`. */
export const EVENT_LANE = 8;
/** The frontier is now `first`. */
export const EVENT_FRONTIER = 9;
/** The block's verdict is now `first`. */
export const EVENT_VERDICT = 10;

const STATES: Readonly<Record<number, string>> = {
  [READY]: 'ready',
  [EXECUTING]: 'executing',
  [EXECUTED]: 'executed',
  [ABORTING]: 'aborting',
  [PARKED]: 'parked',
  [COMMITTED]: 'committed',
};
const VERDICTS: Readonly<Record<number, string>> = {
  [VERDICT_IDLE]: 'idle',
  [VERDICT_RUNNING]: 'running',
  [VERDICT_ENDING]: 'ending',
  [VERDICT_DONE]: 'done',
  [VERDICT_REJECTED]: 'rejected',
  [VERDICT_FAILED]: 'failed',
  [VERDICT_PACKING]: 'packing',
};
const PLACES: Readonly<Record<number, string>> = {
  [CONTROL_GENERATION]: 'generation',
  [CONTROL_ACTIVE]: 'active',
  [CONTROL_EPOCH]: 'epoch',
};

/** Heap number 1 is the executor's: `hooks.ts`. */
export const ENGINE_HEAP = 1;

/** Names a word of shared memory. */
export function placeName(heap: number, index: number): string {
  return (heap === ENGINE_HEAP ? PLACES[index] : undefined) ?? `${heap}.${index}`;
}

function describe(kind: number, first: number, second: number): string {
  switch (kind) {
    case EVENT_SWITCH:
      return `switch:${first} -`;
    case EVENT_WAIT:
      return `wait:${placeName(first, second)} -`;
    case EVENT_WAKE:
      return `wake:${first} -`;
    case EVENT_TIMEOUT:
      return `timeout:${first} -`;
    case EVENT_LEAVE:
      return 'leave -';
    case EVENT_FAILED:
      return 'failed -';
    case EVENT_STATUS:
      return `${STATES[stateOf(second)] ?? `state ${stateOf(second)}`} ${first}.${incarnationOf(second)}`;
    case EVENT_LANE:
      return `${first === 0 ? 'lane:free' : 'lane:taken'} -`;
    case EVENT_FRONTIER:
      return `frontier:${first} -`;
    case EVENT_VERDICT:
      return `verdict:${VERDICTS[first] ?? first} -`;
    default:
      return `event ${kind} -`;
  }
}

/** A line for each of the first `count` records of a log: `step worker event transaction.incarnation`. */
export function* logLines(log: Int32Array, count: number): Generator<string> {
  for (let at = 0; at < count * LOG_WORDS; at += LOG_WORDS) {
    const text = describe(log[at + LOG_EVENT] as number, log[at + LOG_FIRST] as number, log[at + LOG_SECOND] as number);
    yield `${log[at + LOG_STEP]} ${log[at + LOG_WORKER]} ${text}`;
  }
}
