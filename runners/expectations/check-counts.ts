/** Compares the cases that a run has met with the counts of the releases that it has recognised. */
import type { CaseIdentity, CountMismatch, RunEvent } from '../events/events.js';
import type { RunKind } from '../fixtures/classify.js';
import type { FixtureEntry } from '../fixtures/sources.js';
import type { ExpectedCounts } from './expected-counts.js';
import { type RecognisedSuite, Recogniser } from './recognise.js';
import { suiteOfGroup } from './suite.js';

/** What a run takes of its sources; whole suites and forks may be left out. */
export interface CountedSelection {
  readonly suites: readonly RunKind[];
  /** Networks; null takes all. */
  readonly forks: readonly string[] | null;
}

type CaseKey = Pick<CountMismatch, 'suite' | 'kind' | 'network'>;

interface Line extends CaseKey {
  expected: number;
  found: number;
}

/** How many suites without expected counts a line names. */
const NAMED = 5;

export class CountCheck {
  /** One for each source, also where two have the same name: the same archive twice holds twice the cases. */
  readonly #recognisers: { readonly source: string; readonly recogniser: Recogniser }[] = [];
  readonly #broken = new Set<string>();
  readonly #lines = new Map<string, Map<string, Line>>();

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

  ended({ source, group, kind, network }: CaseIdentity): void {
    this.#line(source, { suite: suiteOfGroup(group), kind, network }).found++;
  }

  /** What is to be told once everything has been run. */
  conclude(): RunEvent[] {
    const recognised = new Map<string, RecognisedSuite[]>();
    for (const { source, recogniser } of this.#recognisers) {
      recognised.set(source, [...(recognised.get(source) ?? []), ...recogniser.recognised()]);
    }
    return [...recognised]
      .filter(([source]) => !this.#broken.has(source))
      .flatMap(([source, suites]) => this.#concludeSource(source, suites));
  }

  #concludeSource(source: string, suites: readonly RecognisedSuite[]): RunEvent[] {
    for (const suite of suites) this.#expect(source, suite);
    const known = new Map(suites.map(({ suite, release }) => [suite, release]));
    const lines = [...(this.#lines.get(source)?.values() ?? [])];
    const events: RunEvent[] = [];
    const unknown = new Set(lines.filter(({ suite }) => !known.has(suite)).map(({ suite }) => suite));
    if (unknown.size > 0) events.push({ type: 'note', message: unknownNote(source, [...unknown], known.size === 0) });
    const counted = lines.filter(({ suite }) => known.has(suite));
    if (counted.length === 0) return events;
    const releases = [...new Set(suites.map(({ release }) => release))].sort();
    const cases = counted.reduce((sum, line) => sum + line.expected, 0);
    events.push({ type: 'counts:checked', source, releases, expected: cases });
    for (const { suite, kind, network, expected, found } of counted) {
      if (expected === found) continue;
      const release = known.get(suite) as string;
      events.push({ type: 'counts:mismatch', mismatch: { source, release, suite, kind, network, expected, found } });
    }
    return events;
  }

  #expect(source: string, { suite, counts }: RecognisedSuite): void {
    for (const [kind, networks] of counts.cases) {
      if (!this.selection.suites.includes(kind)) continue;
      for (const [network, count] of networks) {
        if (this.selection.forks?.includes(network) === false) continue;
        this.#line(source, { suite, kind, network }).expected += count;
      }
    }
  }

  #line(source: string, { suite, kind, network }: CaseKey): Line {
    const lines = this.#lines.get(source) ?? new Map<string, Line>();
    this.#lines.set(source, lines);
    const key = `${suite}\n${kind}\n${network}`;
    const line = lines.get(key) ?? { suite, kind, network, expected: 0, found: 0 };
    lines.set(key, line);
    return line;
  }
}

function unknownNote(source: string, suites: readonly string[], all: boolean): string {
  if (all) return `${source}: not a release with expected counts, so its number of cases is not checked`;
  const more = suites.length > NAMED ? ` and ${suites.length - NAMED} more` : '';
  return `${source}: no expected counts for ${suites.slice(0, NAMED).join(', ')}${more}`;
}
