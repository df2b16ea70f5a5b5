/** What of a file is left to run, beside what the settings select. */
import type { FileTask } from '../job/protocol.js';
import { fileKey, type PriorRun } from './prior-run.js';

export type FileCases = Pick<FileTask, 'ids' | 'except' | 'shard'>;

/** Ids of a file that are picked; null picks all, an empty list none. */
export type Picks = (source: string, file: string) => readonly string[] | null;

/** Picks by {@link fileKey}; files that are not named hold none. */
export function picksBySource(ids: ReadonlyMap<string, readonly string[]>): Picks {
  return (source, file) => ids.get(fileKey(source, file)) ?? [];
}

/** Picks by file, in whatever source it stands. */
export function picksByFile(ids: ReadonlyMap<string, readonly string[]>): Picks {
  return (_, file) => ids.get(file) ?? [];
}

/** Null where nothing of the file is to be run, so that it need not be read. */
export function narrowed(
  source: string,
  file: string,
  picks: readonly Picks[],
  prior: PriorRun | null,
): FileCases | null {
  const key = fileKey(source, file);
  if (prior?.finished.has(key)) return null;
  const except = prior?.ended.get(key) ?? [];
  let ids: readonly string[] | null = null;
  for (const pick of picks) {
    const picked = pick(source, file);
    if (picked === null) continue;
    ids = ids === null ? picked : intersection(ids, picked);
  }
  if (ids !== null && without(ids, except).length === 0) return null;
  return { ids, ...(except.length === 0 ? {} : { except }) };
}

function intersection(a: readonly string[], b: readonly string[]): readonly string[] {
  const both = new Set(b);
  return a.filter((id) => both.has(id));
}

function without(ids: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Set(others);
  return ids.filter((id) => !left.has(id));
}
