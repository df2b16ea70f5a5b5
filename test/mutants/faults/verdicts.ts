/** Faults of the comparisons that a verdict is made of. */
import { expression, type Fault, faultsIn } from '../fault.js';

const COMPARE = 'runners/verdict/compare.ts';

const compared = faultsIn('verdicts', ['runner-compare']);

export const VERDICT_FAULTS: readonly Fault[] = [
  compared(
    'accounts-of-parallel-alone',
    'changes of accounts that parallel execution alone has are not told',
    expression(COMPARE, '!serial.has(address)', 'false'),
  ),
];
