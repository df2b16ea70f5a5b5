/** Mocha's reporter for the gate: counts tests, and tells the first that fails. */
import Mocha from 'mocha';
import { tell } from './lines.js';

export default class LinesReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let cases = 0;
    runner.on('pass', () => {
      cases++;
      tell({ cases, schedules: 0 });
    });
    runner.on('fail', (test) => tell({ cases: cases + 1, schedules: 0, caught: test.fullTitle() }));
  }
}
