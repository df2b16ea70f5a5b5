/** Measures one unit: serial and parallel executors in interleaved rounds over its blocks, once they agree. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { ExecutionStats } from '../../src/index.js';
import {
  agree,
  type Contender,
  parallelContender,
  type Sample,
  sample,
  serialContender,
  warmUpBy,
} from '../contender.js';
import { type Timings, takeRound, timings } from '../rounds.js';
import { mustFitHeader } from './case-block.js';
import { judge } from './judge.js';
import type { MemoryRow, SuiteRow } from './row.js';
import { type NamedSubject, openSubjects } from './subjects.js';
import type { Unit } from './unit.js';

export interface MeasureOptions {
  /** Threads of the parallel executors, rising. */
  readonly threads: readonly number[];
  /** Rounds at most. */
  readonly rounds: number;
  /** Seconds that the rounds may take; one round is measured whatever it takes, and three where they are short. */
  readonly seconds: number;
}

/** Fewer rounds tell nothing of the noise: as many are taken if they take no longer than so, milliseconds. */
const LEAST_ROUNDS = 3;
const LEAST_MILLISECONDS = 5000;

/**
 * Warm-up of a contender of one thread, milliseconds, for so many blocks begun. Each block runs other code than the rest,
 * and all together run what is done once a block seldom: two threads went over the forty real blocks for five seconds, some
 * 25 times, until they became no faster.
 */
const WARM_UP = { milliseconds: 300, blocks: 8 } as const;
/** Least length of a sample, milliseconds: of a unit's only block, and of one of several. */
const BATCH = { only: 30, several: 20 } as const;

interface Prepared {
  readonly named: NamedSubject;
  readonly transactions: number;
  readonly gas: number;
  readonly failed: number;
}

/** A garbage collection where Node was started with `--expose-gc`. */
function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/** Makes the executor with most threads and runs the blocks on it: what memory that takes. */
async function firstContender(
  subjects: readonly NamedSubject[],
  threads: number,
): Promise<{ readonly contender: Contender; readonly memory: MemoryRow }> {
  collectGarbage();
  await breathe();
  const before = process.memoryUsage.rss();
  const contender = await parallelContender(threads);
  try {
    for (const { subject } of subjects) (await subject.run(contender)).release();
  } catch (error) {
    await contender.executor.close();
    throw error;
  }
  const { rss, heapUsed } = process.memoryUsage();
  const peak = process.resourceUsage().maxRSS * 1024;
  return { contender, memory: { before, executor: Math.max(0, rss - before), peak, heapUsed, threads } };
}

async function warmUpOn(subjects: readonly NamedSubject[], contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) {
    const pass = async (): Promise<void> => {
      for (const { subject } of subjects) (await subject.run(contender)).release();
    };
    for (let block = 0; block < subjects.length; block += WARM_UP.blocks)
      await warmUpBy(contender.threads, pass, WARM_UP.milliseconds);
  }
}

async function prepare(unit: Unit, named: NamedSubject, contenders: readonly Contender[]): Promise<Prepared> {
  const label = rowName(unit, named);
  const outcome = await agree(label, named.subject, contenders);
  if (named.raw !== null) mustFitHeader(label, named.raw, outcome);
  return {
    named,
    transactions: named.subject.block.transactions.length,
    gas: Number(outcome.gasUsed),
    failed: outcome.receipts.filter(({ status }) => status === 0).length,
  };
}

const rowName = (unit: Unit, { name }: NamedSubject): string => (name === '' ? unit.name : `${unit.name}: ${name}`);

/** Whether to take another round after `done`, which took `taken` milliseconds in all and `last` of them for the last. */
export function oneMore(done: number, taken: number, last: number, { rounds, seconds }: MeasureOptions): boolean {
  if (done >= rounds) return false;
  return taken + last <= Math.max(seconds * 1000, done < LEAST_ROUNDS ? LEAST_MILLISECONDS : 0);
}

/** `rounds[round][block][contender]`. */
type Rounds = readonly (readonly (readonly Sample[])[])[];

async function takeRounds(
  prepared: readonly Prepared[],
  contenders: readonly Contender[],
  options: MeasureOptions,
): Promise<Rounds> {
  const taken: Sample[][][] = [];
  const batch = prepared.length === 1 ? BATCH.only : BATCH.several;
  const start = performance.now();
  for (let last = 0; taken.length === 0 || oneMore(taken.length, performance.now() - start, last, options); ) {
    const began = performance.now();
    const samples: Sample[][] = [];
    for (const { named } of prepared) {
      const sampled = (contender: Contender): Promise<Sample> =>
        sample(named.subject, contender, { results: false, batch });
      samples.push(await takeRound(contenders, taken.length, sampled));
    }
    taken.push(samples);
    last = performance.now() - began;
  }
  return taken;
}

function sumOfStats(all: readonly ExecutionStats[]): ExecutionStats {
  const sum = { ...(all[0] as ExecutionStats) };
  const { workers } = sum;
  for (const stats of all.slice(1))
    for (const key of Object.keys(sum) as (keyof ExecutionStats)[]) sum[key] += stats[key];
  return { ...sum, workers };
}

/** All blocks of a round as one. */
function summed(blocks: readonly (readonly Sample[])[]): Sample[] {
  return (blocks[0] as readonly Sample[]).map((_, which) => {
    const own = blocks.map((samples) => samples[which] as Sample);
    return {
      time: own.reduce((sum, { time }) => sum + time, 0),
      processor: own.reduce((sum, { processor }) => sum + processor, 0),
      stats: sumOfStats(own.map(({ stats }) => stats)),
    };
  });
}

function rowOf(
  unit: Unit,
  facts: Omit<Prepared, 'named'>,
  figures: Timings,
  rounds: number,
  shown: Pick<SuiteRow, 'name' | 'title' | 'detail' | 'memory'>,
): SuiteRow {
  const { transactions, gas, failed } = facts;
  const rate = (time: SuiteRow['serial']['time']): SuiteRow['serial'] => ({
    time,
    transactionsPerSecond: (transactions * 1e6) / time.median,
    gasPerSecond: (gas * 1e6) / time.median,
  });
  const row = {
    ...shown,
    group: unit.group,
    transactions,
    gas,
    failed,
    rounds,
    serial: rate(figures.serial),
    noise: figures.noise,
    parallel: figures.parallel.map(({ threads, time, speedup, processor, stats }) => {
      return { threads, ...rate(time), speedup, processor, stats };
    }),
    peer: null,
  };
  return { ...row, verdicts: shown.detail ? [] : judge(unit.bars, row) };
}

/**
 * The unit's row, and before it one for each block where it has several. Throws `DisagreementError` where an executor
 * differs from the serial one, `BlockMismatchError` where a header says otherwise, and what the blocks' source throws.
 */
export async function measureUnit(unit: Unit, options: MeasureOptions): Promise<SuiteRow[]> {
  const subjects = await openSubjects(unit.spec);
  const most = options.threads.at(-1) as number;
  const { contender, memory } = await firstContender(subjects, most);
  const contenders: Contender[] = [];
  try {
    contenders.push(await serialContender());
    for (const threads of options.threads.slice(0, -1)) contenders.push(await parallelContender(threads));
    contenders.push(contender);
    const prepared: Prepared[] = [];
    for (const named of subjects) prepared.push(await prepare(unit, named, contenders));
    await warmUpOn(subjects, contenders);
    const rounds = await takeRounds(prepared, contenders, options);
    const rows: SuiteRow[] = [];
    if (prepared.length > 1) {
      for (const [at, one] of prepared.entries()) {
        const own = timings(
          contenders,
          rounds.map((round) => round[at] as readonly Sample[]),
        );
        const shown = { name: rowName(unit, one.named), title: one.named.name, detail: true, memory: null };
        rows.push(rowOf(unit, one, own, rounds.length, shown));
      }
    }
    const total = (figure: (one: Prepared) => number): number => prepared.reduce((sum, one) => sum + figure(one), 0);
    const facts = {
      transactions: total(({ transactions }) => transactions),
      gas: total(({ gas }) => gas),
      failed: total(({ failed }) => failed),
    };
    const shown = { name: unit.name, title: unit.title, detail: false, memory };
    rows.push(rowOf(unit, facts, timings(contenders, rounds.map(summed)), rounds.length, shown));
    return rows;
  } finally {
    for (const one of contenders.includes(contender) ? contenders : [...contenders, contender])
      await one.executor.close();
  }
}
