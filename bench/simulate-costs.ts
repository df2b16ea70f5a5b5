/** What accesses and wake-ups take on this machine, for the simulation of scale. */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** How the two threads wait for each other. */
export const SPIN = 0;
export const SLEEP = 1;
export const END = 2;

export interface Ping {
  readonly words: SharedArrayBuffer;
  readonly mode: number;
}

export interface MachineCosts {
  /** Nanoseconds. */
  readonly hit: number;
  readonly transfer: number;
  readonly wake: number;
  readonly notify: number;
}

/** Short rounds and many of them: in some both threads have a core to themselves, however busy the machine is. */
const ROUNDS = 300;
const TURNS = 50;
const ACCESSES = 5000;
/** Nothing may be measured while the second thread still starts. */
const START_MILLISECONDS = 200;
/** A thread that has gone on has gone to sleep after that. */
const ASLEEP_MILLISECONDS = 2;

/** Least time of several rounds, nanoseconds per turn: what others on the machine took does not count. */
async function least(turns: number, round: () => void): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    round();
    best = Math.min(best, ((performance.now() - start) * 1e6) / turns);
    if (i % 10 === 0) await pause(1);
  }
  return best;
}

/** Half of the time in which a word goes to another thread and back. */
async function handOver(mode: number): Promise<number> {
  const shared = new SharedArrayBuffer(64);
  const words = new Int32Array(shared);
  const worker = new Worker(new URL('./ping-thread.js', import.meta.url), { workerData: { words: shared, mode } });
  await pause(START_MILLISECONDS);
  const time = await least(2 * TURNS, () => {
    for (let i = 0; i < TURNS; i++) {
      Atomics.store(words, 0, 1);
      if (mode !== SPIN) Atomics.notify(words, 0);
      while (Atomics.load(words, 0) !== 0) if (mode !== SPIN) Atomics.wait(words, 0, 1);
    }
  });
  Atomics.store(words, 0, END);
  Atomics.notify(words, 0);
  await worker.terminate();
  return time;
}

/** What a call of notify takes that wakes a thread. */
async function waking(): Promise<number> {
  const shared = new SharedArrayBuffer(64);
  const words = new Int32Array(shared);
  const worker = new Worker(new URL('./ping-thread.js', import.meta.url), {
    workerData: { words: shared, mode: SLEEP },
  });
  await pause(START_MILLISECONDS);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS / 3; i++) {
    Atomics.store(words, 0, 1);
    const start = performance.now();
    Atomics.notify(words, 0);
    best = Math.min(best, (performance.now() - start) * 1e6);
    await pause(ASLEEP_MILLISECONDS);
  }
  Atomics.store(words, 0, END);
  Atomics.notify(words, 0);
  await worker.terminate();
  return best;
}

export async function machineCosts(): Promise<MachineCosts> {
  const words = new Int32Array(new SharedArrayBuffer(4096));
  const hit = await least(2 * ACCESSES, () => {
    for (let i = 0; i < ACCESSES; i++) Atomics.store(words, i & 1023, Atomics.load(words, (i + 64) & 1023));
  });
  return { hit, transfer: await handOver(SPIN), wake: await handOver(SLEEP), notify: await waking() };
}
