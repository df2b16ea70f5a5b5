/** `npm run mutants`: plants the faults one by one and shows what notices them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../../runners/cli/options.js';
import { runTool, wholeNumber } from '../support/command-line.js';
import { buildFaults, FAULT_VARIABLE, sourceRoot } from './build.js';
import { AREAS, type Fault } from './fault.js';
import { FAULTS } from './faults.js';
import { control, gate } from './gate.js';
import { engineDigest, KeptResults } from './kept.js';
import { endSuites, type Finding } from './process.js';
import { caughtBy, markdown } from './table.js';

const HELP = `usage: npm run mutants -- [options]
       npm run mutants -- --cli FAULT -- ARGUMENTS…

Plants ${FAULTS.length} faults in the engine, one at a time, and runs the suites until one of them notices. Before that the
suites are run without a fault, and must find nothing. Compiles one copy of the sources with all faults in it, each
behind a switch, to build/faults; the engine itself is not changed. Results are kept in build/faults/results.jsonl as
they come, and the suite that noticed a fault last is tried first.

  --list           the faults by area, with what each does
  --only NAMES     only faults whose names or areas hold one of these texts, separated by commas
  --all-suites     go on after the first suite that notices: which others do
  --blocks N       random blocks before the next suite has its turn (default: 600)
  --schedules N    deterministic schedules of small random blocks (default: 2400)
  --seed S         what the random blocks are drawn from (default: 1)
  --jobs N         suites at a time, each with up to eight threads (default: 2)
  --no-control     leave out the run without a fault
  --resume         do not try again what an earlier run with this engine and these settings has caught
  --write          write the table to test/MUTANTS.md
  --cli FAULT      the lockstep command of the fault build with that fault, with whatever stands behind --
  --help           this text

Examples:
  npm run mutants -- --only credits,lane-kept
  npm run -s mutants -- --cli storage-unvalidated -- run --offline --threads 4 --fixtures corpus/fixtures

Exit code 0 where every fault was caught, 1 where one survived or the suites fail without any, 2 where the command line
is wrong. With --cli that of the command.`;

const OPTIONS = {
  list: { type: 'boolean', default: false },
  only: { type: 'string' },
  'all-suites': { type: 'boolean', default: false },
  blocks: { type: 'string', default: '600' },
  schedules: { type: 'string', default: '2400' },
  seed: { type: 'string', default: '1' },
  jobs: { type: 'string', default: '2' },
  'no-control': { type: 'boolean', default: false },
  resume: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  cli: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

function chosen(only: string | undefined): readonly Fault[] {
  if (only === undefined) return FAULTS;
  const texts = only.split(',').map((text) => text.trim());
  for (const text of texts) {
    if (text === '' || !FAULTS.some((fault) => isMeant(fault, text))) {
      throw new UsageError(`no fault is called anything like "${text}"; --list names them`);
    }
  }
  return FAULTS.filter((fault) => texts.some((text) => isMeant(fault, text)));
}

function isMeant({ name, area }: Fault, text: string): boolean {
  return name.includes(text) || area.includes(text);
}

function list(): void {
  const width = Math.max(...FAULTS.map(({ name }) => name.length));
  for (const area of AREAS) {
    console.log(area);
    for (const fault of FAULTS) if (fault.area === area) console.log(`  ${fault.name.padEnd(width)}  ${fault.about}`);
  }
}

/** The lockstep command of the fault build; its exit code. */
async function cli(name: string, rest: readonly string[]): Promise<number> {
  if (!FAULTS.some((fault) => fault.name === name))
    throw new UsageError(`there is no fault "${name}"; --list names them`);
  const { dist } = buildFaults(sourceRoot(), FAULTS);
  const child = spawn(process.execPath, [join(dist, 'runners', 'cli', 'main.js'), ...rest], {
    env: { ...process.env, [FAULT_VARIABLE]: name },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.cli !== undefined) return cli(values.cli, positionals);
  if (positionals.length > 0) throw new UsageError(`nothing takes the argument ${positionals[0]}`);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.list) {
    list();
    return 0;
  }
  const faults = chosen(values.only);
  if (values.write && faults.length < FAULTS.length) throw new UsageError('--write takes all faults, hence no --only');
  const numbers = {
    blocks: wholeNumber('blocks', values.blocks, 1),
    schedules: wholeNumber('schedules', values.schedules, 1),
    seed: wholeNumber('seed', values.seed, 1),
  };
  const jobs = wholeNumber('jobs', values.jobs, 1);
  const all = values['all-suites'];
  const root = sourceRoot();
  const build = buildFaults(root, FAULTS);
  console.log('the fault build is up to date');
  const kept = new KeptResults(join(build.root, 'results.jsonl'), [engineDigest(root), ...Object.values(numbers), all]);
  const scratch = mkdtempSync(join(tmpdir(), 'lockstep-mutants-'));
  try {
    const settings = { ...build, ...numbers, scratch };
    let without: readonly Finding[] = [];
    if (!values['no-control']) {
      without = await control(settings, faults, jobs);
      if (without.some(({ verdict }) => verdict !== 'nothing')) return 1;
      console.log(`without any fault: ${amount(without)}`);
    }
    kept.read();
    if (!values.resume) kept.clear();
    const tried = await gate(faults, settings, kept, { jobs, all });
    const findings = tried.flatMap((one) => one.findings);
    console.log(`with a fault: ${amount(findings)}`);
    if (values.write) {
      const parts = [`Node ${process.versions.node}; with a fault ${amount(findings)}`];
      if (without.length > 0) parts.push(`without any ${amount(without)}, in which nothing was found`);
      writeFileSync(join(root, 'test', 'MUTANTS.md'), markdown(tried, all, `${parts.join('; ')}.`));
    }
    return tried.every((one) => caughtBy(one) !== null) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** How much was run in all. */
function amount(findings: readonly Finding[]): string {
  const cases = sum(findings.map((finding) => finding.cases)).toLocaleString('en-US');
  const schedules = sum(findings.map((finding) => finding.schedules)).toLocaleString('en-US');
  const minutes = sum(findings.map((finding) => finding.seconds)) / 60;
  return `${cases} cases, ${schedules} schedules, ${minutes.toFixed(0)} minutes of processor time`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endSuites();
    process.exit(1);
  });
}

await runTool(main);
