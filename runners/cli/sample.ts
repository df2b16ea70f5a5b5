/** The first pass over the sources: which cases there are, and an even sample of them. */
import { createHash } from 'node:crypto';
import { FixtureError } from '../fixtures/cases.js';
import { classifyPath, isRunKind } from '../fixtures/classify.js';
import { decodeFile } from '../fixtures/decode.js';
import type { CaseReference } from '../fixtures/reference.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { fusedReferences } from '../fuse/references.js';
import { errorSelector, fileSelector, fusedSelection, type Selection, selector } from '../job/selection.js';
import type { FuseSettings } from '../verdict/fused.js';

/** A case by name: all that listing and sampling need. */
export type ListedCase = Pick<CaseReference, 'id' | 'source' | 'file' | 'group' | 'network' | 'kind'>;

export interface ListingOptions {
  /** How fused blocks are made, which are listed in place of the cases. */
  readonly fuse?: FuseSettings | undefined;
  /** Gets each file of no known kind. */
  readonly onUnknown?: (file: string) => void;
}

/**
 * Every selected case, in the order of the sources, or every fused block where these are asked for. `onError` gets
 * what cannot be decoded and might be among them.
 */
export async function* listCases(
  source: FixtureSource,
  selection: Selection,
  onError: (error: FixtureError) => void,
  { fuse, onUnknown }: ListingOptions = {},
): AsyncGenerator<ListedCase> {
  const selects = selector(fuse === undefined ? selection : fusedSelection(selection));
  const counts = errorSelector(selection, fuse !== undefined);
  const opens = fileSelector(selection.grep);
  for await (const entry of source) {
    const kind = classifyPath(entry.file);
    if (!opens(entry.file) || (kind !== null && !isRunKind(kind))) continue;
    if (fuse !== undefined && kind !== null && kind !== 'state') continue;
    const { references, notRun } = decodeFile(source.name, entry.file, await entry.text());
    if (notRun === 'unknown') onUnknown?.(entry.file);
    for (const reference of fuse === undefined ? references : fusedReferences(references, fuse)) {
      if (reference instanceof FixtureError) {
        if (counts(reference)) onError(reference);
      } else if (selects(reference)) {
        // A copy: the reference itself holds on to the parsed file.
        const { id, file, group, network, kind } = reference;
        yield { id, source: source.name, file, group, network, kind };
      }
    }
  }
}

/**
 * `size` of the cases, spread evenly over the pairs of group and network, the same ones every time:
 * each pair gives those of its cases whose ids hash lowest, and pairs with fewer cases than their
 * share leave the rest to the others. Another `seed` gives other cases.
 */
export function drawSample<T extends ListedCase>(cases: Iterable<T>, size: number, seed = ''): T[] {
  const pairs = new Map<string, { one: T; rank: string }[]>();
  for (const one of cases) {
    const key = `${one.group}\n${one.network}`;
    const rank = createHash('sha256')
      .update(seed + one.id)
      .digest('hex');
    const members = pairs.get(key);
    if (members === undefined) pairs.set(key, [{ one, rank }]);
    else members.push({ one, rank });
  }
  const byRank = (a: { rank: string }, b: { rank: string }): number => (a.rank < b.rank ? -1 : 1);
  const ordered = [...pairs.values()].map((members) => members.sort(byRank));
  // Smallest pairs first: what they cannot give is shared out among those that come after.
  ordered.sort((a, b) => a.length - b.length || byRank(a[0] as { rank: string }, b[0] as { rank: string }));
  const drawn: T[] = [];
  for (const [index, members] of ordered.entries()) {
    const share = Math.round((size - drawn.length) / (ordered.length - index));
    drawn.push(...members.slice(0, share).map(({ one }) => one));
  }
  return drawn;
}
