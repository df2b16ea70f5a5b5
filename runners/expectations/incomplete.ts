/**
 * Suites that were published without a file which some of their cases need. Such cases can neither pass nor fail;
 * they are counted apart, and hold a run up unless there are exactly as many as an entry says.
 */
import type { CaseIdentity, IncompleteSuite, RunEvent, ShardFacts } from '../events/events.js';
import type { JsonValue } from './file-error.js';
import { suiteOfGroup } from './suite.js';

/** A file that a published suite lacks. */
export interface MissingFile {
  readonly suite: string;
  /** The file as cases name it: `pre_alloc/0x….json`. */
  readonly missing: string;
  /** Cases of the suite that name it. */
  readonly cases: number;
  readonly reason: string;
  /** Address of the publication. */
  readonly link: string;
  /** Why the file cannot be made again from what the suite holds. */
  readonly proof: string;
}

/** Reads an entry; throws `ExpectationFileError`. */
export function readMissingFile(entry: JsonValue, address: (value: JsonValue) => string): MissingFile {
  const fields = entry.fields(['suite', 'missing', 'cases', 'reason', 'link', 'proof']);
  return {
    suite: fields.suite.text(),
    missing: fields.missing.matching(/^(?!\/)(?!.*\.\.)[^*?]+\.json$/, 'path of one .json file'),
    cases: fields.cases.count(),
    reason: fields.reason.text(),
    link: address(fields.link),
    proof: fields.proof.text(),
  };
}

interface Count {
  /** Cases that could not be run for want of the file. */
  found: number;
}

export class IncompleteCheck {
  /** By source, then by entry: what has been met of an entry's suite. */
  readonly #counts = new Map<string, Map<MissingFile, Count>>();

  /** `whole`: the run takes every case of its suites, so that an entry's number must be met. */
  constructor(
    private readonly entries: readonly MissingFile[],
    private readonly whole: boolean,
  ) {}

  /** A case of the source has been run. */
  ended(one: Pick<CaseIdentity, 'source' | 'group'>): void {
    for (const entry of this.entries) if (entry.suite === suiteOfGroup(one.group)) this.#count(one.source, entry);
  }

  /** The event as it is to be reported: a fixture error, or a case that an entry says cannot be run. */
  judge(event: Extract<RunEvent, { type: 'fixture:error' }>): RunEvent {
    const { error, case: one, job } = event;
    if (one === undefined || job === undefined || error.missing === undefined) return event;
    const { missing } = error;
    const suite = suiteOfGroup(one.group);
    const entry = this.entries.find((known) => known.suite === suite && known.missing === missing);
    if (entry === undefined) return event;
    this.#count(one.source, entry).found++;
    return { type: 'case:unrunnable', job, case: one, missing };
  }

  /** What is to be told of each entry whose suite the run has met. */
  conclude(): IncompleteSuite[] {
    return this.facts().flatMap((fact) => judgeIncomplete(fact, this.whole));
  }

  /** Cases that could not be run, by source and entry. */
  facts(): ShardFacts['incomplete'] {
    return [...this.#counts].flatMap(([source, counts]) =>
      [...counts].map(([{ suite, missing, cases: expected, reason, link, proof }, { found }]) => {
        return { source, suite, missing, expected, found, reason, link, proof };
      }),
    );
  }

  #count(source: string, entry: MissingFile): Count {
    const counts = this.#counts.get(source) ?? new Map<MissingFile, Count>();
    this.#counts.set(source, counts);
    const count = counts.get(entry) ?? { found: 0 };
    counts.set(entry, count);
    return count;
  }
}

/** Nothing where single cases are picked and none of them names the file: none of them need be one that does. */
export function judgeIncomplete(fact: ShardFacts['incomplete'][number], whole: boolean): IncompleteSuite[] {
  const { found, expected } = fact;
  if (found === 0 && !whole) return [];
  const met = whole ? found === expected : found <= expected;
  return [{ ...fact, state: met ? 'met' : found === 0 ? 'stale' : 'unmet' }];
}
