/** `npm run mutants`: plants the faults one by one and shows what notices them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFaults, FAULT_VARIABLE, sourceRoot } from './build.js';
import { AREAS, type Fault } from './fault.js';
import { FAULTS } from './faults.js';
import { type Finding, runSuite } from './process.js';
import { confirmation, controlSuites, type SuiteSettings, suitesFor } from './suites.js';
import { caughtBy, markdown, type Tried, terminalLine } from './table.js';

const HELP = `usage: npm run mutants -- [options]
       npm run mutants -- --cli FAULT -- ARGUMENTS…

Plants ${FAULTS.length} faults in the engine, one at a time, and runs the suites until one of them notices. Before that the
suites are run without a fault, and must find nothing. Compiles one copy of the sources with all faults in it, each
behind a switch, to build/faults; the engine itself is not changed.

  --list           the faults by area, with what each does
  --only NAMES     only faults whose names or areas hold one of these texts, separated by commas
  --all-suites     go on after the first suite that notices: which others do
  --blocks N       random blocks before the next suite has its turn (default: 600)
  --schedules N    deterministic schedules of small random blocks (default: 2400)
  --seed S         what the random blocks are drawn from (default: 1)
  --no-control     leave out the run without a fault
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
  'no-control': { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  cli: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`--${name} takes a whole number from 1 on, not ${text}`);
  return value;
}

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

/** Runs all suites without a fault; what they found nevertheless. */
async function control(settings: SuiteSettings, faults: readonly Fault[]): Promise<Finding[]> {
  const wrong: Finding[] = [];
  for (const run of controlSuites(settings, faults)) {
    const finding = await runSuite(run, '', settings.root);
    if (finding.verdict === 'nothing') continue;
    console.log(`without any fault: ${finding.suite} ${run.arguments.at(-1)}: ${finding.detail}`);
    wrong.push(finding);
  }
  return wrong;
}

/** The finding, or nothing where it does not come a second time. */
async function confirmed(finding: Finding, fault: Fault, settings: SuiteSettings): Promise<Finding> {
  if (finding.verdict !== 'caught') return finding;
  const run = confirmation(fault, finding.suite, finding.detail, settings);
  if (run === null) return finding;
  const again = await runSuite(run, fault.name, settings.root);
  return again.verdict === 'caught' ? finding : { ...finding, verdict: 'nothing', detail: `once: ${finding.detail}` };
}

async function attempt(fault: Fault, settings: SuiteSettings, all: boolean): Promise<Tried> {
  const findings: Finding[] = [];
  for (const run of suitesFor(fault, settings)) {
    const finding = await confirmed(await runSuite(run, fault.name, settings.root), fault, settings);
    findings.push(finding);
    if (finding.verdict === 'caught' && !all) break;
  }
  return { fault, findings };
}

async function gate(faults: readonly Fault[], settings: SuiteSettings, all: boolean): Promise<Tried[]> {
  const width = Math.max(...faults.map(({ name }) => name.length));
  const tried: Tried[] = [];
  for (const fault of faults) {
    const one = await attempt(fault, settings, all);
    tried.push(one);
    console.log(`${String(tried.length).padStart(3)}/${faults.length}  ${terminalLine(one, width)}`);
  }
  return tried;
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
  const blocks = wholeNumber('blocks', values.blocks);
  const schedules = wholeNumber('schedules', values.schedules);
  const seed = wholeNumber('seed', values.seed);
  const root = sourceRoot();
  const started = performance.now();
  const elapsed = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const build = buildFaults(root, FAULTS);
  console.log(`fault build: ${elapsed()}`);
  const scratch = mkdtempSync(join(tmpdir(), 'lockstep-mutants-'));
  try {
    const settings = { ...build, blocks, schedules, seed, scratch };
    if (!values['no-control']) {
      if ((await control(settings, faults)).length > 0) return 1;
      console.log(`without any fault the suites find nothing: ${elapsed()}`);
    }
    const tried = await gate(faults, settings, values['all-suites']);
    const survivors = tried.filter((one) => caughtBy(one) === null);
    console.log(`${tried.length - survivors.length} of ${tried.length} faults caught in ${elapsed()}`);
    for (const { fault } of survivors) console.log(`SURVIVED: ${fault.name}`);
    if (values.write) {
      const conditions = `Made with Node ${process.versions.node} on ${availableParallelism()} cores, in ${elapsed()}.`;
      writeFileSync(join(root, 'test', 'MUTANTS.md'), markdown(tried, values['all-suites'], conditions));
    }
    return survivors.length === 0 ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  console.error(usage ? `error: ${error.message} (--help shows the options)` : error);
  process.exitCode = usage ? 2 : 1;
}
