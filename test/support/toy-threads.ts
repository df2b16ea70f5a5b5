/** Small programs of a few workers for the tests of schedules. */

export interface Toy {
  readonly name: keyof typeof PROGRAMS;
  readonly words: SharedArrayBuffer;
  readonly worker: number;
}

const VALUE = 0;
const FLAG = 1;
const SLEEP = 2;
/** Words that only one worker uses. */
const PRIVATE = 4;

export const PROGRAMS = {
  /** Adds one by a load and a store: an update may be lost. */
  racy(words: Int32Array): void {
    Atomics.store(words, VALUE, Atomics.load(words, VALUE) + 1);
  },
  /** The same, with much else around it. */
  longRacy(words: Int32Array, worker: number): void {
    for (let i = 0; i < 10; i++) Atomics.add(words, PRIVATE + worker, 1);
    Atomics.store(words, VALUE, Atomics.load(words, VALUE) + 1);
    for (let i = 0; i < 10; i++) Atomics.add(words, PRIVATE + worker, 1);
  },
  /** Adds one in one access. */
  sound(words: Int32Array): void {
    Atomics.add(words, VALUE, 1);
  },
  /** One waits for a flag that the other sets, and looks at it before it sleeps on another word: a wake-up may be lost. */
  sleepy(words: Int32Array, worker: number): void {
    if (worker === 0) {
      Atomics.store(words, FLAG, 1);
      Atomics.notify(words, SLEEP);
    } else if (Atomics.load(words, FLAG) === 0) Atomics.wait(words, SLEEP, 0);
  },
  /** The same, but the wait ends after a while. */
  patient(words: Int32Array, worker: number): void {
    if (worker === 0) {
      Atomics.store(words, FLAG, 1);
      Atomics.notify(words, SLEEP);
    } else {
      while (Atomics.load(words, FLAG) === 0) {
        if (Atomics.wait(words, SLEEP, 0, 5) === 'timed-out') Atomics.add(words, VALUE, 1);
      }
    }
  },
  /** Workers take turns by waiting for each other, often. */
  turns(words: Int32Array, worker: number): void {
    for (let i = 0; i < 20; i++) {
      for (;;) {
        const turn = Atomics.load(words, FLAG);
        if (turn % 3 === worker) break;
        Atomics.wait(words, FLAG, turn);
      }
      Atomics.add(words, VALUE, worker);
      Atomics.add(words, FLAG, 1);
      Atomics.notify(words, FLAG);
    }
  },
  /** Waits, by looking, for what nobody does. */
  polling(words: Int32Array): void {
    while (Atomics.load(words, FLAG) === 0) Atomics.add(words, VALUE, 1);
  },
  /** One throws. */
  broken(words: Int32Array, worker: number): void {
    Atomics.add(words, VALUE, 1);
    if (worker === 1) throw new Error('a toy broke');
    Atomics.wait(words, FLAG, 0);
  },
} as const;

export function work({ name, words, worker }: Toy, ready: () => void): void {
  ready();
  PROGRAMS[name](new Int32Array(words), worker);
}
