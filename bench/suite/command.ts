/** `npm run bench`: the suite as a command. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { compareBench, hasRegression } from '../../reports/bench/compare.js';
import { benchFigures, readBenchFile } from '../../reports/bench/figures.js';
import { comparisonLines } from '../../reports/bench/lines.js';
import { writeJson, writeWhole } from '../../reports/output-file.js';
import { parseCount, parseShare } from '../../runners/cli/options.js';
import { packageOf } from '../../runners/cli/package.js';
import { parseCounts } from '../options.js';
import { machine, machineLine } from '../report.js';
import { charts } from './charts.js';
import { markdown, rowLine, verdictLines } from './markdown.js';
import { DEFAULT_SOURCES, defaultThreads, parseAmount, parseBudget, parseScale } from './options.js';
import { clock, runSuite, type SuiteReport } from './run-suite.js';
import { profileApart, UnitError } from './run-unit.js';
import { selectUnits } from './select.js';
import type { Unit } from './unit.js';

interface SuiteFlags {
  readonly only: readonly string[];
  readonly list: boolean;
  readonly rounds: number;
  readonly threads?: number[];
  readonly budget: number;
  readonly peerSeconds: number;
  readonly mainnet?: string;
  readonly eest?: string;
  readonly eestMegagas: number;
  readonly scale: number;
  readonly out: string;
  readonly compare?: string;
  readonly threshold: number;
  readonly profile: boolean;
}

const ROUNDS = 5;
const BUDGET = 15 * 60;
/** Gas of the EEST blocks that `runBlock` is measured on. */
const EEST_SAMPLE_MEGAGAS = 1;
const PROFILE_MILLISECONDS = 3000;
const EXIT = { fine: 0, worse: 1, usage: 2 } as const;

const HELP = `
Without a command the suite runs: pevm's blocks of a gigagas, half a million transactions, chains, mixed blocks, grevm's
grids of hot accounts and dependencies, real mainnet blocks, and EEST's benchmark blocks by kind of opcode; serially,
with threads, and beside @ethereumjs/vm runBlock on a sample. Each workload is measured in a process of its own, and
only after serial and parallel execution have come to the same receipts and state.

In the folder of --out: bench.json (schema reports/schema/bench-v1.schema.json), bench.md, charts as SVG, and with
--profile a page of flame graphs for each workload. bench/README.md says what the rows mean and how to read them.

Exit code: 0; 1 where a workload failed or --compare found a regression; 2 for wrong use.

Examples:
  $ npm run bench
  $ npm run bench -- --only gigagas --only chain --rounds 9
  $ npm run bench -- --compare old.json --threshold 0.9
  $ npm run bench -- --profile --only gigagas/erc20`;

function gathered(text: string, before: readonly string[]): string[] {
  return [...before, ...text.split(',')];
}

/** Makes the suite what `program` does where no other command is named. */
export function addSuite(program: Command): void {
  program
    .option('--only <pattern>', 'workloads whose name holds the text or, with *, fits it; repeatable', gathered, [])
    .option('--list', 'list the workloads and end', false)
    .option('--rounds <n>', 'interleaved rounds at most', parseCount, ROUNDS)
    .option(
      '--threads <list>',
      'threads of the parallel executors, such as 1-4,8 (default: each number up to eight cores; beyond, powers of two and all cores)',
      parseCounts,
    )
    .addOption(
      new Option('--budget <time>', 'time for everything, such as 15m: rounds are dropped to keep it')
        .argParser(parseBudget)
        .default(BUDGET, '15m'),
    )
    .option('--peer-seconds <s>', 'time that runBlock gets for one block; 0 leaves it out', parseAmount, 25)
    .option('--mainnet <source>', `real blocks (default: ${DEFAULT_SOURCES.mainnet} where it exists)`)
    .option('--eest <source>', `EEST benchmark tests (default: ${DEFAULT_SOURCES.eest} where it exists)`)
    .option('--eest-megagas <n>', 'gas of the EEST blocks, millions', parseCount, 30)
    .option('--scale <factor>', 'size of the generated blocks, 1 at most, for trying out', parseScale, 1)
    .option('--out <folder>', 'folder for figures, tables and charts', 'build/bench')
    .option('--compare <file>', 'print what changed since the figures in an earlier bench.json')
    .option('--threshold <share>', 'share of an earlier figure that one must reach with --compare', parseShare, 0.9)
    .option('--profile', 'write flame graphs in place of measuring; a choice of workloads without --only', false)
    .addHelpText('after', HELP)
    .action(async (flags: SuiteFlags) => {
      process.exitCode = await suite(flags);
    });
}

async function suite(flags: SuiteFlags): Promise<number> {
  const { root } = packageOf(import.meta.url);
  // Before hours of measuring: a file that cannot be compared with is a mistake to be told at once.
  const before = flags.compare === undefined ? null : await readBenchFile(flags.compare);
  const { units, notes } = await selectUnits({
    root,
    only: flags.only,
    scale: flags.scale,
    mainnet: flags.mainnet ?? null,
    eest: flags.eest ?? null,
    megagas: flags.eestMegagas,
    sampleMegagas: EEST_SAMPLE_MEGAGAS,
  });
  for (const note of notes) console.error(`${note}.`);
  if (units.length === 0) {
    console.error(`no workload fits ${flags.only.join(', ')}; --list shows what there is`);
    return EXIT.usage;
  }
  if (flags.list) {
    for (const { name, title } of units) console.log(`${name.padEnd(28)} ${title}`);
    return EXIT.fine;
  }
  const threads = flags.threads ?? defaultThreads(machine().cores);
  if (flags.profile) return profile(flags, units, threads.at(-1) as number);
  console.log(machineLine(machine()));
  const report = await runSuite({
    units,
    notes,
    settings: {
      threads,
      rounds: flags.rounds,
      budget: flags.budget,
      peerSeconds: flags.peerSeconds,
      only: flags.only.length === 0 ? null : flags.only,
      scale: flags.scale,
    },
    onProgress: (line) => console.error(line),
    // After each unit: a run that is cut short leaves what it has measured.
    onUnit: async (sofar, rows) => {
      for (const row of rows) if (!row.detail) console.log(rowLine(row));
      await write(sofar, flags.out);
    },
  });
  await write(report, flags.out);
  for (const [name, picture] of charts(report)) await writeWhole(join(flags.out, name), [picture]);
  for (const line of verdictLines(report.rows)) console.log(line);
  for (const note of report.notes) console.log(`note: ${note}`);
  for (const { name, message } of report.failures) console.error(pc.red(`✖ ${name}: ${message}`));
  console.log(`${clock(report.seconds)} in all; written to ${flags.out}`);
  let worse = report.failures.length > 0;
  if (before !== null) {
    const now = benchFigures(join(flags.out, 'bench.json'), report);
    const missing = report.settings.only === null ? 'regression' : 'let pass';
    const comparison = compareBench(before, now, { threshold: flags.threshold, missing });
    for (const line of comparisonLines(comparison, pc)) console.log(line);
    worse ||= hasRegression(comparison);
  }
  return worse ? EXIT.worse : EXIT.fine;
}

async function write(report: SuiteReport, out: string): Promise<void> {
  await writeJson(join(out, 'bench.json'), report);
  await writeWhole(join(out, 'bench.md'), [markdown(report)]);
}

async function profile({ only, out }: SuiteFlags, units: readonly Unit[], threads: number): Promise<number> {
  const chosen = only.length > 0 ? units : units.filter(({ profiled }) => profiled);
  let failed = false;
  // The compiler is needed for this only.
  const { coreNames } = await import('../profile/core-names.js');
  const names = await coreNames();
  if (names === null)
    console.error("the machine's sources are not what it was built from: its functions stay without names");
  for (const [at, unit] of chosen.entries()) {
    const path = join(out, 'profiles', `${unit.name.replace(/[^a-z0-9]+/gi, '-')}.html`);
    console.error(`[${at + 1}/${chosen.length}] ${unit.name}`);
    try {
      const line = machineLine(machine());
      const options = { threads, milliseconds: PROFILE_MILLISECONDS, coreNames: names };
      await profileApart(unit, options, { path, machine: line });
      console.log(path);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      failed = true;
      console.error(pc.red(`✖ ${error.message}`));
    }
  }
  return failed ? EXIT.worse : EXIT.fine;
}
