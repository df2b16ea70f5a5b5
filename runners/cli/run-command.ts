/** `lockstep run` from its options to its exit code: what it goes on with, what it reads, where it tells of it. */
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Reporter, RunEnvironment } from '../events/events.js';
import { EventLogError } from '../events/log-error.js';
import { EventLog } from '../events/log-writer.js';
import { differencesOf } from '../events/settings-differences.js';
import { NO_SUCH_FILE } from '../events/unreadable.js';
import type { Expected } from '../expectations/expected-run.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { readTimings, type Timings, TimingsError } from '../shards/timings.js';
import { over } from './config.js';
import { expectedFiles, readExpected } from './expected.js';
import { type RunOptions, UsageError } from './options.js';
import { checkOutputs, type Input, optionInputs, sourceInputs } from './outputs.js';
import { idsMark, type PriorRun, readPriorRun } from './prior-run.js';
import { report } from './report.js';
import { type LastFailed, run } from './run.js';
import { optionsOf, runSettings } from './settings.js';
import { findSources, fusedSources } from './sources.js';

export interface RunCommandContext {
  /** Folder of the package. */
  readonly root: string;
  readonly environment: RunEnvironment;
  /** URL of the module that jobs run cases with. */
  readonly runner: string;
  readonly signal: () => AbortSignal;
  readonly onProgress: (line: string) => void;
  readonly reporters: (options: RunOptions) => readonly Reporter[];
}

/** `given` are the names of the options that the command line holds. Throws {@link UsageError} and `EventLogError`. */
export async function runCommand(
  asked: RunOptions,
  given: ReadonlySet<string>,
  context: RunCommandContext,
): Promise<number> {
  const prior = asked.resume === undefined || begins(asked) ? null : await priorRun('--resume', asked.resume);
  const failed = asked.lastFailed === undefined ? null : await priorRun('--last-failed', asked.lastFailed);
  let options = asked;
  if (failed !== null) options = withSourcesOf(options, given, failed);
  if (prior !== null) options = continuing(options, given, prior);
  const { root, environment, runner } = context;
  const { json, html, junit, events } = options;
  const files = { json, html, junit };
  await checkOutputs(files, inputsOf(root, options), { events });
  const expected = await readExpected(root, options);
  const { sources: whole, notes } = await findSources(root, options, context.onProgress);
  const sources = [...whole, ...(await fusedSources(root, options, whole))];
  await checkOutputs(files, sourceInputs(sources), { events });
  const lastFailed = failed === null ? undefined : failuresOf(failed);
  const timings = options.timings === undefined ? null : await usableTimings(options.timings);
  if (prior !== null) {
    await checkPrior(prior, options, { expected, sources, lastFailed, environment, timings });
    // The last of several tries: nothing is left to run.
    if (prior.end.whole) return report([prior.path], context.reporters(options));
  }
  const log = openLog(options, prior, sources);
  return run(options, {
    sources,
    notes: lastFailed?.cases === 0 ? [...notes, `no case failed in ${asked.lastFailed}`] : notes,
    environment,
    expected,
    reporters: context.reporters(options),
    runner,
    signal: context.signal(),
    ...(log === null ? {} : { log }),
    ...(prior === null ? {} : { prior }),
    ...(lastFailed === undefined ? {} : { lastFailed }),
    ...(timings === null ? {} : { timings }),
  });
}

/** The files that a run reads besides its sources. */
function inputsOf(root: string, options: RunOptions): Input[] {
  const { timings, config, lastFailed, resume } = options;
  const { outcomes, counts } = expectedFiles(root, options);
  return optionInputs({
    expectations: outcomes,
    'expected-counts': counts,
    timings,
    config,
    'last-failed': lastFailed,
    // Read, and then written on.
    ...(isRepeatable(options) ? {} : { resume }),
  });
}

/** A path at which nothing lies is a mistake of the command line; a log that is none is a fault of the file. */
async function priorRun(option: string, path: string): Promise<PriorRun> {
  try {
    return await readPriorRun(path);
  } catch (error) {
    if (error instanceof EventLogError && error.detail === NO_SUCH_FILE)
      throw new UsageError(`${option} ${error.message}`);
    throw error;
  }
}

async function usableTimings(path: string): Promise<Timings> {
  try {
    return await readTimings(path);
  } catch (error) {
    if (error instanceof TimingsError) throw new UsageError(`--timings ${error.message}`);
    throw error;
  }
}

/** `--events` and `--resume` name one file, so that the same command may be tried again and again. */
function isRepeatable({ events, resume }: RunOptions): boolean {
  return events !== undefined && resume !== undefined && resolve(events) === resolve(resume);
}

/** The first of several tries: the log is not there yet. */
function begins(options: RunOptions): boolean {
  const { resume = '' } = options;
  return isRepeatable(options) && (!existsSync(resume) || statSync(resume).size === 0);
}

/** The run of the log, but for what the command line says; {@link checkPrior} refuses where the two do not agree. */
function continuing(asked: RunOptions, given: ReadonlySet<string>, { start }: PriorRun): RunOptions {
  const said = Object.entries(asked).filter(([name]) => given.has(name));
  // What the log knows nothing of, such as where reports go, stays as it is.
  const {
    suite,
    fork,
    grep,
    sample,
    origins,
    fixtures,
    corpus,
    legacy,
    fuse,
    fuseSample,
    fuseFrom,
    schedules,
    preemptions,
    exploreLimit,
    shard,
    ...rest
  } = asked;
  return { ...rest, ...over(optionsOf(start.settings, start.sources), Object.fromEntries(said)) };
}

function withSourcesOf(options: RunOptions, given: ReadonlySet<string>, { start }: PriorRun): RunOptions {
  if (options.fixtures !== undefined) return options;
  const { defaults } = start.settings;
  if (defaults !== undefined) return { ...options, ...defaults };
  // Only what the command line itself says of the default sources contradicts the log.
  const { corpus, legacy, ...others } = options;
  const said = Object.entries({ corpus, legacy }).filter(([name]) => given.has(name));
  return { ...others, ...Object.fromEntries(said), fixtures: start.sources };
}

function failuresOf({ failed }: PriorRun): LastFailed {
  const cases = [...failed.values()].reduce((sum, ids) => sum + ids.length, 0);
  return { ids: failed, cases, mark: idsMark(failed) };
}

interface Present {
  readonly expected: Expected;
  readonly sources: readonly FixtureSource[];
  readonly lastFailed: LastFailed | undefined;
  readonly environment: RunEnvironment;
  readonly timings: Timings | null;
}

/** Throws {@link UsageError} where what is there now would not make one run with what the log tells of. */
async function checkPrior(prior: PriorRun, options: RunOptions, present: Present): Promise<void> {
  const { path, start, end } = prior;
  if (end.whole && !isRepeatable(options))
    throw new UsageError(`--resume ${path}: that run is complete; \`lockstep report\` shows it`);
  const { environment } = present;
  const [log, here] = [{ name: 'the log', settings: start.settings }, runSettings(options, present)];
  const differences = differencesOf(log, { name: 'this run', settings: here });
  for (const name of ['lockstep', 'node'] as const) {
    const [then, now] = [start.environment[name], environment[name]];
    if (then !== now) differences.push(`version of ${name}: ${then} in the log, ${now} in this run`);
  }
  differences.push(...(await sourceDifferences(prior, present.sources)));
  if (differences.length === 0) return;
  const lines = differences.map((line) => `\n  ${line}`).join('');
  throw new UsageError(`--resume ${path}: the log is of another run, which this one cannot go on with:${lines}`);
}

async function sourceDifferences({ start, digests }: PriorRun, sources: readonly FixtureSource[]): Promise<string[]> {
  const [then, now] = [start.sources.join(', '), sources.map(({ name }) => name).join(', ')];
  if (then !== now) return [`sources: ${then} in the log, ${now} in this run`];
  const differences: string[] = [];
  for (const source of sources) {
    const before = digests.get(source.name);
    // What is fetched shows only when it has been read; the run says then whether it is the same.
    if (before === undefined || source.kind === 'url') continue;
    const found = await digestOf(source);
    if (found !== before) differences.push(`digest of ${source.name}: ${before} in the log, ${found} now`);
  }
  return differences;
}

async function digestOf(source: FixtureSource): Promise<string | null> {
  try {
    return await source.digest();
  } catch (error) {
    if (error instanceof SourceError) throw new UsageError(error.message);
    throw error;
  }
}

/** Null where none is asked for. A run that goes on writes behind its log, or behind a copy of it. */
function openLog(
  { events, resume }: RunOptions,
  prior: PriorRun | null,
  sources: readonly FixtureSource[],
): EventLog | null {
  const path = events ?? (prior === null ? undefined : resume);
  if (path === undefined) return null;
  for (const [index, { name }] of sources.entries()) {
    if (sources.findIndex((one) => one.name === name) === index) continue;
    throw new UsageError(`--events: two sources are called ${name}, so a log could not tell their cases apart`);
  }
  try {
    if (prior === null) return EventLog.create(path);
    if (resolve(path) !== resolve(prior.path)) {
      EventLog.create(path).close();
      copyFileSync(prior.path, path);
    }
    return EventLog.continued(path, prior.end.bytes);
  } catch (error) {
    if (error instanceof EventLogError) throw new UsageError(`--events ${error.message}`);
    throw error;
  }
}
