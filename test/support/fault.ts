/**
 * A fault that is to happen at the n-th time that a thread comes to a place: the test arms it in words
 * that it shares with the thread, and the thread counts down. The same words serve again and again.
 */

/** Where: every access to shared memory, those while a block's changes are packed, runs of a machine, a machine's reads. */
export const SITES = { none: 0, access: 1, packing: 2, call: 3, read: 4 } as const;
export type Site = keyof typeof SITES;

/** What happens there: the thread ends, throws, never goes on, fills its heap, sleeps and goes on; or the process ends. */
export const ACTIONS = { count: 0, exit: 1, throw: 2, hang: 3, fill: 4, sleep: 5, abort: 6, kill: 7 } as const;
export type Action = keyof typeof ACTIONS;

const SITE = 0;
const ACTION = 1;
/** Times until it happens. */
const LEFT = 2;
/** Times that the thread has come to the site since it was armed. */
const SEEN = 3;
/** Times that it happened. */
const FIRED = 4;
/** Sleeps: how often, and the state of the generator that they are drawn from. */
const PERIOD = 5;
const RANDOM = 6;
const WORDS = 8;

/** Longest sleep, milliseconds. */
const LONGEST = 12;
const MULTIPLIER = 0x5bd1e995;

/** The error that {@link ACTIONS.throw} throws. */
export class PlantedError extends Error {
  override readonly name = 'PlantedError';
  constructor() {
    super('this error was planted by a test');
  }
}

export class Fault {
  /** Before anything is replaced: a fault's own sleep is no access. */
  private static readonly atomics = Atomics;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));

  constructor(readonly words: Int32Array = new Int32Array(new SharedArrayBuffer(4 * WORDS))) {}

  /** The `count`-th time at `site`; a sleep after that again and again, `count` times apart on average. */
  arm(site: Site, action: Action, count: number, seed = 1): void {
    this.words.set([SITES.none, ACTIONS[action], count, 0, 0, count, seed | 1]);
    Atomics.store(this.words, SITE, SITES[site]);
  }

  disarm(): void {
    Atomics.store(this.words, SITE, SITES.none);
  }

  get seen(): number {
    return this.words[SEEN] as number;
  }

  get fired(): number {
    return this.words[FIRED] as number;
  }

  /** It has happened, and whatever thread it happened to is ending. */
  get ends(): boolean {
    return this.fired > 0 && (this.words[ACTION] === ACTIONS.exit || this.words[ACTION] === ACTIONS.fill);
  }

  /** The thread is at `site`. */
  meet(site: number): void {
    const { words } = this;
    if (words[SITE] !== site) return;
    words[SEEN] = (words[SEEN] as number) + 1;
    if (words[ACTION] === ACTIONS.count) return;
    const left = (words[LEFT] as number) - 1;
    words[LEFT] = left;
    if (left === 0) this.happen(words[ACTION] as number);
  }

  private happen(action: number): void {
    const { words } = this;
    words[FIRED] = (words[FIRED] as number) + 1;
    switch (action) {
      case ACTIONS.exit:
        process.exit(1);
        break;
      case ACTIONS.throw:
        throw new PlantedError();
      case ACTIONS.hang:
        this.sleep(Number.POSITIVE_INFINITY);
        break;
      case ACTIONS.fill:
        fillHeap();
        break;
      case ACTIONS.abort:
        process.abort();
        break;
      case ACTIONS.kill:
        process.kill(process.pid, 'SIGKILL');
        break;
      case ACTIONS.sleep:
        words[LEFT] = 1 + this.below(2 * (words[PERIOD] as number));
        this.sleep(this.below(LONGEST) + 1);
        break;
      default:
        throw new RangeError(`unknown action ${action}`);
    }
  }

  private sleep(milliseconds: number): void {
    Fault.atomics.wait(this.nap, 0, 0, milliseconds);
  }

  private below(bound: number): number {
    const next = Math.imul((this.words[RANDOM] as number) ^ ((this.words[RANDOM] as number) >>> 13), MULTIPLIER) + 1;
    this.words[RANDOM] = next;
    return ((next ^ (next >>> 15)) >>> 0) % bound;
  }
}

/**
 * In few and large steps: V8 ends a thread whose heap is full by an interrupt, for which a loop that has become hot is not
 * asked any more (Node 24 and 26).
 */
function fillHeap(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}
