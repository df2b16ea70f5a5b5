/** Sides that do the same work in turn, one piece of work (a case, a block) after another. */
import { type Spread, spread, timed } from './measure.js';

/** One program at one piece of work. */
export interface Side {
  /**
   * Sets up a run and answers the part that is timed, which answers what went wrong, or null. Setting
   * up is not timed.
   */
  prepare(): Promise<() => Promise<string | null>>;
}

/** One run of every side over one piece of work. */
export interface Pass {
  /** Processor microseconds, by side. */
  readonly cpu: readonly number[];
  /** What went wrong, by side. */
  readonly faults: readonly (string | null)[];
}

/**
 * Runs every side over one piece of work, each again and again until it has used `seconds` of processor
 * time, once at least; what it used is the mean. `backwards`: the last side first.
 */
export async function runPass(sides: readonly Side[], backwards: boolean, seconds = 0): Promise<Pass> {
  return (await runBatch([sides], backwards, seconds))[0] as Pass;
}

/**
 * Runs each side over all pieces of work, one side after the other: `work[piece][side]`, as many sides
 * for each. `backwards`: the last side first, so that no side always has the same predecessor.
 */
export async function runBatch(work: readonly (readonly Side[])[], backwards: boolean, seconds = 0): Promise<Pass[]> {
  const passes = work.map((sides) => ({
    cpu: sides.map(() => 0),
    faults: sides.map((): string | null => null),
  }));
  const order = (work[0] ?? []).map((_, index) => index);
  if (backwards) order.reverse();
  for (const index of order) {
    for (const [at, { cpu, faults }] of passes.entries()) {
      let total = 0;
      let runs = 0;
      do {
        const run = await (work[at]?.[index] as Side).prepare();
        const used = await timed(async () => {
          faults[index] = await run();
        });
        total += used.cpu;
        runs++;
      } while (total < seconds * 1e6 && faults[index] === null);
      cpu[index] = total / runs;
    }
  }
  return passes;
}

/** What one piece of work cost each side: `rounds[round][side]`, processor microseconds. */
export interface Measured {
  readonly name: string;
  readonly rounds: readonly (readonly number[])[];
}

/** A sum over sides: which of them make up a figure. */
export type Parts = readonly number[];

function cost(round: readonly number[], parts: Parts): number {
  return parts.reduce((sum, part) => sum + (round[part] as number), 0);
}

/** Cost of one piece of work over the rounds. */
export function costOf(one: Measured, parts: Parts): Spread {
  return spread(one.rounds.map((round) => cost(round, parts)));
}

/** Ratio at one piece of work, round by round. */
export function ratioOf(one: Measured, above: Parts, below: Parts): Spread {
  return spread(one.rounds.map((round) => cost(round, above) / cost(round, below)));
}

function sums(all: readonly Measured[], parts: Parts): number[] {
  const rounds = all[0]?.rounds.length ?? 0;
  return Array.from({ length: rounds }, (_, at) =>
    all.reduce((sum, { rounds }) => sum + cost(rounds[at] as readonly number[], parts), 0),
  );
}

/** Sum over all pieces of work, round by round. `all` is not empty. */
export function sumOf(all: readonly Measured[], parts: Parts): Spread {
  return spread(sums(all, parts));
}

/** Ratio of the sums, round by round. `all` is not empty. */
export function ratioOfSums(all: readonly Measured[], above: Parts, below: Parts): Spread {
  const divisors = sums(all, below);
  return spread(sums(all, above).map((sum, round) => sum / (divisors[round] as number)));
}

/** Ratios of the single pieces of work, each by its median over the rounds; median, least and greatest. */
export function ratiosOf(all: readonly Measured[], above: Parts, below: Parts): Spread {
  return spread(all.map((one) => ratioOf(one, above, below).median));
}

/** Costs of the single pieces of work, each by its median over the rounds; median, least and greatest. */
export function costsOf(all: readonly Measured[], parts: Parts): Spread {
  return spread(all.map((one) => costOf(one, parts).median));
}
