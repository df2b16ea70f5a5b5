/** Which cases a run takes. */
import type { FixtureError } from '../fixtures/cases.js';
import type { CaseReference } from '../fixtures/reference.js';
import { idMatcher } from '../fixtures/reference.js';
import { shardOf } from '../shards/hash.js';
import type { FileTask, JobSettings } from './protocol.js';

export type Selection = Pick<JobSettings, 'suites' | 'forks' | 'grep'>;

/** Predicate over cases that have not been decoded. Throws SyntaxError on a bad expression in `grep`. */
export function selector(selection: Selection): (reference: Pick<CaseReference, 'id' | 'kind' | 'network'>) => boolean {
  const suites = new Set<string>(selection.suites);
  const forks = selection.forks === null ? null : new Set(selection.forks);
  const matches = selection.grep === null ? () => true : idMatcher(selection.grep);
  return (one) => suites.has(one.kind) && (forks === null || forks.has(one.network)) && matches(one.id);
}

/**
 * Predicate over errors: false for one that leaves the run without cases none of which it would take. Of fused blocks,
 * whose ids are made of those of their tests, `grep` says nothing.
 */
export function errorSelector(selection: Selection, fused: boolean): (error: FixtureError) => boolean {
  const selects = selector(fused ? { ...fusedSelection(selection), grep: null } : selection);
  return ({ lost }) => {
    if (lost === null) return true;
    const { kind, network, ids } = lost;
    return ids.some((id) => selects({ id, kind, network }));
  };
}

/** What the selection takes of fused blocks: they are made of state tests, whatever suites the cases are of. */
export function fusedSelection({ forks, grep }: Selection): Selection {
  return { suites: ['state'], forks, grep };
}

/** True where fused blocks take the place of all cases. */
export function runsNoCase({ fuse }: Pick<JobSettings, 'fuse'>): boolean {
  return fuse !== undefined && fuse.from === undefined;
}

/** True where fused blocks are made of the source of that name, in place of its cases. */
export function isFused({ fuse }: Pick<JobSettings, 'fuse'>, source: string): boolean {
  return fuse !== undefined && (fuse.from === undefined || fuse.from.includes(source));
}

/** Predicate over the ids of a file: what is left of those that the settings select. */
export function taskSelector({ ids, except, shard }: FileTask): (id: string) => boolean {
  const wanted = ids === null ? null : new Set(ids);
  const unwanted = new Set(except);
  return (id) => {
    if (wanted !== null && !wanted.has(id)) return false;
    return !unwanted.has(id) && (shard === undefined || shardOf(id, shard.of) === shard.index);
  };
}

/**
 * Predicate over files: false where no id of the file can match `grep`. Ids begin with the file, so
 * that an id taken from a report opens its one file only.
 */
export function fileSelector(grep: string | null): (file: string) => boolean {
  const named = grep === null ? null : /^[^/].*?\.json(?:\.gz)?(?=::)/.exec(grep);
  if (named === null) return () => true;
  const [suffix] = named;
  return (file) => file.endsWith(suffix);
}
