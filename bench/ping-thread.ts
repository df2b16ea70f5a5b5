/** The other side of `handOver` in `simulate-costs.ts`. */
import { workerData } from 'node:worker_threads';
import { END, type Ping, SPIN } from './simulate-costs.js';

const { words: shared, mode } = workerData as Ping;
const words = new Int32Array(shared);
for (;;) {
  while (Atomics.load(words, 0) !== 1) {
    if (Atomics.load(words, 0) === END) process.exit(0);
    if (mode !== SPIN) Atomics.wait(words, 0, 0);
  }
  Atomics.store(words, 0, 0);
  if (mode !== SPIN) Atomics.notify(words, 0);
}
