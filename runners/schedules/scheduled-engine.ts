/** The parallel executor under schedules: each block gets a new executor, so that nothing is left of the one before. */
import type { MessagePort } from 'node:worker_threads';
import type { ExecutorMemories } from '../../src/executor/scope.js';
import { type Database, type InspectedBlock, ParallelExecutor } from '../../src/index.js';
import { HEAP_MARK } from '../../src/layout.js';
import { SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { VmName } from '../../src/vm/name.js';
import { type DriverOptions, ScheduleDriver, type ScheduleReport } from './driver.js';
import { keptMachine } from './engine-thread.js';
import { ENGINE_HEAP } from './events.js';
import { markHeap, OUTCOMES_HEAP } from './hooks.js';
import type { Schedule } from './schedule.js';

const THREAD = new URL('./engine-thread.js', import.meta.url).href;

/** Room of a new heap, words. */
const NEW_WORDS = 65_536;

function newMemory(): SharedMemory {
  return SharedHeap.create(HEAP_MARK + 1, NEW_WORDS).memory;
}

export interface ScheduledResult {
  readonly result: ExecutionResult;
  readonly report: ScheduleReport;
  /** Virtual time that the block took. */
  readonly milliseconds: number;
}

export class ScheduledEngine {
  readonly #driver: ScheduleDriver;
  /** Of the last schedule, if nobody can be using it any more. */
  #memories: ExecutorMemories | null = null;
  #last: ParallelExecutor | null = null;

  constructor(
    private readonly vm: VmName,
    options: DriverOptions = {},
  ) {
    this.#driver = new ScheduleDriver(options);
  }

  /**
   * Executes `block` over `database`, which stays as it is, under `schedule`. Throws `ScheduleError` where the engine
   * did not come to an end, and `ExecutorError` where it failed. The result is to be read before the next schedule.
   */
  async execute(schedule: Schedule, database: Database, block: Block): Promise<ScheduledResult> {
    let executor: ParallelExecutor | null = null;
    let ended = false;
    let milliseconds = 0;
    const memories = this.#takeMemories();
    try {
      const { value, report } = await this.#driver.run(schedule, async (start) => {
        const created = await ParallelExecutor.create({
          vm: this.vm,
          threads: schedule.workers,
          advice: { ...schedule.advice, headStart: 'off' },
          host: {
            createVm: keptMachine,
            memories: () => memories,
            startThread: (options) => start(options.worker, THREAD, options, [options.mail as MessagePort]),
          },
        });
        executor = created;
        this.#last = created;
        return async () => {
          const result = await created.execute(database, block);
          // The clock is the schedule's.
          milliseconds = performance.now();
          // The threads leave as part of the schedule.
          await created.close();
          return result;
        };
      });
      ended = true;
      this.#memories = memories;
      return { result: value, report, milliseconds };
    } finally {
      if (!ended) await (executor as ParallelExecutor | null)?.close();
    }
  }

  /**
   * The memory of the schedule before, as if it were new. To make new memory each time would be simpler, but each
   * reserves many gigabytes of address space, until garbage collection finds that worth its while.
   */
  #takeMemories(): ExecutorMemories {
    const { heap, outcomes } = this.#memories ?? { heap: newMemory(), outcomes: newMemory() };
    this.#memories = null;
    for (const [number, memory] of [
      [ENGINE_HEAP, heap],
      [OUTCOMES_HEAP, outcomes],
    ] as const) {
      const words = SharedHeap.attach(memory);
      const { used } = words;
      words.map(used);
      words.u32.fill(0, 0, used);
      markHeap(words.i32, number);
    }
    return { heap, outcomes };
  }

  /** Events of the last schedule, also of one that threw. */
  report(): ScheduleReport {
    return this.#driver.report();
  }

  /** What the last schedule's block left in memory; to be read before the next. Null where there was none. */
  inspect(): InspectedBlock | null {
    return this.#last?.inspect() ?? null;
  }

  close(): Promise<void> {
    return this.#driver.close();
  }
}
