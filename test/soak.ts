/**
 * `npm run soak -- --blocks N [--seed S] [--minutes M]`: small random blocks full of conflicts, on 1 to 8 threads
 * in turn, each against serial execution. Ends at the first difference, which it prints with what makes it again.
 */
import { parseArgs } from 'node:util';
import { UsageError } from '../runners/cli/options.js';
import { ParallelExecutor } from '../src/executor/parallel.js';
import { DEFAULT_HOST } from '../src/executor/pool.js';
import { SerialExecutor } from '../src/executor/serial.js';
import { ADVICE_PIECES, ADVICE_SETTINGS, type Advice, type AdviceSetting } from '../src/scheduler/advice.js';
import { Database } from '../src/state/database.js';
import type { Block, ExecutionStats, ExecutorResult } from '../src/transition/types.js';
import { Random } from './fuzz/random.js';
import { blockFrom } from './property/random-block.js';
import { choice, positiveNumber, runTool, wholeNumber } from './support/command-line.js';
import { EXACT_HOST, exactViews } from './support/exact-views.js';
import { canonical, sameOutcome } from './support/outcome.js';

const MOST_THREADS = 8;
const LEAST_TRANSACTIONS = 2;
const MOST_TRANSACTIONS = 8;
const REPORT_SECONDS = 30;
/**
 * When the threads are let into the block, in turn for every eight blocks: at once, or after some transactions, or where
 * that pays, which for blocks as small as these is never.
 */
const HEAD_STARTS: readonly AdviceSetting[] = ['off', 'false', 'off', 'on'];

const HELP = `usage: npm run soak -- [options]

Random conflicting blocks of ${LEAST_TRANSACTIONS} to ${MOST_TRANSACTIONS} transactions: parallel execution must give what serial execution gives.

  --blocks N     stop after N blocks (default: 1000000)
  --minutes M    stop after M minutes, whatever comes first (default: no bound)
  --seed S       what the blocks are drawn from (default: 1)
  --from I       number of the first block (default: 0)
  --threads T    always T threads (default: 1 to ${MOST_THREADS} in turn, by the block's number)
  --repeat R     run every block R times (default: 1); how threads meet is never the same twice
  --advice A     what speculation is told: on, off or false (default: on)
  --exact-views  each thread sees no more of the heap than it has mapped (half as fast)
  --progress     a line every ${REPORT_SECONDS} seconds
  --help         this text

Exit code 0 where all blocks agreed, 1 where one did not, 2 where the command line is wrong.`;

const OPTIONS = {
  blocks: { type: 'string', default: '1000000' },
  minutes: { type: 'string' },
  seed: { type: 'string', default: '1' },
  from: { type: 'string', default: '0' },
  threads: { type: 'string' },
  repeat: { type: 'string', default: '1' },
  advice: { type: 'string', default: 'on' },
  'exact-views': { type: 'boolean', default: false },
  progress: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function adviceOf(text: string): Partial<Advice> {
  const setting = choice('advice', text, ADVICE_SETTINGS);
  return Object.fromEntries(ADVICE_PIECES.map((piece) => [piece, setting]));
}

interface Soak {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly deadline: number;
  readonly threads: number | null;
  readonly repeat: number;
  readonly advice: Partial<Advice>;
  readonly exact: boolean;
  readonly progress: boolean;
}

class Totals {
  blocks = 0;
  runs = 0;
  transactions = 0;
  incarnations = 0;
  aborts = 0;
  estimates = 0;
  feeReads = 0;
  resets = 0;
  suspensions = 0;
  resumptions = 0;
  checkpoints = 0;
  restores = 0;
  rejected = 0;
  private readonly start = performance.now();

  add(stats: ExecutionStats, ok: boolean): void {
    this.runs++;
    this.transactions += stats.transactions;
    this.incarnations += stats.incarnations;
    this.aborts += stats.aborts;
    this.estimates += stats.estimatesHit;
    this.feeReads += stats.deferredFeeReads;
    this.resets += stats.resets;
    this.suspensions += stats.suspensions;
    this.resumptions += stats.resumptions;
    this.checkpoints += stats.checkpoints;
    this.restores += stats.restores;
    if (!ok) this.rejected++;
  }

  toString(): string {
    const seconds = (performance.now() - this.start) / 1000;
    return (
      `${seconds.toFixed(0)} s: ${this.blocks} blocks (${(this.blocks / seconds).toFixed(0)}/s), ${this.runs} runs, ` +
      `${this.transactions} transactions, ${this.incarnations} incarnations, ${this.aborts} aborts, ` +
      `${this.estimates} estimates met, ${this.feeReads} deferred-fee reads, ${this.resets} resets, ` +
      `${this.suspensions} suspended and ${this.resumptions} resumed, ${this.checkpoints} checkpoints and ${this.restores} restored, ` +
      `${this.rejected} runs rejected`
    );
  }
}

function print(block: Block, expected: ExecutorResult, found: ExecutorResult | null): void {
  const text = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return value.toString();
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  };
  console.log(`  block:    ${JSON.stringify(block, text)}\n  serial:   ${canonical(expected)}`);
  if (found !== null) console.log(`  parallel: ${canonical(found)}\n  ${JSON.stringify(found.stats)}`);
}

/** Runs the blocks; true where all agreed. */
async function soak(options: Soak, totals: Totals): Promise<boolean> {
  const { seed, threads, advice, exact } = options;
  if (exact) exactViews();
  const host = exact ? EXACT_HOST : DEFAULT_HOST;
  const serial = await SerialExecutor.create({ vm: 'wasm' });
  const counts = threads === null ? Array.from({ length: MOST_THREADS }, (_, i) => i + 1) : [threads];
  const executors = await Promise.all(
    counts.map((n) => ParallelExecutor.create({ vm: 'wasm', threads: n, advice, host })),
  );
  const database = Database.create();
  let reported = performance.now();
  try {
    for (let number = options.from; number < options.to && performance.now() < options.deadline; number++) {
      const random = new Random(seed, number);
      const { accounts, block } = blockFrom((bound) => random.below(bound), LEAST_TRANSACTIONS, MOST_TRANSACTIONS);
      // All blocks start from the same accounts.
      if (totals.blocks === 0) database.load(accounts);
      const expected = await serial.execute(database, block);
      const which = number % counts.length;
      const headStart = advice.headStart === 'on' ? HEAD_STARTS[(number >>> 3) & 3] : advice.headStart;
      (executors[which] as ParallelExecutor).advise({ ...advice, headStart: headStart as AdviceSetting });
      for (let round = 0; round < options.repeat; round++) {
        let found: ExecutorResult | null = null;
        let failure: unknown = null;
        try {
          found = await (executors[which] as ParallelExecutor).execute(database, block);
        } catch (error) {
          failure = error;
        }
        if (found !== null && sameOutcome(expected, found)) {
          totals.add(found.stats, found.ok);
          if (found.ok) found.release();
          continue;
        }
        const setting = advice.order === 'on' ? '' : ` --advice ${advice.order}`;
        console.log(
          `DIFFERENCE in block ${number}, ${counts[which]} threads; again: npm run soak -- --seed ${seed} ` +
            `--from ${number} --blocks 1 --threads ${counts[which]} --repeat 1000${setting}${exact ? ' --exact-views' : ''}`,
        );
        if (failure !== null) console.log(failure);
        print(block, expected, found);
        return false;
      }
      totals.blocks++;
      if (expected.ok) expected.release();
      if (options.progress && performance.now() - reported > REPORT_SECONDS * 1000) {
        reported = performance.now();
        console.log(`${totals}`);
      }
    }
    return true;
  } finally {
    await serial.close();
    await Promise.all(executors.map((executor) => executor.close()));
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const from = wholeNumber('from', values.from);
  const minutes = values.minutes === undefined ? Number.POSITIVE_INFINITY : positiveNumber('minutes', values.minutes);
  const seed = wholeNumber('seed', values.seed);
  const totals = new Totals();
  const agreed = await soak(
    {
      seed,
      from,
      to: from + wholeNumber('blocks', values.blocks, 1),
      deadline: performance.now() + minutes * 60_000,
      threads: values.threads === undefined ? null : wholeNumber('threads', values.threads, 1),
      repeat: wholeNumber('repeat', values.repeat, 1),
      advice: { ...adviceOf(values.advice), seed },
      exact: values['exact-views'],
      progress: values.progress,
    },
    totals,
  );
  if (agreed && totals.blocks === 0) throw new UsageError(`--minutes ${values.minutes}: no block was run in that time`);
  console.log(`${totals}`);
  console.log(agreed ? `seed ${seed}: all ${totals.blocks} blocks agree` : `seed ${seed}: one block differs`);
  return agreed ? 0 : 1;
}

await runTool(main);
