/** Mocha's spec reporter, which also leaves the totals and the failures in a file: `--reporter-option output=FILE`. */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output } = (options.reporterOptions ?? {}) as { output?: string };
    const failed: { title: string; error: string }[] = [];
    runner.on('fail', (test, error: unknown) =>
      failed.push({
        title: test.fullTitle(),
        error: error instanceof Error ? (error.stack ?? String(error)) : String(error),
      }),
    );
    runner.once('end', () => {
      if (output !== undefined) {
        writeFileSync(
          output,
          JSON.stringify({ passes: runner.stats?.passes ?? 0, failures: runner.stats?.failures ?? 0, failed }),
        );
      }
    });
  }
}
