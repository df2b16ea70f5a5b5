/** Outcomes as text, so that two of them can be compared whole and a difference can be read. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { ExecutionResult } from '../../src/transition/types.js';

/** Everything that must not depend on how a block was executed: neither statistics nor where a fee was written. */
export function canonical(result: ExecutionResult): string {
  if (!result.ok) {
    const { code, transactionIndex, message } = result.error;
    return JSON.stringify({ rejected: code, transaction: transactionIndex, message });
  }
  const { stats: _stats, ...rest } = result;
  const transactions = rest.transactions.map((outcome) => ({ ...outcome, deferredFee: null }));
  return JSON.stringify({ ...rest, transactions }, (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Uint8Array) return bytesToHex(value);
    if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
    return value;
  });
}

/** What {@link canonical} leaves out. */
const INCIDENTAL = new Set(['stats', 'deferredFee', 'release']);

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  // Maps are compared in their order, which is that of the canonical text.
  if (a instanceof Map) return b instanceof Map && same([...a], [...b]);
  const keys = Object.keys(a).filter((key) => !INCIDENTAL.has(key));
  const others = Object.keys(b).filter((key) => !INCIDENTAL.has(key));
  return (
    keys.length === others.length &&
    keys.every((key) => key in b && same(a[key as keyof typeof a], b[key as keyof typeof b]))
  );
}

/** Whether {@link canonical} would give the same text for both, in a fraction of the time. */
export function sameOutcome(a: ExecutionResult, b: ExecutionResult): boolean {
  return a.ok && b.ok ? same(a, b) : canonical(a) === canonical(b);
}
