/** Feeds a run: which files of the sources go to the jobs, and what is judged about all of them. */
import { figure, plural } from '../../reports/format.js';
import type { EventStream, RunEvent, RunUsage } from '../events/events.js';
import { isFailure } from '../events/tally.js';
import { type Expected, ExpectedRun } from '../expectations/expected-run.js';
import { classifyPath, isCompanionKind, isRunKind } from '../fixtures/classify.js';
import { leftAside } from '../fixtures/some-of.js';
import { type FixtureEntry, type FixtureSource, SourceError } from '../fixtures/sources.js';
import { JobPool, JobStartError } from '../job/pool.js';
import type { JobSettings } from '../job/protocol.js';
import { fileSelector, isFused, runsNoCase } from '../job/selection.js';
import { fileTimes, hashPlan, type ShardPlan, timedPlan } from '../shards/plan.js';
import { type FuseSettings, isFusedId } from '../verdict/fused.js';
import { narrowed, type Picks, picksByFile, picksBySource } from './narrowing.js';
import type { RunOptions } from './options.js';
import { fileKey, type PriorRun, tellingOf } from './prior-run.js';
import type { RunContext } from './run.js';
import { drawSample, type ListedCase, listCases } from './sample.js';
import { jobSettings } from './settings.js';

const NOTHING_EXPECTED: Expected = { outcomes: [], incomplete: [], counts: new Map() };

function planOf({ shard, shardBy }: RunOptions, { timings }: RunContext): ShardPlan | null {
  if (shard === undefined) return null;
  return shardBy === 'time' && timings !== undefined ? timedPlan(shard, timings.files) : hashPlan(shard);
}

/** Reads the sources one after the other, and hands their files to the jobs. */
export class Feeder {
  readonly settings: JobSettings;
  bailed = false;
  readonly #pool: JobPool;
  readonly #expected: ExpectedRun;
  readonly #prior: PriorRun | null;
  /** Of cases, and of fused blocks. */
  readonly #picks: Picks[] = [];
  /** Null where the run is whole. */
  readonly #plan: ShardPlan | null;
  /** Recorded milliseconds by file. */
  readonly #times: ReadonlyMap<string, number> | null;
  readonly #fusedPicks: Picks[] = [];
  /** Files of no known kind, by source. */
  readonly #unknown = new Map<string, string[]>();
  /** The one that is read, or was read last. */
  #source: FixtureSource | null = null;

  constructor(
    private readonly options: RunOptions,
    private readonly context: RunContext,
    private readonly stream: EventStream,
  ) {
    this.settings = jobSettings(options);
    this.#prior = context.prior ?? null;
    this.#plan = planOf(options, context);
    this.#times = context.timings === undefined ? null : fileTimes(context.timings.files);
    if (context.lastFailed !== undefined) {
      const failed = picksByFile(context.lastFailed.ids);
      this.#picks.push(failed);
      this.#fusedPicks.push(failed);
    }
    const { fuse, ...settings } = this.settings;
    const made = runsNoCase(this.settings);
    // Nothing is known beforehand of cases that are made.
    this.#expected = new ExpectedRun(made ? NOTHING_EXPECTED : context.expected, {
      ...settings,
      ...(made ? { fuse } : {}),
      sample: options.sample ?? null,
      ...(context.lastFailed === undefined ? {} : { lastFailed: context.lastFailed }),
      ...(options.shard === undefined ? {} : { shard: options.shard }),
    });
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

  /** Takes note of what an earlier part of the run has told. */
  replay(event: RunEvent): void {
    if (!isAboutFused(event)) this.#expected.replay(event);
  }

  /** Emits what is about no case, unless an earlier part of the run has told it already. */
  tell(event: RunEvent): void {
    const telling = tellingOf(event);
    if (telling === null || this.#prior?.told.has(telling) !== true) this.stream.emit(event);
  }

  /** Ends all processes, which otherwise keep the command from ending. */
  stop(): void {
    this.#pool.stop();
  }

  async run(): Promise<void> {
    const stop = (): void => this.stop();
    this.context.signal.addEventListener('abort', stop);
    try {
      const { sample } = this.options;
      const { fuse } = this.settings;
      if (sample !== undefined) this.#picks.push(await this.#draw(sample));
      if (fuse?.sample !== undefined) this.#fusedPicks.push(await this.#draw(fuse.sample, fuse));
      for (const source of this.context.sources) if (!this.#over) await this.#feed(source);
      await this.#pool.drain();
      for (const [source, files] of this.#unknown) this.tell({ type: 'note', message: leftAside(source, files) });
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
    const event = isAboutFused(reported) ? reported : this.#expected.judge(reported);
    this.tell(event);
    if (event.type === 'not-run' && event.kind === 'unknown') {
      const files = this.#unknown.get(event.source) ?? [];
      files.push(event.file);
      this.#unknown.set(event.source, files);
    }
    if (event.type === 'file:start') this.#progress();
    if (this.options.bail && event.type === 'case:end' && isFailure(event.result)) {
      this.bailed = true;
      this.#pool.stop();
    }
  }

  async #feed(source: FixtureSource): Promise<void> {
    const opens = fileSelector(this.settings.grep);
    const isMade = isFused(this.settings, source.name);
    const see = isMade ? async () => undefined : this.#expected.begin(source.name);
    await this.#guarded(source, async () => {
      const known = source.kind === 'url' ? null : await source.digest();
      this.stream.emit({ type: 'source:start', source: source.name, digest: known });
      this.#source = source;
      for await (const entry of source) {
        this.#progress();
        await see(entry);
        if (opens(entry.file)) await this.#add(source, entry);
        if (this.#over) return;
      }
      const digest = await source.digest();
      this.stream.emit({ type: 'source:end', source: source.name, digest });
      this.#compareDigests(source, known, digest);
    });
  }

  /** What a source held at its start, or in an earlier part of the run, it must hold at its end. */
  #compareDigests({ name }: FixtureSource, atStart: string | null, atEnd: string | null): void {
    const before = this.#prior?.digests.get(name);
    const message =
      atStart !== null && atEnd !== atStart
        ? `${name}: changed while it was read`
        : before !== undefined && atEnd !== before
          ? `${name}: is not what it was when the run began (digest ${before} then, ${atEnd} now)`
          : null;
    if (message !== null) this.#emit({ type: 'source:error', source: name, message });
  }

  async #add(source: FixtureSource, entry: FixtureEntry): Promise<void> {
    const { file } = entry;
    const isMade = isFused(this.settings, source.name);
    const picks = isMade ? this.#fusedPicks : this.#picks;
    const cases = narrowed(source.name, file, { picks, prior: this.#prior, plan: this.#plan });
    if (cases === null) return;
    const kind = classifyPath(file);
    if (isMade && kind !== null && kind !== 'state') return;
    if (kind !== null && !isRunKind(kind)) {
      if (!isCompanionKind(kind)) this.tell({ type: 'not-run', source: source.name, file, kind, count: 1 });
      return;
    }
    await this.#pool.add(
      { source: source.name, file, text: await entry.text(), ...cases, skip: 0 },
      this.#times?.get(file),
    );
  }

  /** Draws so many cases, or fused blocks where `fuse` says how they are made. */
  async #draw(size: number, fuse?: FuseSettings): Promise<Picks> {
    const listed: ListedCase[] = [];
    for (const source of this.context.sources) {
      if (isFused(this.settings, source.name) !== (fuse !== undefined)) continue;
      await this.#guarded(source, async () => {
        // Fixture errors are not told here: the run meets those of the files it opens.
        for await (const one of listCases(source, this.settings, () => undefined, { fuse })) {
          if (this.#over) return;
          listed.push(one);
        }
      });
    }
    const drawn = drawSample(listed, size, fuse?.seed);
    const sample = new Map<string, string[]>();
    for (const { id, source, file } of drawn) {
      const key = fileKey(source, file);
      const ids = sample.get(key);
      if (ids === undefined) sample.set(key, [id]);
      else ids.push(id);
    }
    const pairs = new Set(listed.map((one) => `${one.group}\n${one.network}`)).size;
    const what = fuse === undefined ? 'cases' : 'fused blocks';
    const message = `sample of ${figure(drawn.length)} out of ${figure(listed.length)} ${what}, over ${plural(pairs, 'pair')} of suite and fork`;
    this.tell({ type: 'note', message });
    return picksBySource(sample);
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

/** True for what is told of a fused block, of which nothing is known beforehand. */
function isAboutFused(event: RunEvent): boolean {
  if (event.type === 'case:end') return isFusedId(event.result.id);
  return event.type === 'fixture:error' && event.case !== undefined && isFusedId(event.case.id);
}
