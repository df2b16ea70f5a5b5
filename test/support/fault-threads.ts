/** Worker threads that the engine starts, each with a fault of its own, while the spy is on. */
import { readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import threads, { Worker, type WorkerOptions } from 'node:worker_threads';
import type { BlockEngine } from '../../src/executor/block-engine.js';
import type { ParallelExecutor } from '../../src/executor/parallel.js';
import type { WorkerPool } from '../../src/executor/pool.js';
import { CONTROL_VERDICT, VERDICT_PACKING } from '../../src/layout.js';
import { Fault } from './fault.js';

const ENTRY = new URL('./faulty-thread.js', import.meta.url);

export class FaultyThread extends Worker {
  readonly fault: Fault;

  constructor(entry: URL, options: WorkerOptions, limits: WorkerOptions['resourceLimits'], first: FirstFault | null) {
    const fault = new Fault();
    first?.(fault);
    super(ENTRY, {
      ...options,
      ...(limits && { resourceLimits: limits }),
      workerData: { ...(options.workerData as object), fault: fault.words, entry: entry.href },
    });
    this.fault = fault;
  }
}

/** Arms the fault of a thread before it starts. */
export type FirstFault = (fault: Fault) => void;

/** Takes the place of `Worker` for the modules of this process. */
export class ThreadSpy {
  /** Threads that have not ended, oldest first. */
  readonly live: FaultyThread[] = [];
  started = 0;
  /** What threads to come are started with. */
  limits: WorkerOptions['resourceLimits'];
  first: FirstFault | null = null;
  private readonly real = threads.Worker;

  begin(): void {
    const started = (thread: FaultyThread): void => {
      this.started++;
      this.live.push(thread);
      thread.once('exit', () => this.live.splice(this.live.indexOf(thread), 1));
    };
    const options = (): [WorkerOptions['resourceLimits'], FirstFault | null] => [this.limits, this.first];
    class Spied extends FaultyThread {
      constructor(entry: URL, given: WorkerOptions) {
        super(entry, given, ...options());
        started(this);
      }
    }
    (threads as { Worker: typeof Worker }).Worker = Spied as unknown as typeof Worker;
    syncBuiltinESMExports();
  }

  /** Takes a thread's fault away; where it has ended the thread, lets this process learn of that. */
  async settle(thread: FaultyThread): Promise<void> {
    thread.fault.disarm();
    while (thread.fault.ends && this.live.includes(thread)) await new Promise((resolve) => setImmediate(resolve));
  }

  end(): void {
    (threads as { Worker: typeof Worker }).Worker = this.real;
    syncBuiltinESMExports();
  }
}

/** What an executor holds, by looking inside: nothing but a test wants to hold it up. */
interface Inside {
  readonly engine: BlockEngine;
  readonly pool: WorkerPool;
}

/** How long the calling thread leaves the packing to the others, milliseconds. */
const HEAD_START = 20;

/**
 * To be called once the fault is armed. In its next block, executed or streamed, the calling thread joins the others
 * only when the fault has happened once more, or the block is decided; it would often be through before they have
 * woken up. So with the packing, where it waits a while.
 */
export function letGoFirst(executor: ParallelExecutor, { fault }: FaultyThread): void {
  const { engine, pool } = executor as unknown as Inside;
  const { fired } = fault;
  const runShift = engine.runShift.bind(engine);
  engine.runShift = async (shift, breathe) => {
    engine.runShift = runShift;
    while (fault.fired === fired && engine.running()) await new Promise((resolve) => setTimeout(resolve, 1));
    return runShift(shift, breathe);
  };
  const announce = pool.announce.bind(pool);
  pool.announce = (threads) => {
    announce(threads);
    if (Atomics.load(engine.heap.i32, CONTROL_VERDICT) !== VERDICT_PACKING) return;
    pool.announce = announce;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HEAD_START);
  };
}

/** What Linux says of a thread that has begun to end, among its flags (`PF_EXITING`). */
const EXITING = 4;
/** Where `flags` stands in `/proc/…/stat`, counted from the state, which is the first after the name. */
const FLAGS_AFTER_STATE = 6;

/** Threads of this process, as the system counts them; null where it does not tell. */
export function threadCount(): number | null {
  return process.platform === 'linux' ? countTasks('/proc/self/task') : null;
}

/**
 * How many of the tasks in a folder of `/proc` live. One that has begun to end does not count: for some microseconds, more
 * where the processor is taken from it, the system lists a thread that was joined already.
 */
export function countTasks(folder: string): number {
  return readdirSync(folder).filter((task) => {
    let stat: string;
    try {
      stat = readFileSync(`${folder}/${task}/stat`, 'latin1');
    } catch {
      return false; // It has ended since.
    }
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[FLAGS_AFTER_STATE]) & EXITING) === 0;
  }).length;
}
