/** Holds the results of a run against the entries of an expectations file. */
import type { ShardFacts, StaleExpectation } from '../events/events.js';
import { groupOf } from '../fixtures/classify.js';
import { idMatcher } from '../fixtures/reference.js';
import type { CaseResult } from '../verdict/verdict.js';
import { type Expectation, globMatcher } from './expectations.js';

interface Entry {
  readonly expectation: Expectation;
  readonly matches: (id: string) => boolean;
  readonly fits: (text: string) => boolean;
  /** Over the file part of the ids that the entry is about. */
  readonly matchesFile: (file: string) => boolean;
  /** Suite that the entry is about, as far as its glob tells. */
  readonly group: string;
  /** A case of it has ended. */
  used: boolean;
  /** A case of its file or suite has ended. */
  reached: boolean;
}

export class ExpectationJudge {
  readonly #entries: Entry[];

  constructor(expectations: readonly Expectation[]) {
    this.#entries = expectations.map((expectation) => {
      const fileGlob = expectation.case.split('::', 1)[0] as string;
      return {
        expectation,
        matches: globMatcher(expectation.case),
        fits: idMatcher(expectation.pattern.text),
        matchesFile: globMatcher(fileGlob),
        group: groupOf(fileGlob),
        used: false,
        reached: false,
      };
    });
  }

  /** The result as it is, or with what its entry says of it. Where several entries match, one that holds suffices. */
  judge(result: CaseResult): CaseResult {
    let first: { readonly expectation: Expectation; readonly unmet: string } | null = null;
    for (const entry of this.#entries) {
      entry.reached ||= entry.group === result.group || entry.matchesFile(result.file);
      if (!entry.matches(result.id)) continue;
      entry.used = true;
      const unmet = whyUnmet(entry, result);
      if (unmet === null) return marked(result, entry.expectation, null);
      first ??= { expectation: entry.expectation, unmet };
    }
    return first === null ? result : marked(result, first.expectation, first.unmet);
  }

  /** Entries that no case answers to, though cases of their suite have been run. For runs of whole suites only. */
  stale(): StaleExpectation[] {
    return staleAmong(this.facts());
  }

  /** What has been met of each entry. */
  facts(): ShardFacts['expectations'] {
    return this.#entries.map(({ expectation: { case: glob, outcome, reason, link }, used, reached }) => {
      return { case: glob, outcome, reason, link, used, reached };
    });
  }
}

export function staleAmong(facts: ShardFacts['expectations']): StaleExpectation[] {
  return facts
    .filter(({ used, reached }) => reached && !used)
    .map(({ case: glob, outcome, reason, link }) => ({ case: glob, outcome, reason, link }));
}

function marked(result: CaseResult, expectation: Expectation, unmet: string | null): CaseResult {
  const { case: glob, outcome, reason, link } = expectation;
  return { ...result, expectation: { case: glob, outcome, reason, link, unmet } };
}

/** Null where the entry holds. */
function whyUnmet({ expectation, fits }: Entry, { verdict, cause, differences }: CaseResult): string | null {
  const { outcome, pattern } = expectation;
  if (verdict === 'pass') return `${outcome} expected, but it passed: take the entry out`;
  if (verdict === 'crashed' || verdict === 'timeout') return `${outcome} expected; ${verdict} satisfies no entry`;
  if (verdict !== outcome) return `${outcome} expected`;
  const texts =
    pattern.of === 'cause'
      ? [cause ?? '']
      : differences.filter(({ what }) => what === 'exception').map(({ actual }) => actual);
  return texts.some(fits) ? null : `${outcome} expected, with ${pattern.of} ${pattern.text}`;
}
