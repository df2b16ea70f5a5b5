/**
 * How many processors the machine gives at the moment. A shared machine may leave two threads with the time of one for
 * seconds, or with the two halves of one processor; a speed-up of 1.1 then says nothing of the engine. The measure is what
 * two threads reach together that share nothing.
 */
import { Worker } from 'node:worker_threads';
import type { Sample } from './contender.js';
import { type Spread, spread } from './measure.js';

/** Steps of one reading's loop: some two milliseconds. */
const STEPS = 500_000;
/** Words that the loop changes: they fit into a processor's first cache. */
const TABLE_WORDS = 4096;
const TABLE_SHIFT = 20;

/** Words shared with the other thread: the number of the reading to be made, and of those that it has begun and done. */
const ASKED = 0;
const BEGUN = 1;
const DONE = 2;
const WORDS = 3;
/** In {@link ASKED}: the thread ends. */
const END = -1;

/**
 * Four chains of arithmetic that do not wait for one another, and changes of a small table: as much at once as a processor
 * can do. One chain alone would run no slower where two threads are two halves of one processor.
 */
export class Load {
  private readonly table = new Int32Array(TABLE_WORDS);

  /** Answers a number so that nothing of it can be left out. */
  run(steps: number): number {
    const table = this.table;
    let [a, b, c, d] = [1, 2, 3, 4];
    for (let i = 0; i < steps; i++) {
      a = (Math.imul(a, 1_664_525) + 1_013_904_223) | 0;
      b = (Math.imul(b, 22_695_477) + 1) | 0;
      c = (Math.imul(c, 1_103_515_245) + 12_345) | 0;
      d = (Math.imul(d, 214_013) + 2_531_011) | 0;
      table[a >>> TABLE_SHIFT] = (table[b >>> TABLE_SHIFT] as number) + c;
      table[c >>> TABLE_SHIFT] = (table[d >>> TABLE_SHIFT] as number) ^ a;
    }
    return (table[0] as number) ^ a ^ b ^ c ^ d;
  }
}

/** The other thread's part, until it is told to end. */
export function follow(words: Int32Array): void {
  const load = new Load();
  for (let seen = 0; ; ) {
    Atomics.wait(words, ASKED, seen);
    seen = Atomics.load(words, ASKED);
    if (seen === END) return;
    Atomics.store(words, BEGUN, seen);
    load.run(STEPS);
    Atomics.store(words, DONE, seen);
  }
}

export class CoreMeter {
  private readings = 0;
  private readonly load = new Load();

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
    for (let i = 0; i < 8; i++) meter.read();
    return meter;
  }

  /** Work that two threads get done in the time in which one gets done 1: 2 where each has a processor, 1 where they take turns. */
  read(): number {
    const { words, load } = this;
    const before = timeOf(() => load.run(STEPS));
    const reading = ++this.readings;
    Atomics.store(words, ASKED, reading);
    Atomics.notify(words, ASKED);
    // To wake up is no part of it.
    while (Atomics.load(words, BEGUN) !== reading);
    const together = timeOf(() => {
      load.run(STEPS);
      while (Atomics.load(words, DONE) !== reading);
    });
    // The thread may have been kept from running while it was alone; not both times, as a rule.
    const alone = Math.min(
      before,
      timeOf(() => load.run(STEPS)),
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
