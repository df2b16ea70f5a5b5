/** Mocha's spec reporter, which also leaves the totals in a file: `--reporter-option output=FILE`. */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output } = (options.reporterOptions ?? {}) as { output?: string };
    runner.once('end', () => {
      if (output !== undefined) {
        writeFileSync(
          output,
          JSON.stringify({ passes: runner.stats?.passes ?? 0, failures: runner.stats?.failures ?? 0 }),
        );
      }
    });
  }
}
