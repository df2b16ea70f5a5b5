/** Comparison of single values, for cases that ask one function of the engine. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { Difference } from '../verdict/verdict.js';

type Value = bigint | number | string | Uint8Array | null;

function text(value: Value): string {
  if (value === null) return 'none';
  return value instanceof Uint8Array ? bytesToHex(value) : String(value);
}

/** Adds a difference to `out` where the two values are not the same. */
export function expectEqual(out: Difference[], what: string, expected: Value, actual: Value): void {
  const [wanted, found] = [text(expected), text(actual)];
  if (wanted !== found) out.push({ what, expected: wanted, actual: found });
}
