/**
 * `npm test`: every check of the project, and at the end one table and one line that says how many tests
 * ran. Tests run two suites at a time, since one leaves half of the machine idle; the passes over fixtures have a job for each
 * processor by themselves. A step that fails does not hide the ones after it.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pc from 'picocolors';
import type { Report } from '../reports/report.js';
import { browser } from './browser/find-browser.js';
import { expectNoArguments } from './support/command-line.js';
import { packageRoot } from './support/root.js';

expectNoArguments(
  'npm test',
  `Runs every check: lint, types, boundaries, generated files, unit tests, tests of faults, property tests, and conformance
passes over the embedded corpus and, where ../shared/fixtures exists, a sample of the official suites. Takes some 12
minutes on two processors. Parts of it: npm run unit, npm run faults, npm run property, npm run conformance.

Exit code 0 where everything passed, 1 otherwise.`,
);

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What failed, each with what is known of why: told once more at the end, where a log that is cut still has it. */
  readonly failures?: readonly string[];
}

interface StepResult extends Count {
  readonly name: string;
  readonly seconds: number;
}

/** Characters of a check's output that the end of the log repeats. */
const TAIL = 2000;
/** Failures of a step that the end of the log repeats. */
const MOST_FAILURES = 20;

const results: StepResult[] = [];
const scratch = mkdtempSync(path.join(os.tmpdir(), 'lockstep-test-'));
const bin = (name: string): string => path.join(packageRoot, 'node_modules', '.bin', name);
const cli = path.join(packageRoot, 'dist', 'runners', 'cli', 'main.js');

/** Runs a command in the package's folder, and answers whether it succeeded. What it prints goes to `output`, or is shown at once. */
function run(command: string, args: readonly string[], output: Buffer[] | null): Promise<boolean> {
  const child = spawn(command, args, {
    cwd: packageRoot,
    stdio: output === null ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => output?.push(piece));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.once('close', (status) => resolve(status === 0));
  });
}

/**
 * Runs a command; `count` reads how many tests it ran from what it left behind. What it prints is shown at once, or when it has
 * ended where it runs `beside` another.
 */
async function step(
  name: string,
  command: string,
  args: readonly string[],
  count: (ok: boolean) => Count,
  beside = false,
): Promise<void> {
  const title = `\n${pc.bold(`── ${name}`)}`;
  const output: Buffer[] = [];
  if (!beside) console.log(title);
  const start = performance.now();
  const ok = await run(command, args, beside ? output : null);
  if (beside) {
    console.log(title);
    process.stdout.write(Buffer.concat(output));
  }
  const { passed, failed, failures } = count(ok);
  // A step that failed without a failed test (it crashed, it found nothing) has still failed.
  results.push({
    name,
    passed,
    failed: !ok && failed === 0 ? 1 : failed,
    failures: failures ?? [],
    seconds: (performance.now() - start) / 1000,
  });
}

/** A command that is one test, and runs while others show what they do: what it printed is shown when it has ended. */
async function check(name: string, command: string, args: readonly string[]): Promise<void> {
  const start = performance.now();
  const output: Buffer[] = [];
  const ok = await run(command, args, output);
  console.log(`\n${pc.bold(`── ${name}: ${ok ? 'passed' : 'failed'}`)}`);
  process.stdout.write(Buffer.concat(output));
  const failures = ok ? [] : [indented(Buffer.concat(output).toString('utf8').trimEnd().slice(-TAIL))];
  const seconds = (performance.now() - start) / 1000;
  results.push({ name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures, seconds });
}

const indented = (text: string): string => text.replaceAll(/^/gm, '    ');

function readJson(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

function mocha(name: string, beside = false): Promise<void> {
  const report = path.join(scratch, `${name}.json`);
  const reporter = path.join(packageRoot, 'dist', 'test', 'support', 'counting-reporter.js');
  const args = ['--reporter', reporter, '--reporter-option', `output=${report}`, `dist/test/${name}/**/*.test.js`];
  const count = (): Count => {
    const read = readJson(report) as {
      passes: number;
      failures: number;
      failed: { title: string; error: string }[];
    } | null;
    if (read === null) return { passed: 0, failed: 1 };
    const failures = read.failed.map(({ title, error }) => `${title}\n${indented(error)}`);
    return { passed: read.passes, failed: read.failures, failures };
  };
  return step(name, bin('mocha'), args, count, beside);
}

function conformance(name: string, args: readonly string[]): Promise<void> {
  const report = path.join(scratch, `${name.replaceAll(/\W+/g, '-')}.json`);
  return step(name, process.execPath, [cli, 'run', '--offline', '--json', report, ...args], () => {
    const read = readJson(report) as Report | null;
    if (read === null) return { passed: 0, failed: 1 };
    const passed = read.summary.pass + read.summary.expected;
    const failures = read.failures.map(({ id, verdict, cause }) => `${id}\n${indented(`${verdict}: ${cause}`)}`);
    return { passed, failed: read.summary.cases - passed, failures: [...failures, ...read.runErrors] };
  });
}

/** Flips of the self-test: each is a test of the runner. */
function selftest(name: string, args: readonly string[]): Promise<void> {
  const report = path.join(scratch, 'selftest.json');
  return step(name, process.execPath, [cli, 'selftest', '--offline', '--json', report, ...args], () => {
    const read = readJson(report) as { rows: { tried: number; caught: number; refused: number }[] } | null;
    const sum = (pick: (row: { tried: number; caught: number; refused: number }) => number): number =>
      (read?.rows ?? []).reduce((total, row) => total + pick(row), 0);
    const passed = sum(({ caught, refused }) => caught + refused);
    return { passed, failed: sum(({ tried }) => tried) - passed };
  });
}

/** Real blocks against their headers. */
function replay(name: string, args: readonly string[]): Promise<void> {
  const report = path.join(scratch, 'replay.json');
  return step(name, process.execPath, [cli, 'replay', '--json', report, ...args], () => {
    const read = readJson(report) as { blocks: { file: string; verdict: string; cause: string | null }[] } | null;
    const blocks = read?.blocks ?? [];
    const failures = blocks
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ file, verdict, cause }) => `${file}: ${verdict}: ${cause}`);
    return { passed: blocks.length - failures.length, failed: failures.length, failures };
  });
}

/** Archives of the official suites beside the checkout, and what to take from each. */
const ARCHIVES: readonly (readonly [file: string, ...args: string[]])[] = [
  ['ethereum-tests.tar.gz', '--sample', '500'],
  ['legacytests.tar.gz', '--sample', '700'],
  ['eest-v5.4.0.tar.gz', '--sample', '500'],
  ['eest-engine-benchmark.tar.gz', '--sample', '40', '--suite', 'blockchain,blockchain-engine'],
];
const shared = (file: string): string => path.join(packageRoot, '..', 'shared', 'fixtures', file);

/** Everything that one process does by itself. */
async function checks(): Promise<void> {
  const script = (...parts: string[]): string => path.join(packageRoot, 'dist', ...parts);
  const sources = ['src', 'runners', 'reports', 'contracts', 'workloads', 'corpus', 'bench', 'test'];
  await check('lint', bin('biome'), ['check', '.']);
  await check('boundaries', bin('depcruise'), ['--config', '.dependency-cruiser.json', ...sources]);
  await check('the WebAssembly machine is what its sources make', process.execPath, [
    script('src', 'vm', 'core', 'build.js'),
    '--check',
  ]);
  await check('corpus is reproducible', process.execPath, [script('corpus', 'generate.js'), '--check']);
}

/** Runs what is left of `steps`, one after the other. */
async function drain(steps: (() => Promise<void>)[]): Promise<void> {
  for (let next = steps.shift(); next !== undefined; next = steps.shift()) await next();
}

try {
  const suites = [
    () => mocha('unit'),
    checks,
    ...['faults', 'property', 'conformance'].map((name) => () => mocha(name, true)),
  ];
  await Promise.all([drain(suites), drain(suites)]);
  if (browser() !== null) await mocha('browser');
  else console.log('\nno Chromium on the path: the tests of the report page are left out (CHROMIUM names one)');
  await conformance('embedded corpus, 1, 2 and 4 threads', [
    '--threads',
    '1,2,4',
    '--fixtures',
    path.join(packageRoot, 'corpus', 'fixtures'),
  ]);
  await conformance('embedded corpus on the reference machine', [
    '--vm',
    'ethereumjs',
    '--threads',
    '2',
    '--fixtures',
    path.join(packageRoot, 'corpus', 'fixtures'),
  ]);
  await conformance('filled workloads, 2 and 8 threads', [
    '--threads',
    '2,8',
    '--fixtures',
    path.join(packageRoot, 'corpus', 'filled'),
  ]);
  await selftest('self-test on the corpus', ['--cases', '12']);
  for (const [file, ...args] of ARCHIVES) {
    if (!existsSync(shared(file))) continue;
    await conformance(`sample of ${file}`, ['--threads', '2', '--timeout', '60', '--fixtures', shared(file), ...args]);
  }
  const blocks = shared('mainnet-blocks.tar.gz');
  if (existsSync(blocks)) await replay('real blocks', [blocks, '--threads', '2', '--repeat', '1']);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const { name, failed, failures = [] } of results) {
  if (failed === 0) continue;
  console.log(`\n${pc.red(`✘ ${name}`)}`);
  for (const failure of failures.slice(0, MOST_FAILURES)) console.log(`  ${failure}`);
  const left = failed - Math.min(failures.length, MOST_FAILURES);
  if (left > 0) console.log(`  ${failures.length === 0 ? '' : 'and '}${left} told above`);
}
const width = Math.max(...results.map(({ name }) => name.length));
console.log('');
for (const { name, passed, failed, seconds } of results) {
  const mark = failed === 0 ? pc.green('✔') : pc.red('✘');
  console.log(
    `${mark} ${name.padEnd(width)}  ${String(passed).padStart(6)} passed  ${String(failed).padStart(4)} failed  ${seconds.toFixed(1).padStart(7)} s`,
  );
}
const sum = (pick: (result: StepResult) => number): number =>
  results.reduce((total, result) => total + pick(result), 0);
const failed = sum((result) => result.failed);
console.log(`\n${sum((result) => result.passed)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
