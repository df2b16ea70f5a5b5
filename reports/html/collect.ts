/** Gathers what a report page holds from the events of a run. */
import picocolors from 'picocolors';
import type { RunEvent } from '../../runners/events/events.js';
import { isFailure, isUnmet, suiteOf, Tally } from '../../runners/events/tally.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';
import { fixtureFault } from '../fixture-fault.js';
import { bytes, duration, figure, plural } from '../format.js';
import { mismatchOf } from '../lost-cases.js';
import { whyNothing } from '../nothing-run.js';
import { minimising, reproduction } from '../reproduce.js';
import { schedulesText } from '../schedule.js';
import { byAge, conclusion } from '../summary.js';
import { OUTCOMES, type Outcome, type PageData, type PageFailure, type PageProblem } from './client/page-data.js';

type Start = Extract<RunEvent, { type: 'run:start' }>;
type End = Extract<RunEvent, { type: 'run:end' }>;

/** What is kept of a case that passed; the results themselves would fill the memory. */
interface Row {
  readonly id: string;
  readonly source: string;
  readonly suite: string;
  readonly fork: string;
  readonly outcome: Outcome;
  readonly figures: Pick<CaseResult, 'milliseconds' | 'cpuMilliseconds' | 'times'>;
  readonly blocks: number;
  readonly transactions: number;
  readonly aborts: number;
  readonly job: number;
  readonly end: number;
  readonly failure: CaseResult | null;
}

export class PageCollector {
  readonly #tally = new Tally();
  readonly #rows: Row[] = [];
  readonly #notes: string[] = [];
  #start: Start | null = null;
  #end: End | null = null;
  /** When the run began. */
  #began = 0;

  /** `at`: when it happened, milliseconds since 1970. */
  on(event: RunEvent, at: number): void {
    this.#tally.on(event);
    if (event.type === 'run:start') {
      this.#start = event;
      this.#began = at;
    } else if (event.type === 'run:end') this.#end = event;
    else if (event.type === 'note') this.#notes.push(event.message);
    else if (event.type === 'case:end') this.#rows.push(rowOf(event, at - this.#began));
  }

  /** Null where no run was begun. A run without an end is shown as far as it came. */
  page(): PageData | null {
    const start = this.#start;
    if (start === null) return null;
    const tally = this.#tally;
    const end: End = this.#end ?? { type: 'run:end', durationMs: this.#last(), reason: 'interrupted', exitCode: 130 };
    const rows = this.#rows.sort((a, b) => order(a.id, b.id) || order(a.source, b.source));
    const names = {
      sources: [...start.sources],
      suites: [...new Set(rows.map((row) => row.suite))].sort(order),
      forks: [...new Set(rows.map((row) => row.fork))].sort(byAge),
    };
    for (const { source } of rows) if (!names.sources.includes(source)) names.sources.push(source);
    return {
      conclusion: conclusion(tally, end, picocolors.createColors(false)),
      reason: this.#end === null ? 'unfinished' : end.reason,
      exitCode: end.exitCode,
      durationMs: end.durationMs,
      environment: environment(start),
      sources: names.sources.map((name) => sourceOf(name, tally, rows)),
      figures: figures(tally, end),
      threads: start.settings.threads,
      problems: problems(tally, this.#notes, whyNothing(tally, start.settings)),
      names,
      cases: columns(rows, names, start.settings.threads.length),
      failures: rows.flatMap((row, at) => (row.failure === null ? [] : [failureOf(row.failure, at, start)])),
    };
  }

  #last(): number {
    return this.#rows.reduce((most, { end }) => Math.max(most, end), 0);
  }
}

function rowOf({ result, job }: Extract<RunEvent, { type: 'case:end' }>, end: number): Row {
  const { id, source, group, network: fork, coverage, expectation } = result;
  const { blocks, transactions, aborts } = coverage;
  const plain = result.verdict === 'pass' && expectation === undefined;
  return {
    id,
    source,
    // As in the tally: files at the top of a source have no suite of their own.
    suite: group === '.' ? source : suiteOf(group),
    fork,
    outcome: outcomeOf(result),
    figures: result,
    blocks,
    transactions,
    aborts,
    job,
    end,
    failure: plain ? null : result,
  };
}

function outcomeOf(result: CaseResult): Outcome {
  if (result.expectation?.unmet === null) return 'expected';
  return result.verdict === 'pass' && isFailure(result) ? 'unexpected pass' : result.verdict;
}

function columns(rows: readonly Row[], names: PageData['names'], runs: number): PageData['cases'] {
  const place = (list: readonly string[]): ReadonlyMap<string, number> => new Map(list.map((name, at) => [name, at]));
  const [sources, suites, forks] = [place(names.sources), place(names.suites), place(names.forks)];
  let before = '';
  const shared = rows.map(({ id }) => {
    let same = 0;
    while (same < before.length && same < id.length && before[same] === id[same]) same++;
    before = id;
    return same;
  });
  return {
    shared,
    rest: rows.map(({ id }, at) => id.slice(shared[at])),
    source: rows.map((row) => sources.get(row.source) as number),
    suite: rows.map((row) => suites.get(row.suite) as number),
    fork: rows.map((row) => forks.get(row.fork) as number),
    outcome: rows.map((row) => OUTCOMES.indexOf(row.outcome)),
    milliseconds: rows.map((row) => Math.round(row.figures.milliseconds)),
    cpuMilliseconds: rows.map((row) => Math.round(row.figures.cpuMilliseconds ?? row.figures.milliseconds)),
    blocks: rows.map((row) => row.blocks),
    transactions: rows.map((row) => row.transactions),
    aborts: rows.map((row) => row.aborts),
    job: rows.map((row) => row.job),
    end: rows.map((row) => row.end),
    serial: rows.map((row) => row.figures.times?.serial ?? -1),
    parallel: Array.from({ length: runs }, (_, run) => rows.map((row) => row.figures.times?.parallel[run] ?? -1)),
  };
}

function failureOf(result: CaseResult, row: number, { settings }: Start): PageFailure {
  const { verdict, cause, file, differences, block, transaction, threads, schedule, explanation, expectation } = result;
  return {
    row,
    cause: cause ?? expectation?.unmet ?? verdict,
    file,
    differences,
    block,
    transaction,
    threads,
    schedule: schedule ?? null,
    explanation: explanation ?? null,
    expectation:
      expectation === undefined
        ? null
        : { reason: expectation.reason, link: expectation.link, unmet: expectation.unmet },
    reproduction: reproduction(result, settings),
    minimising: minimising(result, settings.vm),
  };
}

function environment({ environment, settings }: Start): PageData['environment'] {
  const { lockstep, node, platform, cpus } = environment;
  const { vm, threads, jobs, timeoutSeconds, suites, forks, grep, sample, fuse, schedules, shard } = settings;
  return [
    ['lockstep', lockstep],
    ['Node', node],
    ['platform', `${platform}, ${plural(cpus, 'core')}`],
    ['machine', vm],
    ['parallel runs', `${threads.join(', ')} ${threads.length === 1 && threads[0] === 1 ? 'thread' : 'threads'}`],
    ['jobs', `${figure(jobs)}, ${figure(timeoutSeconds)} s a case`],
    ['suites', suites.join(', ')],
    ['forks', forks === null ? 'all' : forks.join(', ')],
    ...(grep === null ? [] : ([['grep', grep]] as const)),
    ...(shard === undefined ? [] : ([['part', `${figure(shard.index)} of ${figure(shard.of)}`]] as const)),
    ...(sample === null ? [] : ([['sample', figure(sample)]] as const)),
    ...(fuse === undefined ? [] : ([['fused blocks', `${figure(fuse.blocks)} a file, seed ${fuse.seed}`]] as const)),
    ...(schedules === undefined ? [] : ([['schedules', schedulesText(schedules).join(', ')]] as const)),
  ];
}

function sourceOf(name: string, tally: Tally, rows: readonly Row[]): PageData['sources'][number] {
  const usage = tally.usage?.sources.find(({ source }) => source === name);
  return {
    name,
    digest: tally.digests.get(name) ?? null,
    cases: rows.reduce((sum, { source }) => sum + (source === name ? 1 : 0), 0),
    cpuMs: usage?.cpuMs ?? null,
    peakBytes: usage?.peakBytes ?? null,
  };
}

function figures({ coverage, usage, fused, unrunnable }: Tally, { durationMs }: End): PageData['figures'] {
  const built = fused.conflict + fused.spread;
  return [
    ...(unrunnable === 0 ? [] : ([['cannot run', figure(unrunnable)]] as const)),
    ['blocks', figure(coverage.blocks)],
    ['with several transactions', figure(coverage.multiTransactionBlocks)],
    ['aborts', figure(coverage.aborts)],
    ['re-executions', figure(coverage.reexecutions)],
    ['estimates hit', figure(coverage.estimatesHit)],
    ...(coverage.schedules === 0 ? [] : ([['schedules', figure(coverage.schedules)]] as const)),
    ...(built === 0 ? [] : ([['fused blocks', figure(built)]] as const)),
    ['time', duration(durationMs)],
    ...(usage === null ? [] : ([['CPU', duration(usage.cpuMs.jobs + usage.cpuMs.parent)]] as const)),
    ...(usage?.peakBytes == null ? [] : ([['peak memory', bytes(usage.peakBytes)]] as const)),
  ];
}

function problems(tally: Tally, notes: readonly string[], nothing: string | null): PageProblem[] {
  const all = (level: PageProblem['level'], texts: readonly string[]): PageProblem[] =>
    texts.map((text) => ({ level, text }));
  return [
    ...all('error', tally.runErrors),
    ...all(
      'error',
      tally.sourceErrors.map(({ message }) => message),
    ),
    ...all('error', tally.fixtureErrors.map(fixtureFault)),
    ...all(
      'error',
      tally.countMismatches.map((one) => `${one.source}: ${mismatchOf(one)}`),
    ),
    ...tally.incomplete.map((one) => {
      const { source, suite, missing, expected, found, state, reason } = one;
      const text = `${source}: ${suite}: ${plural(found, 'case')} cannot run without ${missing} (${figure(expected)} expected, ${state}): ${reason}`;
      // Another number than expected fails the run.
      return { level: isUnmet(one) ? 'error' : 'warning', text } as const;
    }),
    ...all(
      'warning',
      tally.staleExpectations.map(
        (stale) => `stale expectation, no case answers to it: ${stale.case} (${stale.reason})`,
      ),
    ),
    ...all('warning', nothing === null ? [] : [nothing]),
    ...all('note', notes),
  ];
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
