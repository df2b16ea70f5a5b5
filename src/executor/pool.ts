/** The threads of one parallel executor: started once, asleep between blocks, replaced when one dies. */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { CONTROL_CLOSING, CONTROL_GENERATION } from '../layout.js';
import type { Database } from '../state/database.js';
import type { SharedMemory } from '../state/heap.js';
import { memoryWeight } from '../state/let-go.js';
import type { RecordedTransactions } from '../transition/transaction/index.js';
import type { VmName } from '../vm/name.js';
import type { Vm } from '../vm/vm.js';
import { ExecutorError } from './errors.js';
import { type BlockScope, createVm, type ExecutorMemories } from './scope.js';
import type { Mail, WorkerOptions } from './worker.js';

/** What is used of a thread. It says `message` when it is ready, `error` where it fails and `exit` when it has ended. */
export interface WorkerThread {
  /** -1 once it has ended, or where nobody need wait for that. */
  readonly threadId: number;
  once(event: 'message', listener: () => void): unknown;
  once(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'exit', listener: (code: number) => void): unknown;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** Where an executor gets its machines and threads from. A driver of deterministic schedules brings its own. */
export interface ExecutorHost {
  /** The calling thread's machine. */
  createVm(name: VmName): Promise<Vm>;
  /** Memory to be used again, nothing but zeros; null where there is none. */
  memories(): ExecutorMemories | null;
  /** A thread that does what `main` of `worker.ts` says; it takes over the port in `options`. */
  startThread(options: WorkerOptions): WorkerThread;
}

export const DEFAULT_HOST: ExecutorHost = {
  createVm,
  memories: () => null,
  startThread: (options) =>
    new Worker(new URL('./worker-entry.js', import.meta.url), {
      workerData: options,
      transferList: [options.mail as MessagePort],
      name: `lockstep worker ${options.worker}`,
    }),
};

interface Thread {
  readonly worker: WorkerThread;
  readonly mail: MessagePort;
}

/** Looks before a thread sleeps: some hundreds of microseconds. */
const SPINS = 50_000;
/** How long threads get to end by themselves, milliseconds. */
export const CLOSE_MILLISECONDS = 1000;

export class WorkerPool {
  private threads: Thread[] = [];
  private closing = false;
  private ending: Promise<void> | null = null;
  /** Memory of the database that the threads were sent last, and how many they were sent. */
  private shared: WeakRef<SharedMemory> | null = null;
  private sharedNumber = 0;
  /** Whatever the threads were sent, as long as it is there. */
  private readonly sent = new WeakSet<object>();
  /** Why the pool cannot go on, once a thread has died. */
  death: string | null = null;
  /** Called at once when a thread dies. */
  onDeath: (reason: string) => void = () => {};

  private constructor(
    private readonly scope: BlockScope,
    private readonly vm: VmName,
    private readonly host: ExecutorHost,
    /** How often threads look whether what they wait for has come before they sleep. */
    readonly spins: number,
  ) {}

  /** Starts `count` threads over the heaps of `scope` and waits until all are ready. */
  static async start(scope: BlockScope, count: number, vm: VmName, host: ExecutorHost): Promise<WorkerPool> {
    // With fewer processors than threads a thread that looks would keep another one from what it is waited for.
    const spins = host === DEFAULT_HOST && count < availableParallelism() ? SPINS : 0;
    const pool = new WorkerPool(scope, vm, host, spins);
    try {
      await Promise.all(Array.from({ length: count }, (_, i) => pool.spawn(i + 1)));
    } catch (error) {
      // One that did not start must not leave the others behind.
      await pool.close();
      throw error;
    }
    return pool;
  }

  private async spawn(number: number): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const { memories } = this.scope;
    const options: WorkerOptions = { memories, worker: number, vm: this.vm, mail: port2, spins: this.spins };
    const worker = this.host.startThread(options);
    this.threads.push({ worker, mail: port1 });
    port1.unref();
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', (error: Error) => {
        this.died(`worker ${number}: ${error.message}`);
        reject(new ExecutorError('WORKER_DIED', `worker ${number} did not start: ${error.message}`, { cause: error }));
      });
      worker.once('exit', (code: number) => {
        this.died(`worker ${number} ended with code ${code}`);
        reject(new ExecutorError('WORKER_DIED', `worker ${number} ended with code ${code} while it started`));
      });
    });
    // A pool must not keep the process alive by itself.
    worker.unref();
  }

  private died(reason: string): void {
    if (this.closing || this.death !== null) return;
    this.death = reason;
    this.onDeath(reason);
  }

  /**
   * Sends `database` to the threads unless they have it; answers its number among those that were sent. To be called before
   * the block is announced. Its memory tells: its own number may be another's where not all come from one thread, or from one
   * copy of the package.
   */
  share(database: Database): number {
    const { memory } = database.heap;
    if (this.shared?.deref() !== memory) {
      this.shared = new WeakRef(memory);
      this.sharedNumber++;
      // By its views, which the block's begin has refreshed: to ask the memory itself takes some 20 microseconds.
      const weight = this.weigh(memory, memoryWeight(database.heap.u8.length));
      const mail: Mail = { kind: 'database', weight, identity: this.sharedNumber, memory };
      for (const thread of this.threads) thread.mail.postMessage(mail);
    }
    return this.sharedNumber;
  }

  /** Posts the records of block `block` to all threads; false where they do not stand in shared memory. */
  post(block: number, { u32, places }: RecordedTransactions): boolean {
    const { buffer } = u32;
    if (!(buffer instanceof SharedArrayBuffer)) return false;
    const weight = this.weigh(buffer, buffer.byteLength);
    const mail: Mail = { kind: 'records', weight, block, buffer, words: u32.length, count: places.length };
    for (const thread of this.threads) thread.mail.postMessage(mail);
    return true;
  }

  /** What threads are to count for `memory` of so many bytes: nothing where they were sent it before. */
  private weigh(memory: object, bytes: number): number {
    if (this.sent.has(memory)) return 0;
    this.sent.add(memory);
    return bytes;
  }

  /** Wakes the threads, or so many of them, for what stands in the heap: one store, one notify. One that is awake comes by itself. */
  announce(threads = Number.POSITIVE_INFINITY): void {
    Atomics.add(this.scope.heap.i32, CONTROL_GENERATION, 1);
    Atomics.notify(this.scope.heap.i32, CONTROL_GENERATION, threads);
  }

  /** Ends all threads at once, whatever they are at; {@link death} says so when they are gone. */
  terminate(): void {
    for (const { worker } of this.threads) void worker.terminate();
  }

  /** Ends all threads, gently first. Whoever asks again waits for the same end. */
  close(): Promise<void> {
    this.ending ??= this.end();
    return this.ending;
  }

  private async end(): Promise<void> {
    this.closing = true;
    Atomics.store(this.scope.heap.i32, CONTROL_CLOSING, 1);
    this.announce();
    const threads = this.threads;
    this.threads = [];
    await Promise.all(threads.map((thread) => endThread(thread.worker)));
    for (const thread of threads) thread.mail.close();
  }
}

async function endThread(worker: WorkerThread): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MILLISECONDS);
  });
  if (worker.threadId !== -1) await Promise.race([ended, patience]);
  clearTimeout(timer);
  await worker.terminate();
}
