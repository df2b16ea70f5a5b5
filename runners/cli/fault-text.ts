/** What is wrong with a source or a fixture, as a line of a command. */
import { fixtureFault } from '../../reports/fixture-fault.js';
import { printable } from '../../reports/printable.js';
import { FixtureError } from '../fixtures/cases.js';

/** Names the source, which a message about a fixture leaves out. */
export function faultText(error: Error): string {
  return printable(error instanceof FixtureError ? fixtureFault(error) : error.message);
}
