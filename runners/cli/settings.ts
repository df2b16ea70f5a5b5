/** What the options of `run` come to: the settings that jobs get, and those that logs and reports tell. */
import type { RunSettings } from '../events/events.js';
import type { Expected } from '../expectations/expected-run.js';
import { withoutCredentials } from '../fixtures/credentials.js';
import type { JobSettings } from '../job/protocol.js';
import { runsNoCase } from '../job/selection.js';
import { type RunOptions, SUITES, UsageError } from './options.js';

/** Of `--fuse` and `--schedules`, where the command line names none. */
const DEFAULT_SEED = '1';
/** Of `--preemptions`, likewise. */
export const EXPLORE_LIMIT = 1000;
/** Of `minimise`: what the case itself is run more often than a candidate, since without its divergence there is nothing to do. */
export const FIRST_RUNS = 10;

/** Throws {@link UsageError} where options do not go together. */
export function jobSettings(options: RunOptions): JobSettings {
  return {
    vm: options.vm,
    threads: options.threads,
    suites: options.suite ?? SUITES,
    forks: options.fork ?? null,
    grep: options.grep ?? null,
    ...fuseSettings(options),
    ...scheduleSettings(options),
  };
}

/** What a run is given beside its options. */
export interface Given {
  readonly expected: Expected;
  readonly lastFailed?: { readonly cases: number; readonly mark: string } | undefined;
  readonly timings?: { readonly mark: string } | null | undefined;
}

/** What was asked for, as reports and logs tell it. Throws {@link UsageError} where options do not go together. */
export function runSettings(options: RunOptions, { expected, lastFailed, timings }: Given): RunSettings {
  const settings = jobSettings(options);
  const { marks } = expected;
  return {
    ...settings,
    jobs: options.jobs,
    timeoutSeconds: options.timeout,
    sample: options.sample ?? null,
    ...(options.origins === undefined ? {} : { origins: options.origins }),
    ...(options.fixtures === undefined ? { defaults: defaultsOf(options) } : {}),
    ...(marks === undefined || runsNoCase(settings) ? {} : { expected: marks }),
    ...(lastFailed === undefined ? {} : { lastFailed: { cases: lastFailed.cases, mark: lastFailed.mark } }),
    ...shardSettings(options, timings?.mark),
  };
}

function shardSettings({ shard, shardBy }: RunOptions, timings: string | undefined): Pick<RunSettings, 'shard'> {
  if (shard === undefined && shardBy !== undefined) throw new UsageError('--shard-by needs a --shard');
  if (shard === undefined) return {};
  const { index, of } = shard;
  if (shardBy !== 'time') return { shard: { index, of } };
  if (timings === undefined) throw new UsageError('--shard-by time needs --timings: see `lockstep timings`');
  return { shard: { index, of, timings } };
}

function defaultsOf({ legacy, corpus }: RunOptions): NonNullable<RunSettings['defaults']> {
  return { legacy: legacy === true, ...(corpus === 'full' ? { corpus } : {}) };
}

/** The options that come to these settings; how many jobs there are is left to the machine. */
export function optionsOf(settings: RunSettings, sources: readonly string[]): Partial<RunOptions> {
  const { fuse, schedules, shard } = settings;
  const exploration = schedules?.exploration;
  const seed = fuse?.seed ?? schedules?.seed;
  return {
    vm: settings.vm,
    threads: settings.threads,
    timeout: settings.timeoutSeconds,
    suite: settings.suites,
    ...(settings.forks === null ? {} : { fork: settings.forks }),
    ...(settings.grep === null ? {} : { grep: settings.grep }),
    ...(settings.sample === null ? {} : { sample: settings.sample }),
    ...(settings.origins === undefined ? {} : { origins: settings.origins }),
    ...(settings.defaults === undefined
      ? { fixtures: sources.filter((name) => fuse?.from?.includes(name) !== true) }
      : settings.defaults),
    ...(fuse === undefined ? {} : { fuse: fuse.blocks }),
    ...(fuse?.sample === undefined ? {} : { fuseSample: fuse.sample }),
    ...(fuse?.from === undefined ? {} : { fuseFrom: fuse.from }),
    ...(schedules === undefined || schedules.count === 0 ? {} : { schedules: schedules.count }),
    ...(exploration === undefined ? {} : { preemptions: exploration.preemptions, exploreLimit: exploration.limit }),
    ...(seed === undefined ? {} : { seed }),
    ...(shard === undefined ? {} : { shard: { index: shard.index, of: shard.of } }),
  };
}

function scheduleSettings(options: RunOptions): Pick<JobSettings, 'schedules'> {
  const { schedules: count = 0, seed = DEFAULT_SEED, preemptions, exploreLimit } = options;
  if (preemptions === undefined && exploreLimit !== undefined)
    throw new UsageError('--explore-limit says more about --preemptions N, which is missing');
  const limit = exploreLimit ?? EXPLORE_LIMIT;
  if (preemptions !== undefined) return { schedules: { count, seed, exploration: { preemptions, limit } } };
  return count === 0 ? {} : { schedules: { count, seed } };
}

/** What `--fuse` changes about the settings. */
function fuseSettings({ fuse: blocks, fuseSample, fuseFrom, seed, suite, sample }: RunOptions): Partial<JobSettings> {
  if (blocks === undefined) {
    if (fuseFrom !== undefined || fuseSample !== undefined)
      throw new UsageError('--fuse-from and --fuse-sample say more about --fuse N, which is missing');
    return {};
  }
  const fuse = {
    blocks,
    seed: String(seed ?? DEFAULT_SEED),
    ...(fuseSample === undefined ? {} : { sample: fuseSample }),
    ...(fuseFrom === undefined ? {} : { from: fuseFrom.map(withoutCredentials) }),
  };
  if (fuseFrom !== undefined) return { fuse };
  if (sample !== undefined)
    throw new UsageError('--sample draws cases, and --fuse runs none; --fuse-sample N draws fused blocks');
  if (suite?.includes('state') === false)
    throw new UsageError('--fuse makes blocks of state tests; --suite leaves them out');
  return { suites: ['state'], fuse };
}
