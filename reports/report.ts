/** The machine-readable report, version 1: the contract is `reports/schema/report-v1.schema.json`. */
import type { FixtureErrorRecord, RunEnvironment, RunEvent, RunSettings } from '../runners/events/events.js';
import type { Counts, Tally } from '../runners/events/tally.js';
import type { CaseResult, Coverage } from '../runners/verdict/verdict.js';
import { reproduction } from './reproduce.js';

export interface ReportFailure extends CaseResult {
  /** Shell line that runs the case again. */
  readonly reproduction: string;
}

export interface Report {
  readonly format: 'lockstep-report';
  readonly version: 1;
  readonly outcome: 'complete' | 'bail' | 'interrupted';
  readonly exitCode: number;
  readonly durationMs: number;
  readonly summary: Counts;
  readonly bySuite: Readonly<Record<string, Counts>>;
  readonly byFork: Readonly<Record<string, Counts>>;
  readonly coverage: Coverage;
  /** By id and source, so that two reports of one state of affairs are equal but for times. */
  readonly failures: readonly ReportFailure[];
  readonly fixtureErrors: readonly FixtureErrorRecord[];
  readonly sourceErrors: readonly { readonly source: string; readonly message: string }[];
  readonly runErrors: readonly string[];
  /** Kind of fixture to the number of files of it that this version does not run. */
  readonly notRun: Readonly<Record<string, number>>;
  readonly settings: RunSettings;
  readonly environment: RunEnvironment & {
    readonly vm: string;
    readonly threads: readonly number[];
    readonly fixtures: readonly { readonly source: string; readonly digest: string | null }[];
  };
}

export function buildReport(
  start: Extract<RunEvent, { type: 'run:start' }>,
  end: Extract<RunEvent, { type: 'run:end' }>,
  tally: Tally,
): Report {
  const { settings, environment } = start;
  return {
    format: 'lockstep-report',
    version: 1,
    outcome: end.reason,
    exitCode: end.exitCode,
    durationMs: end.durationMs,
    summary: tally.summary,
    bySuite: sorted(tally.bySuite),
    byFork: sorted(tally.byFork),
    coverage: tally.coverage,
    failures: tally.failures
      .map((failure) => ({ ...failure, reproduction: reproduction(failure, settings.vm) }))
      .sort((a, b) => order(a.id, b.id) || order(a.source, b.source)),
    fixtureErrors: tally.fixtureErrors,
    sourceErrors: tally.sourceErrors,
    runErrors: tally.runErrors,
    notRun: sorted(tally.notRun),
    settings,
    environment: {
      ...environment,
      vm: settings.vm,
      threads: settings.threads,
      fixtures: start.sources.map((source) => ({ source, digest: tally.digests.get(source) ?? null })),
    },
  };
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => order(a, b)));
}
