/** Outcomes as text, so that two of them can be compared whole and a difference can be read. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { ExecutionResult } from '../../src/transition/types.js';

/** Everything that must not depend on how a block was executed: neither statistics nor where a fee was written. */
export function canonical(result: ExecutionResult): string {
  if (!result.ok) return JSON.stringify({ rejected: result.error.code, transaction: result.error.transactionIndex });
  const { stats: _stats, ...rest } = result;
  const transactions = rest.transactions.map((outcome) => ({ ...outcome, deferredFee: null }));
  return JSON.stringify({ ...rest, transactions }, (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Uint8Array) return bytesToHex(value);
    if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
    return value;
  });
}
