/**
 * `npm run bench -- engine`: `SerialExecutor` against `ParallelExecutor` on whole blocks, by the wall
 * clock, in one process and in interleaved rounds. Before a block is timed every executor runs it and
 * all must agree.
 */
import type { BlockOutcome } from '../src/index.js';
import { agree, type Contender, createContenders, type Sample, Subject, sample, warmUp } from './contender.js';
import { CoreMeter, type Cores, coresOf } from './cores.js';
import { mustSucceed } from './engine-check.js';
import { ENGINE_WORKLOADS, type EngineWorkload } from './engine-workloads.js';
import { type Spread, spread } from './measure.js';
import { Pieces } from './pieces.js';
import { type ParallelTiming, takeRound, timings } from './rounds.js';
import { BARS, JUDGED_SIZE, JUDGED_THREADS, scaled, type Verdict, verdict } from './verdict.js';

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
  /** Null where {@link JUDGED_THREADS} threads were not measured. */
  readonly cores: Cores | null;
  /**
   * Blocks of 100,000 transactions: their time over that of the same transactions in blocks of {@link JUDGED_SIZE}, round
   * by round, serially and with {@link JUDGED_THREADS} threads; null at other sizes.
   */
  readonly length: readonly LengthCost[] | null;
  readonly verdicts: readonly Verdict[];
}

export interface LengthCost {
  /** 0: serial. */
  readonly threads: number;
  readonly ratio: Spread;
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

const EMPTY_BLOCK = 'empty block';
const HUGE_SIZE = 500_000;
const HUGE_WORKLOAD = 'independent ERC-20';
/** Blocks of this size and more are measured for some workloads only, and in fewer rounds. */
const LARGE = 100_000;
const LARGE_ROUNDS = 3;
/** Executors are warmed up on a block of this size. */
const WARM_UP_SIZE = 1000;

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

interface Measured {
  readonly contenders: readonly Contender[];
  readonly meter: CoreMeter;
}

async function measure(
  { name, bar }: Pick<EngineWorkload, 'name' | 'bar'>,
  size: number,
  subject: Subject,
  { contenders, meter }: Measured,
  options: EngineBenchOptions,
): Promise<EngineRow> {
  const label = `${name}, ${size} transactions`;
  const outcome: BlockOutcome = await agree(label, subject, contenders);
  mustSucceed(`${label}, serial`, outcome);
  const rounds = size >= LARGE ? Math.min(LARGE_ROUNDS, options.rounds) : options.rounds;
  const { results } = options;
  const judged = contenders.findIndex(({ threads }) => threads === JUDGED_THREADS);
  const taken: Sample[][] = [];
  const given: number[] = [];
  const take = async (contender: Contender): Promise<Sample> => {
    if (contender !== contenders[judged]) return sample(subject, contender, { results });
    const before = meter.read();
    const own = await sample(subject, contender, { results });
    given.push((before + meter.read()) / 2);
    return own;
  };
  const pieces = size === LARGE ? new Pieces(subject, JUDGED_SIZE) : null;
  const cut = contenders.filter(({ threads }) => threads === 0 || threads === JUDGED_THREADS);
  const apart: number[][] = [];
  for (let round = -1; round < rounds; round++) {
    taken.push(await takeRound(contenders, round + 1, take));
    if (pieces !== null) apart.push(await takeRound(cut, round + 1, (contender) => pieces.time(contender)));
  }
  // The first round warms up.
  taken.shift();
  given.shift();
  apart.shift();
  const scale = 1 / Math.max(1, size);
  const figures = timings(contenders, taken, scale);
  return {
    workload: name,
    size,
    rounds,
    gasPerTransaction: Number(outcome.gasUsed) * scale,
    ...figures,
    cores: judged < 0 ? null : coresOf(given, taken, judged),
    length: pieces === null ? null : lengthCosts(contenders, taken, cut, apart),
    verdicts: judge(bar, size, figures.serial, figures.parallel),
  };
}

/** Blocks `taken` in one piece over the same ones `apart`, both by round and contender. */
function lengthCosts(
  contenders: readonly Contender[],
  taken: readonly (readonly Sample[])[],
  cut: readonly Contender[],
  apart: readonly (readonly number[])[],
): LengthCost[] {
  return cut.map((contender, at) => {
    const which = contenders.indexOf(contender);
    const whole = taken.map((round) => (round[which] as Sample).time);
    return {
      threads: contender.threads,
      ratio: spread(whole.map((time, round) => time / (apart[round]?.[at] as number))),
    };
  });
}

export interface Growth {
  readonly workload: string;
  /** See {@link EngineRow.length}. */
  readonly length: readonly LengthCost[];
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
    found.push({ workload: large.workload, length: large.length ?? [], verdicts });
  }
  return found;
}

async function benchWorkload(
  workload: EngineWorkload,
  sizes: readonly number[],
  meter: CoreMeter,
  options: EngineBenchOptions,
): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  // New executors for each workload: their memory grows with the largest block and is never given back.
  const contenders = await createContenders(options.threads);
  try {
    await warmUp(contenders, Subject.of(workload.build(WARM_UP_SIZE)), options.results);
    for (const size of sizes) {
      const row = await measure(workload, size, Subject.of(workload.build(size)), { contenders, meter }, options);
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
  const meter = await CoreMeter.start();
  try {
    return await benchWorkloads(meter, options);
  } finally {
    await meter.close();
  }
}

async function benchWorkloads(meter: CoreMeter, options: EngineBenchOptions): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  const sizes = [...options.sizes].sort((a, b) => a - b);
  if (options.selects(EMPTY_BLOCK)) {
    const empty = { name: EMPTY_BLOCK, bar: null, large: false, build: () => ({ accounts: [], transactions: [] }) };
    rows.push(...(await benchWorkload(empty, [0], meter, options)));
  }
  for (const workload of ENGINE_WORKLOADS) {
    if (!options.selects(workload.name)) continue;
    const wanted = sizes.filter((size) => size < LARGE || workload.large || options.all);
    rows.push(...(await benchWorkload(workload, wanted, meter, options)));
  }
  const transfers = ENGINE_WORKLOADS.find(({ name }) => name === HUGE_WORKLOAD);
  if (options.huge && transfers) {
    // Two executors instead of five: a block of this size takes a gigabyte in each.
    const threads = options.threads.filter((count) => count === JUDGED_THREADS);
    rows.push(...(await benchWorkload(transfers, [HUGE_SIZE], meter, { ...options, threads })));
  }
  return rows;
}
