/** What became worse from one run to another: new failures, lost cases, new faults. */
import type { Verdict } from '../runners/verdict/verdict.js';
import { caseMark } from './outcomes.js';

/** A fault of a run, in one line. */
export interface GatedFault {
  /** What it is known by: without its source, which may have lain elsewhere before. */
  readonly what: string;
  readonly told: string;
}

export interface GatedFailure {
  readonly id: string;
  readonly source: string;
  readonly verdict: Verdict;
  readonly cause: string | null;
}

/** A run as far as it is compared. */
export interface GatedRun {
  /** File that it was read from. */
  readonly name: string;
  readonly complete: boolean;
  /** Names of what was read. */
  readonly sources: readonly string[];
  readonly failures: readonly GatedFailure[];
  /** Cases that ended, by file: the mark of each, {@link repeated}, and its id where that is known. */
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

/**
 * What stands for the next of those that bear the name `key`: two sources may hold a file of the same path, so that a
 * case of one would stand for that of the other too.
 */
export function repeated(taken: { has(key: string): boolean }, key: string): string {
  return nameOf(key, timesIn(taken, key) + 1);
}

function nameOf(key: string, time: number): string {
  return time === 1 ? key : `${key} ${time}`;
}

/** How often {@link repeated} has given a name for `key`. */
function timesIn(taken: { has(key: string): boolean }, key: string): number {
  let times = 0;
  while (taken.has(nameOf(key, times + 1))) times++;
  return times;
}

export function compareRuns(before: GatedRun, now: GatedRun): RunChanges {
  const lost: LostCases[] = [];
  for (const [file, marks] of before.cases) {
    const present = now.cases.get(file);
    const gone = [...marks].filter(([mark]) => present?.has(mark) !== true);
    if (gone.length === 0) continue;
    lost.push({ file, lost: gone.length, before: marks.size, ids: gone.flatMap(([, id]) => id ?? []).sort() });
  }
  const [earlier, failures] = failuresOf(before, now);
  // Two sources with a case of that id are told apart by name.
  const told = ({ id, source }: GatedFailure): string =>
    Math.max(timesOf(before, id), timesOf(now, id)) > 1 ? `${source}: ${id}` : id;
  return {
    newFailures: [...failures].flatMap(([key, one]) =>
      earlier.has(key) ? [] : [{ id: told(one), verdict: one.verdict, cause: one.cause }],
    ),
    otherFailures: [...failures].flatMap(([key, one]) => {
      const verdict = earlier.get(key)?.verdict ?? one.verdict;
      return verdict === one.verdict ? [] : [{ id: told(one), before: verdict, now: one.verdict }];
    }),
    // Only where its case was run, which that of another source does not stand for.
    fixed: [...earlier].flatMap(([key, one]) =>
      failures.has(key) || timesOf(now, one.id) < timesOf(before, one.id) ? [] : [told(one)],
    ),
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

/** Cases of that id, one for each source that holds it. */
function timesOf({ cases }: GatedRun, id: string): number {
  const marks = cases.get(id.slice(0, Math.max(0, id.indexOf('::'))));
  return marks === undefined ? 0 : timesIn(marks, caseMark(id));
}

/**
 * Failures of two runs by what they are known by. Sources may have lain elsewhere before: where not all have the same
 * names, which of two that hold a case of one id has failed cannot be known, but that more of them did.
 */
function failuresOf(before: GatedRun, now: GatedRun): [Map<string, GatedFailure>, Map<string, GatedFailure>] {
  const names = ({ sources }: GatedRun): string => JSON.stringify([...sources].sort());
  const bySource = names(before) === names(now);
  const keyed = ({ failures }: GatedRun): Map<string, GatedFailure> => {
    const known = new Map<string, GatedFailure>();
    for (const one of failures) known.set(bySource ? `${one.source}\n${one.id}` : repeated(known, one.id), one);
    return known;
  };
  return [keyed(before), keyed(now)];
}

function remarksOn(before: GatedRun, now: GatedRun): string[] {
  const remarks = before.complete ? [] : [`${before.name} is of a run that was not complete`];
  for (const name of new Set([...before.circumstances.keys(), ...now.circumstances.keys()])) {
    const [then, today] = [before.circumstances.get(name) ?? 'none', now.circumstances.get(name) ?? 'none'];
    if (then !== today) remarks.push(`${name}: ${then} before, ${today} now`);
  }
  return remarks;
}
