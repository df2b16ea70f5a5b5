/** Compares the cases that a run has met with the counts of the releases that it has recognised. */
import type { CaseIdentity, RunEvent, ShardFacts, SuiteExpectation } from '../events/events.js';
import type { RunKind } from '../fixtures/classify.js';
import type { FixtureEntry } from '../fixtures/sources.js';
import { CaseCensus } from './census.js';
import type { ExpectedCounts } from './expected-counts.js';
import { type RecognisedSuite, Recogniser } from './recognise.js';

/** What a run takes of its sources; whole suites and forks may be left out. */
export interface CountedSelection {
  readonly suites: readonly RunKind[];
  /** Networks; null takes all. */
  readonly forks: readonly string[] | null;
}

export class CountCheck {
  /** One for each source, also where two have the same name: the same archive twice holds twice the cases. */
  readonly #recognisers: { readonly source: string; readonly recogniser: Recogniser }[] = [];
  readonly #broken = new Set<string>();
  readonly #census = new CaseCensus();

  constructor(
    private readonly expected: ExpectedCounts,
    private readonly selection: CountedSelection,
  ) {}

  /** Begins a source; what it answers is to see every entry. */
  begin(source: string): (entry: FixtureEntry) => Promise<void> {
    const recogniser = new Recogniser(this.expected);
    this.#recognisers.push({ source, recogniser });
    return (entry) => recogniser.see(entry);
  }

  /** The source broke off: that is an error already, and its missing cases no further news. */
  broke(source: string): void {
    this.#broken.add(source);
  }

  ended(one: CaseIdentity): void {
    this.#census.ended(one);
  }

  /** The suites that were recognised, and what the run must find in them. */
  facts(): ShardFacts['suites'] {
    const suites = new Map<string, SuiteExpectation[]>();
    for (const { source, recogniser } of this.#recognisers) {
      if (this.#broken.has(source)) continue;
      const recognised = recogniser.recognised().map((suite) => this.#expect(suite));
      suites.set(source, [...(suites.get(source) ?? []), ...recognised]);
    }
    return [...suites].map(([source, held]) => ({ source, suites: held }));
  }

  /** What is to be told once everything has been run. */
  conclude(): RunEvent[] {
    return this.facts().flatMap(({ source, suites }) => this.#census.conclude(source, suites));
  }

  #expect({ suite, release, counts }: RecognisedSuite): SuiteExpectation {
    const { suites, forks } = this.selection;
    const cases = [...counts.cases]
      .filter(([kind]) => suites.includes(kind))
      .flatMap(([kind, networks]) => [...networks].map(([network, expected]) => ({ kind, network, expected })))
      .filter(({ network }) => forks?.includes(network) !== false);
    return { suite, release, cases };
  }
}
