/** Faults of what is read of fixtures, and of where they are looked for. */
import { expression, type Fault, faultsIn } from '../fault.js';

const classified = faultsIn('fixtures', ['fixtures-classify']);

export const FIXTURE_FAULTS: readonly Fault[] = [
  classified(
    'sync-tests-unknown',
    'the suite of sync tests is none that is known',
    expression('runners/fixtures/classify.ts', "'blockchain-engine'", "'unknown'", {
      before: "['blockchain_tests_sync', ",
    }),
  ),
];
