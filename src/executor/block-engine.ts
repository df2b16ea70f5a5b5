/**
 * One worker's part in a parallel block: takes transactions, executes them speculatively, validates
 * early, and holds the commit lane when it is free. Every worker, the calling thread included, runs
 * this loop over the same shared words; none is special.
 */
import {
  CONTROL_BENEFICIARY,
  CONTROL_BLOCK,
  CONTROL_BUCKET_MASK,
  CONTROL_BUCKETS,
  CONTROL_ENVIRONMENT,
  CONTROL_INPUTS,
  CONTROL_INPUTS_END,
  CONTROL_LENT,
  CONTROL_REJECTED,
  CONTROL_REJECTION,
  CONTROL_STATS,
  CONTROL_VERDICT,
  OUTCOME_FAILED,
  OUTCOME_KIND,
  STAT_FEE_READS,
  STAT_WORDS,
  VERDICT_ENDING,
  VERDICT_FAILED,
  VERDICT_REJECTED,
  VERDICT_RUNNING,
} from '../layout.js';
import { BeneficiaryFees } from '../mvmemory/fees.js';
import { MultiVersionMemory } from '../mvmemory/mvmemory.js';
import { Statuses } from '../mvmemory/statuses.js';
import { Scheduler } from '../scheduler/scheduler.js';
import type { CodeReader } from '../state/codes.js';
import type { Database } from '../state/database.js';
import { type Arena, HeapExhaustedError, type SharedHeap } from '../state/heap.js';
import type { LocationTable } from '../state/locations.js';
import { RecordReader } from '../state/record.js';
import { TRANSACTION_ERRORS } from '../transition/errors.js';
import { type RecordedTransactions, type RecordMemory, unpackOutcome } from '../transition/transaction/index.js';
import type { BlockEnvironment, Vm } from '../vm/vm.js';
import { Admission } from './admission.js';
import { AloneRuns } from './alone.js';
import { decodeEnvironment } from './codec.js';
import { ExecutorError, type ExecutorErrorCode, failureOf } from './errors.js';
import { Incarnations } from './incarnation.js';
import { CommitLane } from './lane.js';

/** Longest message of a rejection or failure, bytes. */
export const MESSAGE_BYTES = 2000;

/** Failures that a verdict can name, by their number in it. */
export const EXECUTOR_FAILURES: readonly ExecutorErrorCode[] = [
  'MACHINE_FAILED',
  'MEMORY_EXHAUSTED',
  'WORKER_DIED',
  'CLOSED',
];

/** Looks whether anything has moved this often before it waits: some ten microseconds, less than falling asleep and waking up. */
const SPINS = 2000;
/** Longest wait for work, milliseconds: wake-ups are advice, so waiting is bounded. */
const WAIT_MILLISECONDS = 1;

/** What a thread brings to a block. */
export interface EngineParts {
  readonly heap: SharedHeap;
  readonly arena: Arena;
  readonly outcomes: SharedHeap;
  readonly outcomeArena: Arena;
  readonly table: LocationTable;
  readonly codes: CodeReader;
  readonly vm: Vm;
}

/** In what setting a block's transactions run. */
export interface BlockSetting {
  readonly environment: BlockEnvironment;
  readonly maxBlobGas: bigint;
}

/** What a thread does in a block, and how long. */
export interface Shift {
  /** Whether it goes on. */
  running(): boolean;
  /** One piece of work, the most urgent first; false where there is none. */
  work(): boolean | Promise<boolean>;
}

export class BlockEngine implements Shift {
  readonly heap: SharedHeap;
  readonly arena: Arena;
  readonly outcomes: SharedHeap;
  readonly outcomeArena: Arena;
  readonly table: LocationTable;
  readonly codes: CodeReader;
  readonly vm: Vm;
  readonly statuses: Statuses;
  readonly fees: BeneficiaryFees;
  readonly memory: MultiVersionMemory;
  readonly scheduler: Scheduler;
  readonly admission: Admission;
  readonly stats = new Int32Array(STAT_WORDS);
  private readonly incarnations: Incarnations;
  readonly lane: CommitLane;
  readonly aloneRuns: AloneRuns;
  /** This thread is the only one in the block: nobody else looks at its words before {@link share}. */
  alone = false;
  private inputs = 0;
  /** Records of the transactions, where they do not stand in the heap. */
  private records: RecordedTransactions | null = null;
  database: Database | null = null;
  environment: BlockEnvironment | null = null;
  maxBlobGas = 0n;
  /** The block that was opened last: CONTROL_BLOCK. */
  block = 0;

  /** `worker` is this thread's number, distinct among the executor's threads. */
  constructor(
    parts: EngineParts,
    readonly worker: number,
  ) {
    this.heap = parts.heap;
    this.arena = parts.arena;
    this.outcomes = parts.outcomes;
    this.outcomeArena = parts.outcomeArena;
    this.table = parts.table;
    this.codes = parts.codes;
    this.vm = parts.vm;
    this.statuses = new Statuses(this.heap);
    this.fees = new BeneficiaryFees(this.heap, this.arena, this.statuses, this.outcomes);
    this.memory = new MultiVersionMemory(this.heap, this.arena, this.codes);
    this.scheduler = new Scheduler(this.heap, this.arena, this.statuses);
    this.admission = new Admission(this.heap, this.outcomes);
    this.incarnations = new Incarnations(this);
    this.lane = new CommitLane(this, this.incarnations);
    this.aloneRuns = new AloneRuns(this);
  }

  /** Joins the block that the control words describe, which another thread has set up. `records` as in {@link openOwn}. */
  open(database: Database, records: RecordedTransactions | null): void {
    const { i32 } = this.heap;
    this.arena.reset();
    this.outcomeArena.reset();
    this.codes.open(database);
    this.table.open(database, {
      buckets: i32[CONTROL_BUCKETS] as number,
      mask: i32[CONTROL_BUCKET_MASK] as number,
      lent: i32[CONTROL_LENT] as number,
    });
    this.openOwn(database, decodeEnvironment(this.heap, i32[CONTROL_ENVIRONMENT] as number), records, false);
  }

  /**
   * Opens the block that this thread has set up in the heap. `records` are those of the transactions where they do not
   * stand there. `alone`: until {@link share} no other thread looks at a word of the block.
   */
  openOwn(
    database: Database,
    { environment, maxBlobGas }: BlockSetting,
    records: RecordedTransactions | null,
    alone: boolean,
  ): void {
    const { i32 } = this.heap;
    this.database = database;
    this.block = i32[CONTROL_BLOCK] as number;
    this.statuses.open();
    this.scheduler.open();
    this.lane.stop = this.scheduler.count;
    this.heap.map(this.statuses.words(this.scheduler.count));
    this.fees.open(i32[CONTROL_BENEFICIARY] as number);
    this.memory.open(this.fees);
    this.alone = alone;
    this.records = records;
    this.mapRecords();
    this.environment = environment;
    this.maxBlobGas = maxBlobGas;
    this.admission.open(environment, maxBlobGas);
    this.stats.fill(0);
    this.scheduler.advice.open(this.worker);
    if (alone) this.aloneRuns.open();
    else this.incarnations.open();
  }

  /** Ends being alone; the caller then lets the others in. `records` as in {@link openOwn}. */
  share(records: RecordedTransactions | null): void {
    this.alone = false;
    this.aloneRuns.close();
    this.records = records;
    this.mapRecords();
    this.incarnations.open();
  }

  /** Lets go of memory that is not the heap's, once this thread has left the block. */
  leave(): void {
    this.records = null;
    this.incarnations.close();
    this.aloneRuns.close();
  }

  private mapRecords(): void {
    const { i32 } = this.heap;
    this.inputs = i32[CONTROL_INPUTS] as number;
    this.heap.map(i32[CONTROL_INPUTS_END] as number);
  }

  /** Where the records stand to which {@link record} refers. */
  get recordMemory(): RecordMemory {
    return this.records ?? this.heap;
  }

  /** Where the record of a transaction stands. */
  record(index: number): number {
    const { records } = this;
    return (records === null ? this.heap.i32[this.inputs + index] : records.places[index]) as number;
  }

  /** Works until the block is decided. `breathe` lets the thread attend to other things while it has no work. */
  async run(breathe: (() => Promise<void>) | null): Promise<void> {
    await this.runShift(this, breathe);
    this.reportStats();
  }

  /** Works as long as `shift` goes on; an error ends the block. The counts of the work stay to be reported. */
  async runShift(shift: Shift, breathe: (() => Promise<void>) | null): Promise<void> {
    const { scheduler } = this;
    try {
      let idle = 0;
      let seen = -1;
      while (shift.running()) {
        // Where nothing has moved since a look that found nothing, another look would only slow the others down.
        // Each of these words costs an atomic load, so that none is looked at while there is work.
        const progress = idle === 0 ? -1 : scheduler.progress();
        if (idle === 0 || progress !== seen || idle >= SPINS) {
          seen = progress;
          const epoch = idle < SPINS ? 0 : scheduler.epoch();
          const work = shift.work();
          // Waiting for what is no promise would cost a turn of the microtask queue for every transaction.
          if (typeof work === 'boolean' ? work : await work) {
            if (idle >= SPINS) scheduler.endWait();
            idle = 0;
            continue;
          }
          if (idle > SPINS) {
            scheduler.wait(epoch, WAIT_MILLISECONDS);
            if (breathe !== null) await breathe();
          }
          // While speculation is stopped there is nothing to look for: looking would slow the lane down.
          if (idle < SPINS && scheduler.throttled()) idle = SPINS - 1;
        }
        idle++;
        // From here on this worker counts as waiting; it looks for work once more before it sleeps.
        if (idle === SPINS) scheduler.beginWait();
      }
      if (idle >= SPINS) scheduler.endWait();
    } catch (error) {
      this.fail(error);
    }
  }

  running(): boolean {
    const { scheduler } = this;
    // While there is work the end may be seen late.
    return scheduler.inBatch ? !scheduler.decided() : scheduler.running();
  }

  work(): boolean | Promise<boolean> {
    const { scheduler } = this;
    // The lane's words are written by others: they are looked at once per batch, or when this thread's own turn has come.
    if (scheduler.inBatch && !scheduler.isDue()) return this.speculate(scheduler.take());
    const advanced = this.lane.advance(false);
    return typeof advanced === 'boolean' ? advanced || this.next() : advanced.then((moved) => moved || this.next());
  }

  private next(): boolean | Promise<boolean> {
    const next = this.scheduler.take();
    if (next >= 0) return this.speculate(next);
    const advanced = this.lane.advance();
    return typeof advanced === 'boolean'
      ? advanced || this.speculate(next)
      : advanced.then((moved) => moved || this.speculate(next));
  }

  /** Executes `next`, which this worker has taken; where it has got none (-1), validates another one early. */
  speculate(next: number): boolean | Promise<boolean> {
    const { scheduler, incarnations } = this;
    if (next >= 0) {
      const running = incarnations.speculate(next);
      return running === undefined ? true : running.then(() => true);
    }
    const check = scheduler.nextCheck();
    if (check < 0) return false;
    incarnations.validateEarly(check);
    return true;
  }

  /** Admits the outcome at `result` of transaction `index`, whose turn it is, and counts its gas; false where it ends the block. */
  admit(index: number, result: number): boolean {
    const { admission, outcomes } = this;
    if (outcomes.u32[result + OUTCOME_KIND] === OUTCOME_FAILED) {
      outcomes.refresh();
      const outcome = unpackOutcome(outcomes.u32, outcomes.u8, result);
      this.fail(`transaction ${index}: ${outcome.kind === 'failed' ? outcome.detail : ''}`);
      return false;
    }
    const rejection = admission.judge(this.recordMemory, this.record(index), result);
    if (rejection !== null) {
      this.decide(VERDICT_REJECTED, index, TRANSACTION_ERRORS.indexOf(rejection.code), rejection.detail);
      return false;
    }
    admission.count(result);
    return true;
  }

  // ---- The end of a block -----------------------------------------------------------------------------

  /**
   * Decides the block, once, as long as the verdict is `from`: the first to swap the verdict word writes what belongs to
   * it and then stores the final verdict, so whoever sees that sees the rest.
   */
  decide(verdict: number, transaction: number, kind: number, message: string, from = VERDICT_RUNNING): void {
    const { i32 } = this.heap;
    if (Atomics.compareExchange(i32, CONTROL_VERDICT, from, VERDICT_ENDING) !== from) return;
    writeVerdict(this.heap, verdict, transaction, kind, message);
    this.scheduler.signal();
  }

  /** Ends the block, or where the verdict is `from` what it is about to become, because the engine cannot go on. */
  fail(error: unknown, from = VERDICT_RUNNING): void {
    const [code, detail] = reportable(error);
    this.decide(VERDICT_FAILED, -1, EXECUTOR_FAILURES.indexOf(code), detail, from);
  }

  /** Adds this thread's counts to those of the block; once per block. */
  reportStats(): void {
    this.stats[STAT_FEE_READS] = this.fees.reads;
    for (let i = 0; i < STAT_WORDS; i++) Atomics.add(this.heap.i32, CONTROL_STATS + i, this.stats[i] as number);
  }
}

/** What an error is told as where it ends a block. */
function reportable(error: unknown): [ExecutorErrorCode, string] {
  if (error instanceof ExecutorError) return [error.code, error.detail];
  return [error instanceof HeapExhaustedError ? 'MEMORY_EXHAUSTED' : 'MACHINE_FAILED', failureOf(error)];
}

/** Writes a verdict with its transaction, kind and message; the caller has made sure that nobody else does. */
export function writeVerdict(
  heap: SharedHeap,
  verdict: number,
  transaction: number,
  kind: number,
  message: string,
): void {
  const text = new TextEncoder().encode(message).subarray(0, MESSAGE_BYTES);
  const record = heap.i32[CONTROL_REJECTION] as number;
  heap.map(record + 2 + MESSAGE_BYTES / 4);
  const { i32, u8 } = heap;
  i32[CONTROL_REJECTED] = transaction;
  i32[record] = kind;
  i32[record + 1] = text.length;
  u8.set(text, 4 * (record + 2));
  Atomics.store(i32, CONTROL_VERDICT, verdict);
}

/** The error that the verdict {@link VERDICT_FAILED} tells. */
export function verdictFailure(heap: SharedHeap): ExecutorError {
  const { kind, message } = readVerdict(heap);
  return new ExecutorError(EXECUTOR_FAILURES[kind] ?? 'MACHINE_FAILED', message);
}

/** What {@link writeVerdict} wrote. */
export function readVerdict(heap: SharedHeap): { transaction: number; kind: number; message: string } {
  const record = heap.i32[CONTROL_REJECTION] as number;
  const reader = new RecordReader(heap, record);
  return {
    transaction: heap.i32[CONTROL_REJECTED] as number,
    kind: reader.word(),
    message: new TextDecoder().decode(reader.data()),
  };
}
