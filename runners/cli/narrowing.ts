/** What of a file is left to run, beside what the settings select. */
import type { FileTask } from '../job/protocol.js';
import type { ShardPlan } from '../shards/plan.js';
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

export interface Narrowing {
  readonly picks: readonly Picks[];
  /** What has an outcome already; null where nothing has. */
  readonly prior: PriorRun | null;
  /** The part that this run is; null where it is whole. */
  readonly plan: ShardPlan | null;
}

/** Null where nothing of the file is to be run, so that it need not be read. */
export function narrowed(source: string, file: string, { picks, prior, plan }: Narrowing): FileCases | null {
  const key = fileKey(source, file);
  if (prior?.finished.has(key)) return null;
  const share = plan === null ? { ids: null } : plan.share(file);
  if (share === null) return null;
  const except = [...(share.except ?? []), ...(prior?.ended.get(key) ?? [])];
  let { ids } = share;
  for (const pick of picks) {
    const picked = pick(source, file);
    if (picked !== null) ids = ids === null ? picked : intersection(ids, picked);
  }
  if (ids !== null) {
    ids = without(ids, except).filter((id) => plan === null || plan.takes(file, id));
    return ids.length === 0 ? null : { ids };
  }
  const { shard } = share;
  return { ids, ...(except.length === 0 ? {} : { except }), ...(shard === undefined ? {} : { shard }) };
}

function intersection(a: readonly string[], b: readonly string[]): readonly string[] {
  const both = new Set(b);
  return a.filter((id) => both.has(id));
}

function without(ids: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Set(others);
  return ids.filter((id) => !left.has(id));
}
