/** What is told of fused blocks: blocks made of the indexes of official state tests (`runners/fuse`). */

/** What a run was asked for. */
export interface FuseSettings {
  /** Blocks of one file at most. */
  readonly blocks: number;
  /** Any text; another one gives other blocks. */
  readonly seed: string;
  /** Blocks in all at most, spread evenly over suites and forks; left out where that is not bounded. */
  readonly sample?: number;
  /** Names of the sources that they are made of, beside those whose cases are run; left out where no cases are. */
  readonly from?: readonly string[];
}

/** `…::test[fused 1, seed 7, Cancun]`. */
const FUSED_ID = /\[fused \d+, seed (.*), \w+\]$/;

/** The seed in the id of a fused block; null where `id` is not spelled like one. */
export function fusedSeed(id: string): string | null {
  return FUSED_ID.exec(id)?.[1] ?? null;
}

/** True where `id` is spelled like that of a fused block. */
export function isFusedId(id: string): boolean {
  return fusedSeed(id) !== null;
}

/** `conflict`: few places that many transactions want; `spread`: a place for each sender. */
export const FUSED_PLANS = ['conflict', 'spread'] as const;
export type FusedPlan = (typeof FUSED_PLANS)[number];

/** About one block. */
export interface FusedFacts {
  plan: FusedPlan;
  /** Some parallel run of it had aborts. */
  aborted: boolean;
  /** The serial executor rejects it. */
  rejected: boolean;
  /** The other machine ran it too, and the runner judged it as an official fixture. */
  seconded: boolean;
}

/** Sums over blocks. */
export interface FusedCounts {
  conflict: number;
  conflictWithAborts: number;
  spread: number;
  spreadWithAborts: number;
  rejected: number;
  seconded: number;
}

export function emptyFusedCounts(): FusedCounts {
  return { conflict: 0, conflictWithAborts: 0, spread: 0, spreadWithAborts: 0, rejected: 0, seconded: 0 };
}

export function countFused(counts: FusedCounts, { plan, aborted, rejected, seconded }: FusedFacts): void {
  counts[plan]++;
  if (aborted) counts[`${plan}WithAborts`]++;
  if (rejected) counts.rejected++;
  if (seconded) counts.seconded++;
}
