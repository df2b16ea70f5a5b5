/** The differential fuzzer: cases on both machines until time or cases run out. */
import type { Fork } from '../../src/primitives/fork.js';
import type { FuzzCase } from './case.js';
import { generateCase } from './generate.js';
import { type Difference, Machines, signature } from './machines.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Every case on this fork; null draws one for each. */
  readonly fork: Fork | null;
  /** First iteration, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds of `performance.now()` at which to stop; absent never. */
  readonly deadline?: number;
  /** Runs a case, so that the caller can watch it. */
  readonly around?: <T>(run: Run, work: () => Promise<T>) => Promise<T>;
  readonly found: (finding: Finding) => Promise<void>;
}

/**
 * Cases that a pair of machines runs. Faults in what a machine keeps from one transaction for the next
 * may show only while it has seen little: what was once cleared, grown or filled far hides them.
 */
const MACHINE_CASES = 64;

/** A case about to run, and the machines that run it. */
export interface Run {
  readonly iteration: number;
  readonly fuzzCase: FuzzCase;
  readonly machines: Machines;
}

export interface Finding {
  readonly iteration: number;
  readonly fuzzCase: FuzzCase;
  readonly differences: readonly Difference[];
  /** It differs on new machines too: nothing that an earlier case left behind is needed. */
  readonly alone: boolean;
}

/** Where new machines differ on a case. */
export async function differencesOf(fuzzCase: FuzzCase): Promise<Difference[]> {
  return (await Machines.create()).differences(fuzzCase);
}

/** Tells whether a case differs in the same way as `differences`. */
export function differsLike(differences: readonly Difference[]): (fuzzCase: FuzzCase) => Promise<boolean> {
  const wanted = signature(differences);
  let machines: Machines | null = null;
  return async (fuzzCase) => {
    machines ??= await Machines.create();
    const found = await machines.differences(fuzzCase);
    // A machine that failed is not used again.
    if (found.some(({ what }) => what === 'error')) machines = null;
    return found.length > 0 && signature(found) === wanted;
  };
}

/** Runs cases one after the other; the number of them. */
export async function fuzz(options: FuzzOptions): Promise<number> {
  const { seed, fork, from, to, deadline = Number.POSITIVE_INFINITY, found } = options;
  const around = options.around ?? ((_run, work) => work());
  let machines = await Machines.create();
  let iteration = from;
  for (; iteration < to && performance.now() < deadline; iteration++) {
    if (iteration > from && iteration % MACHINE_CASES === 0) machines = await Machines.create();
    const fuzzCase = generateCase(seed, iteration, fork);
    const current = machines;
    const differences = await around({ iteration, fuzzCase, machines }, () => current.differences(fuzzCase));
    if (differences.length === 0) continue;
    const alone = await differencesOf(fuzzCase);
    machines = await Machines.create();
    await found({
      iteration,
      fuzzCase,
      differences: alone.length > 0 ? alone : differences,
      alone: alone.length > 0,
    });
  }
  return iteration - from;
}
