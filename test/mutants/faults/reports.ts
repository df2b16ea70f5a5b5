/** Faults of what is told: reports, pages, and the comparison with an earlier run. */
import { expression, type Fault, faultsIn } from '../fault.js';

const gated = faultsIn('reports', ['gate']);

export const REPORT_FAULTS: readonly Fault[] = [
  gated(
    'lost-files-unnoticed',
    'cases of a file that is gone as a whole are not lost ones',
    expression('reports/gate.ts', 'present?.has(mark) !== true', 'present?.has(mark) === false'),
  ),
];
