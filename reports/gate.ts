/** What became worse from one run to another: new failures, lost cases, new faults. */
import type { Verdict } from '../runners/verdict/verdict.js';
import { caseMark } from './outcomes.js';

/** A fault of a run, in one line. */
export interface GatedFault {
  /** What it is known by: without its source, which may have lain elsewhere before. */
  readonly what: string;
  readonly told: string;
}

/** A run as far as it is compared. */
export interface GatedRun {
  /** File that it was read from. */
  readonly name: string;
  readonly complete: boolean;
  /** Failures by id. */
  readonly failures: ReadonlyMap<string, { readonly verdict: Verdict; readonly cause: string | null }>;
  /** Cases that ended, by file: the mark of each, and its id where that is known. */
  readonly cases: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
  /** Faults of sources, fixtures and the run itself, and counts that are not as expected. */
  readonly faults: readonly GatedFault[];
  /** What it was asked for and of, for a remark where that differs. */
  readonly circumstances: ReadonlyMap<string, string>;
}

export interface LostCases {
  readonly file: string;
  readonly lost: number;
  readonly before: number;
  /** Empty where the earlier run did not keep them. */
  readonly ids: readonly string[];
}

export interface RunChanges {
  readonly newFailures: readonly { readonly id: string; readonly verdict: Verdict; readonly cause: string | null }[];
  /** Failed before and now, but otherwise. */
  readonly otherFailures: readonly { readonly id: string; readonly before: Verdict; readonly now: Verdict }[];
  readonly fixed: readonly string[];
  readonly lost: readonly LostCases[];
  readonly added: number;
  readonly newFaults: readonly string[];
  readonly incomplete: boolean;
  /** Circumstances that differ: `threads: 1,2,4 before, 2 now`. */
  readonly remarks: readonly string[];
}

export function compareRuns(before: GatedRun, now: GatedRun): RunChanges {
  const lost: LostCases[] = [];
  for (const [file, marks] of before.cases) {
    const present = now.cases.get(file);
    const gone = [...marks].filter(([mark]) => present?.has(mark) !== true);
    if (gone.length === 0) continue;
    lost.push({ file, lost: gone.length, before: marks.size, ids: gone.flatMap(([, id]) => id ?? []).sort() });
  }
  const failures = [...now.failures].map(([id, failure]) => ({ id, ...failure }));
  return {
    newFailures: failures.filter(({ id }) => !before.failures.has(id)),
    otherFailures: failures.flatMap(({ id, verdict }) => {
      const earlier = before.failures.get(id);
      return earlier === undefined || earlier.verdict === verdict
        ? []
        : [{ id, before: earlier.verdict, now: verdict }];
    }),
    fixed: [...before.failures.keys()].filter((id) => !now.failures.has(id) && hasCase(now, id)),
    lost: lost.sort((a, b) => b.lost - a.lost || (a.file < b.file ? -1 : 1)),
    added: sizeOf(now) - sizeOf(before) + lost.reduce((sum, one) => sum + one.lost, 0),
    newFaults: newFaults(before.faults, now.faults),
    incomplete: !now.complete,
    remarks: remarksOn(before, now),
  };
}

/** What is there more often than before; where that was told of other sources, which of them is new cannot be known. */
function newFaults(before: readonly GatedFault[], now: readonly GatedFault[]): string[] {
  const earlier = toldByWhat(before);
  const added: string[] = [];
  for (const [what, told] of toldByWhat(now)) {
    const known = earlier.get(what) ?? new Set();
    const more = told.size - known.size;
    if (more > 0) added.push(...[...told].filter((line) => !known.has(line)).slice(-more));
  }
  return added;
}

function toldByWhat(faults: readonly GatedFault[]): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>();
  for (const fault of faults) told.set(fault.what, (told.get(fault.what) ?? new Set()).add(fault.told));
  return told;
}

/** Fixed cases and added ones are good news, or none. */
export function isWorse({ newFailures, otherFailures, lost, newFaults, incomplete }: RunChanges): boolean {
  return incomplete || newFailures.length + otherFailures.length + lost.length + newFaults.length > 0;
}

function sizeOf({ cases }: GatedRun): number {
  return [...cases.values()].reduce((sum, marks) => sum + marks.size, 0);
}

/** A failure that is not there any more is fixed only where its case was run. */
function hasCase({ cases }: GatedRun, id: string): boolean {
  const file = id.slice(0, Math.max(0, id.indexOf('::')));
  return cases.get(file)?.has(caseMark(id)) === true;
}

function remarksOn(before: GatedRun, now: GatedRun): string[] {
  const remarks = before.complete ? [] : [`${before.name} is of a run that was not complete`];
  for (const name of new Set([...before.circumstances.keys(), ...now.circumstances.keys()])) {
    const [then, today] = [before.circumstances.get(name) ?? 'none', now.circumstances.get(name) ?? 'none'];
    if (then !== today) remarks.push(`${name}: ${then} before, ${today} now`);
  }
  return remarks;
}
