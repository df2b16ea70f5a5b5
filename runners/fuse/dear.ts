/** Tests whose gas is no measure of their time. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import type { Allocation } from '../fixtures/cases.js';
import type { Template } from './templates.js';

/**
 * A call of the point evaluation precompile (EIP-4844) in hex: its address pushed, then the gas, then a CALL of any
 * kind. It takes some 20 ms for 50,000 gas, ten times as long as anything else that costs as much.
 */
const POINT_EVALUATION = /(?:600a|73(?:00){19}0a)(?:5a|6[0-3](?:[0-9a-f]{2}){1,4})(?:f1|f2|f4|fa)/;
const POINT_EVALUATION_ADDRESS = `0x${'0'.repeat(39)}a`;

/** Whether a test's own transactions may spend their time in the point evaluation precompile. */
export function isDear(pre: Allocation, templates: readonly Template[], fork: Fork): boolean {
  if (!atLeast(fork, 'Cancun')) return false;
  const calls = (code: Uint8Array): boolean => POINT_EVALUATION.test(bytesToHex(code));
  return (
    [...pre.values()].some(({ code }) => calls(code)) ||
    templates.some(({ transaction: { to, data } }) =>
      to === null ? calls(data) : bytesToHex(to) === POINT_EVALUATION_ADDRESS,
    )
  );
}
