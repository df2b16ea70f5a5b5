/** Failures grouped by what they have in common. */
import type { CaseResult, Verdict } from '../runners/verdict/verdict.js';
import { byId } from './order.js';

export interface Cluster {
  readonly verdict: Verdict;
  readonly cause: string;
  /** By id, after those with an explanation: which one is shown as the example does not depend on timing. */
  readonly failures: readonly CaseResult[];
}

/** Addresses, hashes and the like, which are those of one case. */
const LONG_HEX = /0x[0-9a-f]{8,}/gi;

/** A cause without what is a single case's own. */
export function normalised(cause: string): string {
  return cause.replace(LONG_HEX, '0x…');
}

/** Largest first; equal ones by verdict and cause, so that this order does not depend on timing either. */
export function clusters(failures: readonly CaseResult[]): Cluster[] {
  const groups = new Map<string, { verdict: Verdict; cause: string; failures: CaseResult[] }>();
  for (const failure of failures) {
    const { verdict } = failure;
    const cause = normalised(failure.cause ?? failure.expectation?.unmet ?? verdict);
    const key = `${verdict} ${cause}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { verdict, cause, failures: [failure] });
    else group.failures.push(failure);
  }
  return [...groups.entries()]
    .sort(([a, x], [b, y]) => y.failures.length - x.failures.length || (a < b ? -1 : 1))
    .map(([, { failures: list, ...group }]) => ({ ...group, failures: list.sort(tellingFirst) }));
}

function tellingFirst(a: CaseResult, b: CaseResult): number {
  return Number(a.explanation === undefined) - Number(b.explanation === undefined) || byId(a, b);
}
