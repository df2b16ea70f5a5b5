/** The machine-readable report, version 1: the contract is `reports/schema/report-v1.schema.json`. */
import type {
  CountMismatch,
  FixtureErrorRecord,
  IncompleteSuite,
  RunEnvironment,
  RunEvent,
  RunSettings,
  RunUsage,
  StaleExpectation,
} from '../runners/events/events.js';
import type { Counts, SlowCase, Tally } from '../runners/events/tally.js';
import type { FusedCounts } from '../runners/verdict/fused.js';
import type { CaseExpectation, CaseResult, Coverage, Verdict } from '../runners/verdict/verdict.js';
import { clusters } from './clusters.js';
import { byId, order } from './order.js';
import type { OutcomeIndex, Outcomes } from './outcomes.js';
import { reproduction } from './reproduce.js';

export interface ReportFailure extends CaseResult {
  /** Shell line that runs the case again. */
  readonly reproduction: string;
}

/** A case that failed as the expectations file says. */
export interface ExpectedFailure extends Pick<CaseResult, 'id' | 'source' | 'verdict' | 'cause'> {
  readonly expectation: Omit<CaseExpectation, 'unmet'>;
}

/** Failures of one verdict and cause. */
export interface ReportCluster {
  readonly verdict: Verdict;
  readonly cause: string;
  readonly cases: number;
  /** Ids of some of them. */
  readonly examples: readonly string[];
}

const EXAMPLES = 3;

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
  /** Left out where no fused blocks were asked for. */
  readonly fused?: FusedCounts;
  /** Failures by what they have in common, the largest group first. */
  readonly clusters: readonly ReportCluster[];
  /** By id and source, so that two reports of one state of affairs are equal but for times. */
  readonly failures: readonly ReportFailure[];
  /** Failed as expected; by id and source, like the failures. */
  readonly expectedFailures: readonly ExpectedFailure[];
  readonly staleExpectations: readonly StaleExpectation[];
  /** How many cases there were against how many there must be. */
  readonly expectedCounts: {
    readonly checked: readonly {
      readonly source: string;
      readonly releases: readonly string[];
      readonly expected: number;
    }[];
    readonly mismatches: readonly CountMismatch[];
  };
  /** Suites whose source lacks a file that some of their cases need: these are in no other count. */
  readonly incomplete: readonly IncompleteSuite[];
  readonly fixtureErrors: readonly FixtureErrorRecord[];
  readonly sourceErrors: readonly { readonly source: string; readonly message: string }[];
  readonly runErrors: readonly string[];
  /** Kind of fixture to the number of files of it that this version does not run. */
  readonly notRun: Readonly<Record<string, number>>;
  /** What the run cost, by source; null where it ended before it could be told. */
  readonly usage: RunUsage | null;
  /** Ten cases at most, by processor time. */
  readonly slowest: readonly SlowCase[];
  /** Every case that ended, by file: see `outcomes.ts`. Left out where nobody kept them. */
  readonly outcomes?: Outcomes;
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
  outcomes?: OutcomeIndex,
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
    ...(settings.fuse === undefined ? {} : { fused: tally.fused }),
    clusters: clusters(tally.failures).map(({ verdict, cause, failures }) => {
      const ids = failures.map(({ id }) => id).sort(order);
      return { verdict, cause, cases: failures.length, examples: ids.slice(0, EXAMPLES) };
    }),
    failures: tally.failures
      .map((failure) => ({ ...failure, reproduction: reproduction(failure, settings) }))
      .sort(byId),
    expectedFailures: tally.asExpected.map(expectedFailure).sort(byId),
    staleExpectations: tally.staleExpectations,
    expectedCounts: { checked: tally.countsChecked, mismatches: inOrder(tally.countMismatches) },
    incomplete: inOrder(tally.incomplete),
    fixtureErrors: inOrder(tally.fixtureErrors),
    sourceErrors: tally.sourceErrors,
    runErrors: tally.runErrors,
    notRun: sorted(tally.notRun),
    usage: tally.usage,
    slowest: tally.slowest,
    ...(outcomes === undefined ? {} : { outcomes: outcomes.outcomes() }),
    settings,
    environment: {
      ...environment,
      vm: settings.vm,
      threads: settings.threads,
      fixtures: start.sources.map((source) => ({ source, digest: tally.digests.get(source) ?? null })),
    },
  };
}

function expectedFailure({ id, source, verdict, cause, expectation }: CaseResult): ExpectedFailure {
  const { case: glob, outcome, reason, link } = expectation as CaseExpectation;
  return { id, source, verdict, cause, expectation: { case: glob, outcome, reason, link } };
}

/** In an order that does not depend on timing: by all that they say. */
function inOrder<T extends object>(records: readonly T[]): readonly T[] {
  const keyed = records.map((record) => ({ record, key: JSON.stringify(Object.values(record)) }));
  return keyed.sort((a, b) => order(a.key, b.key)).map(({ record }) => record);
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => order(a, b)));
}
