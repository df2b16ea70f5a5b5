/** How a run is dealt out over its parts: which cases of a file are this part's. Every part works out the same. */
import type { FileTask } from '../job/protocol.js';
import { shardOf } from './hash.js';
import { caseWithin, type TimesByFile } from './timings.js';

export interface Part {
  readonly index: number;
  readonly of: number;
}

export interface ShardPlan {
  /** What of the file is this part's, as far as a job must know; null where none of it can be. */
  share(file: string): Pick<FileTask, 'ids' | 'except' | 'shard'> | null;
  takes(file: string, id: string): boolean;
}

/** By the hash of ids: needs nothing but the ids, so that every file has to be opened for them. */
export function hashPlan(part: Part): ShardPlan {
  return {
    share: () => ({ ids: null, shard: part }),
    takes: (_, id) => shardOf(id, part.of) === part.index,
  };
}

/** A file of more than this share of what one part has to do is split. */
const SPLIT_SHARE = 0.125;
/** What a case costs beside its own time: it is sent, told and counted. */
const OVERHEAD_MS = 1;

interface Unit {
  readonly file: string;
  /** Null for all cases of the file. */
  readonly name: string | null;
  readonly milliseconds: number;
}

interface PlannedFile {
  /** Part that runs what is not in `cases`, cases that the timings do not know included. */
  readonly home: number;
  readonly cases: ReadonlyMap<string, number>;
}

/**
 * By recorded times: whole files where they are small, single cases of large ones; the longest is dealt out first, each
 * to the part that has least to do. Files that the timings do not know go by the hash of their ids.
 */
export function timedPlan(part: Part, times: TimesByFile): ShardPlan {
  const planned = deal(times, part.of);
  const owner = (file: string, id: string): number => {
    const plan = planned.get(file);
    return plan === undefined ? shardOf(id, part.of) : (plan.cases.get(caseWithin(file, id)) ?? plan.home);
  };
  return {
    takes: (file, id) => owner(file, id) === part.index,
    share: (file) => {
      const plan = planned.get(file);
      if (plan === undefined) return { ids: null, shard: part };
      const ids = (isOwn: boolean): string[] =>
        [...plan.cases].filter(([, index]) => (index === part.index) === isOwn).map(([name]) => `${file}::${name}`);
      if (plan.home === part.index) return { ids: null, except: ids(false) };
      const own = ids(true);
      return own.length === 0 ? null : { ids: own };
    },
  };
}

/** Recorded time of each file, for the order in which they are run. */
export function fileTimes(times: TimesByFile): ReadonlyMap<string, number> {
  return new Map([...times].map(([file, cases]) => [file, sumOf(cases)]));
}

function deal(times: TimesByFile, parts: number): ReadonlyMap<string, PlannedFile> {
  const totals = fileTimes(times);
  const bound = (SPLIT_SHARE * [...totals.values()].reduce((sum, one) => sum + one, 0)) / parts;
  const units = [...times].flatMap(([file, cases]): Unit[] => {
    const milliseconds = totals.get(file) as number;
    if (milliseconds <= bound || cases.size < 2) return [{ file, name: null, milliseconds }];
    return [...cases].map(([name, one]) => ({ file, name, milliseconds: one + OVERHEAD_MS }));
  });
  units.sort((a, b) => b.milliseconds - a.milliseconds || compare(a.file, b.file) || compare(a.name, b.name));
  const loads = new Array<number>(parts).fill(0);
  const planned = new Map<string, { home: number; cases: Map<string, number> }>();
  for (const { file, name, milliseconds } of units) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] as number) + milliseconds;
    const plan = planned.get(file) ?? { home: least + 1, cases: new Map<string, number>() };
    planned.set(file, plan);
    if (name !== null) plan.cases.set(name, least + 1);
  }
  return planned;
}

function sumOf(cases: ReadonlyMap<string, number>): number {
  return [...cases.values()].reduce((sum, one) => sum + one + OVERHEAD_MS, 0);
}

function compare(a: string | null, b: string | null): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
