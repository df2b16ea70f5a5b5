/**
 * Makes the embedded corpus, or checks that the committed one is what would be made.
 *
 *   node dist/corpus/generate.js [--filled] [--verify] [--seed N] [--check] [--out DIR] [--only SCENARIO ...]
 */

import { Command, InvalidArgumentError, Option } from 'commander';
import { outliveOutput } from '../runners/cli/standard-output.js';
import {
  compareFixture,
  DEFAULT_SEED,
  type FilledScenario,
  filledFolder,
  fillScenario,
  fixtureName,
  fixturesFolder,
  listFixtures,
  writeFixtures,
} from './files.js';
import type { Scenario } from './plan.js';
import { FILLED } from './recipes.js';
import { SCENARIOS } from './scenarios/index.js';

interface Options {
  readonly filled?: true;
  readonly verify?: true;
  readonly seed: number;
  readonly check?: true;
  readonly out?: string;
  readonly only?: readonly string[];
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InvalidArgumentError('a seed is a whole number from 0 on');
  return seed;
}

/** Files that no scenario makes; they are named, never removed, since the folder is the user's choice. */
function strangers(folder: string, scenarios: readonly Scenario[]): string[] {
  const known = new Set(scenarios.map(fixtureName));
  return listFixtures(folder)
    .filter((name) => !known.has(name))
    .map((name) => `${name}: no scenario makes this file`);
}

function check(folder: string, filled: readonly FilledScenario[], scenarios: readonly Scenario[]): string[] {
  const differences = filled.map((scenario) => compareFixture(folder, scenario)).filter((problem) => problem !== null);
  return [...differences, ...strangers(folder, scenarios)];
}

function printTable(filled: readonly FilledScenario[]): void {
  console.log(`${'test'.padEnd(48)}${'fork'.padEnd(20)}blocks  rejected  transactions        gas`);
  for (const { test, network, blocks, rejected, transactions, gasUsed } of filled.flatMap((f) => f.summaries)) {
    const numbers = [blocks, rejected, transactions, gasUsed].map(String);
    const widths = [6, 10, 14, 11];
    console.log(test.padEnd(48) + network.padEnd(20) + numbers.map((n, i) => n.padStart(widths[i] ?? 0)).join(''));
  }
}

async function main(): Promise<number> {
  const names = [...SCENARIOS, ...FILLED].map(({ name }) => name);
  const program = new Command('generate')
    .description(
      'Makes the embedded corpus with @ethereumjs/vm, or checks that the committed one is what would be made.',
    )
    .option(
      '--filled',
      'the filled workloads, one file for each fork, in place of the scenarios (some five minutes of processor time)',
    )
    .option('--verify', 'read filled workloads back and execute them once more; scenarios always are')
    .option('--seed <number>', 'seed of keys, addresses and random mixes', parseSeed, DEFAULT_SEED)
    .option('--check', 'compare with the files instead of writing them')
    .option('--out <folder>', 'folder of the fixtures')
    .addOption(
      new Option('--only <scenarios...>', 'only these scenarios or forks, leaving the files of others alone').choices(
        names,
      ),
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  const options = program.opts<Options>();
  const scenarios = options.filled === true ? FILLED : SCENARIOS;
  const folder = options.out ?? (options.filled === true ? filledFolder() : fixturesFolder());
  const picked = scenarios.filter(({ name }) => options.only?.includes(name) ?? true);
  const filled: FilledScenario[] = [];
  const verify = options.check !== true && (options.filled !== true || options.verify === true);
  for (const scenario of picked) filled.push(await fillScenario(scenario, options.seed, verify));
  const tests = filled.reduce((sum, { tests }) => sum + tests.length, 0);
  if (options.check === true) {
    const problems = check(folder, filled, scenarios);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) {
      console.error(`corpus: ${problems.length} files are not what seed ${options.seed} makes`);
      return 1;
    }
    console.log(`corpus: ${filled.length} files, ${tests} tests, all as seed ${options.seed} makes them`);
    return 0;
  }
  const bytes = writeFixtures(folder, filled);
  printTable(filled);
  for (const stranger of strangers(folder, scenarios)) console.error(stranger);
  const summaries = filled.flatMap(({ summaries: all }) => all);
  const blocks = summaries.reduce((sum, test) => sum + test.blocks, 0);
  const transactions = summaries.reduce((sum, test) => sum + test.transactions, 0);
  console.log(
    `corpus: ${filled.length} files, ${tests} tests, ${blocks} blocks, ${transactions} transactions in valid blocks, ${bytes} bytes compressed`,
  );
  return 0;
}

outliveOutput();
process.exitCode = await main();
