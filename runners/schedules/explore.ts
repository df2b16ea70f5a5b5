/**
 * Every schedule of a program with a bounded number of pre-emptions. A schedule runs a worker as long as it can go on
 * and is not idle; a pre-emption takes the baton from it at one point. Fewer pre-emptions come first (Musuvathi and
 * Qadeer, PLDI 2007: most bugs need very few).
 *
 * Pre-empted is only beside accesses to words that two workers use and one of them writes, by all that has been seen
 * so far: elsewhere a switch makes no difference to anybody. A word that turns out to be such a one later is made up for.
 * Where a worker waits or leaves, the one with the lowest number goes on; with two workers there is no other.
 */

import type { ScheduleReport } from './driver.js';
import { type Decision, listed, type Schedule } from './schedule.js';
import {
  ACCESS_HEAP,
  ACCESS_INDEX,
  ACCESS_OTHERS,
  ACCESS_STEP,
  ACCESS_WORDS,
  ACCESS_WORKER,
  ACCESS_WRITES,
} from './words.js';

/** What an exploration came to. */
export interface Explored {
  /** Schedules that were run. */
  schedules: number;
  /** Pre-emptions of which every combination was run: -1 where not even the schedule without any. */
  complete: number;
}

export interface Bounds {
  readonly workers: number;
  readonly preemptions: number;
  /** Schedules at most. */
  readonly limit: number;
}

/** A schedule that branches off another one: the same decisions, and one more. */
interface Branch {
  readonly decisions: readonly Decision[];
}

export class Exploration {
  readonly explored: Explored = { schedules: 0, complete: -1 };
  /** By the number of pre-emptions. */
  readonly #queues: Branch[][] = [[{ decisions: [] }]];
  /** Which workers have read, and written, a word; bits. */
  readonly #readers = new Map<number, number>();
  readonly #writers = new Map<number, number>();
  /** Branches at words that nobody else has been seen to use. */
  readonly #unshared = new Map<number, Branch[]>();
  #running: Branch | null = null;
  #truncated = false;

  constructor(private readonly bounds: Bounds) {}

  /** The next schedule to run; null where there is none. */
  next(): Schedule | null {
    if (this.explored.schedules >= this.bounds.limit) return null;
    const preemptions = this.#queues.findIndex((queue) => queue.length > 0);
    if (!this.#truncated) {
      // A word may still turn out to be shared, so that it is known only at the end what was left open.
      this.explored.complete = preemptions < 0 ? this.bounds.preemptions : preemptions - 1;
    }
    if (preemptions < 0) return null;
    this.#running = (this.#queues[preemptions] as Branch[]).shift() as Branch;
    this.explored.schedules++;
    return listed(this.bounds.workers, this.#running.decisions);
  }

  /** What the schedule that {@link next} answered did. */
  ran({ accesses, accessCount }: Pick<ScheduleReport, 'accesses' | 'accessCount'>): void {
    const branch = this.#running;
    if (branch === null) return;
    if ((accessCount + 1) * ACCESS_WORDS > accesses.length) this.#truncated = true;
    const { decisions } = branch;
    const last = decisions.at(-1)?.step ?? 0;
    for (let at = 0; at < accessCount * ACCESS_WORDS; at += ACCESS_WORDS) {
      const word = (accesses[at + ACCESS_HEAP] as number) * 2 ** 32 + (accesses[at + ACCESS_INDEX] as number);
      this.#use(word, accesses[at + ACCESS_WORKER] as number, accesses[at + ACCESS_WRITES] === 1);
      const step = accesses[at + ACCESS_STEP] as number;
      const others = accesses[at + ACCESS_OTHERS] as number;
      if (step <= last || others === 0 || decisions.length === this.bounds.preemptions) continue;
      for (let worker = 0; worker < this.bounds.workers; worker++) {
        if ((others >>> worker) & 1) this.#branch(word, { decisions: [...decisions, { step, worker }] });
      }
    }
  }

  #use(word: number, worker: number, writes: boolean): void {
    const uses = writes ? this.#writers : this.#readers;
    const before = uses.get(word) ?? 0;
    if ((before >>> worker) & 1) return;
    uses.set(word, before | (1 << worker));
    const held = this.#unshared.get(word);
    if (held === undefined || !this.#isShared(word)) return;
    this.#unshared.delete(word);
    for (const branch of held) this.#add(branch);
  }

  #isShared(word: number): boolean {
    const writers = this.#writers.get(word) ?? 0;
    const users = writers | (this.#readers.get(word) ?? 0);
    return writers !== 0 && (users & (users - 1)) !== 0;
  }

  #branch(word: number, branch: Branch): void {
    if (this.#isShared(word)) {
      this.#add(branch);
      return;
    }
    const held = this.#unshared.get(word);
    if (held === undefined) this.#unshared.set(word, [branch]);
    else held.push(branch);
  }

  #add(branch: Branch): void {
    const preemptions = branch.decisions.length;
    const queue = this.#queues[preemptions];
    if (queue === undefined) this.#queues[preemptions] = [branch];
    else queue.push(branch);
  }
}
