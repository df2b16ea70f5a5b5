/** `lockstep run`: reads the sources, feeds the jobs, and emits the events that everything reports from. */
import {
  EVENTS_VERSION,
  EventStream,
  type Reporter,
  type RunEnvironment,
  type RunEvent,
  type RunUsage,
} from '../events/events.js';
import { Tally } from '../events/tally.js';
import { sumUsage } from '../events/usage-sum.js';
import type { Expected } from '../expectations/expected-run.js';
import type { FixtureSource } from '../fixtures/sources.js';
import type { Timings } from '../shards/timings.js';
import { Feeder } from './feeder.js';
import type { RunOptions } from './options.js';
import { type PriorRun, replayPriorRun } from './prior-run.js';
import { runSettings } from './settings.js';

export interface RunContext {
  readonly sources: readonly FixtureSource[];
  readonly notes: readonly string[];
  readonly environment: RunEnvironment;
  readonly reporters: readonly Reporter[];
  /** Gets the new events only; left out where no log is kept. */
  readonly log?: Reporter;
  readonly expected: Expected;
  /** URL of the module that jobs run cases with. */
  readonly runner: string;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  /** The run that this one goes on with; its settings are those of `options`. */
  readonly prior?: PriorRun;
  /** Ids that an earlier run failed at, by file: only these are run. */
  readonly lastFailed?: LastFailed;
  /** Recorded times of cases. */
  readonly timings?: Timings;
}

export interface LastFailed {
  readonly ids: ReadonlyMap<string, readonly string[]>;
  readonly cases: number;
  readonly mark: string;
}

/** Runs everything and answers the exit code. Faults of sources, fixtures and jobs are events, not rejections. */
export async function run(options: RunOptions, context: RunContext): Promise<number> {
  const started = performance.now();
  const { prior, log } = context;
  const tally = new Tally();
  const readers = [tally, ...context.reporters];
  const stream = new EventStream(log === undefined ? readers : [...readers, log]);
  // Before any process is started: it refuses options that do not go together.
  const start = prior === undefined ? startOf(options, context) : null;
  const feeder = new Feeder(options, context, stream);
  try {
    if (start !== null) stream.emit(start);
    if (prior !== undefined) {
      // Their log has these already.
      await replayPriorRun(prior, (event, at) => {
        feeder.replay(event);
        for (const reader of readers) reader.on(event, at);
      });
      stream.emit(resumeOf(prior, context.environment));
    }
    for (const message of context.notes) feeder.tell({ type: 'note', message });
    await feeder.run();
  } finally {
    feeder.stop();
  }
  stream.emit({ type: 'run:usage', usage: usageOf(feeder, prior) });
  const reason = context.signal.aborted ? 'interrupted' : feeder.bailed ? 'bail' : 'complete';
  const durationMs = (prior?.end.durationMs ?? 0) + Math.max(0, Math.round(performance.now() - started));
  const exitCode = tally.exitCode(reason === 'interrupted');
  stream.emit({ type: 'run:end', durationMs, reason, exitCode });
  await stream.close();
  return exitCode;
}

function startOf(options: RunOptions, context: RunContext): RunEvent {
  const { environment, sources } = context;
  return {
    type: 'run:start',
    version: EVENTS_VERSION,
    settings: runSettings(options, context),
    environment,
    sources: sources.map((source) => source.name),
  };
}

function resumeOf({ ended }: PriorRun, environment: RunEnvironment): RunEvent {
  const cases = [...ended.values()].reduce((sum, ids) => sum + ids.length, 0);
  return { type: 'run:resume', version: EVENTS_VERSION, environment, ended: cases };
}

function usageOf(feeder: Feeder, prior: PriorRun | undefined): RunUsage {
  return prior === undefined ? feeder.usage() : sumUsage([prior.end.usage, feeder.usage()], 'after');
}
