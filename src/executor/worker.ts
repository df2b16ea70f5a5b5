/**
 * What a worker thread does (`worker-entry.ts` starts it). It sleeps on the generation word, joins a block when
 * there is one, and works on it until the block is decided. Nothing is ever posted to it but the memory of a
 * database that it has not seen.
 *
 * Joining: the worker counts itself in and only then looks at the verdict; the owner changes the
 * verdict and only then waits for the count to fall to zero. So either the worker sees that the block
 * is over and leaves without touching anything, or the owner sees the worker and waits for it.
 *
 * A block is not open to workers while its owner is alone in it. The word that says so is set to 0 before the verdict
 * says RUNNING, so that a worker that wakes up late from the block before sees it with the verdict, and to 1 before the
 * generation changes, so that whoever stayed out comes again.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import {
  CONTROL_ACTIVE,
  CONTROL_BLOCK,
  CONTROL_CLOSING,
  CONTROL_COUNT,
  CONTROL_DATABASE,
  CONTROL_GENERATION,
  CONTROL_OPEN,
  CONTROL_VERDICT,
  VERDICT_PACKING,
  VERDICT_RUNNING,
} from '../layout.js';
import { Database } from '../state/database.js';
import type { SharedMemory } from '../state/heap.js';
import type { VmName } from '../vm/name.js';
import type { Vm } from '../vm/vm.js';
import { BlockEngine } from './block-engine.js';
import { sharePacking } from './packing.js';
import { BlockScope, createVm, type ExecutorMemories } from './scope.js';
import { spinWhile } from './spin.js';

/** A `MessagePort`, of which no more is told: the package's types are then whole without those of Node. */
export interface DatabasePort {
  close(): void;
}

/** What a worker is started with. */
export interface WorkerOptions {
  readonly memories: ExecutorMemories;
  /** 1, 2, …; the calling thread is 0. */
  readonly worker: number;
  readonly vm: VmName;
  /** Brings databases: {@link DatabaseMessage}. */
  readonly databases: DatabasePort;
  /** How often to look for the next block, or the packing of this one, before falling asleep: {@link spinWhile}. */
  readonly spins: number;
}

export interface DatabaseMessage {
  readonly identity: number;
  readonly memory: SharedMemory;
}

class DatabaseMap {
  private current: Database | null = null;

  constructor(private readonly port: DatabasePort) {}

  /** The database of that number; its memory was posted before the block was announced. */
  get(identity: number): Database {
    while (this.current?.identity !== identity) {
      const received = receiveMessageOnPort(this.port as MessagePort) as { message: DatabaseMessage } | undefined;
      if (received === undefined) throw new Error(`database ${identity} was announced but never sent`);
      this.current = Database.attach(received.message.memory, received.message.identity);
    }
    // The owner may have grown it since the last block.
    this.current.heap.refresh();
    return this.current;
  }
}

/** Works until the executor is closed. `ready` is called before the first block is waited for; `vm` is a machine to be used again. */
export async function main(options: WorkerOptions, ready: () => void, vm: Vm | null = null): Promise<void> {
  const scope = new BlockScope(vm ?? (await createVm(options.vm)), options.memories);
  const { heap } = scope;
  const engine = new BlockEngine(scope, options.worker);
  const databases = new DatabaseMap(options.databases);
  ready();
  let seen = 0;
  while (Atomics.load(heap.i32, CONTROL_CLOSING) === 0) {
    if (spinWhile(heap.i32, CONTROL_GENERATION, seen, options.spins)) Atomics.wait(heap.i32, CONTROL_GENERATION, seen);
    seen = Atomics.load(heap.i32, CONTROL_GENERATION);
    Atomics.add(heap.i32, CONTROL_ACTIVE, 1);
    const verdict = Atomics.load(heap.i32, CONTROL_VERDICT);
    if (verdict === VERDICT_RUNNING && Atomics.load(heap.i32, CONTROL_OPEN) === 1) {
      try {
        engine.open(databases.get(heap.i32[CONTROL_DATABASE] as number), false);
        await engine.run(null);
      } catch (error) {
        engine.fail(error);
      }
    } else if (verdict === VERDICT_PACKING) {
      // An error here ends the thread, which the owner sees: the changes would not be whole.
      if (heap.i32[CONTROL_BLOCK] !== engine.block) {
        engine.open(databases.get(heap.i32[CONTROL_DATABASE] as number), false);
      }
      sharePacking(scope, engine, heap.i32[CONTROL_COUNT] as number);
    }
    Atomics.sub(heap.i32, CONTROL_ACTIVE, 1);
    Atomics.notify(heap.i32, CONTROL_ACTIVE);
  }
  options.databases.close();
}
