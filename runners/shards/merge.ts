/** Makes one run of the logs of its parts, and judges it as a whole. Nothing is believed that can be checked. */
import type { CaseIdentity, RunEvent, RunSettings, RunUsage, ShardFacts } from '../events/events.js';
import type { LoggedEvent } from '../events/log-line.js';
import { type LoggedRunEnd, readLoggedRun } from '../events/logged-run.js';
import { differencesOf } from '../events/settings-differences.js';
import { Tally } from '../events/tally.js';
import { sumUsage } from '../events/usage-sum.js';
import { CaseCensus } from '../expectations/census.js';
import { takesWhole } from '../expectations/expected-run.js';
import { judgeIncomplete } from '../expectations/incomplete.js';
import { staleAmong } from '../expectations/judge.js';
import { shardOf } from './hash.js';

/** The logs are not those of all parts of one run. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
  readonly code = 'MERGE';
}

type StartEvent = Extract<RunEvent, { type: 'run:start' }>;

interface Part {
  readonly path: string;
  readonly start: StartEvent;
  readonly at: number;
  readonly shard: NonNullable<RunSettings['shard']>;
  readonly rest: AsyncGenerator<LoggedEvent, LoggedRunEnd>;
}

/**
 * The events of the whole run, `run:start` first and `run:end` last, without those of single parts. Throws
 * {@link MergeError} where the logs are of different runs, a part is missing, twice there or not finished, or a case
 * has ended in two of them; and `EventLogError` where one cannot be read. An error may come after some of the events.
 */
export async function* mergedRun(paths: readonly string[]): AsyncGenerator<LoggedEvent> {
  const parts = await Promise.all(paths.map(openPart));
  checkParts(parts);
  parts.sort((a, b) => a.shard.index - b.shard.index);
  const whole = new Whole(parts);
  const told = function* (events: Iterable<LoggedEvent>): Generator<LoggedEvent> {
    for (const one of events) {
      whole.tally.on(one.event);
      yield one;
    }
  };
  yield* told([whole.start()]);
  for (const part of parts) {
    for (let next = await part.rest.next(); ; next = await part.rest.next()) {
      if (next.done) {
        whole.ended(part, next.value);
        break;
      }
      yield* told(whole.take(part, next.value));
    }
  }
  yield* told(whole.conclusions());
  yield* told(whole.ending());
}

async function openPart(path: string): Promise<Part> {
  const rest = readLoggedRun(path);
  const first = await rest.next();
  if (first.done || first.value.event.type !== 'run:start') throw new MergeError(`${path}: does not start a run`);
  const { event: start, at } = first.value;
  const { shard } = start.settings;
  if (shard === undefined)
    throw new MergeError(`${path}: is the log of a whole run, which has nothing to be merged with`);
  return { path, start, at, shard, rest };
}

function checkParts(parts: readonly Part[]): void {
  const [first, ...others] = parts;
  if (first === undefined) throw new MergeError('there is no log to merge');
  const problems = others.flatMap((other) => differencesBetween(first, other));
  if (problems.length > 0) throw new MergeError(`the logs are of different runs:${lines(problems)}`);
  const byIndex = new Map<number, string>();
  for (const { path, shard } of parts) {
    const twin = byIndex.get(shard.index);
    if (twin !== undefined) problems.push(`part ${shard.index} of ${shard.of} is there twice: ${twin} and ${path}`);
    byIndex.set(shard.index, path);
  }
  for (let index = 1; index <= first.shard.of; index++) {
    if (!byIndex.has(index)) problems.push(`part ${index} of ${first.shard.of} is missing`);
  }
  if (problems.length > 0) throw new MergeError(`the logs do not make a whole run:${lines(problems)}`);
}

function differencesBetween(a: Part, b: Part): string[] {
  const problems = differencesOf(
    { name: a.path, settings: a.start.settings },
    { name: b.path, settings: b.start.settings },
    ['shard.index'],
  );
  for (const name of ['lockstep', 'node'] as const) {
    const [x, y] = [a.start.environment[name], b.start.environment[name]];
    if (x !== y) problems.push(`version of ${name}: ${x} in ${a.path}, ${y} in ${b.path}`);
  }
  const [x, y] = [a.start.sources.join(', '), b.start.sources.join(', ')];
  if (x !== y) problems.push(`sources: ${x} in ${a.path}, ${y} in ${b.path}`);
  return problems;
}

function lines(problems: readonly string[]): string {
  return problems.map((one) => `\n  ${one}`).join('');
}

class Whole {
  readonly tally = new Tally();
  readonly #settings: RunSettings;
  readonly #census = new CaseCensus();
  /** Case to the log that it ended in. */
  readonly #cases = new Map<string, string>();
  readonly #digests = new Map<string, { readonly digest: string; readonly path: string }>();
  /** What each part says of sources and files; all of them read the same ones. */
  readonly #told = new Set<string>();
  readonly #facts: ShardFacts[] = [];
  readonly #ends: LoggedRunEnd[] = [];
  #lastAt = 0;

  constructor(private readonly parts: readonly Part[]) {
    const { shard: _, ...settings } = (parts[0] as Part).start.settings;
    this.#settings = settings;
  }

  start(): LoggedEvent {
    const { start, at } = this.parts[0] as Part;
    return { at, event: { ...start, settings: this.#settings } };
  }

  /** The event as it is to be told of the whole, if at all. */
  *take(part: Part, { at, event }: LoggedEvent): Generator<LoggedEvent> {
    this.#lastAt = Math.max(this.#lastAt, at);
    this.#check(part, event);
    if (event.type === 'shard:facts') this.#facts.push(event.facts);
    else if (!this.#isToldAlready(event)) yield { at, event: this.#renumbered(part, event) };
  }

  ended({ path, shard }: Part, end: LoggedRunEnd): void {
    if (end.end?.reason !== 'complete') {
      const how =
        end.end === null ? 'was killed' : end.end.reason === 'bail' ? 'stopped at a failure' : 'was interrupted';
      const name = `part ${shard.index} of ${shard.of} ${how}`;
      throw new MergeError(`${path}: ${name}; \`lockstep run --resume ${path}\` goes on with it`);
    }
    this.#ends.push(end);
  }

  /** What single parts could not say: counts, expectations, suites that lack a file. */
  *conclusions(): Generator<LoggedEvent> {
    const isWhole = takesWhole(this.#settings);
    const events: RunEvent[] = [];
    for (const { source, suites } of this.#facts[0]?.suites ?? []) {
      // A part whose source broke off says so, and knows of no suites.
      if (this.#facts.length < this.parts.length || !this.#inAll(source)) continue;
      events.push(...this.#census.conclude(source, suites));
    }
    for (const incomplete of this.#incomplete(isWhole && this.#settings.forks === null)) {
      events.push({ type: 'incomplete:checked', incomplete });
    }
    for (const expectation of staleAmong(this.#expectations())) events.push({ type: 'expectation:stale', expectation });
    for (const event of events) yield { at: this.#lastAt, event };
  }

  *ending(): Generator<LoggedEvent> {
    const usage: RunUsage = sumUsage(
      this.#ends.map((end) => end.usage),
      'beside',
    );
    const durationMs = Math.max(...this.#ends.map((end) => end.durationMs));
    const end = { type: 'run:end', durationMs, reason: 'complete', exitCode: this.tally.exitCode() } as const;
    yield { at: this.#lastAt, event: { type: 'run:usage', usage } };
    yield { at: this.#lastAt, event: end };
  }

  #check(part: Part, event: RunEvent): void {
    if (event.type === 'source:start' || event.type === 'source:end') this.#checkDigest(part, event);
    const one = endedCase(event);
    if (one !== null) {
      this.#census.ended(one);
      this.#checkCase(part, one);
    }
  }

  #checkDigest({ path }: Part, { source, digest }: { readonly source: string; readonly digest?: string | null }): void {
    if (typeof digest !== 'string') return;
    const known = this.#digests.get(source);
    if (known === undefined) this.#digests.set(source, { digest, path });
    else if (known.digest !== digest) {
      const detail = `${known.digest} in ${known.path}, ${digest} in ${path}`;
      throw new MergeError(`the logs are of different fixtures: digest of ${source} is ${detail}`);
    }
  }

  #checkCase({ path, shard }: Part, { source, id }: CaseIdentity): void {
    if (shard.timings === undefined && shardOf(id, shard.of) !== shard.index) {
      throw new MergeError(`${path}: ${id} is no case of part ${shard.index} of ${shard.of}`);
    }
    const key = `${source}\n${id}`;
    const other = this.#cases.get(key);
    if (other !== undefined) throw new MergeError(`${id} of ${source} has ended in ${other} and in ${path}`);
    this.#cases.set(key, path);
  }

  #isToldAlready(event: RunEvent): boolean {
    const isCommon =
      event.type === 'note' ||
      event.type === 'not-run' ||
      event.type === 'source:start' ||
      event.type === 'source:end' ||
      event.type === 'source:error' ||
      (event.type === 'fixture:error' && event.case === undefined);
    if (!isCommon) return false;
    const telling = JSON.stringify(event);
    if (this.#told.has(telling)) return true;
    this.#told.add(telling);
    return false;
  }

  /** Jobs of different parts are different jobs. */
  #renumbered({ shard }: Part, event: RunEvent): RunEvent {
    if (!('job' in event) || event.job === undefined) return event;
    const before = this.parts.slice(0, shard.index - 1).reduce((sum, { start }) => sum + start.settings.jobs, 0);
    return { ...event, job: before + event.job };
  }

  #inAll(source: string): boolean {
    return this.#facts.every(({ suites }) => suites.some((one) => one.source === source));
  }

  #incomplete(whole: boolean) {
    const sums = new Map<string, ShardFacts['incomplete'][number]>();
    for (const fact of this.#facts.flatMap(({ incomplete }) => incomplete)) {
      const key = `${fact.source}\n${fact.suite}\n${fact.missing}`;
      sums.set(key, { ...fact, found: fact.found + (sums.get(key)?.found ?? 0) });
    }
    return [...sums.values()].flatMap((fact) => judgeIncomplete(fact, whole));
  }

  #expectations(): ShardFacts['expectations'] {
    const [first, ...others] = this.#facts;
    return (first?.expectations ?? []).map((entry, index) => {
      const all = [entry, ...others.flatMap(({ expectations }) => expectations[index] ?? [])];
      return { ...entry, used: all.some(({ used }) => used), reached: all.some(({ reached }) => reached) };
    });
  }
}

function endedCase(event: RunEvent): CaseIdentity | null {
  if (event.type === 'case:end') return event.result;
  if (event.type === 'case:unrunnable') return event.case;
  return event.type === 'fixture:error' && event.case !== undefined ? event.case : null;
}
