/**
 * `npm run bench -- hints`: what each source of hints is worth. Blocks that follow one another
 * in one market are executed by executors that differ in nothing but the sources they may use, in
 * interleaved rounds; each has run all blocks before, so what can be learnt has been.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Advice,
  type Block,
  createTransaction,
  Database,
  type HintSource,
  ParallelExecutor,
  SerialExecutor,
} from '../src/index.js';
import { benchBlock, warmUpBy } from './contender.js';
import { mustAgree } from './engine-check.js';
import { HINT_WORKLOADS } from './engine-workloads.js';
import { type Spread, spread } from './measure.js';
import { blockAccessList, tracedAccesses, transactionAccessList } from './traced-accesses.js';

/** Blocks of one market, executed in turn. */
const BLOCKS = 4;
const BATCH_MILLISECONDS = 10;
const SETTLE_MILLISECONDS = 2;

/** Which transactions are run: as they are, with access lists of their own, or in blocks with an access list. */
type Form = 'plain' | 'listed' | 'blockListed';

interface Variant {
  readonly name: string;
  readonly form: Form;
  readonly sources: readonly HintSource[];
  /** Name of the variant against which time is saved. */
  readonly against: string;
}

const VARIANTS: readonly Variant[] = [
  { name: 'no hints', form: 'plain', sources: [], against: 'no hints' },
  { name: 'chains', form: 'plain', sources: ['chains'], against: 'no hints' },
  { name: '+ learnt', form: 'plain', sources: ['chains', 'learnt'], against: 'chains' },
  { name: '+ EIP-7928 list', form: 'blockListed', sources: ['chains', 'blockAccessList'], against: 'chains' },
  { name: 'EIP-2930 lists unused', form: 'listed', sources: ['chains'], against: 'EIP-2930 lists unused' },
  { name: '+ EIP-2930 lists', form: 'listed', sources: ['chains', 'accessLists'], against: 'EIP-2930 lists unused' },
];

const SOURCES: readonly HintSource[] = ['chains', 'accessLists', 'blockAccessList', 'learnt'];

export interface HintRow {
  readonly workload: string;
  readonly size: number;
  readonly variant: string;
  /** Per transaction, over all rounds. */
  readonly aborts: number;
  readonly incarnations: number;
  readonly estimates: number;
  /** Microseconds per transaction. */
  readonly time: Spread;
  /** Part of the time that the source saved, round by round; below 0 it cost time. */
  readonly saved: Spread;
  /** The same by the best rounds of either: what is left where other processes disturb. */
  readonly savedAtBest: number;
}

export interface HintBenchOptions {
  readonly size: number;
  readonly threads: number;
  readonly rounds: number;
  readonly selects: (name: string) => boolean;
  readonly onRow: (row: HintRow) => void;
}

function adviceFor({ sources }: Variant): Partial<Advice> {
  return {
    // A chain that is found out, and left to one thread, would need no hints.
    headStart: 'off',
    hintSources: Object.fromEntries(SOURCES.map((source) => [source, sources.includes(source) ? 'on' : 'off'])),
  };
}

interface Sample {
  /** Microseconds per transaction. */
  readonly time: number;
  readonly transactions: number;
  readonly aborts: number;
  readonly incarnations: number;
  readonly estimates: number;
}

async function sample(executor: ParallelExecutor, database: Database, blocks: readonly Block[]): Promise<Sample> {
  await pause(SETTLE_MILLISECONDS);
  let transactions = 0;
  let aborts = 0;
  let incarnations = 0;
  let estimates = 0;
  const start = performance.now();
  for (;;) {
    for (const block of blocks) {
      const result = await executor.execute(database, block);
      if (!result.ok) throw result.error;
      transactions += block.transactions.length;
      aborts += result.stats.aborts;
      incarnations += result.stats.incarnations;
      estimates += result.stats.estimatesHit;
    }
    const taken = performance.now() - start;
    if (taken < BATCH_MILLISECONDS) continue;
    return { time: (1000 * taken) / transactions, transactions, aborts, incarnations, estimates };
  }
}

/** The blocks of a market in each form. */
async function blocksOf(database: Database, plain: readonly Block[]): Promise<Record<Form, readonly Block[]>> {
  const listed: Block[] = [];
  const blockListed: Block[] = [];
  for (const block of plain) {
    const accesses = await tracedAccesses(database, block);
    const transactions = block.transactions.map((transaction, index) =>
      createTransaction({
        ...transaction,
        gasLimit: 2n * transaction.gasLimit,
        accessList: transactionAccessList(accesses[index] as (typeof accesses)[number]),
      }),
    );
    listed.push({ ...block, transactions });
    blockListed.push({ ...block, accessList: blockAccessList(accesses) });
  }
  return { plain, listed, blockListed };
}

async function benchWorkload(
  { name, build }: (typeof HINT_WORKLOADS)[number],
  { size, threads, rounds }: HintBenchOptions,
): Promise<HintRow[]> {
  const { accounts, transactions } = build(BLOCKS * size);
  const database = Database.from(accounts);
  const plain = Array.from({ length: BLOCKS }, (_, k) => benchBlock(transactions.slice(k * size, (k + 1) * size)));
  const blocks = await blocksOf(database, plain);
  const serial = await SerialExecutor.create({ vm: 'wasm' });
  const executors: ParallelExecutor[] = [];
  const samples: Sample[][] = VARIANTS.map(() => []);
  try {
    for (const variant of VARIANTS) {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: adviceFor(variant) });
      executors.push(executor);
      for (const block of blocks[variant.form]) {
        const expected = await serial.execute(database, block);
        const found = await executor.execute(database, block);
        if (!expected.ok || !found.ok) throw new Error(`${name}: a block of the benchmark is invalid`);
        mustAgree(`${name}, ${variant.name}`, expected, found);
      }
      await warmUpBy(threads, () => sample(executor, database, blocks[variant.form]));
    }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < VARIANTS.length; turn++) {
        const which = (turn + round) % VARIANTS.length;
        const { form } = VARIANTS[which] as Variant;
        (samples[which] as Sample[]).push(await sample(executors[which] as ParallelExecutor, database, blocks[form]));
      }
    }
  } finally {
    for (const executor of executors) await executor.close();
    await serial.close();
  }
  const best = (of: readonly Sample[]): number => Math.min(...of.map(({ time }) => time));
  return VARIANTS.map(({ name: variant, against }, which): HintRow => {
    const own = samples[which] as Sample[];
    const base = samples[VARIANTS.findIndex((other) => other.name === against)] as Sample[];
    const total = own.reduce((sum, { transactions: count }) => sum + count, 0);
    const each = (figure: (sample: Sample) => number): number => own.reduce((sum, one) => sum + figure(one), 0) / total;
    return {
      workload: name,
      size,
      variant,
      aborts: each(({ aborts }) => aborts),
      incarnations: each(({ incarnations }) => incarnations),
      estimates: each(({ estimates }) => estimates),
      time: spread(own.map(({ time }) => time)),
      saved: spread(own.map(({ time }, round) => 1 - time / (base[round] as Sample).time)),
      savedAtBest: 1 - best(own) / best(base),
    };
  });
}

/** Measures every workload selected, and answers the rows that it also gave to `onRow`. */
export async function benchHints(options: HintBenchOptions): Promise<HintRow[]> {
  const rows: HintRow[] = [];
  for (const workload of HINT_WORKLOADS) {
    if (!options.selects(workload.name)) continue;
    for (const row of await benchWorkload(workload, options)) {
      rows.push(row);
      options.onRow(row);
    }
  }
  return rows;
}

const COLUMNS = [32, 6, 22, 10, 10, 10, 22, 18, 8] as const;
const TITLES = ['workload', 'size', 'hints', 'aborts/tx', 'runs/tx', 'est./tx', 'us/tx', 'time saved', 'at best'];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 || i === 2 ? cell.padEnd : cell.padStart).call(cell, COLUMNS[i] ?? 0))
    .join('  ');
}

/** Column titles of {@link hintLine}. */
export function hintHeading(): string {
  return line(TITLES);
}

export function hintLine({
  workload,
  size,
  variant,
  aborts,
  incarnations,
  estimates,
  time,
  saved,
  savedAtBest,
}: HintRow): string {
  const us = (value: number): string => value.toFixed(2);
  const percent = (value: number): string => (100 * value).toFixed(0);
  return line([
    workload,
    String(size),
    variant,
    aborts.toFixed(3),
    incarnations.toFixed(3),
    estimates.toFixed(3),
    `${us(time.median)} (${us(time.min)}-${us(time.max)})`,
    `${percent(saved.median)} % (${percent(saved.min)}..${percent(saved.max)})`,
    `${percent(savedAtBest)} %`,
  ]);
}
