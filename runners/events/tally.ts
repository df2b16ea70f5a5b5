/** Counts over the event stream: what summaries, reports and the exit code are made of. */
import { countFused, emptyFusedCounts } from '../verdict/fused.js';
import { type CaseResult, type Coverage, VERDICTS, type Verdict } from '../verdict/verdict.js';
import type {
  CountMismatch,
  FixtureErrorRecord,
  IncompleteSuite,
  Reporter,
  RunEvent,
  RunUsage,
  StaleExpectation,
} from './events.js';

/** Exit codes of the command. */
export const EXIT = {
  expected: 0,
  unexpected: 1,
  usage: 2,
  infrastructure: 3,
  noCase: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** `expected`: failed as the expectations file says; such cases are not counted under their verdict. */
export type Counts = { cases: number; expected: number } & Record<Verdict, number>;

export function emptyCounts(): Counts {
  const counts = { cases: 0, expected: 0 } as Counts;
  for (const verdict of VERDICTS) counts[verdict] = 0;
  return counts;
}

export function emptyCoverage(): Coverage {
  return {
    blocks: 0,
    multiTransactionBlocks: 0,
    transactions: 0,
    aborts: 0,
    reexecutions: 0,
    estimatesHit: 0,
    deferredFeeReads: 0,
    resets: 0,
    schedules: 0,
    exploredBlocks: 0,
  };
}

function addCoverage(total: Coverage, part: Coverage): void {
  for (const key of Object.keys(total) as (keyof Coverage)[]) total[key] += part[key];
}

/** True for verdicts that make a run fail. */
export function isUnexpected(verdict: Verdict): boolean {
  return verdict !== 'pass' && verdict !== 'skipped';
}

/** True for a suite that makes a run fail: another number of its cases than expected cannot be run. */
export function isUnmet({ state }: Pick<IncompleteSuite, 'state'>): boolean {
  return state === 'unmet';
}

/** True for a case that makes a run fail: its verdict does, or an expectation of it does not hold. */
export function isFailure({ verdict, expectation }: Pick<CaseResult, 'verdict' | 'expectation'>): boolean {
  return expectation === undefined ? isUnexpected(verdict) : expectation.unmet !== null;
}

/** Suite for summaries: `BlockchainTests/ValidBlocks` → `BlockchainTests`; the older generations stand apart. */
export function suiteOf(group: string): string {
  const folders = group.split('/');
  return folders.slice(0, folders[0] === 'LegacyTests' ? 3 : 1).join('/');
}

/** As {@link suiteOf}; files at the top of a source have no suite of their own, so that the source's name says most. */
export function suiteNameOf({ group, source }: Pick<CaseResult, 'group' | 'source'>): string {
  return group === '.' ? source : suiteOf(group);
}

/** How many of the cases that took longest are kept. */
const SLOWEST_KEPT = 10;

/** A case by what it took. */
export interface SlowCase extends Pick<CaseResult, 'id' | 'source' | 'verdict' | 'milliseconds'> {
  readonly cpuMilliseconds: number;
}

export class Tally implements Reporter {
  readonly summary = emptyCounts();
  readonly bySuite = new Map<string, Counts>();
  readonly byFork = new Map<string, Counts>();
  /** Suite, then network. */
  readonly bySuiteAndFork = new Map<string, Map<string, Counts>>();
  readonly coverage = emptyCoverage();
  /** Fused blocks; those whose process died before they were put together are not known. */
  readonly fused = emptyFusedCounts();
  readonly failures: CaseResult[] = [];
  /** Failed as the expectations file says. */
  readonly asExpected: CaseResult[] = [];
  readonly staleExpectations: StaleExpectation[] = [];
  /** Cases that cannot be run, since their source lacks a file, as the expectations file says. */
  unrunnable = 0;
  readonly incomplete: IncompleteSuite[] = [];
  /** By processor time, longest first; at most ten. */
  readonly slowest: SlowCase[] = [];
  /** Null before the end. */
  usage: RunUsage | null = null;
  readonly countsChecked: { source: string; releases: readonly string[]; expected: number }[] = [];
  readonly countMismatches: CountMismatch[] = [];
  readonly fixtureErrors: FixtureErrorRecord[] = [];
  readonly sourceErrors: { source: string; message: string }[] = [];
  readonly runErrors: string[] = [];
  /** Kind of fixture to the number of tests of it that were not run. */
  readonly notRun = new Map<string, number>();
  readonly digests = new Map<string, string | null>();
  interrupted = false;

  on(event: RunEvent): void {
    switch (event.type) {
      case 'source:start':
        this.digests.set(event.source, null);
        break;
      case 'source:end':
        this.digests.set(event.source, event.digest);
        break;
      case 'source:error':
        this.sourceErrors.push({ source: event.source, message: event.message });
        break;
      case 'fixture:error':
        this.fixtureErrors.push(event.error);
        break;
      case 'not-run':
        this.notRun.set(event.kind, (this.notRun.get(event.kind) ?? 0) + event.count);
        break;
      case 'counts:checked':
        this.countsChecked.push({ source: event.source, releases: event.releases, expected: event.expected });
        break;
      case 'counts:mismatch':
        this.countMismatches.push(event.mismatch);
        break;
      case 'expectation:stale':
        this.staleExpectations.push(event.expectation);
        break;
      case 'case:unrunnable':
        this.unrunnable++;
        break;
      case 'incomplete:checked':
        this.incomplete.push(event.incomplete);
        break;
      case 'run:usage':
        this.usage = event.usage;
        break;
      case 'run:error':
        this.runErrors.push(event.message);
        break;
      case 'case:end':
        this.#count(event.result);
        break;
      case 'run:end':
        this.interrupted = event.reason === 'interrupted';
        break;
      default:
        break;
    }
  }

  #count(result: CaseResult): void {
    const suite = suiteNameOf(result);
    let forks = this.bySuiteAndFork.get(suite);
    if (forks === undefined) {
      forks = new Map();
      this.bySuiteAndFork.set(suite, forks);
    }
    const all = [
      this.summary,
      countsAt(this.bySuite, suite),
      countsAt(this.byFork, result.network),
      countsAt(forks, result.network),
    ];
    const met = result.expectation?.unmet === null;
    for (const counts of all) {
      counts.cases++;
      counts[met ? 'expected' : result.verdict]++;
    }
    addCoverage(this.coverage, result.coverage);
    this.#time(result);
    if (result.fused !== undefined) countFused(this.fused, result.fused);
    if (isFailure(result)) this.failures.push(result);
    else if (met) this.asExpected.push(result);
  }

  #time({ id, source, verdict, milliseconds, cpuMilliseconds = milliseconds }: CaseResult): void {
    const last = this.slowest.at(-1);
    if (this.slowest.length === SLOWEST_KEPT && last !== undefined && cpuMilliseconds <= last.cpuMilliseconds) return;
    this.slowest.push({ id, source, verdict, milliseconds, cpuMilliseconds });
    this.slowest.sort((a, b) => b.cpuMilliseconds - a.cpuMilliseconds);
    this.slowest.splice(SLOWEST_KEPT);
  }

  /**
   * What the command should exit with. An infrastructure fault comes before an unexpected outcome,
   * since it leaves open what the missing cases would have said.
   */
  exitCode(interrupted = this.interrupted): ExitCode {
    if (interrupted) return EXIT.interrupted;
    if (this.runErrors.length + this.sourceErrors.length + this.fixtureErrors.length > 0) return EXIT.infrastructure;
    if (this.incomplete.some(isUnmet)) return EXIT.infrastructure;
    // Before the want of any case: a known suite that has lost all of them is no empty selection.
    if (this.countMismatches.length > 0) return EXIT.unexpected;
    if (this.summary.cases === 0) return EXIT.noCase;
    return this.failures.length > 0 ? EXIT.unexpected : EXIT.expected;
  }
}

function countsAt(map: Map<string, Counts>, key: string): Counts {
  let counts = map.get(key);
  if (counts === undefined) {
    counts = emptyCounts();
    map.set(key, counts);
  }
  return counts;
}
