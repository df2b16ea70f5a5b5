/**
 * Notes down what a thread does to the engine's shared words, without touching the engine: it calls the global
 * `Atomics`, which is replaced by one that does the same and then makes a note. The engine runs as ever, somewhat
 * slower; nobody is made to wait.
 */
import { CONTROL_CHECK_FROM, CONTROL_FRONTIER, CONTROL_LANE, CONTROL_VERDICT, HEAP_MARK } from '../../src/layout.js';
import { statusOwner } from '../schedules/status-words.js';
import {
  NOTE_CHECK,
  NOTE_FRONTIER,
  NOTE_LANE,
  NOTE_STATUS,
  NOTE_VERDICT,
  NOTE_WAIT,
  NOTE_WOKEN,
  NoteWriter,
} from './log.js';

/** In the HEAP_MARK of the heap whose words are looked at. */
const MARK = 0x4c54_0001;

/** Says that this heap, new and empty, is the executor's. */
export function markEngineHeap(words: Int32Array): void {
  words[HEAP_MARK] = MARK;
}

const real = Atomics;
const { store, compareExchange, wait } = Atomics;
let notes: NoteWriter | null = null;

function wrote(array: Int32Array, index: number, value: number): void {
  if (notes === null || array[HEAP_MARK] !== MARK) return;
  if (index === CONTROL_LANE) notes.write(NOTE_LANE, value, 0);
  else if (index === CONTROL_FRONTIER) notes.write(NOTE_FRONTIER, value, 0);
  else if (index === CONTROL_VERDICT) notes.write(NOTE_VERDICT, value, 0);
  else {
    const transaction = statusOwner(array, index);
    if (transaction >= 0) notes.write(NOTE_STATUS, transaction, value);
  }
}

const noting = {
  load: real.load,
  add: real.add,
  sub: real.sub,
  and: real.and,
  or: real.or,
  xor: real.xor,
  exchange: real.exchange,
  notify: real.notify,
  isLockFree: (size: number): boolean => real.isLockFree(size),
  store(array: Int32Array, index: number, value: number): number {
    const answer = store(array, index, value);
    wrote(array, index, value);
    return answer;
  },
  compareExchange(array: Int32Array, index: number, expected: number, value: number): number {
    const seen = compareExchange(array, index, expected, value);
    if (seen !== (expected | 0)) return seen;
    // The cursor of early validation goes on from a transaction that is looked at next; where it goes back nobody is.
    if (index === CONTROL_CHECK_FROM && value === expected + 1 && array[HEAP_MARK] === MARK) {
      notes?.write(NOTE_CHECK, expected, 0);
    } else wrote(array, index, value);
    return seen;
  },
  wait(array: Int32Array, index: number, value: number, timeout?: number): 'ok' | 'not-equal' | 'timed-out' {
    const ours = notes !== null && array[HEAP_MARK] === MARK;
    if (ours) notes?.write(NOTE_WAIT, index, 0);
    const answer = wait(array, index, value, timeout);
    if (ours) notes?.write(NOTE_WOKEN, index, 0);
    return answer;
  },
};

/** Replaces this thread's `Atomics`; what it does is noted in `log`, until the function that it answers is called. */
export function takeNotes(log: SharedArrayBuffer): () => void {
  notes = new NoteWriter(log);
  const replace = (value: object): void => {
    Object.defineProperty(globalThis, 'Atomics', { value, writable: true, configurable: true, enumerable: false });
  };
  replace(noting);
  return () => {
    notes = null;
    replace(real);
  };
}
