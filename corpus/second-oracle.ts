/**
 * Holds filled tests against a second oracle: anvil, a development node on revm, which shares no code with
 * @ethereumjs/vm or with Lockstep. It is no dependency of the package; fetch it where it is wanted:
 *
 *   npm pack @foundry-rs/anvil-linux-amd64@1.7.1 && tar xzf foundry-rs-anvil-linux-amd64-1.7.1.tgz
 *   node dist/corpus/second-oracle.js --anvil package/bin/anvil corpus/filled/*.json.gz
 *
 * For each block the transactions go to the node as they stand in the RLP, and the root of the receipts that it
 * answers must be the header's; after the last block the root of its whole state must be the last header's. What the
 * node does not do (block rewards, withdrawals) is done for it.
 *
 * Exit code 0 where every test that was run agrees, 1 where one differs, 2 where the command line is wrong, names a node that
 * does not start, a file that cannot be read or no test.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Command } from 'commander';
import { outliveOutput } from '../runners/cli/standard-output.js';
import { checkTest } from './anvil-check.js';
import { type FixtureTest, OracleMismatch } from './anvil-fixture.js';
import { AnvilError } from './anvil-node.js';

interface Options {
  readonly anvil: string;
  readonly grep?: string;
}

/** Throws {@link FileError} where the file cannot be read. */
function testsOf(file: string): [string, FixtureTest][] {
  try {
    const bytes = readFileSync(file);
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    return Object.entries(JSON.parse(text) as Record<string, FixtureTest>);
  } catch (error) {
    throw new FileError(`${file}: ${(error as Error).message}`);
  }
}

class FileError extends Error {
  override readonly name = 'FileError';
}

function misused(message: string): number {
  console.error(`error: ${message}`);
  return 2;
}

async function main(): Promise<number> {
  const program = new Command('second-oracle')
    .description('Executes tests of the corpus on anvil (revm) and compares receipts and states.')
    .argument('<file...>', 'fixtures, .json or .json.gz')
    .requiredOption('--anvil <path>', 'the binary, as the package @foundry-rs/anvil-<platform> holds it')
    .option('--grep <text>', 'only tests whose name holds this')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  const { anvil, grep = '' } = program.opts<Options>();
  const totals = { tests: 0, blocks: 0, transactions: 0, left: 0, wrong: 0 };
  let started: SpawnSyncReturns<Buffer> | null = null;
  for (const file of program.args) {
    for (const [name, test] of testsOf(file)) {
      if (!name.includes(grep)) continue;
      // Tests that are left out start none, and would say nothing of one that there is not.
      started ??= spawnSync(anvil, ['--version']);
      if (started.error !== undefined)
        return misused(`--anvil ${anvil}: cannot be started (${(started.error as NodeJS.ErrnoException).code})`);
      try {
        const outcome = await checkTest(anvil, test);
        if (outcome.kind === 'left out') {
          totals.left++;
          console.log(`${basename(file)} ${name}: left out, ${outcome.reason}`);
          continue;
        }
        totals.tests++;
        totals.blocks += outcome.blocks;
        totals.transactions += outcome.transactions;
        console.log(`${basename(file)} ${name}: ${outcome.blocks} blocks, ${outcome.transactions} transactions agree`);
      } catch (error) {
        if (!(error instanceof OracleMismatch || error instanceof AnvilError)) throw error;
        // The next test's node would not start either.
        if (error instanceof AnvilError && error.code === 'NOT_STARTED') return misused(error.message);
        totals.wrong++;
        console.error(`${basename(file)} ${name}: ${error.message}`);
      }
    }
  }
  const { tests, blocks, transactions, left, wrong } = totals;
  if (tests + left + wrong === 0) return misused(`no test's name holds "${grep}"`);
  console.log(`second oracle: ${tests} tests, ${blocks} blocks, ${transactions} transactions agree`);
  console.log(`${wrong} tests differ, ${left} left out`);
  return wrong === 0 ? 0 : 1;
}

outliveOutput();
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof FileError)) throw error;
  process.exitCode = misused(error.message);
}
