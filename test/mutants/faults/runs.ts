/** Faults of runs: which cases are taken, what becomes of their processes, what is kept and compared of earlier runs. */
import { expression, type Fault, faultsIn } from '../fault.js';

const counted = faultsIn('runs', ['runner-report', 'runner-usage']);

export const RUN_FAULTS: readonly Fault[] = [
  counted(
    'no-case-is-fine',
    'a run that takes no case exits with 0',
    expression('runners/events/tally.ts', 'EXIT.noCase', 'EXIT.expected', { before: 'return ' }),
  ),
];
