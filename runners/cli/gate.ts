/** `lockstep gate`: whether a run, or a benchmark, is worse than an earlier one. */

import { open, readFile } from 'node:fs/promises';
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { compareBench, hasRegression } from '../../reports/bench/compare.js';
import { readBenchFile } from '../../reports/bench/figures.js';
import { comparisonLines } from '../../reports/bench/lines.js';
import { fixtureFault } from '../../reports/fixture-fault.js';
import { compareRuns, type GatedFault, type GatedRun, isWorse, repeated } from '../../reports/gate.js';
import { changeLines, gateSummary } from '../../reports/gate-lines.js';
import { addToSummary } from '../../reports/github.js';
import { lackOf, mismatchOf } from '../../reports/lost-cases.js';
import { caseMark, marksOf } from '../../reports/outcomes.js';
import { oneLine, printableValue } from '../../reports/printable.js';
import { buildReport, type Report } from '../../reports/report.js';
import type { RunEvent } from '../events/events.js';
import { beginsLog } from '../events/log-line.js';
import { pathOf } from '../events/shapes.js';
import { EXIT, type ExitCode, isUnmet, Tally } from '../events/tally.js';
import { whyUnreadable } from '../events/unreadable.js';
import { GateFileError } from './gate-error.js';
import { COMPARED } from './gated-report.js';
import type { Output } from './list.js';
import { UsageError } from './options.js';
import { eventsOf } from './report.js';

export interface GateOptions {
  readonly baseline?: string;
  readonly report: string;
  readonly bench?: string;
  readonly benchBaseline?: string;
  readonly threshold: number;
  /** Of benchmarks, compares ratios and no times. */
  readonly ratios?: boolean;
  readonly github?: boolean;
  /** False after `--no-color`. */
  readonly color: boolean;
}

/**
 * Prints what changed, and with `github` adds it to the job summary at `summaryPath`, where there is one; answers the
 * exit code. Throws {@link UsageError}, {@link GateFileError}, `BenchFileError`, `OutputFileError` and `EventLogError`.
 */
export async function gate(options: GateOptions, out: Output, summaryPath: string | null): Promise<ExitCode> {
  const { baseline, report, bench, benchBaseline, threshold } = options;
  if ((bench === undefined) !== (benchBaseline === undefined))
    throw new UsageError('--bench and --bench-baseline go together');
  if (baseline === undefined && bench === undefined)
    throw new UsageError('nothing to compare: name --baseline, or --bench and --bench-baseline');
  if (bench === undefined && options.ratios === true)
    throw new UsageError('--ratios is about benchmarks: name --bench and --bench-baseline');
  let worse = false;
  const told: ((colors: Colors) => readonly string[])[] = [];
  if (baseline !== undefined) {
    const changes = printableValue(compareRuns(await readRun(baseline), await readRun(report)));
    worse ||= isWorse(changes);
    told.push((colors) => changeLines(changes, colors));
  }
  if (bench !== undefined && benchBaseline !== undefined) {
    const [before, now] = [await readBenchFile(benchBaseline), await readBenchFile(bench)];
    const ratiosOnly = options.ratios === true;
    const comparison = compareBench(before, now, { threshold, missing: 'regression', ratiosOnly });
    worse ||= hasRegression(comparison);
    told.push((colors) => comparisonLines(comparison, colors));
  }
  const lines = (color: boolean): string[] => told.flatMap((one) => one(pc.createColors(color))).map(oneLine);
  for (const line of lines(options.color && pc.isColorSupported)) out.write(`${line}\n`);
  if (options.github === true && summaryPath !== null)
    await addToSummary(summaryPath, gateSummary(worse, lines(false)));
  return worse ? EXIT.unexpected : EXIT.expected;
}

/** A report, or an event log, which tells the names of lost cases too. */
async function readRun(path: string): Promise<GatedRun> {
  return (await isEventLog(path)) ? readLog(path) : readReport(path);
}

async function isEventLog(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
      return beginsLog(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readLog(path: string): Promise<GatedRun> {
  const tally = new Tally();
  const cases = new Map<string, Map<string, string>>();
  let start: Extract<RunEvent, { type: 'run:start' }> | null = null;
  let end: Extract<RunEvent, { type: 'run:end' }> | null = null;
  for await (const { event } of eventsOf([path])) {
    tally.on(event);
    if (event.type === 'run:start') start = event;
    if (event.type === 'run:end') end = event;
    if (event.type !== 'case:end') continue;
    const { file, id } = event.result;
    const marks = cases.get(file) ?? new Map<string, string>();
    cases.set(file, marks.set(repeated(marks, caseMark(id)), id));
  }
  if (start === null || end === null) throw new GateFileError(`${path}: tells of no run`);
  return gatedRun(path, buildReport(start, end, tally), cases);
}

async function readReport(path: string): Promise<GatedRun> {
  const report = (await readJson(path)) as Partial<Report> | null;
  if (report?.format !== 'lockstep-report') throw new GateFileError(`${path}: is neither a report nor an event log`);
  if (report.version !== 1) throw new GateFileError(`${path}: field version: ${String(report.version)} is none of 1`);
  const { outcomes } = report;
  if (outcomes === undefined)
    throw new GateFileError(`${path}: has no field outcomes, so that lost cases could not be told; make it anew`);
  const fault = COMPARED(report);
  if (fault !== null) throw new GateFileError(`${path}: field ${pathOf(fault)}: ${fault.detail}`);
  const cases = Object.entries(outcomes).map(([file, text]) => {
    const marks = new Map<string, null>();
    for (const mark of marksOf(text)) marks.set(repeated(marks, mark), null);
    return [file, marks] as const;
  });
  return gatedRun(path, report as Report, new Map(cases));
}

function gatedRun(name: string, report: Report, cases: GatedRun['cases']): GatedRun {
  const { settings, environment } = report;
  const digests = environment.fixtures.map(({ digest }) => digest?.slice(0, 16) ?? 'unknown');
  return {
    name,
    complete: report.outcome === 'complete',
    sources: environment.fixtures.map(({ source }) => source),
    failures: report.failures.map(({ id, source, verdict, cause }) => ({ id, source, verdict, cause })),
    cases,
    faults: faultsOf(report),
    circumstances: new Map([
      ['machine', settings.vm],
      ['threads', settings.threads.join(',')],
      ['suites', settings.suites.join(',')],
      ['forks', settings.forks?.join(',') ?? 'all'],
      ['grep', settings.grep ?? 'none'],
      ['sample', String(settings.sample ?? 'none')],
      ['fixtures', digests.join(', ')],
    ]),
  };
}

function faultsOf({ runErrors, sourceErrors, fixtureErrors, expectedCounts, incomplete }: Report): GatedFault[] {
  const plain = [
    ...runErrors,
    ...sourceErrors.map(({ message }) => message),
    ...expectedCounts.mismatches.map(mismatchOf),
    ...incomplete.filter(isUnmet).map(lackOf),
  ];
  return [
    ...fixtureErrors.map((error) => ({ what: error.message, told: fixtureFault(error) })),
    ...plain.map((line) => ({ what: line, told: line })),
  ];
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new GateFileError(`${path}: malformed JSON: ${error.message}`);
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? (error as Error) : new GateFileError(`${path}: ${whyUnreadable(error)}`);
}
