/** Takes transactions, parks some of them on lower ones and finishes the others. */
import { EXECUTED, incarnationOf, isFinished, statusWord } from '../../src/mvmemory/statuses.js';
import type { SharedMemory } from '../../src/state/heap.js';
import { EngineWords } from './engine-words.js';
import { participate, Random } from './hammer.js';

export interface ScheduleData {
  readonly memory: SharedMemory;
  /** Int32 words: how often each (transaction, incarnation) was taken; `incarnations` per transaction. */
  readonly taken: SharedArrayBuffer;
  readonly incarnations: number;
  /** One Int32: finished transactions. */
  readonly finished: SharedArrayBuffer;
  readonly milliseconds: number;
}

export interface ScheduleResult {
  readonly executed: number;
  readonly parked: number;
}

participate((data: ScheduleData, thread): ScheduleResult => {
  const engine = EngineWords.attach(data.memory, 64);
  const { scheduler, statuses } = engine;
  const taken = new Int32Array(data.taken);
  const finished = new Int32Array(data.finished);
  const random = new Random(3 * thread + 1);
  let executed = 0;
  let parked = 0;
  const end = performance.now() + data.milliseconds;
  // Several taken at a time and worked off in random order, so that lower ones are often unfinished.
  const bag: number[] = [];
  while (Atomics.load(finished, 0) < scheduler.count && performance.now() < end) {
    const epoch = scheduler.epoch();
    for (let next = 0; next >= 0 && bag.length < 12; ) {
      next = scheduler.take();
      if (next >= 0) bag.push(next);
    }
    if (bag.length === 0) {
      scheduler.wait(epoch, 1);
      continue;
    }
    const [index] = bag.splice(random.next(bag.length), 1) as [number];
    const incarnation = incarnationOf(statuses.load(index));
    Atomics.add(taken, index * data.incarnations + incarnation, 1);
    if (index > 0 && incarnation < 8 && random.next(4) < 3) {
      const blocker = index - 1 - random.next(Math.min(index, 3));
      // The blocker may finish at any moment from here on: that is the race of pitfall 37.
      if (!isFinished(statuses.load(blocker))) {
        scheduler.park(index, blocker);
        parked++;
        continue;
      }
    }
    engine.setStatus(index, statusWord(incarnation, EXECUTED));
    scheduler.wake(index);
    scheduler.signal();
    Atomics.add(finished, 0, 1);
    executed++;
  }
  return { executed, parked };
});
