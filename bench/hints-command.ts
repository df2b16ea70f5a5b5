/** `npm run bench -- hints` as a command: its options, what it prints, and the file of its figures. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parseCount } from '../runners/cli/options.js';
import { benchHints, hintHeading, hintLine } from './engine-hints.js';
import { nameMatcher, onlyOption } from './options.js';
import { machine, machineLine } from './report.js';

const THREADS = 2;

interface HintFlags {
  readonly only?: readonly string[];
  readonly size: number;
  readonly rounds: number;
  readonly json?: string;
}

export function addHints(program: Command): void {
  program
    .command('hints')
    .description('what each source of hints is worth to ParallelExecutor, on blocks that follow one another')
    .addOption(onlyOption('measure'))
    .option('--size <n>', 'transactions in a block', parseCount, 1000)
    .option('--rounds <n>', 'interleaved rounds', parseCount, 5)
    .option('--json <path>', 'write the figures to a file')
    .action(hints);
}

async function hints({ only, size, rounds, json }: HintFlags): Promise<void> {
  const described = machine();
  console.log(machineLine(described));
  console.log(
    `Four blocks in turn, ${THREADS} threads; wall clock, ${rounds} interleaved rounds, medians (min-max). ` +
      'time saved: against the same blocks without the source, round by round.\n',
  );
  console.log(hintHeading());
  const rows = await benchHints({
    size,
    threads: THREADS,
    rounds,
    selects: nameMatcher(only),
    onRow: (row) => console.log(hintLine(row)),
  });
  console.log(`load ${machine().load} at the end`);
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify({ bench: 'hints', machine: described, rows }, null, 2)}\n`);
  }
}
