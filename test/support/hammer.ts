/** Runs one helper module in several threads at once and collects what each answers. */
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** What every helper thread is started with, beside its own data. */
export interface ThreadData<T> {
  readonly gate: SharedArrayBuffer;
  readonly parties: number;
  /** 0, 1, …. */
  readonly thread: number;
  readonly data: T;
}

/** Starts `test/support/<script>.js` once per element of `data`; all threads begin together. */
export async function hammer<T, R>(script: string, data: readonly T[]): Promise<R[]> {
  const gate = new SharedArrayBuffer(4);
  return Promise.all(
    data.map(async (own, thread) => {
      const options: ThreadData<T> = { gate, parties: data.length, thread, data: own };
      const worker = new Worker(new URL(`./${script}.js`, import.meta.url), { workerData: options });
      try {
        return await new Promise<R>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.once('exit', (code) => reject(new Error(`${script} ended with code ${code} and no answer`)));
        });
      } finally {
        await worker.terminate();
      }
    }),
  );
}

/** In a helper thread: waits until all threads are up, runs `work` and posts its result. */
export function participate<T, R>(work: (data: T, thread: number) => R): void {
  const { gate, parties, thread, data } = workerData as ThreadData<T>;
  const count = new Int32Array(gate);
  let here = Atomics.add(count, 0, 1) + 1;
  Atomics.notify(count, 0);
  while (here < parties) {
    Atomics.wait(count, 0, here);
    here = Atomics.load(count, 0);
  }
  parentPort?.postMessage(work(data, thread));
}

/** Deterministic pseudo-random integers (mulberry32): `next(n)` is below n. */
export class Random {
  constructor(private state: number) {}

  next(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.next(i + 1);
      [items[i], items[j]] = [items[j] as T, items[i] as T];
    }
    return items;
  }
}
