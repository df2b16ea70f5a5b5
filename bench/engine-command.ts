/** `npm run bench -- engine` as a command: its options, what it prints, and the file of its figures. */
import { writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseCount } from '../runners/cli/options.js';
import { benchEngine, type EngineRow, growth } from './engine.js';
import { benchImages, type ImagesRow, imagesHeading, imagesLine } from './engine-images.js';
import { EngineTable, pictures, summary } from './engine-report.js';
import { nameMatcher, onlyOption, parseCounts } from './options.js';
import { type Machine, machine, machineLine } from './report.js';

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
  readonly markdown: boolean;
  readonly json?: string;
  readonly svg?: string;
}

export function addEngine(program: Command): void {
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
    .option('--markdown', 'print the table as Markdown', false)
    .option('--json <path>', 'write the figures to a file')
    .option('--svg <folder>', 'write the pictures to a folder')
    .action(engine);
}

async function engine(flags: EngineFlags): Promise<void> {
  const described = machine();
  const figures = new EngineFigures(described, flags);
  console.log(machineLine(described));
  console.log(method(flags));
  if (described.load > described.cores / 2) {
    console.log(
      `Other processes are busy (load ${described.load} on ${described.cores} cores): parallel figures say little.\n`,
    );
  }
  await measureBlocks(flags, figures);
  await measureContended(flags, figures);
  console.log(
    `load ${machine().load} at the end; peak memory of the process, all executors together: ${peakGiB().toFixed(2)} GiB`,
  );
  figures.save();
  if (flags.svg !== undefined) await draw(flags.svg, figures.rows, described);
}

/** The lines above the table: what is timed, and what its columns hold. */
function method({ results, rounds }: EngineFlags): string {
  return (
    `Timed: execute() and reading gasUsed${results ? ', every receipt with its bloom, and the state changes' : '; receipts, blooms and state changes are not read'}.\n` +
    `Wall clock; up to ${rounds} interleaved rounds after one of warm-up; medians (min-max); x: serial time over parallel time, round by round.\n` +
    'us/tx: microseconds per transaction, per block where it is empty. noise: (max - min) / median of the serial rounds.\n' +
    'CPU x: processor time of all threads over that of the serial run, with 2 threads. ' +
    'cores: what two threads that share nothing reach together, beside the rounds with 2 threads.\n' +
    'aborts / runs / est.: aborted incarnations, incarnations, and reads that met an estimate, of one block with 2 threads.\n' +
    'bars: judged by the median; ok? and MISSED? where the rounds do not all say so.\n'
  );
}

async function measureBlocks(flags: EngineFlags, figures: EngineFigures): Promise<void> {
  const table = new EngineTable(flags.threads, flags.markdown);
  console.log(table.heading());
  await benchEngine({
    ...flags,
    selects: nameMatcher(flags.only),
    onRow: (row) => {
      figures.rows.push(row);
      console.log(table.row(row));
      figures.save();
    },
  });
  console.log(`\n${summary(figures.rows, growth(figures.rows)).join('\n')}\n`);
}

async function measureContended({ only, sizes, rounds, markdown }: EngineFlags, figures: EngineFigures): Promise<void> {
  console.log(
    `Suspension and read checkpoints, ${CONTENDED_THREADS} threads: us/tx by the median, in brackets the least, and speed-up over serial execution.\n`,
  );
  console.log(imagesHeading(markdown));
  await benchImages({
    size: Math.min(CONTENDED_SIZE, Math.max(...sizes)),
    threads: CONTENDED_THREADS,
    rounds,
    selects: nameMatcher(only),
    onRow: (row) => {
      figures.contended.push(row);
      console.log(imagesLine(row, markdown));
      figures.save();
    },
  });
}

/** What has been measured, and the file of `--json`. */
class EngineFigures {
  readonly rows: EngineRow[] = [];
  readonly contended: ImagesRow[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly flags: EngineFlags,
  ) {}

  /** To be called after each row: a run that is cut short leaves what it has measured. */
  save(): void {
    const { only, json, svg, markdown, ...settings } = this.flags;
    if (json === undefined) return;
    const report = {
      bench: 'engine',
      machine: this.machine,
      ...settings,
      peakGiB: peakGiB(),
      rows: this.rows,
      contended: this.contended,
      growth: growth(this.rows),
    };
    writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

function peakGiB(): number {
  return process.resourceUsage().maxRSS / 2 ** 20;
}

async function draw(folder: string, rows: readonly EngineRow[], described: Machine): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, picture] of pictures(rows, machineLine(described))) await writeFile(join(folder, name), picture);
}
