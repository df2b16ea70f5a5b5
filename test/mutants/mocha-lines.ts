/** Mocha's reporter for the gate: counts tests, and tells the first that fails. */
import Mocha from 'mocha';
import { tell } from './lines.js';

/** Takes the clock's limit away: the gate has its own, which a busy machine does not use up. */
function unlimited(runnable: Mocha.Runnable): void {
  runnable.timeout(0);
  // A test that sets a limit while it runs would have one again.
  runnable.timeout = ((milliseconds?: string | number) =>
    milliseconds === undefined ? 0 : runnable) as typeof runnable.timeout;
}

export default class LinesReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let cases = 0;
    runner.on('hook', unlimited);
    runner.on('test', unlimited);
    runner.on('pass', () => {
      cases++;
      tell({ cases, schedules: 0 });
    });
    runner.on('fail', (test, error: unknown) => {
      const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
      console.error(`failed: ${why}`);
      tell({ cases: cases + 1, schedules: 0, caught: test.fullTitle() });
    });
  }
}
