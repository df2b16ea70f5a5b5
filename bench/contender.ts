/** The executors that whole blocks are measured on, and one timed sample of each. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Block,
  type BlockOutcome,
  createBlock,
  Database,
  type ExecutedBlock,
  type ExecutionStats,
  type ExecutorResult,
  ParallelExecutor,
  SerialExecutor,
  type Transaction,
} from '../src/index.js';
import { mustAgree } from './engine-check.js';
import { BASE_FEE, type BuiltBlock } from './engine-workloads.js';
import { BENCH_FORK } from './workloads.js';

/** A sample is a batch of blocks that takes at least this long, milliseconds. */
const BATCH_MILLISECONDS = 30;
/** Each new executor runs blocks for so long, milliseconds, before anything is measured. */
const WARM_UP_MILLISECONDS = 400;
/**
 * And so much longer for each of its worker threads, which V8 compiles for one by one: after 250 ms a block took four times
 * as long as in the end, after one second with 2 threads, and two with 4, no longer than in the end.
 */
const WARM_UP_WORKER_MILLISECONDS = 800;
/** Before a sample, so that the threads of the one before have gone to sleep. */
const SETTLE_MILLISECONDS = 2;

interface Executor {
  execute(database: Database, block: Block): Promise<ExecutorResult>;
  close(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** 0: serial. */
  readonly threads: number;
  readonly executor: Executor;
}

export const threadsName = (threads: number): string => (threads === 1 ? '1 thread' : `${threads} threads`);

export async function serialContender(): Promise<Contender> {
  return { name: 'serial', threads: 0, executor: await SerialExecutor.create({ vm: 'wasm' }) };
}

export async function parallelContender(threads: number): Promise<Contender> {
  return { name: threadsName(threads), threads, executor: await ParallelExecutor.create({ vm: 'wasm', threads }) };
}

/** The serial executor, and a parallel one for each number of threads. */
export async function createContenders(threads: readonly number[]): Promise<Contender[]> {
  const contenders = [await serialContender()];
  for (const count of threads) contenders.push(await parallelContender(count));
  return contenders;
}

/** A block of the benchmark's transactions. */
export function benchBlock(transactions: readonly Transaction[]): Block {
  return createBlock({
    fork: BENCH_FORK,
    coinbase: `0x${'c0'.repeat(20)}`,
    environment: { baseFee: BASE_FEE, blobBaseFee: 1n, gasLimit: 2n ** 45n },
    transactions,
  });
}

/** Throws the error of a block that is invalid. */
export async function runBlock({ executor }: Contender, database: Database, block: Block): Promise<ExecutedBlock> {
  const result = await executor.execute(database, block);
  if (!result.ok) throw result.error;
  return result;
}

/** A block over its pre-state, ready to run. */
export class Subject {
  constructor(
    readonly database: Database,
    readonly block: Block,
  ) {}

  static of({ accounts, transactions }: BuiltBlock): Subject {
    return new Subject(Database.from(accounts), benchBlock(transactions));
  }

  /** Throws the error of a block that is invalid. */
  run(contender: Contender): Promise<ExecutedBlock> {
    return runBlock(contender, this.database, this.block);
  }
}

/** Reads what a caller of the engine would read; answers a number so that nothing of it can be left out. */
function readResults({ receipts, diff }: BlockOutcome): number {
  let seen = 0;
  for (const { status, cumulativeGasUsed, logs, logsBloom } of receipts) {
    seen += (status ?? 0) + Number(cumulativeGasUsed & 1n) + logs.length + (logsBloom[0] as number);
  }
  for (const { after, storage } of diff.values()) {
    seen += Number((after?.balance ?? 0n) & 1n);
    for (const value of storage.values()) seen += Number(value.after & 1n);
  }
  return seen;
}

export interface Sample {
  /** Microseconds per block, by the wall clock. */
  readonly time: number;
  /** Microseconds per block, of all threads of the process. */
  readonly processor: number;
  readonly stats: ExecutionStats;
}

export interface SampleOptions {
  /** Whether receipts and state changes are read within the timed part. */
  readonly results: boolean;
  /** Least length of the sample, milliseconds; default {@link BATCH_MILLISECONDS}. One block is run at least. */
  readonly batch?: number;
}

/** Runs the block again and again until the batch is long enough. */
export async function sample(
  subject: Subject,
  contender: Contender,
  { results, batch = BATCH_MILLISECONDS }: SampleOptions,
): Promise<Sample> {
  await pause(SETTLE_MILLISECONDS);
  let blocks = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  for (;;) {
    const outcome = await subject.run(contender);
    if (outcome.gasUsed < 0n || (results && readResults(outcome) < 0)) throw new RangeError('a negative result');
    const stats = { ...outcome.stats };
    // Nobody looks at it again: the next block need not copy it out of its way.
    outcome.release();
    blocks++;
    const taken = performance.now() - start;
    if (taken < batch) continue;
    const { user, system } = process.cpuUsage(before);
    return { time: (taken * 1000) / blocks, processor: (user + system) / blocks, stats };
  }
}

/**
 * Does `work` again and again for as long as an executor of that many threads is warmed up: `alone` milliseconds where it
 * has one.
 */
export async function warmUpBy(
  threads: number,
  work: () => Promise<unknown>,
  alone = WARM_UP_MILLISECONDS,
): Promise<void> {
  const end = performance.now() + alone + WARM_UP_WORKER_MILLISECONDS * Math.max(0, threads - 1);
  while (performance.now() < end) await work();
}

/** Runs the block on each contender for a while: {@link warmUpBy}. */
export async function warmUp(contenders: readonly Contender[], subject: Subject, results: boolean): Promise<void> {
  for (const contender of contenders) {
    await warmUpBy(contender.threads, () => sample(subject, contender, { results }));
  }
}

/**
 * Runs the block once on each contender, and answers what the first, the serial one, makes of it. Throws
 * `DisagreementError` at the first difference of gas, receipts, blooms or state changes.
 */
export async function agree(label: string, subject: Subject, contenders: readonly Contender[]): Promise<BlockOutcome> {
  const [serial, ...others] = contenders as [Contender, ...Contender[]];
  const expected = await subject.run(serial);
  for (const contender of others) mustAgree(`${label}, ${contender.name}`, expected, await subject.run(contender));
  return expected;
}
