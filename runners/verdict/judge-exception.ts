/** An error that occurred against the names that a fixture expects. */
import type { ErrorCode } from '../../src/transition/errors.js';
import { matchException } from './exceptions.js';
import { nonconformant } from './result.js';

/** What occurred, as a difference of kind `exception` holds it: the exception's name, and then the detail. */
export function occurred(code: ErrorCode, detail: string): string {
  if (detail.startsWith(code)) return detail;
  // The decoder's errors begin with the name alone.
  const name = code.slice(code.indexOf('.') + 1);
  return detail.startsWith(name) ? `${code}${detail.slice(name.length)}` : `${code}: ${detail}`;
}

/** Returns where one of `expected` (empty: any) stands for `actual`; throws `CaseFailure` otherwise. */
export function judgeException(
  expected: readonly string[],
  actual: ErrorCode,
  detail: string,
  block: number | null,
  transaction: number | null = null,
): void {
  const match = matchException(expected, actual);
  if (match.matches) return;
  const differences = [{ what: 'exception', expected: expected.join(' | '), actual: occurred(actual, detail) }];
  if (match.unmapped.length > 0) {
    nonconformant(`unmapped exception name ${match.unmapped.join(', ')}`, differences, block, transaction);
  }
  nonconformant(
    `exception differs: ${expected.join(' | ')} expected, ${actual} occurred`,
    differences,
    block,
    transaction,
  );
}
