/**
 * How many processors the machine gives at the moment. A shared machine may leave two threads with the time of one
 * for seconds; a speed-up of 1.1 then says nothing of the engine. The measure is what two threads reach together that
 * share nothing and touch no memory to speak of.
 */
import { Worker } from 'node:worker_threads';
import type { Sample } from './contender.js';
import { type Spread, spread } from './measure.js';

/** Steps of one reading's loop: some two milliseconds. */
const STEPS = 1_500_000;

/** Words shared with the other thread: the number of the reading to be made, and of those that it has begun and done. */
const ASKED = 0;
const BEGUN = 1;
const DONE = 2;
const WORDS = 3;
/** In {@link ASKED}: the thread ends. */
const END = -1;

/** Arithmetic in registers; answers a number so that nothing of it can be left out. */
export function spinSteps(steps: number): number {
  let x = 1;
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  return x;
}

/** The other thread's part, until it is told to end. */
export function follow(words: Int32Array): void {
  for (let seen = 0; ; ) {
    Atomics.wait(words, ASKED, seen);
    seen = Atomics.load(words, ASKED);
    if (seen === END) return;
    Atomics.store(words, BEGUN, seen);
    spinSteps(STEPS);
    Atomics.store(words, DONE, seen);
  }
}

export class CoreMeter {
  private readings = 0;

  private constructor(
    private readonly words: Int32Array,
    private readonly thread: Worker,
  ) {}

  static async start(): Promise<CoreMeter> {
    const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
    const thread = new Worker(new URL('./cores-thread.js', import.meta.url), { workerData: words });
    const meter = new CoreMeter(words, thread);
    await new Promise<void>((resolve, reject) => {
      thread.once('online', resolve);
      thread.once('error', reject);
    });
    // Both sides are compiled then.
    for (let i = 0; i < 3; i++) meter.read();
    return meter;
  }

  /** Work that two threads get done in the time in which one gets done 1: 2 where each has a processor, 1 where they share one. */
  read(): number {
    const { words } = this;
    const before = timeOf(() => spinSteps(STEPS));
    const reading = ++this.readings;
    Atomics.store(words, ASKED, reading);
    Atomics.notify(words, ASKED);
    // To wake up is no part of it.
    while (Atomics.load(words, BEGUN) !== reading);
    const together = timeOf(() => {
      spinSteps(STEPS);
      while (Atomics.load(words, DONE) !== reading);
    });
    // The thread may have been kept from running while it was alone; not both times, as a rule.
    const alone = Math.min(
      before,
      timeOf(() => spinSteps(STEPS)),
    );
    return (2 * alone) / together;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.thread.once('exit', resolve));
    Atomics.store(this.words, ASKED, END);
    Atomics.notify(this.words, ASKED);
    await ended;
  }
}

function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Processors from which two threads count as undisturbed. */
export const WHOLE_CORES = 1.9;

/** What the machine gave two threads in the rounds of a measurement. */
export interface Cores {
  /** Processors, round by round. */
  readonly given: Spread;
  /** Rounds with {@link WHOLE_CORES} or more. */
  readonly whole: number;
  /** Speed-up in those rounds; null where there were none. */
  readonly speedup: Spread | null;
}

/** What `given` processors, round by round, say of the rounds `taken` of the contender at `which`; the serial one stands first. */
export function coresOf(given: readonly number[], taken: readonly (readonly Sample[])[], which: number): Cores {
  const whole = taken.filter((_, round) => (given[round] as number) >= WHOLE_CORES);
  const speedups = whole.map((round) => (round[0] as Sample).time / (round[which] as Sample).time);
  return { given: spread(given), whole: whole.length, speedup: speedups.length === 0 ? null : spread(speedups) };
}
