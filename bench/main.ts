/** Entry point of `npm run bench`. */
import { writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { BenchFileError } from '../reports/bench/figures.js';
import { collect, parseCount, parseSeconds, parseTexts } from '../runners/cli/options.js';
import { SourceError } from '../runners/fixtures/sources.js';
import { MOST_WORKERS } from '../runners/schedules/words.js';
import { benchEngine, type EngineRow, growth } from './engine.js';
import { benchHints, hintHeading, hintLine } from './engine-hints.js';
import { benchImages, type ImagesRow, imagesHeading, imagesLine } from './engine-images.js';
import { EngineTable, pictures, summary } from './engine-report.js';
import { nameMatcher, onlyOption, parseCounts } from './options.js';
import { HEADING, machine, machineLine, rowLine } from './report.js';
import { benchSimulation } from './simulate.js';
import { costsLine, plainRow, simulationErrors, simulationHeading, simulationLine } from './simulate-report.js';
import { addSuite } from './suite/command.js';
import { benchSuites, type SuitesOptions } from './suites.js';
import { benchVm } from './vm.js';

interface Flags {
  readonly rounds: number;
  readonly seconds: number;
  readonly transactions: number;
  readonly only?: string;
  readonly json?: string;
}

const program = new Command('bench')
  .description('Measures Lockstep beside @ethereumjs, and parallel beside serial execution')
  // Options of the suite stand before the name of another command, whose own may have the same names.
  .enablePositionalOptions()
  .exitOverride();
addSuite(program);

program
  .command('vm')
  .description('the WASM machine against @ethereumjs/evm, and serial blocks against @ethereumjs/vm runBlock')
  .option('--rounds <n>', 'interleaved rounds', parseCount, 5)
  .option('--seconds <s>', 'processor seconds per contender and round', parseSeconds, 0.4)
  .option('--transactions <n>', 'transactions in a whole block', parseCount, 1000)
  .option('--only <text>', 'measure workloads whose name holds the text')
  .option('--json <path>', 'write the figures to a file')
  .action(async ({ rounds, seconds, transactions, only, json }: Flags) => {
    const described = machine();
    console.log(machineLine(described));
    console.log(
      `${rounds} interleaved rounds after one of warm-up, at least ${seconds} s of processor time per contender and round;` +
        ' medians; ratios are of processor time, round by round.\n',
    );
    console.log(HEADING);
    const rows = await benchVm({
      rounds,
      seconds,
      transactions,
      selects: (name) => name.includes(only ?? ''),
      onRow: (row) => console.log(rowLine(row)),
    });
    if (json !== undefined) {
      const report = { bench: 'vm', machine: described, rounds, seconds, transactions, rows };
      await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
    }
  });

program
  .command('suites')
  .description(
    'a sample of state tests against @ethereumjs/vm runTx, and real blocks against runBlock, by processor time',
  )
  .option('--fixtures <source>', 'archive or folder of state tests; repeatable', collect, [])
  .option('--cases <n>', 'state cases to draw', parseCount, 300)
  .option('--forks <list>', "draw cases of these networks only, by the suites' names", parseTexts)
  .option('--blocks <source>', 'archive or folder of real blocks, as lockstep replay reads them')
  .option('--block-count <n>', 'real blocks to draw, one from each class by gas used', parseCount, 12)
  .option('--seed <text>', 'another seed draws other cases and blocks', '')
  .option('--rounds <n>', 'rounds that count', parseCount, 3)
  .option('--warm-up <n>', 'passes over the state cases before that', parseCount, 3)
  .option('--batch <n>', 'state cases after which the sides take turns', parseCount, 100)
  .option('--json <path>', 'write the figures to a file')
  .action(async (options: SuitesOptions, command: Command) => {
    if (options.fixtures.length === 0 && options.blocks === undefined) {
      command.error('nothing to measure: name state tests with --fixtures, real blocks with --blocks, or both');
    }
    await benchSuites(options);
  });

/** Blocks that show what suspension and checkpoints are worth. */
const CONTENDED_SIZE = 1000;
const CONTENDED_THREADS = 2;

interface EngineFlags {
  readonly only?: readonly string[];
  readonly sizes: number[];
  readonly threads: number[];
  readonly rounds: number;
  readonly results: boolean;
  readonly all: boolean;
  readonly huge: boolean;
  readonly hints: boolean;
  readonly markdown: boolean;
  readonly json?: string;
  readonly svg?: string;
}

program
  .command('engine')
  .description('ParallelExecutor against SerialExecutor on whole blocks, by the wall clock')
  .addOption(onlyOption('measure'))
  .option('--sizes <list>', 'transactions in a block', parseCounts, [1, 10, 100, 1000, 10_000, 100_000])
  .option('--threads <list>', 'threads of the parallel executor', parseCounts, [1, 2, 3, 4])
  .option('--rounds <n>', 'interleaved rounds; three at most from 100,000 transactions on', parseCount, 5)
  .option('--results', 'read every receipt and state change within the timed part', false)
  .option('--all', 'every workload with 100,000 transactions and more, not only a few', false)
  .option('--huge', 'a block of 500,000 ERC-20 transfers as well', false)
  .option(
    '--hints',
    'what each source of hints is worth, in blocks of 1,000 transactions unless one size is given',
    false,
  )
  .option('--markdown', 'print the table as Markdown', false)
  .option('--json <path>', 'write the figures to a file')
  .option('--svg <folder>', 'write the pictures to a folder')
  .action(async ({ only, json, svg, markdown, ...flags }: EngineFlags) => {
    const described = machine();
    if (flags.hints) {
      await hints(flags, only, json);
      return;
    }
    const table = new EngineTable(flags.threads, markdown);
    console.log(machineLine(described));
    console.log(
      `Timed: execute() and reading gasUsed${flags.results ? ', every receipt with its bloom, and the state changes' : '; receipts, blooms and state changes are not read'}.\n` +
        `Wall clock; up to ${flags.rounds} interleaved rounds after one of warm-up; medians (min-max); x: serial time over parallel time, round by round.\n` +
        'us/tx: microseconds per transaction, per block where it is empty. noise: (max - min) / median of the serial rounds.\n' +
        'CPU x: processor time of all threads over that of the serial run, with 2 threads. ' +
        'cores: what two threads that share nothing reach together, beside the rounds with 2 threads.\n' +
        'aborts / runs / est.: aborted incarnations, incarnations, and reads that met an estimate, of one block with 2 threads.\n' +
        'bars: judged by the median; ok? and MISSED? where the rounds do not all say so.\n',
    );
    if (described.load > described.cores / 2) {
      console.log(
        `Other processes are busy (load ${described.load} on ${described.cores} cores): parallel figures say little.\n`,
      );
    }
    console.log(table.heading());
    const rows: EngineRow[] = [];
    const contended: ImagesRow[] = [];
    const peakGiB = (): number => process.resourceUsage().maxRSS / 2 ** 20;
    // After each row: a run that is cut short leaves what it has measured.
    const save = (): void => {
      if (json === undefined) return;
      const report = {
        bench: 'engine',
        machine: described,
        ...flags,
        peakGiB: peakGiB(),
        rows,
        contended,
        growth: growth(rows),
      };
      writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    };
    await benchEngine({
      ...flags,
      selects: nameMatcher(only),
      onRow: (row) => {
        rows.push(row);
        console.log(table.row(row));
        save();
      },
    });
    console.log(`\n${summary(rows, growth(rows)).join('\n')}\n`);
    console.log(
      `Suspension and read checkpoints, ${CONTENDED_THREADS} threads: us/tx by the median, in brackets the least, and speed-up over serial execution.\n`,
    );
    console.log(imagesHeading(markdown));
    await benchImages({
      size: Math.min(CONTENDED_SIZE, Math.max(...flags.sizes)),
      threads: CONTENDED_THREADS,
      rounds: flags.rounds,
      selects: nameMatcher(only),
      onRow: (row) => {
        contended.push(row);
        console.log(imagesLine(row, markdown));
        save();
      },
    });
    console.log(
      `load ${machine().load} at the end; peak memory of the process, all executors together: ${peakGiB().toFixed(2)} GiB`,
    );
    save();
    if (svg !== undefined) {
      await mkdir(svg, { recursive: true });
      for (const [name, picture] of pictures(rows, machineLine(described))) await writeFile(join(svg, name), picture);
    }
  });

interface SimulateFlags {
  readonly only?: readonly string[];
  readonly size: number;
  readonly workers: number[];
  readonly rounds: number;
  readonly json?: string;
}

program
  .command('simulate')
  .description('predicts how whole blocks scale on a machine with more cores: the engine itself in virtual time')
  .addOption(onlyOption('simulate'))
  .option('--size <n>', 'transactions in a block', parseCount, 1000)
  .option('--workers <list>', 'cores of the machine, 64 at most', parseCounts, [1, 2, 4, 8, 16, 32, 64])
  .option('--rounds <n>', 'interleaved rounds of the real runs', parseCount, 40)
  .option('--json <path>', 'write the figures to a file')
  .addHelpText(
    'after',
    `
Every logical worker is a thread with a clock of its own; the one whose clock is lowest moves next, at every access to
shared memory. Accesses (in the core's cache or in another's), wake-ups and sleep are charged as measured on this
machine; what transactions take besides is fitted to a real run with one thread, by their gas. A real run with two threads
is the check: the error beside it is the predicted speed-up over the real one, less 1. Not modelled are memory bandwidth,
plain reads of what other cores wrote, and clock rates that fall when many cores work.`,
  )
  .action(async ({ only, size, workers, rounds, json }: SimulateFlags, command: Command) => {
    if (workers.some((one) => one > MOST_WORKERS)) command.error(`at most ${MOST_WORKERS} workers can be simulated`);
    const described = machine();
    console.log(machineLine(described));
    console.log(`Blocks of ${size} transactions; real runs: the best of ${rounds} interleaved rounds.\n`);
    const rows = await benchSimulation({
      size,
      workers,
      rounds,
      selects: nameMatcher(only),
      onCosts: (costs) => console.log(`${costsLine(costs)}\n\n${simulationHeading(workers)}`),
      onRow: (row) => console.log(simulationLine(row)),
    });
    console.log(`\n${simulationErrors(rows)}`);
    console.log(`load ${machine().load} at the end`);
    if (json !== undefined) {
      const report = { bench: 'simulate', machine: described, size, workers, rounds, rows: rows.map(plainRow) };
      await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
    }
  });

const HINT_SIZE = 1000;
const HINT_THREADS = 2;

async function hints(
  flags: Pick<EngineFlags, 'sizes' | 'rounds'>,
  only: readonly string[] | undefined,
  json?: string,
): Promise<void> {
  const described = machine();
  const size = flags.sizes.length === 1 ? (flags.sizes[0] as number) : HINT_SIZE;
  console.log(machineLine(described));
  console.log(
    `Four blocks in turn, ${HINT_THREADS} threads; wall clock, ${flags.rounds} interleaved rounds, medians (min-max). ` +
      'time saved: against the same blocks without the source, round by round.\n',
  );
  console.log(hintHeading());
  const rows = await benchHints({
    size,
    threads: HINT_THREADS,
    rounds: flags.rounds,
    selects: nameMatcher(only),
    onRow: (row) => console.log(hintLine(row)),
  });
  console.log(`load ${machine().load} at the end`);
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ bench: 'hints', machine: described, rows }, null, 2)}\n`);
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof BenchFileError || error instanceof SourceError) {
    console.error(error.message);
    process.exitCode = 2;
  } else throw error;
}
