/** How the runners build the result of a case. */
import type { CaseIdentity } from '../events/events.js';
import { emptyCoverage } from '../events/tally.js';
import type { Case } from '../fixtures/cases.js';
import type { Disagreement } from './both.js';
import type { CaseResult, Coverage, Difference } from './verdict.js';

/** A case's outcome, before the job adds how long it took. */
export type CaseOutcome = Pick<
  CaseResult,
  | 'verdict'
  | 'cause'
  | 'differences'
  | 'block'
  | 'transaction'
  | 'threads'
  | 'schedule'
  | 'coverage'
  | 'fused'
  | 'explanation'
>;

/** A fault of the case that ends it: it carries the verdict through the runner's steps. */
export class CaseFailure extends Error {
  override readonly name = 'CaseFailure';
  constructor(readonly outcome: Omit<CaseOutcome, 'coverage'>) {
    super(outcome.cause ?? outcome.verdict);
  }
}

/**
 * Throws {@link CaseFailure}: serial differs from the fixture. `cause` holds no figures of the single case;
 * `transaction` is the first of the block that differs, where it is known.
 */
export function nonconformant(
  cause: string,
  differences: readonly Difference[],
  block: number | null = null,
  transaction: number | null = null,
): never {
  throw new CaseFailure({ verdict: 'nonconformant', cause, differences, block, transaction, threads: null });
}

/** Throws {@link CaseFailure}: a parallel run differs from the serial one. */
export function disagreeing(found: Disagreement, block: number | null): never {
  const { verdict, cause, threads, schedule, comparison, explanation } = found;
  const { differences } = comparison;
  const transaction = explanation?.transaction ?? comparison.transaction;
  const scheduled = schedule === null ? {} : { schedule };
  const explained = explanation === null ? {} : { explanation };
  throw new CaseFailure({ verdict, cause, differences, block, transaction, threads, ...scheduled, ...explained });
}

/** Runs the steps of a case; a {@link CaseFailure} becomes its outcome, other errors pass through. */
export async function judge(steps: (coverage: Coverage) => Promise<void>): Promise<CaseOutcome> {
  const coverage = emptyCoverage();
  try {
    await steps(coverage);
  } catch (error) {
    if (error instanceof CaseFailure) return { ...error.outcome, coverage };
    throw error;
  }
  return { verdict: 'pass', cause: null, differences: [], block: null, transaction: null, threads: null, coverage };
}

export function identityOf(one: Pick<Case, keyof CaseIdentity>): CaseIdentity {
  const { id, source, file, group, network, kind } = one;
  return { id, source, file, group, network, kind };
}
