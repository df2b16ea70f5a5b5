/** Entry point of `npm run bench`. */
import { writeFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { BenchFileError } from '../reports/bench/figures.js';
import { collect, parseCount, parseSeconds, parseTexts } from '../runners/cli/options.js';
import { outliveOutput } from '../runners/cli/standard-output.js';
import { SourceError } from '../runners/fixtures/sources.js';
import { MOST_WORKERS } from '../runners/schedules/words.js';
import { addEngine } from './engine-command.js';
import { addHints } from './hints-command.js';
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

addEngine(program);
addHints(program);

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
    const beyond = workers.find((one) => one > MOST_WORKERS);
    if (beyond !== undefined) command.error(`--workers ${beyond}: at most ${MOST_WORKERS} can be simulated`);
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

outliveOutput();

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
