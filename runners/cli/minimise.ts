/** `lockstep minimise`: the smallest block that still diverges, as a fixture file of its own. */

import pc from 'picocolors';
import { explanationLines } from '../../reports/explanation.js';
import { plural, threadCounts } from '../../reports/format.js';
import { invocation } from '../../reports/invocation.js';
import { writeJson } from '../../reports/output-file.js';
import { oneLine, printable, printableValue } from '../../reports/printable.js';
import { quote } from '../../reports/reproduce.js';
import { DEFAULT_VM, type VmName } from '../../src/vm/name.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import type { EngineFactory } from '../job/engine.js';
import { minimise } from '../minimise/minimise.js';
import { type Divergence, Probe, type ProbeOptions } from '../minimise/probe.js';
import type { Effort } from '../minimise/search.js';
import { describeSize } from '../minimise/size.js';
import { scenarioFixture } from '../scenario/fixture.js';
import { scenarioOf } from '../scenario/read.js';
import { type Scenario, ScenarioError } from '../scenario/scenario.js';
import { ScheduleNameError, scheduleSeeds } from '../schedules/schedule.js';
import { textSeed } from '../schedules/scheduled-runs.js';
import type { Explanation } from '../verdict/explanation.js';
import { faultText } from './fault-text.js';
import { findOneCase } from './find-one-case.js';
import type { Output } from './list.js';
import { type SelectionOptions, UsageError } from './options.js';
import { FIRST_RUNS } from './settings.js';

export interface MinimiseOptions extends Pick<SelectionOptions, 'fixtures' | 'offline' | 'legacy'> {
  readonly vm: VmName;
  readonly threads: readonly number[];
  /** Parallel runs of a block for each number of threads, before it is taken not to diverge. */
  readonly runs: number;
  /** Schedules that a block is run under before it is taken not to diverge. */
  readonly schedules: number;
  readonly seed: string;
  /** Name of a schedule that shows it. */
  readonly schedule?: string;
  readonly seconds: number;
  readonly out: string;
  /** False after `--no-color`. */
  readonly color: boolean;
}

export interface MinimiseContext {
  readonly sources: readonly FixtureSource[];
  readonly out: Output;
  readonly log: Output;
  /** Other executors than the engine's own. */
  readonly engines?: EngineFactory;
}

/** Longest time for one parallel run, seconds. */
const RUN_SECONDS = 20;
/** A small block is run under so many times the schedules that the whole one is, by effort. */
const SCHEDULES: Readonly<Record<Effort, number>> = { quick: 0.5, usual: 4, thorough: FIRST_RUNS };
/** Explanations that say which transactions to try alone. */
const EXPLAINED = 4;
const PROGRESS_MS = 2000;
const PATIENCE_MS = 30_000;

/** Answers the exit code: 0 where a fixture was written, 1 where the case did not diverge. */
export async function minimiseCase(
  pattern: string,
  options: MinimiseOptions,
  context: MinimiseContext,
): Promise<ExitCode> {
  try {
    const scenario = await readScenario(pattern, context);
    return await minimiseScenario(scenario, options, context);
  } catch (error) {
    if (error instanceof ScheduleNameError) throw new UsageError(`--schedule: ${error.message}`);
    if (error instanceof ScenarioError) throw new UsageError(`${error.message} (a fused or minimised case is needed)`);
    if (!(error instanceof FixtureError || error instanceof SourceError)) throw error;
    context.log.write(`${faultText(error)}\n`);
    return EXIT.infrastructure;
  }
}

async function readScenario(pattern: string, { sources, log }: MinimiseContext): Promise<Scenario> {
  const { one, text } = await findOneCase(sources, pattern, 'minimise', log);
  if (one.kind !== 'blockchain') {
    throw new UsageError(`${one.id} is of kind ${one.kind} (a fused or minimised case is needed)`);
  }
  return scenarioOf(JSON.parse(text), one.test);
}

async function minimiseScenario(
  scenario: Scenario,
  options: MinimiseOptions,
  context: MinimiseContext,
): Promise<ExitCode> {
  const { log, out } = context;
  const { seconds } = options;
  const settings = probeSettings(options);
  const found = await probing(settings.first, context, (probe) => probe.divergence(scenario, { explained: true }));
  if (found === null) {
    const { schedules, runs, threads } = settings.first;
    const times = `${plural(schedules.length, 'schedule')} and ${plural(runs, 'run')} with ${threadCounts(threads)} each`;
    log.write(`${printable(scenario.name)}: no parallel run differs from the serial one, in ${times}\n`);
    return EXIT.unexpected;
  }
  log.write(`${printable(scenario.name)}\n  ${describeSize(scenario)}\n`);
  log.write(`  ${found.kind} ${placeOf(found)}; shrinking for ${seconds}s at most\n`);
  const size = scenario.transactions.length;
  const { result, divergence, serial } = await probing(settings.after(found, size), context, async (probe) => {
    const smaller = await minimise(scenario, {
      seconds,
      guesses: async (one) => (await probe.explanations(one, EXPLAINED)).flatMap(guessesFrom),
      // What turned into a fault of another kind would show something else.
      diverges: async (candidate, effort) => sameKind(found, await probe.divergence(candidate, { effort })),
      progress: progressTo(log),
    });
    const shown = await probe.divergence(smaller.scenario, { explained: true, effort: 'thorough' });
    return { result: smaller, divergence: shown ?? found, serial: await probe.serial(smaller.scenario) };
  });
  log.write(
    `  ${result.complete ? 'nothing smaller diverges' : 'the time is over'}; ${plural(result.tried, 'candidate')} tried\n`,
  );
  const command = replayCommand(options, divergence, result.scenario.name);
  const comment = `Minimised by lockstep from ${scenario.name}: parallel and serial execution differ (${divergence.kind}).`;
  await writeJson(options.out, scenarioFixture(result.scenario, serial, { comment, reproduce: command }));
  const lines = report(result.scenario, printableValue(divergence), options, command);
  out.write(`${lines.map(oneLine).join('\n')}\n`);
  return EXIT.expected;
}

/** How the case is run to find its divergence, and how candidates are run once it is known what shows it. */
function probeSettings({ vm, threads, runs, schedules, seed, schedule }: MinimiseOptions): {
  readonly first: ProbeOptions;
  readonly after: (found: Divergence, transactions: number) => ProbeOptions;
} {
  const first = {
    vm,
    threads,
    runs: runs * FIRST_RUNS,
    schedules: [
      ...(schedule === undefined ? [] : [schedule]),
      ...scheduleSeeds(textSeed(seed), 0, schedules * FIRST_RUNS),
    ],
    timeout: RUN_SECONDS,
  };
  const after = (found: Divergence, transactions: number): ProbeOptions => {
    if (found.schedule === null) return { ...first, threads: [found.threads], runs, schedules: [] };
    // The one that has shown it first; a smaller block may need another, and takes the less time for each.
    const others = first.schedules.filter((name) => name !== found.schedule);
    const schedulesFor = (count: number, effort: Effort): number =>
      Math.ceil(schedules * Math.min(SCHEDULES[effort], transactions / Math.max(1, count)));
    return { ...first, threads: [], runs: 0, schedules: [found.schedule, ...others], schedulesFor };
  };
  return { first, after };
}

/** What may be all it takes: the transactions concerned alone, and all up to the first that differs. */
function guessesFrom({ transaction, incarnations }: Explanation): number[][] {
  if (transaction === null) return [];
  const upTo = Array.from({ length: transaction + 1 }, (_, index) => index);
  return [incarnations.map((one) => one.transaction), upTo];
}

function sameKind(found: Divergence, other: Divergence | null): boolean {
  return other !== null && other.kind === found.kind && other.valid === found.valid;
}

function placeOf({ threads, schedule }: Divergence): string {
  return schedule === null
    ? `with ${plural(threads, 'thread')}`
    : `under schedule ${schedule}, of ${plural(threads, 'worker')}`;
}

async function probing<T>(
  settings: ProbeOptions,
  { engines }: MinimiseContext,
  work: (probe: Probe) => Promise<T>,
): Promise<T> {
  const probe = await Probe.create(settings, engines);
  try {
    return await work(probe);
  } finally {
    await probe.close();
  }
}

/** Tells what was reached when that has changed, and now and then that the search goes on. */
function progressTo(log: Output): (best: Scenario, tried: number, pass: string) => void {
  let told = performance.now();
  let before = '';
  return (best, tried, pass) => {
    const silent = performance.now() - told;
    const size = describeSize(best);
    if (silent < (size === before ? PATIENCE_MS : PROGRESS_MS)) return;
    told = performance.now();
    before = size;
    log.write(`  ${String(tried).padStart(6)} tried, at ${pass}: ${size}\n`);
  };
}

/** The command that shows the divergence again. */
function replayCommand({ out, runs, vm }: MinimiseOptions, found: Divergence, name: string): string {
  const scheduled = found.schedule !== null;
  const parts = [invocation(scheduled ? 'replay-schedule' : 'explain'), quote(name), '--fixtures', quote(out)];
  if (found.schedule !== null) parts.push('--seed', quote(found.schedule));
  else parts.push('--threads', String(found.threads), '--runs', String(runs * FIRST_RUNS));
  if (vm !== DEFAULT_VM) parts.push('--vm', vm);
  return parts.join(' ');
}

function report(scenario: Scenario, divergence: Divergence, options: MinimiseOptions, command: string): string[] {
  const colors = pc.createColors(options.color && pc.isColorSupported);
  const { explanation, kind } = divergence;
  return [
    `${colors.bold(printable(scenario.name))}  ${describeSize(scenario)}`,
    `  ${colors.red(kind)} ${placeOf(divergence)}`,
    ...(explanation === null ? [] : explanationLines(explanation, colors).map((line) => `  ${line}`)),
    `written to ${options.out}; it shows again with`,
    `  ${colors.cyan(printable(command))}`,
  ];
}
