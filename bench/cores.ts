/**
 * How many processors the machine gives at the moment. A shared machine may leave two threads with the time of one for
 * seconds, or with the two halves of one processor; a speed-up of 1.1 then says nothing of the engine. The measure is what
 * two threads reach together that share nothing.
 */
import { Worker } from 'node:worker_threads';
import type { Sample } from './contender.js';
import { type Spread, spread } from './measure.js';

/** How long each part of a reading takes, milliseconds. */
const PART_MILLISECONDS = 2;
/** Steps between two looks at the clock: some twenty microseconds. */
const STEPS = 5000;
/** Words that the loop changes: they fit into a processor's first cache. */
const TABLE_WORDS = 4096;
const TABLE_SHIFT = 20;

/** Words shared with the other thread: the number of the part that it is to run, of the one that it has begun, and of the last one done. */
const ASKED = 0;
const BEGUN = 1;
const DONE = 2;
/** Its steps a millisecond in that part. */
const RATE = 3;
const WORDS = 4;
const LIMIT_MILLISECONDS = 30_000;
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

/** Steps a millisecond, over {@link PART_MILLISECONDS}. */
function rate(load: Load): number {
  const start = performance.now();
  for (let done = STEPS; ; done += STEPS) {
    load.run(STEPS);
    const taken = performance.now() - start;
    if (taken >= PART_MILLISECONDS) return done / taken;
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
    Atomics.store(words, RATE, Math.round(rate(load)));
    Atomics.store(words, DONE, seen);
    Atomics.notify(words, DONE);
  }
}

export class CoreMeter {
  private parts = 0;
  private readonly load = new Load();

  private constructor(
    private readonly words: Int32Array,
    private readonly thread: Worker,
    private readonly limit: number,
  ) {}

  /** `limit`: how long the other thread has for a part before it counts as dead, milliseconds. */
  static async start(limit = LIMIT_MILLISECONDS): Promise<CoreMeter> {
    const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
    const thread = new Worker(new URL('./cores-thread.js', import.meta.url), { workerData: words });
    const meter = new CoreMeter(words, thread, limit);
    await new Promise<void>((resolve, reject) => {
      thread.once('online', resolve);
      thread.once('error', reject);
    });
    // Both sides are compiled then.
    for (let i = 0; i < 20; i++) meter.read();
    return meter;
  }

  /**
   * Work that two threads get done in the time in which one gets done 1: 2 where each has a processor, 1 where they take
   * turns. Each is compared with itself alone, since their isolates need not have compiled the same code: just before and
   * just after, the better of the two, since what disturbed it alone would make two threads look like more.
   */
  read(): number {
    const before = this.alone();
    const { words, load } = this;
    const part = this.ask();
    // To wake up is no part of it.
    this.spin(BEGUN, part);
    const own = rate(load);
    this.spin(DONE, part);
    const others = Atomics.load(words, RATE);
    const after = this.alone();
    return own / Math.max(before.own, after.own) + others / Math.max(before.others, after.others);
  }

  /** Each thread's rate while the other one sleeps. */
  private alone(): { own: number; others: number } {
    const own = rate(this.load);
    const part = this.ask();
    if (Atomics.wait(this.words, DONE, part - 1, this.limit) === 'timed-out') throw this.dead();
    return { own, others: Atomics.load(this.words, RATE) };
  }

  /** Until the other thread has stored `part` at `word`. */
  private spin(word: number, part: number): void {
    const end = performance.now() + this.limit;
    while (Atomics.load(this.words, word) !== part) if (performance.now() > end) throw this.dead();
  }

  /** Has the other thread run a part; answers its number. */
  private ask(): number {
    const part = ++this.parts;
    Atomics.store(this.words, ASKED, part);
    Atomics.notify(this.words, ASKED);
    return part;
  }

  private dead(): Error {
    return new Error(`bench: the thread that measures the processors has not answered for ${this.limit} ms`);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.thread.once('exit', resolve));
    Atomics.store(this.words, ASKED, END);
    Atomics.notify(this.words, ASKED);
    await ended;
  }
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
