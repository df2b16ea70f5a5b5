/** `lockstep explain`: runs one case until a parallel run differs from the serial one, and says why it does. */

import pc from 'picocolors';
import { explanationLines } from '../../reports/explanation.js';
import { plural, threadCounts } from '../../reports/format.js';
import { oneLine, printable, printableValue } from '../../reports/printable.js';
import { ExecutorError } from '../../src/index.js';
import type { VmName } from '../../src/vm/name.js';
import { PreAllocations } from '../engine/pre-allocations.js';
import { EXIT, type ExitCode, isUnexpected } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { closeEngines, createEngines, type EngineFactory } from '../job/engine.js';
import { runBlockCase } from '../job/run-case.js';
import { ScheduleNameError, scheduleNamed } from '../schedules/schedule.js';
import type { ScheduleSettings } from '../schedules/scheduled-runs.js';
import type { CaseOutcome } from '../verdict/result.js';
import { faultText } from './fault-text.js';
import { findOneCase } from './find-one-case.js';
import type { Output } from './list.js';
import { type SelectionOptions, UsageError } from './options.js';

export interface ExplainOptions extends Pick<SelectionOptions, 'fixtures' | 'offline' | 'legacy'> {
  readonly vm: VmName;
  readonly threads: readonly number[];
  /** Deterministic schedules of each block in a run. */
  readonly schedules?: number;
  readonly seed: string;
  /** Name of the only schedule that the case is run under, in place of all other runs. */
  readonly schedule?: string;
  /** Times that the case is run at most. */
  readonly runs: number;
  /** False after `--no-color`. */
  readonly color: boolean;
}

export interface ExplainContext {
  readonly sources: readonly FixtureSource[];
  /** Gets the explanation. */
  readonly out: Output;
  /** Gets remarks. */
  readonly log: Output;
  /** Other executors than the engine's own. */
  readonly engines?: EngineFactory;
}

/** Answers the exit code: 0 where no run differed. Throws `UsageError` where `pattern` names no one case. */
export async function explain(pattern: string, options: ExplainOptions, context: ExplainContext): Promise<ExitCode> {
  const { log } = context;
  try {
    return await explainFound(pattern, options, context);
  } catch (error) {
    if (!(error instanceof FixtureError || error instanceof SourceError)) throw error;
    log.write(`${faultText(error)}\n`);
    return EXIT.infrastructure;
  }
}

async function explainFound(pattern: string, options: ExplainOptions, context: ExplainContext): Promise<ExitCode> {
  const { sources, out, log, engines: create = createEngines } = context;
  const { one, source } = await findOneCase(sources, pattern, 'explain', log);
  const preAllocations = new PreAllocations((_, file, name) => source.companion(file, name));
  const settings = scheduleSettings(options);
  const engines = await create(options.vm, settings?.only === undefined ? options.threads : [], settings);
  // A schedule comes to the same each time.
  const runs = settings?.only === undefined ? options.runs : 1;
  try {
    for (let run = 1; run <= runs; run++) {
      const outcome = await runBlockCase(engines, one, preAllocations);
      if (!isUnexpected(outcome.verdict)) continue;
      const lines = describe(printableValue(outcome), run, options).map(oneLine);
      out.write(`${[printable(one.id), ...lines].join('\n')}\n`);
      return EXIT.unexpected;
    }
  } catch (error) {
    if (error instanceof ScheduleNameError) throw new UsageError(`--schedule: ${error.message}`);
    if (!(error instanceof ExecutorError)) throw error;
    out.write(`${printable(one.id)}\n  crashed  the engine threw ${error.name}: ${printable(error.message)}\n`);
    return EXIT.unexpected;
  } finally {
    await closeEngines(engines);
  }
  out.write(`${printable(one.id)}\n  the same serially and in parallel, ${runsText(options)}\n`);
  return EXIT.expected;
}

/** Null where the case is run on real threads only. Throws {@link UsageError}. */
function scheduleSettings({ schedules: count, seed, schedule }: ExplainOptions): ScheduleSettings | null {
  if (schedule === undefined) return count === undefined ? null : { count, seed };
  try {
    scheduleNamed(schedule, 0);
  } catch (error) {
    if (error instanceof ScheduleNameError) throw new UsageError(`--schedule: ${error.message}`);
    throw error;
  }
  return { count: 1, seed, only: schedule };
}

function runsText({ schedule, schedules, runs, threads }: ExplainOptions): string {
  if (schedule !== undefined) return `under schedule ${schedule}`;
  const scheduled = schedules === undefined ? '' : ` and under ${plural(schedules, 'schedule')}`;
  return `in ${plural(runs, 'run')} with ${threadCounts(threads)}${scheduled} each`;
}

function describe(outcome: CaseOutcome, run: number, options: ExplainOptions): string[] {
  const colors = pc.createColors(options.color && pc.isColorSupported);
  const { verdict, cause, threads, schedule, explanation, differences } = outcome;
  const place = [
    `run ${run}`,
    ...(threads === null ? [] : [plural(threads, 'thread')]),
    ...(schedule === undefined ? [] : [`schedule ${schedule}`]),
  ];
  const where = place.join(', ');
  const lines = [`  ${colors.red(verdict)}  ${cause ?? ''} ${colors.dim(`(${where})`)}`];
  if (explanation !== undefined) lines.push(...explanationLines(explanation, colors).map((line) => `  ${line}`));
  else
    lines.push(...differences.map(({ what, expected, actual }) => `  ${what}: ${expected} expected, ${actual} found`));
  return lines;
}
