/** Threads for schedules, kept from one schedule to the next: to start one takes a quarter of a second. */
import { EventEmitter } from 'node:events';
import { type Transferable, Worker } from 'node:worker_threads';
import type { ThreadMessage, ThreadTask } from './thread.js';

/** One thread's part in one schedule: says `message` when it waits for its first turn, `error` where it failed, then `exit`. */
export class Part extends EventEmitter {
  /** Nobody need wait for a thread that goes on to other schedules. */
  readonly threadId = -1;
  /** Settled when the thread is through; never rejected. */
  readonly ended: Promise<string | null>;
  isEnded = false;
  #end: (failure: string | null) => void = () => undefined;

  constructor() {
    super();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    // An `error` that nobody listens for any more is told by `ended` all the same.
    this.on('error', () => undefined);
  }

  unref(): void {}

  async terminate(): Promise<number> {
    return 0;
  }

  hear(message: ThreadMessage): void {
    if (message.type === 'ready') this.emit('message', 'ready');
    else this.end(message.failure);
  }

  end(failure: string | null): void {
    this.#end(failure);
    if (failure !== null) this.emit('error', new Error(failure));
    this.emit('exit', failure === null ? 0 : 1);
  }
}

interface Kept {
  readonly worker: Worker;
  part: Part | null;
  run: number;
}

export class ScheduleThreads {
  readonly #kept = new Map<number, Kept>();

  /** Gives thread number `task.worker`, which is through with what it did before, its part. */
  start(task: ThreadTask, transfer: Transferable[]): Part {
    const thread = this.#kept.get(task.worker) ?? this.#create(task.worker);
    const part = new Part();
    thread.part = part;
    thread.run = task.run;
    // As long as it works for somebody the process stays alive.
    thread.worker.ref();
    thread.worker.postMessage(task, transfer);
    return part;
  }

  /** Ends the threads, whatever they are at. */
  async close(): Promise<void> {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(kept.map(({ worker }) => worker.terminate()));
  }

  #create(number: number): Kept {
    const worker = new Worker(new URL('./thread.js', import.meta.url), { name: `schedule worker ${number}` });
    const thread: Kept = { worker, part: null, run: 0 };
    this.#kept.set(number, thread);
    worker.on('message', (message: ThreadMessage) => {
      if (message.run !== thread.run) return;
      if (message.type === 'ended') worker.unref();
      thread.part?.hear(message);
    });
    const died = (reason: string): void => {
      if (this.#kept.get(number) === thread) this.#kept.delete(number);
      thread.part?.end(reason);
    };
    worker.on('error', (error) => died(error.stack ?? error.message));
    worker.on('exit', (code) => died(`the thread ended with code ${code}`));
    return thread;
  }
}
