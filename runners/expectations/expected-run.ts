/** What a run is measured by beside its fixtures: known outcomes, and how many cases there must be. */
import type { RunEvent, ShardFacts } from '../events/events.js';
import type { FixtureEntry } from '../fixtures/sources.js';
import { CountCheck, type CountedSelection } from './check-counts.js';
import type { Expectation } from './expectations.js';
import type { ExpectedCounts } from './expected-counts.js';
import { IncompleteCheck, type MissingFile } from './incomplete.js';
import { ExpectationJudge } from './judge.js';

export interface Expected {
  readonly outcomes: readonly Expectation[];
  readonly incomplete: readonly MissingFile[];
  readonly counts: ExpectedCounts;
  /** Of the content of the two files, so that runs can be told to be held against the same; left out where there are none. */
  readonly marks?: { readonly outcomes: string; readonly counts: string };
}

/** What a run takes; `grep` and `sample` pick single cases, so that nothing can be said of what is missing. */
export interface ExpectedSelection extends CountedSelection {
  readonly grep: string | null;
  readonly sample: number | null;
  /** Cases are made of those of the suites. */
  readonly fuse?: object;
  /** Cases are those of an earlier run that failed. */
  readonly lastFailed?: object;
  /** The run is one part of several, which only the whole can be judged by. */
  readonly shard?: object;
}

/** True where a run, or the parts that it is split into, takes its suites whole. */
export function takesWhole({ grep, sample, fuse, lastFailed }: Omit<ExpectedSelection, 'shard'>): boolean {
  return grep === null && sample === null && fuse === undefined && lastFailed === undefined;
}

export class ExpectedRun {
  readonly #judge: ExpectationJudge;
  /** Null where the run takes less than whole suites. */
  readonly #counts: CountCheck | null;
  readonly #incomplete: IncompleteCheck;
  readonly #allForks: boolean;
  readonly #isPart: boolean;

  constructor({ outcomes, incomplete, counts }: Expected, selection: ExpectedSelection) {
    const whole = takesWhole(selection);
    this.#judge = new ExpectationJudge(outcomes);
    this.#counts = whole ? new CountCheck(counts, selection) : null;
    this.#allForks = whole && selection.forks === null;
    this.#incomplete = new IncompleteCheck(incomplete, this.#allForks);
    this.#isPart = selection.shard !== undefined;
  }

  /** Begins a source; what it answers is to see every entry of it. */
  begin(source: string): (entry: FixtureEntry) => Promise<void> {
    return this.#counts?.begin(source) ?? (async () => undefined);
  }

  /** The event as it is to be reported. */
  judge(event: RunEvent): RunEvent {
    if (event.type === 'source:error') this.#counts?.broke(event.source);
    if (event.type === 'fixture:error') {
      // The case is there, whatever became of it.
      if (event.case !== undefined) this.#counts?.ended(event.case);
      return this.#incomplete.judge(event);
    }
    if (event.type !== 'case:end') return event;
    this.#counts?.ended(event.result);
    this.#incomplete.ended(event.result);
    return { ...event, result: this.#judge.judge(event.result) };
  }

  /** Takes note of an event that was judged and reported in an earlier part of the same run. */
  replay(event: RunEvent): void {
    if (event.type === 'case:unrunnable') {
      const { case: one, job, missing } = event;
      this.judge({
        type: 'fixture:error',
        error: { ...one, test: null, field: null, message: '', missing },
        case: one,
        job,
      });
    } else if (event.type === 'case:end' || event.type === 'fixture:error') this.judge(event);
  }

  /** What is to be told at the end of a run that was not cut short. */
  conclude(): RunEvent[] {
    if (this.#isPart) return [{ type: 'shard:facts', facts: this.#facts() }];
    const stale = this.#allForks ? this.#judge.stale() : [];
    return [
      ...(this.#counts?.conclude() ?? []),
      ...this.#incomplete.conclude().map((incomplete): RunEvent => ({ type: 'incomplete:checked', incomplete })),
      ...stale.map((expectation): RunEvent => ({ type: 'expectation:stale', expectation })),
    ];
  }

  #facts(): ShardFacts {
    return {
      suites: this.#counts?.facts() ?? [],
      expectations: this.#allForks ? this.#judge.facts() : [],
      incomplete: this.#incomplete.facts(),
    };
  }
}
