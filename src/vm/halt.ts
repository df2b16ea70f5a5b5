/** Why messages fail, in words. */

/** Why a message failed, by halt code (`src/vm/core/CONTRACT.md`). */
const HALTS: Readonly<Record<number, string>> = {
  1: 'out of gas',
  2: 'stack underflow',
  3: 'stack overflow',
  4: 'invalid jump destination',
  5: 'invalid opcode',
  6: 'state change in a static call',
  7: 'read outside of the return data',
  8: 'init code too long',
  9: 'address collision',
  10: 'code too long',
  11: 'code begins with 0xEF',
  12: 'out of gas for the code deposit',
  13: 'insufficient balance',
  14: 'call depth exceeded',
  15: 'precompile failed',
  17: 'revert',
};

/** A halt code in words. */
export function haltReason(halt: number): string {
  return HALTS[halt] ?? `halt ${halt}`;
}
