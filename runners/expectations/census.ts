/** How many cases of each suite, kind and network a run has met, against how many its suites hold. */
import type { CaseIdentity, CountMismatch, RunEvent, SuiteExpectation } from '../events/events.js';
import { suiteOfGroup } from './suite.js';

type CaseKey = Pick<CountMismatch, 'suite' | 'kind' | 'network'>;

interface Line extends CaseKey {
  expected: number;
  found: number;
}

/** How many suites without expected counts a line names. */
const NAMED = 5;

class Lines {
  readonly #lines = new Map<string, Line>();

  at({ suite, kind, network }: CaseKey): Line {
    const key = `${suite}\n${kind}\n${network}`;
    const line = this.#lines.get(key) ?? { suite, kind, network, expected: 0, found: 0 };
    this.#lines.set(key, line);
    return line;
  }

  all(): readonly Line[] {
    return [...this.#lines.values()];
  }
}

export class CaseCensus {
  readonly #sources = new Map<string, Lines>();

  ended({ source, group, kind, network }: CaseIdentity): void {
    const lines = this.#sources.get(source) ?? new Lines();
    this.#sources.set(source, lines);
    lines.at({ suite: suiteOfGroup(group), kind, network }).found++;
  }

  /** What is to be told of a source that was read to its end and must hold these suites. */
  conclude(source: string, suites: readonly SuiteExpectation[]): RunEvent[] {
    const merged = new Lines();
    for (const line of this.#sources.get(source)?.all() ?? []) merged.at(line).found += line.found;
    for (const { suite, cases } of suites) {
      for (const { kind, network, expected } of cases) merged.at({ suite, kind, network }).expected += expected;
    }
    return concluded(source, suites, merged.all());
  }
}

function concluded(source: string, suites: readonly SuiteExpectation[], lines: readonly Line[]): RunEvent[] {
  const known = new Map(suites.map(({ suite, release }) => [suite, release]));
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

function unknownNote(source: string, suites: readonly string[], all: boolean): string {
  if (all) return `${source}: not a release with expected counts, so its number of cases is not checked`;
  const more = suites.length > NAMED ? ` and ${suites.length - NAMED} more` : '';
  return `${source}: no expected counts for ${suites.slice(0, NAMED).join(', ')}${more}`;
}
