/**
 * `npm run fuzz -- --minutes N [--seed S] [--fork F] [--from I] [--count N] [--out DIR]`: both machines on random
 * cases. What differs is made small, printed, and saved as a regression.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { FORKS, type Fork, isFork } from '../../src/primitives/fork.js';
import { packageRoot } from '../support/root.js';
import type { FuzzCase } from './case.js';
import { Coverage } from './coverage.js';
import { disassemble } from './disassemble.js';
import { differencesOf, differsLike, type Finding, fuzz } from './fuzz.js';
import { type Difference, signature } from './machines.js';
import { minimise } from './minimise.js';

/** One case in so many is watched for the instructions that it runs. */
const WATCHED = 20;
const REPORT_SECONDS = 30;
/** Findings of one kind that are minimised and saved; more of them say nothing new. */
const SAVED_PER_KIND = 3;

const HELP = `usage: npm run fuzz -- [options]

Random programs on both machines: what differs is minimised, printed, and saved as a regression.

  --minutes M  stop after M minutes (default: 1)
  --seed S     what the programs are drawn from (default: by the clock; it is printed)
  --fork F     programs of one fork only (default: one is drawn for each)
  --from I     number of the first program (default: 0)
  --count N    so many programs at most (default: no bound)
  --out DIR    folder for what is found (default: test/fuzz/regressions)
  --help       this text

Exit code 0 where the machines agreed, 1 where they did not.`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    fork: { type: 'string' },
    from: { type: 'string', default: '0' },
    count: { type: 'string' },
    out: { type: 'string', default: path.join(packageRoot, 'test', 'fuzz', 'regressions') },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`--${name} takes a whole number, not ${text}`);
  return number;
}

function forkOf(name: string | undefined): Fork | null {
  if (name === undefined) return null;
  if (!isFork(name)) throw new RangeError(`--fork takes one of ${FORKS.join(', ')}, not ${name}`);
  return name;
}

const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError(`--minutes takes a number above zero, not ${values.minutes}`);
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : wholeNumber('seed', values.seed);
const fork = forkOf(values.fork);
const from = wholeNumber('from', values.from);
const to = values.count === undefined ? Number.MAX_SAFE_INTEGER : from + wholeNumber('count', values.count);

const start = performance.now();
const coverage = new Coverage();
const perFork = new Map<Fork, number>();
const kinds = new Map<string, number>();
let done = 0;
let suspended = 0;
let reported = start;

function progress(): void {
  const seconds = (performance.now() - start) / 1000;
  const forks = [...perFork]
    .sort(([a], [b]) => FORKS.indexOf(a) - FORKS.indexOf(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
  const found = [...kinds.values()].reduce((sum, count) => sum + count, 0);
  const average = coverage.cases === 0 ? 0 : Math.round(coverage.steps / coverage.cases);
  console.log(
    `${seconds.toFixed(0)} s: ${done} programs (${(done / seconds).toFixed(0)}/s, ${suspended} with blocked reads, ` +
      `${average} instructions each), ${found} differences; ${forks}`,
  );
}

function print(fuzzCase: FuzzCase, differences: readonly Difference[]): void {
  const { accounts, transaction } = fuzzCase;
  console.log(`  fork ${fuzzCase.fork}, suspend ${fuzzCase.suspend}`);
  for (const { what, reference, wasm } of differences) {
    console.log(`  ${what}\n    ethereumjs: ${reference ?? '(nothing)'}\n    wasm:       ${wasm ?? '(nothing)'}`);
  }
  console.log(`  transaction ${JSON.stringify(transaction)}`);
  console.log(`  environment ${JSON.stringify(fuzzCase.environment)}`);
  const listing = (code: Hex): void => {
    for (const line of disassemble(hexToBytes(code), fuzzCase.fork).slice(0, 200)) console.log(`      ${line}`);
  };
  if (transaction.to === null) listing(transaction.data);
  for (const [address, { code, ...rest }] of Object.entries(accounts)) {
    console.log(`    ${address} ${JSON.stringify(rest)}`);
    listing(code);
  }
}

async function found(finding: Finding): Promise<void> {
  const { iteration, fuzzCase, differences, alone } = finding;
  const kind = signature(differences);
  const count = (kinds.get(kind) ?? 0) + 1;
  kinds.set(kind, count);
  console.log(`\ndifference in ${kind}: --seed ${seed} --from ${iteration} --count 1${fork ? ` --fork ${fork}` : ''}`);
  if (count > SAVED_PER_KIND) return;
  let small = fuzzCase;
  if (alone) small = await minimise(fuzzCase, differsLike(differences));
  else console.log('  only after the cases before it');
  const shown = alone ? await differencesOf(small) : differences;
  print(small, shown);
  const text = `${JSON.stringify({ seed, iteration, differs: kind, case: small }, null, 2)}\n`;
  const digest = createHash('sha256').update(JSON.stringify(small)).digest('hex').slice(0, 10);
  mkdirSync(values.out, { recursive: true });
  const file = path.join(values.out, `${fuzzCase.fork.toLowerCase()}-${digest}.json`);
  writeFileSync(file, text);
  console.log(`  saved ${file}\n`);
}

console.log(`seed ${seed}, ${minutes} minutes${fork === null ? '' : `, fork ${fork}`}`);
await fuzz({
  seed,
  fork,
  from,
  to,
  deadline: start + minutes * 60_000,
  found,
  around: async ({ iteration, fuzzCase, machines }, work) => {
    const result = await (iteration % WATCHED === 0 ? coverage.watch(machines.wasm, fuzzCase.fork, work) : work());
    done++;
    if (fuzzCase.suspend !== null) suspended++;
    perFork.set(fuzzCase.fork, (perFork.get(fuzzCase.fork) ?? 0) + 1);
    if (performance.now() - reported > REPORT_SECONDS * 1000) {
      reported = performance.now();
      progress();
    }
    return result;
  },
});
console.log(`\nin the ${coverage.cases} cases watched, down to depth ${coverage.depth}, these instructions ran:`);
for (const line of coverage.summary()) console.log(`  ${line}`);
progress();
for (const [kind, count] of kinds) console.log(`  ${count} x ${kind}`);
process.exitCode = kinds.size === 0 ? 0 : 1;
