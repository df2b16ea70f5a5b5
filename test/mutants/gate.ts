/** Tries faults one by one, several at a time, each against the suites until one notices. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Fault } from './fault.js';
import type { KeptResults } from './kept.js';
import { type Finding, runSuite } from './process.js';
import { confirmation, controlSuites, type SuiteName, type SuiteRun, type SuiteSettings, suitesFor } from './suites.js';
import { caughtBy, type Tried, terminalLine } from './table.js';

export interface GateOptions {
  /** Suites at a time. */
  readonly jobs: number;
  /** Go on after the first suite that notices. */
  readonly all: boolean;
}

/** Suites that run at the same time must not share reports. */
function apart(settings: SuiteSettings): SuiteSettings {
  return { ...settings, scratch: mkdtempSync(join(settings.scratch, 'run-')) };
}

/** Runs all suites without a fault, and shows those that found something nevertheless. */
export async function control(
  settings: SuiteSettings,
  faults: readonly Fault[],
  jobs: number,
): Promise<readonly Finding[]> {
  const limit = pLimit(jobs);
  const one = async (run: SuiteRun): Promise<Finding> => {
    const finding = await runSuite(run, '', settings.root);
    if (finding.verdict !== 'nothing') {
      console.log(`without any fault: ${finding.suite} ${run.arguments.at(-1)}: ${finding.verdict}: ${finding.detail}`);
    }
    return finding;
  };
  return Promise.all(controlSuites(apart(settings), faults).map((run) => limit(one, run)));
}

/** The finding, or nothing where it does not come a second time. */
async function confirmed(finding: Finding, fault: Fault, settings: SuiteSettings): Promise<Finding> {
  if (finding.verdict !== 'caught') return finding;
  const run = confirmation(fault, finding.suite, finding.detail, settings);
  if (run === null) return finding;
  const again = await runSuite(run, fault.name, settings.root);
  const seconds = finding.seconds + again.seconds;
  return again.verdict === 'caught'
    ? { ...finding, seconds }
    : { ...finding, seconds, verdict: 'nothing', detail: `once: ${finding.detail}` };
}

/** The suite that noticed a fault last comes first: it will most likely do so again. */
function inOrder(runs: readonly SuiteRun[], first: SuiteName | null): readonly SuiteRun[] {
  return [...runs.filter(({ suite }) => suite === first), ...runs.filter(({ suite }) => suite !== first)];
}

async function attempt(fault: Fault, runs: readonly SuiteRun[], settings: SuiteSettings, all: boolean): Promise<Tried> {
  const findings: Finding[] = [];
  for (const run of runs) {
    const finding = await confirmed(await runSuite(run, fault.name, settings.root), fault, settings);
    findings.push(finding);
    if (finding.verdict === 'caught' && !all) break;
  }
  return { fault, findings };
}

/** Tries all `faults` but those that `kept` holds already; in the order in which they were given. */
export async function gate(
  faults: readonly Fault[],
  settings: SuiteSettings,
  kept: KeptResults,
  { jobs, all }: GateOptions,
): Promise<readonly Tried[]> {
  const width = Math.max(...faults.map(({ name }) => name.length));
  const limit = pLimit(jobs);
  let done = 0;
  const one = async (fault: Fault): Promise<Tried> => {
    const before = kept.caught(fault);
    const own = apart(settings);
    const runs = inOrder(suitesFor(fault, own), kept.noticedBy(fault.name));
    const tried = before ?? (await attempt(fault, runs, own, all));
    if (before === null) kept.add(tried);
    done++;
    const line = terminalLine(tried, width);
    console.log(`${String(done).padStart(3)}/${faults.length}  ${line}${before === null ? '' : ' (kept)'}`);
    return tried;
  };
  const tried = await Promise.all(faults.map((fault) => limit(one, fault)));
  const survivors = tried.filter((result) => caughtBy(result) === null);
  console.log(`${tried.length - survivors.length} of ${tried.length} faults caught`);
  for (const { fault } of survivors) console.log(`SURVIVED: ${fault.name}`);
  return tried;
}
