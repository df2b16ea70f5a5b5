/** What a case's executions took by the clock: sums over its blocks, which the executors' callers add to. */
import type { ExecutionTimes } from './verdict.js';

export class Stopwatch {
  #serial = 0;
  readonly #parallel = new Map<number, number>();
  #used = false;

  /** Runs `work` and adds its time to the serial runs, or to the parallel ones with so many threads. */
  async time<T>(threads: number | 'serial', work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const done = await work();
    const took = performance.now() - began;
    this.#used = true;
    if (threads === 'serial') this.#serial += took;
    else this.#parallel.set(threads, (this.#parallel.get(threads) ?? 0) + took);
    return done;
  }

  /** What was added since the last call, by the order of `threads`; null where nothing was. */
  take(threads: Iterable<number>): ExecutionTimes | null {
    const used = this.#used;
    const micros = (milliseconds: number): number => Math.round(1000 * milliseconds);
    const times = {
      serial: micros(this.#serial),
      parallel: [...threads].map((count) => micros(this.#parallel.get(count) ?? 0)),
    };
    this.#serial = 0;
    this.#parallel.clear();
    this.#used = false;
    return used ? times : null;
  }
}
