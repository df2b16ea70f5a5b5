/** What a run has shown about the entries of an expectations file, and the file without those that no longer hold. */
import type { IncompleteSuite, RunEvent, StaleExpectation } from '../events/events.js';
import type { CaseExpectation, CaseResult } from '../verdict/verdict.js';

/** An entry by what reports tell of it. */
type EntryKey = Pick<CaseExpectation, 'case' | 'outcome' | 'reason' | 'link'>;

function keyOf({ case: glob, outcome, reason, link }: EntryKey): string {
  return JSON.stringify([glob, outcome, reason, link]);
}

export interface ExpectationChanges {
  /** Entries whose cases all pass, or that no case answers to. */
  readonly removed: readonly { readonly entry: EntryKey; readonly why: string }[];
  /** Entries that hold for some of their cases: a person has to narrow them. */
  readonly narrowed: readonly {
    readonly entry: EntryKey;
    readonly holds: number;
    readonly passes: readonly string[];
  }[];
  /** Entries about a missing file which no case lacks any more. */
  readonly found: readonly Pick<IncompleteSuite, 'suite' | 'missing'>[];
  /** Failures that no entry expects. */
  readonly unexpected: readonly CaseResult[];
}

/** Gathers what a whole run says of the entries. */
export class ExpectationReview {
  readonly #uses = new Map<string, { readonly entry: EntryKey; holds: number; readonly passes: string[] }>();
  readonly #stale: StaleExpectation[] = [];
  readonly #found: Pick<IncompleteSuite, 'suite' | 'missing'>[] = [];
  readonly #unexpected: CaseResult[] = [];

  on(event: RunEvent): void {
    if (event.type === 'expectation:stale') this.#stale.push(event.expectation);
    if (event.type === 'incomplete:checked' && event.incomplete.state === 'stale') this.#found.push(event.incomplete);
    if (event.type === 'case:end') this.#case(event.result);
  }

  changes(): ExpectationChanges {
    const uses = [...this.#uses.values()];
    return {
      removed: [
        ...uses
          .filter(({ holds, passes }) => holds === 0 && passes.length > 0)
          .map(({ entry, passes }) => ({ entry, why: `all its cases pass (${passes.length})` })),
        ...this.#stale.map((entry) => ({ entry, why: 'no case answers to it' })),
      ],
      narrowed: uses.filter(({ holds, passes }) => holds > 0 && passes.length > 0),
      found: this.#found,
      unexpected: this.#unexpected,
    };
  }

  #case(result: CaseResult): void {
    const { expectation, verdict, id } = result;
    if (expectation === undefined) {
      if (verdict !== 'pass' && verdict !== 'skipped') this.#unexpected.push(result);
      return;
    }
    const key = keyOf(expectation);
    const use = this.#uses.get(key) ?? { entry: expectation, holds: 0, passes: [] };
    this.#uses.set(key, use);
    if (verdict === 'pass') use.passes.push(id);
    else {
      use.holds++;
      if (expectation.unmet !== null) this.#unexpected.push(result);
    }
  }
}

interface ExpectationFileText {
  entries: EntryKey[];
  incomplete?: { readonly suite: string; readonly missing: string }[];
}

/** The text of an expectations file, which has been read and found valid, without what `changes` removes. */
export function withoutRemoved(text: string, { removed, found }: ExpectationChanges): string {
  const file = JSON.parse(text) as ExpectationFileText;
  const gone = new Set(removed.map(({ entry }) => keyOf(entry)));
  const missing = new Set(found.map((one) => `${one.suite}\n${one.missing}`));
  file.entries = file.entries.filter((entry) => !gone.has(keyOf(entry)));
  if (file.incomplete !== undefined)
    file.incomplete = file.incomplete.filter((one) => !missing.has(`${one.suite}\n${one.missing}`));
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * What an entry for these failures would have to say, one for each cause: what only a person can say is left empty,
 * and `run` refuses the file until it is filled in.
 */
export function draftEntries(unexpected: readonly CaseResult[]): object[] {
  const byCause = new Map<string, CaseResult>();
  for (const result of unexpected) {
    const isVerdict =
      result.verdict === 'nonconformant' || result.verdict === 'divergent' || result.verdict === 'unstable';
    // A crash or a timeout leaves open what the case would have said: no entry may expect one.
    if (!isVerdict) continue;
    const key = `${result.verdict}\n${result.cause}`;
    if (!byCause.has(key)) byCause.set(key, result);
  }
  return [...byCause.values()].map(({ id, verdict, cause }) => ({
    case: id,
    outcome: verdict,
    cause,
    reason: '',
    link: '',
    proof: {
      eip: '',
      issue: '',
      machines: [
        { machine: '', says: '' },
        { machine: '', says: '' },
      ],
    },
  }));
}
