/**
 * What a worker thread does (`worker-entry.ts` starts it). It sleeps on the generation word, joins a block when
 * there is one, and works on it until the block is decided. Nothing is ever posted to it but memory that it has not
 * seen: of a database, or of the records of a large block's transactions.
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
  CONTROL_POSTED,
  CONTROL_VERDICT,
  VERDICT_PACKING,
  VERDICT_RUNNING,
} from '../layout.js';
import { Database } from '../state/database.js';
import type { SharedMemory } from '../state/heap.js';
import { letGo } from '../state/let-go.js';
import { type RecordedTransactions, viewRecords } from '../transition/transaction/index.js';
import type { VmName } from '../vm/name.js';
import type { Vm } from '../vm/vm.js';
import { BlockEngine } from './block-engine.js';
import { sharePacking } from './packing.js';
import { BlockScope, createVm, type ExecutorMemories } from './scope.js';
import { spinWhile } from './spin.js';

/** A `MessagePort`, of which no more is told: the package's types are then whole without those of Node. */
export interface MailPort {
  close(): void;
}

/** What a worker is started with. */
export interface WorkerOptions {
  readonly memories: ExecutorMemories;
  /** 1, 2, …; the calling thread is 0. */
  readonly worker: number;
  readonly vm: VmName;
  /** Brings {@link Mail}. */
  readonly mail: MailPort;
  /** How often to look for the next block, or the packing of this one, before falling asleep: {@link spinWhile}. */
  readonly spins: number;
}

/**
 * Memory of a database, or of the records of the block of that number. What is posted is posted before it is spoken of in the heap.
 * `weight`: bytes that the thread will have let go of once it gets other mail; 0 where they were sent before.
 */
export type Mail =
  | { readonly kind: 'database'; readonly weight: number; readonly identity: number; readonly memory: SharedMemory }
  | {
      readonly kind: 'records';
      readonly weight: number;
      readonly block: number;
      readonly buffer: SharedArrayBuffer;
      readonly words: number;
      readonly count: number;
    };

class Mailbox {
  private current: Database | null = null;
  /** The records that came last, until they are asked for. */
  private latest: (Mail & { kind: 'records' }) | null = null;

  constructor(private readonly port: MailPort) {}

  database(identity: number): Database {
    while (this.current?.identity !== identity) if (!this.receive()) throw missing(`database ${identity}`);
    // The owner may have grown it since the last block.
    this.current.heap.refresh();
    return this.current;
  }

  records(block: number): RecordedTransactions {
    for (;;) {
      const latest = this.latest;
      if (latest !== null && latest.block === block) {
        this.latest = null;
        return viewRecords(latest.buffer, latest.words, latest.count);
      }
      if (!this.receive()) throw missing(`the records of block ${block}`);
    }
  }

  /** Takes in whatever has come, so that of the blocks that this thread missed only the last one's memory is kept alive. */
  empty(): void {
    while (this.receive());
  }

  private receive(): boolean {
    const received = receiveMessageOnPort(this.port as MessagePort) as { message: Mail } | undefined;
    if (received === undefined) return false;
    const mail = received.message;
    letGo.add(mail.weight);
    if (mail.kind === 'database') this.current = Database.attach(mail.memory, mail.identity);
    else this.latest = mail;
    return true;
  }

  /** Gives the memory back that nothing refers to any more, where it is much; while this thread is in no block. */
  settle(): void {
    letGo.settle();
  }
}

function missing(what: string): Error {
  return new Error(`${what} was announced but never sent`);
}

/** Opens the block that stands in the heap, which is not this thread's own. */
function join(engine: BlockEngine, mailbox: Mailbox): void {
  const { i32 } = engine.heap;
  const database = mailbox.database(i32[CONTROL_DATABASE] as number);
  const posted = i32[CONTROL_POSTED] === 1;
  engine.open(database, posted ? mailbox.records(i32[CONTROL_BLOCK] as number) : null);
}

/** Works until the executor is closed. `ready` is called before the first block is waited for; `vm` is a machine to be used again. */
export async function main(options: WorkerOptions, ready: () => void, vm: Vm | null = null): Promise<void> {
  const scope = new BlockScope(vm ?? (await createVm(options.vm)), options.memories);
  const { heap } = scope;
  const engine = new BlockEngine(scope, options.worker);
  const mailbox = new Mailbox(options.mail);
  ready();
  let seen = 0;
  while (Atomics.load(heap.i32, CONTROL_CLOSING) === 0) {
    if (spinWhile(heap.i32, CONTROL_GENERATION, seen, options.spins)) Atomics.wait(heap.i32, CONTROL_GENERATION, seen);
    seen = Atomics.load(heap.i32, CONTROL_GENERATION);
    Atomics.add(heap.i32, CONTROL_ACTIVE, 1);
    const verdict = Atomics.load(heap.i32, CONTROL_VERDICT);
    if (verdict === VERDICT_RUNNING && Atomics.load(heap.i32, CONTROL_OPEN) === 1) {
      try {
        join(engine, mailbox);
        await engine.run(null);
      } catch (error) {
        engine.fail(error);
      }
      engine.leave();
    } else if (verdict === VERDICT_PACKING) {
      try {
        if (heap.i32[CONTROL_BLOCK] !== engine.block) join(engine, mailbox);
        sharePacking(scope, engine, heap.i32[CONTROL_COUNT] as number);
      } catch (error) {
        // This thread's share of the changes is missing: the block must not be told as one that has ended well.
        engine.fail(error, VERDICT_PACKING);
      }
      engine.leave();
    } else {
      mailbox.empty();
    }
    Atomics.sub(heap.i32, CONTROL_ACTIVE, 1);
    Atomics.notify(heap.i32, CONTROL_ACTIVE);
    mailbox.settle();
  }
  options.mail.close();
}
