/** The files that say what a run is expected to come to: those of the command line, or those of the package. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readExpectations } from '../expectations/expectations.js';
import { readExpectedCounts } from '../expectations/expected-counts.js';
import type { Expected } from '../expectations/expected-run.js';
import { ExpectationFileError } from '../expectations/file-error.js';
import { contentMark } from '../expectations/suite.js';
import { type RunOptions, UsageError } from './options.js';

/** Throws {@link UsageError} where a file cannot be used. `root` is the package's folder. */
export async function readExpected(
  root: string,
  options: Pick<RunOptions, 'expectations' | 'expectedCounts'>,
): Promise<Expected> {
  const folder = join(root, 'runners', 'expectations');
  const outcomes = options.expectations ?? join(folder, 'expectations.json');
  const counts = options.expectedCounts ?? join(folder, 'expected-counts.json');
  try {
    return {
      ...(await readExpectations(outcomes)),
      counts: await readExpectedCounts(counts),
      marks: { outcomes: contentMark(await readFile(outcomes)), counts: contentMark(await readFile(counts)) },
    };
  } catch (error) {
    if (error instanceof ExpectationFileError) throw new UsageError(error.message);
    throw error;
  }
}
