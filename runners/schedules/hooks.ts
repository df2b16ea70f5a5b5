/**
 * Puts scheduling points around every access to shared memory without touching the engine: the engine calls the
 * global `Atomics`, and reads the clock of the global `performance`; both are replaced by ones that do as before
 * while the thread is in no schedule, and pass the baton while it is.
 */
import { CONTROL_FRONTIER, CONTROL_LANE, CONTROL_VERDICT, HEAP_MARK } from '../../src/layout.js';
import type { Baton } from './baton.js';
import { ENGINE_HEAP, EVENT_FRONTIER, EVENT_LANE, EVENT_STATUS, EVENT_VERDICT } from './events.js';
import { statusOwner } from './status-words.js';

const real = Atomics;
const { load, store, add, sub, and, or, xor, exchange, compareExchange, wait, notify } = Atomics;
const clock = performance;

/** In a heap's HEAP_MARK: this, plus its number. */
const MARK = 0x4c53_0000;
/** Number of the executor's heap of outcomes. */
export const OUTCOMES_HEAP = 2;

/** Tells the heaps of an executor apart: whoever makes them marks them, before the schedule begins. */
export function markHeap(words: Int32Array, number: number): void {
  words[HEAP_MARK] = MARK + number;
}

/** The baton of the schedule that this thread is in. */
let baton: Baton | null = null;
/** The array that was used last, and the number of its heap. */
let lastArray: Int32Array | null = null;
let lastHeap = 0;
let installations = 0;

function heapOf(array: Int32Array): number {
  if (array === lastArray) return lastHeap;
  const number = ((array[HEAP_MARK] as number) ^ MARK) >>> 0;
  lastArray = array;
  lastHeap = number <= OUTCOMES_HEAP ? number : 0;
  return lastHeap;
}

/** What is worth a line of the log, and takes time where that is simulated. */
function observe(holder: Baton, heap: number, array: Int32Array, index: number, value: number, before = 0): void {
  if (heap !== ENGINE_HEAP) return;
  holder.simulated?.wrote(heap, array, index, value, before);
  if (index === CONTROL_LANE) holder.event(EVENT_LANE, value, 0);
  else if (index === CONTROL_FRONTIER) holder.event(EVENT_FRONTIER, value, 0);
  else if (index === CONTROL_VERDICT) holder.event(EVENT_VERDICT, value, 0);
  else {
    const transaction = statusOwner(array, index);
    if (transaction >= 0) holder.event(EVENT_STATUS, transaction, value);
  }
}

type ReadModifyWrite = (array: Int32Array, index: number, value: number) => number;

/** An operation that always writes. */
function modifying(operation: ReadModifyWrite): ReadModifyWrite {
  return (array, index, value) => {
    const holder = baton;
    if (holder === null) return operation(array, index, value);
    const heap = heapOf(array);
    if (operation === store) holder.simulated?.storing(heap, array, index, value);
    holder.simulated?.access(heap, index, true);
    holder.point(heap, index, true);
    const answer = operation(array, index, value);
    holder.wrote();
    observe(holder, heap, array, index, load(array, index));
    holder.point(heap, index, true);
    return answer;
  };
}

const scheduled = {
  load(array: Int32Array, index: number): number {
    const holder = baton;
    if (holder === null) return load(array, index);
    const heap = heapOf(array);
    holder.simulated?.access(heap, index, false);
    holder.point(heap, index, false);
    const value = load(array, index);
    holder.loaded();
    holder.point(heap, index, false);
    return value;
  },
  store: modifying(store),
  add: modifying(add),
  sub: modifying(sub),
  and: modifying(and),
  or: modifying(or),
  xor: modifying(xor),
  exchange: modifying(exchange),
  compareExchange(array: Int32Array, index: number, expected: number, value: number): number {
    const holder = baton;
    if (holder === null) return compareExchange(array, index, expected, value);
    const heap = heapOf(array);
    holder.simulated?.access(heap, index, true);
    holder.point(heap, index, true);
    const seen = compareExchange(array, index, expected, value);
    if (seen === (expected | 0)) {
      holder.wrote();
      observe(holder, heap, array, index, value, seen);
    } else holder.loaded();
    holder.point(heap, index, true);
    return seen;
  },
  wait(
    array: Int32Array,
    index: number,
    value: number,
    timeout = Number.POSITIVE_INFINITY,
  ): 'ok' | 'not-equal' | 'timed-out' {
    const holder = baton;
    if (holder === null) return wait(array, index, value, timeout);
    const heap = heapOf(array);
    holder.simulated?.access(heap, index, false);
    holder.point(heap, index, false);
    if (load(array, index) !== value) {
      holder.loaded();
      holder.point(heap, index, false);
      return 'not-equal';
    }
    const timedOut = holder.wait(heap, index, timeout);
    holder.point(heap, index, false);
    return timedOut ? 'timed-out' : 'ok';
  },
  notify(array: Int32Array, index: number, count = Number.POSITIVE_INFINITY): number {
    const holder = baton;
    if (holder === null) return notify(array, index, count);
    const heap = heapOf(array);
    holder.point(heap, index, true);
    const woken = holder.notify(heap, index, count);
    holder.point(heap, index, true);
    return woken;
  },
  isLockFree: (size: number): boolean => real.isLockFree(size),
};

const virtualClock = new Proxy(clock, {
  get(target, name) {
    if (name === 'now') return () => baton?.now() ?? target.now();
    const value: unknown = Reflect.get(target, name, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
});

function replace(name: 'Atomics' | 'performance', value: object): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Replaces this thread's `Atomics` and `performance`, until the function that it answers is called. */
export function installHooks(): () => void {
  if (installations++ === 0) {
    replace('Atomics', scheduled);
    replace('performance', virtualClock);
  }
  return () => {
    if (--installations > 0) return;
    replace('Atomics', real);
    replace('performance', clock);
  };
}

/** From now on this thread is the worker of that baton; null ends that. */
export function holdBaton(held: Baton | null): void {
  baton = held;
  lastArray = null;
}
