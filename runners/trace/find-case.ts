/** Finds the one case that is to be traced, explained or minimised. */
import { type Case, FixtureError } from '../fixtures/cases.js';
import { classifyPath, isRunKind } from '../fixtures/classify.js';
import { decodeFile } from '../fixtures/decode.js';
import { type CaseReference, idMatcher } from '../fixtures/reference.js';
import type { FixtureSource } from '../fixtures/sources.js';
import { fileSelector } from '../job/selection.js';

export interface FoundCases {
  /** Ids that match, at most `limit`; the only one where it is what was asked for. */
  readonly ids: readonly string[];
  /** True where the search ended at `limit`. */
  readonly more: boolean;
  /** Where the first stands. */
  readonly source: FixtureSource;
  /** Decodes the first; throws {@link FixtureError}. */
  readonly decode: () => Case;
  /** Text of the file in which it stands. */
  readonly text: string;
}

interface Found {
  readonly reference: CaseReference;
  readonly source: FixtureSource;
  readonly text: string;
}

/**
 * Cases whose id matches `pattern` as in `--grep`. A case whose id is the pattern itself is found
 * alone, even if the pattern is also part of other ids. Null where there is none. `onError` gets what
 * cannot be decoded on the way.
 */
export async function findCases(
  sources: readonly FixtureSource[],
  pattern: string,
  limit: number,
  onError: (error: FixtureError) => void,
): Promise<FoundCases | null> {
  const matches = idMatcher(pattern);
  const opens = fileSelector(pattern);
  const ids: string[] = [];
  let first: Found | null = null;
  for (const source of sources) {
    for await (const { file, text: read } of readable(source, opens)) {
      const text = await read();
      for (const reference of decodeFile(source.name, file, text).references) {
        if (reference instanceof FixtureError) {
          onError(reference);
          continue;
        }
        if (!matches(reference.id)) continue;
        if (reference.id === pattern) return found([reference.id], false, { reference, source, text });
        first ??= { reference, source, text };
        if (ids.length === limit) return found(ids, true, first);
        ids.push(reference.id);
      }
    }
  }
  return first === null ? null : found(ids, false, first);
}

function found(ids: readonly string[], more: boolean, { reference, source, text }: Found): FoundCases {
  return { ids, more, source, text, decode: () => reference.decode() };
}

async function* readable(source: FixtureSource, opens: (file: string) => boolean) {
  for await (const entry of source) {
    const kind = classifyPath(entry.file);
    if (opens(entry.file) && (kind === null || isRunKind(kind))) yield { file: entry.file, text: () => entry.text() };
  }
}
