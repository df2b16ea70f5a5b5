/** `npm run mutants`: plants the faults one by one and shows what notices them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../../runners/cli/options.js';
import { jobCount, MOST_JOBS, runTool, wholeNumber } from '../support/command-line.js';
import { buildFaults, FAULT_VARIABLE, sourceRoot } from './build.js';
import { type Fault, PARTS, type Part, partOf } from './fault.js';
import { FAULTS } from './faults.js';
import { isGuarded } from './guard.js';
import { endSuites } from './process.js';
import { FILES } from './table.js';

const HELP = `usage: npm run mutants -- [options]
       npm run mutants -- --cli FAULT -- ARGUMENTS…

Plants ${count('engine')} faults in the engine and ${count('runner')} in the runner, one at a time, and runs the suites until one of them
notices. Before that the suites are run without a fault, and must find nothing. Compiles one copy of the sources with
all faults in it, each behind a switch, to build/faults; the package itself is not changed. Results are kept there in
results-PART.jsonl as they come, and the suite that noticed a fault last is tried first.

  --list           the faults by area, with what each does
  --part PART      engine or runner (default: both, one after the other)
  --only NAMES     only faults whose names or areas hold one of these texts, separated by commas
  --all-suites     go on after the first suite that notices: which others do
  --blocks N       random blocks before the next suite has its turn (default: 600)
  --schedules N    deterministic schedules of small random blocks (default: 2400)
  --seed S         what the random blocks are drawn from (default: 1)
  --jobs N         suites at a time, each with up to eight threads (default: 2; ${MOST_JOBS} at most)
  --no-control     leave out the run without a fault
  --resume         do not try again what an earlier run with these sources and settings has caught
  --write          write the tables: test/${FILES.engine}, test/${FILES.runner}
  --cli FAULT      the lockstep command of the fault build with that fault, with whatever stands behind --
  --help           this text

Examples:
  npm run mutants -- --only credits,lane-kept
  npm run mutants -- --part runner --write
  npm run -s mutants -- --cli storage-unvalidated -- run --offline --threads 4 --fixtures corpus/fixtures

Exit code 0 where every fault was caught, 1 where one survived or the suites fail without any, 2 where the command line
is wrong. With --cli that of the command.`;

function count(part: Part): number {
  return FAULTS.filter(({ area }) => partOf(area) === part).length;
}

const OPTIONS = {
  list: { type: 'boolean', default: false },
  part: { type: 'string' },
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

function isPart(name: string): name is Part {
  return Object.hasOwn(PARTS, name);
}

/** The parts whose faults are asked for. */
function chosenParts(part: string | undefined): readonly Part[] {
  const all = Object.keys(PARTS).filter(isPart);
  if (part === undefined) return all;
  if (!isPart(part)) throw new UsageError(`--part is ${all.join(' or ')}, not ${part}`);
  return [part];
}

function chosen(parts: readonly Part[], only: string | undefined): readonly Fault[] {
  const faults = FAULTS.filter(({ area }) => parts.includes(partOf(area)));
  if (only === undefined) return faults;
  const texts = only.split(',').map((text) => text.trim());
  for (const text of texts) {
    if (text === '' || !faults.some((fault) => isMeant(fault, text))) {
      throw new UsageError(`no fault is called anything like "${text}"; --list names them`);
    }
  }
  return faults.filter((fault) => texts.some((text) => isMeant(fault, text)));
}

function isMeant({ name, area }: Fault, text: string): boolean {
  return name.includes(text) || area.includes(text);
}

function list(faults: readonly Fault[]): void {
  const width = Math.max(...faults.map(({ name }) => name.length));
  for (const area of new Set(faults.map((fault) => fault.area))) {
    console.log(area);
    for (const fault of faults) if (fault.area === area) console.log(`  ${fault.name.padEnd(width)}  ${fault.about}`);
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
  const parts = chosenParts(values.part);
  const faults = chosen(parts, values.only);
  if (values.list) {
    list(faults);
    return 0;
  }
  if (values.write && values.only !== undefined) throw new UsageError('--write takes all faults, hence no --only');
  const numbers = {
    blocks: wholeNumber('blocks', values.blocks, 1),
    schedules: wholeNumber('schedules', values.schedules, 1),
    seed: wholeNumber('seed', values.seed, 1),
  };
  const options = {
    jobs: jobCount(values.jobs),
    all: values['all-suites'],
    control: !values['no-control'],
    resume: values.resume,
    write: values.write,
  };
  const root = sourceRoot();
  const build = buildFaults(root, FAULTS);
  console.log('the fault build is up to date');
  const scratch = mkdtempSync(join(tmpdir(), 'lockstep-mutants-'));
  const settings = { ...build, ...numbers, scratch };

  try {
    let code = 0;
    for (const part of parts) {
      const own = faults.filter(({ area }) => partOf(area) === part);
      if (own.length > 0 && !(await isGuarded(part, own, settings, root, options))) code = 1;
    }
    return code;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endSuites();
    process.exit(1);
  });
}

await runTool(main);
