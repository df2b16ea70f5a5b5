/** Counts a word on in turn with its sibling, each waiting for the other as threads of an executor do. */
import { spinWhile } from '../../src/executor/spin.js';
import { participate } from './hammer.js';

/** Longest wait of one turn, milliseconds: a wake-up that was lost shows as a timeout of the test, not as a hang. */
const PATIENCE = 5000;

participate((data: { memory: SharedArrayBuffer; turns: number }, thread): number => {
  const words = new Int32Array(data.memory);
  for (let turn = 0; turn < data.turns; turn++) {
    for (;;) {
      const count = Atomics.load(words, 0);
      if (count % 2 === thread) break;
      if (
        spinWhile(words, 0, count, turn % 3 === 0 ? 0 : 500) &&
        Atomics.wait(words, 0, count, PATIENCE) === 'timed-out'
      ) {
        throw new Error(`turn ${turn} of thread ${thread}: nobody woke it`);
      }
    }
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
  }
  return data.turns;
});
