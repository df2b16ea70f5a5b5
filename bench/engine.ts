/**
 * `npm run bench -- engine`: `SerialExecutor` against `ParallelExecutor` on whole blocks, by the wall
 * clock, in one process and in interleaved rounds. Before a block is timed every executor runs it and
 * all must agree.
 */
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
} from '../src/index.js';
import { mustAgree, mustSucceed } from './engine-check.js';
import { BASE_FEE, type BuiltBlock, ENGINE_WORKLOADS, type EngineWorkload } from './engine-workloads.js';
import { type Spread, spread } from './measure.js';
import { BENCH_FORK } from './workloads.js';

/** A promise of the project, and whether a row keeps it. */
export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly relation: '>=' | '<=';
  readonly limit: number;
  readonly unit: 'x' | 'us' | 's';
  readonly met: boolean;
  /** Whether every round says so, not only the median. */
  readonly clear: boolean;
}

export interface ParallelTiming {
  readonly threads: number;
  /** Microseconds per transaction; per block where it is empty. */
  readonly time: Spread;
  /** Serial time over parallel time, round by round. */
  readonly speedup: Spread;
  /** Parallel time minus serial time of a whole block, round by round, microseconds. */
  readonly overhead: Spread;
  /** Processor time of all threads over that of the serial run, round by round: what the speed-up is paid with. */
  readonly processor: Spread;
  /** Of the last block that was timed. */
  readonly stats: ExecutionStats;
}

export interface EngineRow {
  readonly workload: string;
  readonly size: number;
  readonly rounds: number;
  readonly gasPerTransaction: number;
  /** Microseconds per transaction; per block where it is empty. */
  readonly serial: Spread;
  /** (max - min) / median of the serial rounds: what a difference must exceed to mean anything. */
  readonly noise: number;
  readonly parallel: readonly ParallelTiming[];
  readonly verdicts: readonly Verdict[];
}

export interface EngineBenchOptions {
  readonly sizes: readonly number[];
  readonly threads: readonly number[];
  readonly rounds: number;
  /** Whether receipts and state changes are read within the timed part. */
  readonly results: boolean;
  /** Every workload with 100,000 transactions and more, not only the few that stand for the others. */
  readonly all: boolean;
  /** Adds a block of 500,000 ERC-20 transfers. */
  readonly huge: boolean;
  /** Whether a workload of this name is measured. */
  readonly selects: (name: string) => boolean;
  /** Called with each row as it is done. */
  readonly onRow: (row: EngineRow) => void;
}

export const EMPTY_BLOCK = 'empty block';
export const HUGE_SIZE = 500_000;
const HUGE_WORKLOAD = 'independent ERC-20';
/** Blocks of this size and more are measured for some workloads only, and in fewer rounds. */
const LARGE = 100_000;
const LARGE_ROUNDS = 3;
/** A sample is a batch of blocks that takes at least this long, milliseconds. */
const BATCH_MILLISECONDS = 30;
/** Each new executor runs blocks of up to this size for so long, milliseconds, before anything is measured. */
const WARM_UP_SIZE = 1000;
const WARM_UP_MILLISECONDS = 400;
/** Before a sample, so that the threads of the one before have gone to sleep. */
const SETTLE_MILLISECONDS = 2;
const JUDGED_THREADS = 2;
/** Speed-ups are judged from this size on. */
const JUDGED_SIZE = 1000;

/** Bars of the design, section 11. */
const BARS = { oneThread: 0.85, smallBlock: 50, growth: 1.3, hugeSerial: 2.5, hugeParallel: 1.4 } as const;

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

async function createContenders(threads: readonly number[]): Promise<Contender[]> {
  const contenders: Contender[] = [
    { name: 'serial', threads: 0, executor: await SerialExecutor.create({ vm: 'wasm' }) },
  ];
  for (const count of threads) {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: count });
    contenders.push({ name: count === 1 ? '1 thread' : `${count} threads`, threads: count, executor });
  }
  return contenders;
}

/** One workload at one size, ready to run. */
export class Subject {
  readonly database: Database;
  readonly block: Block;

  constructor({ accounts, transactions }: BuiltBlock) {
    this.database = Database.from(accounts);
    this.block = createBlock({
      fork: BENCH_FORK,
      coinbase: `0x${'c0'.repeat(20)}`,
      environment: { baseFee: BASE_FEE, blobBaseFee: 1n, gasLimit: 2n ** 45n },
      transactions,
    });
  }

  async run(contender: Contender): Promise<ExecutedBlock> {
    const result = await contender.executor.execute(this.database, this.block);
    if (!result.ok) throw result.error;
    return result;
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

interface Sample {
  /** Microseconds per block, by the wall clock. */
  readonly time: number;
  /** Microseconds per block, of all threads of the process. */
  readonly processor: number;
  readonly stats: ExecutionStats;
}

/** Runs the block until some {@link BATCH_MILLISECONDS} have passed. */
export async function sample(subject: Subject, contender: Contender, results: boolean): Promise<Sample> {
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
    if (taken < BATCH_MILLISECONDS) continue;
    const { user, system } = process.cpuUsage(before);
    return { time: (taken * 1000) / blocks, processor: (user + system) / blocks, stats };
  }
}

/** Runs the block on each contender for a while. */
export async function warmUp(contenders: readonly Contender[], subject: Subject, results: boolean): Promise<void> {
  for (const contender of contenders) {
    const end = performance.now() + WARM_UP_MILLISECONDS;
    while (performance.now() < end) await sample(subject, contender, results);
  }
}

/** Runs the block once on each contender and compares. Answers the gas of the block. */
export async function agree(label: string, subject: Subject, contenders: readonly Contender[]): Promise<bigint> {
  const [serial, ...others] = contenders as [Contender, ...Contender[]];
  const expected = await subject.run(serial);
  mustSucceed(`${label}, serial`, expected);
  for (const contender of others) mustAgree(`${label}, ${contender.name}`, expected, await subject.run(contender));
  return expected.gasUsed;
}

function verdict(
  what: string,
  { median, min, max }: Spread,
  relation: Verdict['relation'],
  limit: number,
  unit: Verdict['unit'],
): Verdict {
  const holds = (value: number): boolean => (relation === '>=' ? value >= limit : value <= limit);
  const met = holds(median);
  return { what, value: median, relation, limit, unit, met, clear: holds(min) === met && holds(max) === met };
}

function scaled({ median, min, max }: Spread, factor: number): Spread {
  return { median: median * factor, min: min * factor, max: max * factor };
}

function judge(bar: number | null, size: number, serial: Spread, parallel: readonly ParallelTiming[]): Verdict[] {
  const verdicts: Verdict[] = [];
  const one = parallel.find(({ threads }) => threads === 1);
  const two = parallel.find(({ threads }) => threads === JUDGED_THREADS);
  if (size <= 1 && two) {
    verdicts.push(verdict('2 threads - serial', two.overhead, '<=', BARS.smallBlock, 'us'));
  }
  if (size >= JUDGED_SIZE) {
    if (bar !== null && two) verdicts.push(verdict('2 threads', two.speedup, '>=', bar, 'x'));
    if (one) verdicts.push(verdict('1 thread', one.speedup, '>=', BARS.oneThread, 'x'));
  }
  if (size === HUGE_SIZE) {
    verdicts.push(verdict('serial', scaled(serial, size / 1e6), '<=', BARS.hugeSerial, 's'));
    if (two) verdicts.push(verdict('2 threads', scaled(two.time, size / 1e6), '<=', BARS.hugeParallel, 's'));
  }
  return verdicts;
}

async function measure(
  { name, bar }: Pick<EngineWorkload, 'name' | 'bar'>,
  size: number,
  subject: Subject,
  contenders: readonly Contender[],
  options: EngineBenchOptions,
): Promise<EngineRow> {
  const gas = await agree(`${name}, ${size} transactions`, subject, contenders);
  const rounds = size >= LARGE ? Math.min(LARGE_ROUNDS, options.rounds) : options.rounds;
  const samples: Sample[][] = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    // Each round begins with another contender, so that no one always follows the same one's garbage.
    for (let turn = 0; turn < contenders.length; turn++) {
      const which = (turn + round + 1) % contenders.length;
      const taken = await sample(subject, contenders[which] as Contender, options.results);
      if (round >= 0) (samples[which] as Sample[]).push(taken);
    }
  }
  const scale = 1 / Math.max(1, size);
  const base = samples[0] as Sample[];
  const serial = spread(base.map(({ time }) => time * scale));
  const parallel = contenders.slice(1).map(({ threads }, index): ParallelTiming => {
    const own = samples[index + 1] as Sample[];
    const against = (figure: (own: Sample, base: Sample) => number): Spread =>
      spread(own.map((taken, round) => figure(taken, base[round] as Sample)));
    return {
      threads,
      time: spread(own.map(({ time }) => time * scale)),
      speedup: against(({ time }, { time: alone }) => alone / time),
      overhead: against(({ time }, { time: alone }) => time - alone),
      processor: against(({ processor }, { processor: alone }) => processor / alone),
      stats: (own.at(-1) as Sample).stats,
    };
  });
  return {
    workload: name,
    size,
    rounds,
    gasPerTransaction: Number(gas) * scale,
    serial,
    noise: (serial.max - serial.min) / serial.median,
    parallel,
    verdicts: judge(bar, size, serial, parallel),
  };
}

export interface Growth {
  readonly workload: string;
  readonly verdicts: readonly Verdict[];
}

function over(large: Spread, small: Spread): Spread {
  return { median: large.median / small.median, min: large.min / small.max, max: large.max / small.min };
}

/** What a transaction costs in a block of 100,000 over what it costs in one of 1,000, by workload. */
export function growth(rows: readonly EngineRow[]): Growth[] {
  const found: Growth[] = [];
  for (const large of rows.filter(({ size }) => size === LARGE)) {
    const small = rows.find(({ workload, size }) => workload === large.workload && size === JUDGED_SIZE);
    if (small === undefined) continue;
    const verdicts = [verdict('serial', over(large.serial, small.serial), '<=', BARS.growth, 'x')];
    for (const { threads, time } of large.parallel) {
      const before = small.parallel.find((timing) => timing.threads === threads);
      if (threads !== JUDGED_THREADS || before === undefined) continue;
      verdicts.push(verdict(`${threads} threads`, over(time, before.time), '<=', BARS.growth, 'x'));
    }
    found.push({ workload: large.workload, verdicts });
  }
  return found;
}

async function benchWorkload(
  workload: EngineWorkload,
  sizes: readonly number[],
  options: EngineBenchOptions,
): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  // New executors for each workload: their memory grows with the largest block and is never given back.
  const contenders = await createContenders(options.threads);
  try {
    await warmUp(contenders, new Subject(workload.build(WARM_UP_SIZE)), options.results);
    for (const size of sizes) {
      const row = await measure(workload, size, new Subject(workload.build(size)), contenders, options);
      rows.push(row);
      options.onRow(row);
    }
  } finally {
    for (const { executor } of contenders) await executor.close();
  }
  return rows;
}

/** Measures every workload selected, and answers the rows that it also gave to `onRow`. */
export async function benchEngine(options: EngineBenchOptions): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  const sizes = [...options.sizes].sort((a, b) => a - b);
  if (options.selects(EMPTY_BLOCK)) {
    const empty = { name: EMPTY_BLOCK, bar: null, large: false, build: () => ({ accounts: [], transactions: [] }) };
    rows.push(...(await benchWorkload(empty, [0], options)));
  }
  for (const workload of ENGINE_WORKLOADS) {
    if (!options.selects(workload.name)) continue;
    const wanted = sizes.filter((size) => size < LARGE || workload.large || options.all);
    rows.push(...(await benchWorkload(workload, wanted, options)));
  }
  const transfers = ENGINE_WORKLOADS.find(({ name }) => name === HUGE_WORKLOAD);
  if (options.huge && transfers) {
    // Two executors instead of five: a block of this size takes a gigabyte in each.
    const threads = options.threads.filter((count) => count === JUDGED_THREADS);
    rows.push(...(await benchWorkload(transfers, [HUGE_SIZE], { ...options, threads })));
  }
  return rows;
}
