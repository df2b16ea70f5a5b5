/** `lockstep run`: reads the sources, feeds the jobs, and emits the events that everything reports from. */
import {
  EVENTS_VERSION,
  EventStream,
  type Reporter,
  type RunEnvironment,
  type RunEvent,
  type RunUsage,
} from '../events/events.js';
import { isFailure, Tally } from '../events/tally.js';
import { type Expected, ExpectedRun } from '../expectations/expected-run.js';
import { classifyPath, isCompanionKind, isRunKind } from '../fixtures/classify.js';
import { type FixtureEntry, type FixtureSource, SourceError } from '../fixtures/sources.js';
import { JobPool, JobStartError } from '../job/pool.js';
import type { JobSettings } from '../job/protocol.js';
import { fileSelector } from '../job/selection.js';
import type { RunOptions } from './options.js';
import { SUITES, UsageError } from './options.js';
import { drawSample, type ListedCase, listCases } from './sample.js';

export interface RunContext {
  readonly sources: readonly FixtureSource[];
  readonly notes: readonly string[];
  readonly environment: RunEnvironment;
  readonly reporters: readonly Reporter[];
  readonly expected: Expected;
  /** URL of the module that jobs run cases with. */
  readonly runner: string;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Ids to run by source and file. */
type Sample = ReadonlyMap<string, readonly string[]>;

const sampleKey = (source: string, file: string): string => `${source}\n${file}`;

const EXPLORE_LIMIT = 1000;

function scheduleSettings(options: RunOptions): Pick<JobSettings, 'schedules'> {
  const { schedules: count = 0, seed = '1', preemptions, exploreLimit: limit = EXPLORE_LIMIT } = options;
  if (preemptions !== undefined) return { schedules: { count, seed, exploration: { preemptions, limit } } };
  return count === 0 ? {} : { schedules: { count, seed } };
}

/** Runs everything and answers the exit code. Faults of sources, fixtures and jobs are events, not rejections. */
export async function run(options: RunOptions, context: RunContext): Promise<number> {
  const started = performance.now();
  const tally = new Tally();
  const stream = new EventStream([tally, ...context.reporters], () => Math.round(performance.now() - started));
  const feeder = new Feeder(options, context, stream);
  stream.emit({
    type: 'run:start',
    version: EVENTS_VERSION,
    settings: {
      ...feeder.settings,
      jobs: options.jobs,
      timeoutSeconds: options.timeout,
      sample: options.sample ?? null,
    },
    environment: context.environment,
    sources: context.sources.map((source) => source.name),
  });
  for (const message of context.notes) stream.emit({ type: 'note', message });
  await feeder.run();
  stream.emit({ type: 'run:usage', usage: feeder.usage() });
  const reason = context.signal.aborted ? 'interrupted' : feeder.bailed ? 'bail' : 'complete';
  const durationMs = Math.max(0, Math.round(performance.now() - started));
  const exitCode = tally.exitCode(reason === 'interrupted');
  stream.emit({ type: 'run:end', durationMs, reason, exitCode });
  await stream.close();
  return exitCode;
}

const NOTHING_EXPECTED: Expected = { outcomes: [], incomplete: [], counts: new Map() };
/** Of `--fuse`, where the command line names none. */
const DEFAULT_SEED = '1';

/** What `--fuse` changes about the settings. Throws {@link UsageError} where it does not go with other options. */
function fuseSettings({ fuse, seed, suite, sample }: RunOptions): Partial<JobSettings> {
  if (fuse === undefined) return {};
  if (sample !== undefined) throw new UsageError('--fuse draws from each file by itself; it does not go with --sample');
  if (suite?.includes('state') === false)
    throw new UsageError('--fuse makes blocks of state tests; --suite leaves them out');
  return { suites: ['state'], fuse: { blocks: fuse, seed: String(seed ?? DEFAULT_SEED) } };
}

class Feeder {
  readonly settings: JobSettings;
  bailed = false;
  readonly #pool: JobPool;
  readonly #expected: ExpectedRun;
  #sample: Sample | null = null;
  /** The one that is read, or was read last. */
  #source: FixtureSource | null = null;

  constructor(
    private readonly options: RunOptions,
    private readonly context: RunContext,
    private readonly stream: EventStream,
  ) {
    this.settings = {
      vm: options.vm,
      threads: options.threads,
      suites: options.suite ?? SUITES,
      forks: options.fork ?? null,
      grep: options.grep ?? null,
      ...fuseSettings(options),
      ...scheduleSettings(options),
    };
    // Nothing is known beforehand of cases that are made.
    const expected = this.settings.fuse === undefined ? context.expected : NOTHING_EXPECTED;
    this.#expected = new ExpectedRun(expected, { ...this.settings, sample: options.sample ?? null });
    this.#pool = new JobPool({
      jobs: options.jobs,
      timeoutMs: options.timeout * 1000,
      settings: this.settings,
      runner: context.runner,
      emit: (event) => this.#emit(event),
      companion: async (source, file, name) =>
        (await context.sources.find((one) => one.name === source)?.companion(file, name)) ?? null,
    });
  }

  async run(): Promise<void> {
    const stop = (): void => this.#pool.stop();
    this.context.signal.addEventListener('abort', stop);
    try {
      if (this.options.sample !== undefined) this.#sample = await this.#draw(this.options.sample);
      for (const source of this.context.sources) if (!this.#over) await this.#feed(source);
      await this.#pool.drain();
      if (!this.#over) for (const event of this.#expected.conclude()) this.stream.emit(event);
    } catch (error) {
      if (!(error instanceof JobStartError)) throw error;
      this.stream.emit({ type: 'run:error', message: error.message });
    } finally {
      this.context.signal.removeEventListener('abort', stop);
      stop();
    }
  }

  usage(): RunUsage {
    return this.#pool.usage();
  }

  get #over(): boolean {
    return this.bailed || this.context.signal.aborted;
  }

  #emit(reported: RunEvent): void {
    const event = this.#expected.judge(reported);
    this.stream.emit(event);
    if (event.type === 'file:start') this.#progress();
    if (this.options.bail && event.type === 'case:end' && isFailure(event.result)) {
      this.bailed = true;
      this.#pool.stop();
    }
  }

  async #feed(source: FixtureSource): Promise<void> {
    this.stream.emit({ type: 'source:start', source: source.name });
    this.#source = source;
    const opens = fileSelector(this.settings.grep);
    const see = this.#expected.begin(source.name);
    await this.#guarded(source, async () => {
      for await (const entry of source) {
        this.#progress();
        await see(entry);
        if (opens(entry.file)) await this.#add(source, entry);
        if (this.#over) return;
      }
      this.stream.emit({ type: 'source:end', source: source.name, digest: await source.digest() });
    });
  }

  async #add(source: FixtureSource, entry: FixtureEntry): Promise<void> {
    const { file } = entry;
    const ids = this.#sample === null ? null : (this.#sample.get(sampleKey(source.name, file)) ?? []);
    if (ids?.length === 0) return;
    const kind = classifyPath(file);
    if (this.settings.fuse !== undefined && kind !== null && kind !== 'state') return;
    if (kind !== null && !isRunKind(kind)) {
      if (!isCompanionKind(kind)) this.stream.emit({ type: 'not-run', source: source.name, file, kind, count: 1 });
      return;
    }
    await this.#pool.add({ source: source.name, file, text: await entry.text(), ids, skip: 0 });
  }

  async #draw(size: number): Promise<Sample> {
    const listed: ListedCase[] = [];
    for (const source of this.context.sources) {
      await this.#guarded(source, async () => {
        // Fixture errors are not told here: the run meets those of the files it opens.
        for await (const one of listCases(source, this.settings, () => undefined)) {
          if (this.#over) return;
          listed.push(one);
        }
      });
    }
    const drawn = drawSample(listed, size);
    const sample = new Map<string, string[]>();
    for (const { id, source, file } of drawn) {
      const key = sampleKey(source, file);
      const ids = sample.get(key);
      if (ids === undefined) sample.set(key, [id]);
      else ids.push(id);
    }
    const pairs = new Set(listed.map((one) => `${one.group}\n${one.network}`)).size;
    const message = `sample of ${drawn.length} out of ${listed.length} cases, over ${pairs} pairs of suite and fork`;
    this.stream.emit({ type: 'note', message });
    return sample;
  }

  async #guarded(source: FixtureSource, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#emit({ type: 'source:error', source: source.name, message: error.message });
    }
  }

  /** What has been read ahead has still to be run. */
  #progress(): void {
    const source = this.#source;
    if (source === null) return;
    const { read, total } = source.progress();
    const within = total === null || total === 0 ? 0 : Math.min(1, read / total);
    const { sources } = this.context;
    const fraction = ((sources.indexOf(source) + within) / sources.length) * (1 - this.#pool.waiting);
    this.stream.emit({ type: 'source:progress', source: source.name, fraction });
  }
}
