/**
 * `npm run fuzz -- --minutes N [--seed S] [--fork F] [--from I] [--count N] [--out DIR]`: both machines on random
 * cases. What differs is made small, printed, and saved as a regression.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { amount } from '../../runners/verdict/amount.js';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { FORKS, type Fork } from '../../src/primitives/fork.js';
import { choice, positiveNumber, runTool, wholeNumber } from '../support/command-line.js';
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

Exit code 0 where the machines agreed, 1 where they did not, 2 where the command line is wrong.`;

const OPTIONS = {
  help: { type: 'boolean', default: false },
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string' },
  fork: { type: 'string' },
  from: { type: 'string', default: '0' },
  count: { type: 'string' },
  out: { type: 'string', default: path.join(packageRoot, 'test', 'fuzz', 'regressions') },
} as const;

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly fork: Fork | null;
  readonly from: number;
  readonly to: number;
  readonly out: string;
}

/** Null where help is asked for. Throws `UsageError`, and what `parseArgs` does. */
function readOptions(): Options | null {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return null;
  const from = wholeNumber('from', values.from);
  return {
    minutes: positiveNumber('minutes', values.minutes),
    seed: values.seed === undefined ? Date.now() % 2 ** 32 : wholeNumber('seed', values.seed),
    fork: values.fork === undefined ? null : choice('fork', values.fork, FORKS),
    from,
    to: values.count === undefined ? Number.MAX_SAFE_INTEGER : from + wholeNumber('count', values.count),
    out: values.out,
  };
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

/** What has been run, and what was found. */
class FuzzRun {
  private readonly start = performance.now();
  private readonly coverage = new Coverage();
  private readonly perFork = new Map<Fork, number>();
  private readonly kinds = new Map<string, number>();
  private done = 0;
  private suspended = 0;
  private reported = this.start;

  constructor(private readonly options: Options) {}

  /** True where the machines agreed. */
  async run(): Promise<boolean> {
    const { seed, fork, from, to, minutes } = this.options;
    console.log(`seed ${seed}, ${amount(minutes, 'minute')}${fork === null ? '' : `, fork ${fork}`}`);
    await fuzz({
      seed,
      fork,
      from,
      to,
      deadline: this.start + minutes * 60_000,
      found: (finding) => this.found(finding),
      around: async ({ iteration, fuzzCase, machines }, work) => {
        const watched = iteration % WATCHED === 0;
        const result = await (watched ? this.coverage.watch(machines.wasm, fuzzCase.fork, work) : work());
        this.count(fuzzCase);
        return result;
      },
    });
    const { coverage } = this;
    console.log(
      `\nin the ${amount(coverage.cases, 'case')} watched, down to depth ${coverage.depth}, these instructions ran:`,
    );
    for (const line of coverage.summary()) console.log(`  ${line}`);
    this.progress();
    for (const [kind, count] of this.kinds) console.log(`  ${count} x ${kind}`);
    return this.kinds.size === 0;
  }

  private count({ fork, suspend }: FuzzCase): void {
    this.done++;
    if (suspend !== null) this.suspended++;
    this.perFork.set(fork, (this.perFork.get(fork) ?? 0) + 1);
    if (performance.now() - this.reported <= REPORT_SECONDS * 1000) return;
    this.reported = performance.now();
    this.progress();
  }

  private progress(): void {
    const { coverage } = this;
    const seconds = (performance.now() - this.start) / 1000;
    const forks = [...this.perFork]
      .sort(([a], [b]) => FORKS.indexOf(a) - FORKS.indexOf(b))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
    const found = [...this.kinds.values()].reduce((sum, count) => sum + count, 0);
    const average = coverage.cases === 0 ? 0 : Math.round(coverage.steps / coverage.cases);
    console.log(
      `${seconds.toFixed(0)} s: ${this.done} programs (${(this.done / seconds).toFixed(0)}/s, ${this.suspended} with blocked reads, ` +
        `${average} instructions each), ${found} differences; ${forks}`,
    );
  }

  private async found({ iteration, fuzzCase, differences, alone }: Finding): Promise<void> {
    const { seed, fork, out } = this.options;
    const kind = signature(differences);
    const count = (this.kinds.get(kind) ?? 0) + 1;
    this.kinds.set(kind, count);
    console.log(
      `\ndifference in ${kind}: --seed ${seed} --from ${iteration} --count 1${fork ? ` --fork ${fork}` : ''}`,
    );
    if (count > SAVED_PER_KIND) return;
    let small = fuzzCase;
    if (alone) small = await minimise(fuzzCase, differsLike(differences));
    else console.log('  only after the cases before it');
    const shown = alone ? await differencesOf(small) : differences;
    print(small, shown);
    const text = `${JSON.stringify({ seed, iteration, differs: kind, case: small }, null, 2)}\n`;
    const digest = createHash('sha256').update(JSON.stringify(small)).digest('hex').slice(0, 10);
    mkdirSync(out, { recursive: true });
    const file = path.join(out, `${fuzzCase.fork.toLowerCase()}-${digest}.json`);
    writeFileSync(file, text);
    console.log(`  saved ${file}\n`);
  }
}

await runTool(async () => {
  const options = readOptions();
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  return (await new FuzzRun(options).run()) ? 0 : 1;
});
