/** A parallel executor whose threads note down what they do. */
import { type MessagePort, Worker } from 'node:worker_threads';
import { createVm } from '../../src/executor/scope.js';
import { type Database, ParallelExecutor } from '../../src/index.js';
import { HEAP_MARK } from '../../src/layout.js';
import { SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import { markEngineHeap, takeNotes } from './hooks.js';
import { clearLog, newLog, readLog } from './log.js';
import type { NotingThreadData } from './thread.js';
import { type Timeline, timelineOf } from './timeline.js';

/** Room of a new heap, words. */
const NEW_WORDS = 65_536;
/** Notes of one thread about one block: 6 MB. */
const ROOM = 200_000;

function newMemory(): SharedMemory {
  return SharedHeap.create(HEAP_MARK + 1, NEW_WORDS).memory;
}

export class NotingEngine {
  private constructor(
    private readonly executor: ParallelExecutor,
    private readonly logs: readonly SharedArrayBuffer[],
    private readonly warmUps: number,
    private readonly told: (timeline: Timeline) => void,
  ) {}

  /**
   * An executor with `threads` threads. Each block is run `warmUps` times first, since a machine that has never run
   * spends most of its time on being compiled; the timeline of the run after them is told.
   */
  static async create(
    vm: VmName,
    threads: number,
    warmUps: number,
    told: (timeline: Timeline) => void,
  ): Promise<NotingEngine> {
    const logs = Array.from({ length: threads }, () => newLog(ROOM));
    const executor = await ParallelExecutor.create({
      vm,
      threads,
      advice: { headStart: 'off' },
      host: {
        createVm,
        memories: () => {
          const heap = newMemory();
          const words = SharedHeap.attach(heap);
          words.map(HEAP_MARK + 1);
          markEngineHeap(words.i32);
          return { heap, outcomes: newMemory() };
        },
        startThread: (options) => {
          const data: NotingThreadData = { options, log: logs[options.worker] as SharedArrayBuffer };
          return new Worker(new URL('./thread.js', import.meta.url), {
            workerData: data,
            transferList: [options.mail as MessagePort],
            name: `lockstep worker ${options.worker}`,
          });
        },
      },
    });
    return new NotingEngine(executor, logs, warmUps, told);
  }

  /** As the executor's; the caller's thread is worker 0. */
  async execute(database: Database, block: Block): Promise<ExecutionResult> {
    for (let run = 0; run < this.warmUps; run++) {
      const result = await this.executor.execute(database, block);
      // Nobody looks at it: it need not be copied out of the memory that the next run uses.
      if (result.ok) result.release();
    }
    for (const log of this.logs) clearLog(log);
    const done = takeNotes(this.logs[0] as SharedArrayBuffer);
    let result: ExecutionResult;
    try {
      result = await this.executor.execute(database, block);
    } finally {
      done();
    }
    this.told(timelineOf(this.logs.map(readLog), block.transactions.length));
    return result;
  }

  close(): Promise<void> {
    return this.executor.close();
  }
}
