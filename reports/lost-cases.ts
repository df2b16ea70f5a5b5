/** Which cases a run should have had, or could not run: words that all reports share. */
import type { CountMismatch, IncompleteSuite } from '../runners/events/events.js';
import { figure, plural } from './format.js';

/** `GeneralStateTests Cancun (state): 2 cases expected, 1 found`. */
export function mismatchOf({
  suite,
  network,
  kind,
  expected,
  found,
}: Omit<CountMismatch, 'source' | 'release'>): string {
  return `${suite} ${network} (${kind}): ${plural(expected, 'case')} expected, ${figure(found)} found`;
}

/** `engine: 2 cases lack pre_alloc/0x1.json, 1 expected`. */
export function lackOf({ suite, missing, expected, found }: Omit<IncompleteSuite, 'source' | 'state'>): string {
  return `${suite}: ${plural(found, 'case')} ${found === 1 ? 'lacks' : 'lack'} ${missing}, ${figure(expected)} expected`;
}
