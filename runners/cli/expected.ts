/** The files that say what a run is expected to come to: those of the command line, or those of the package. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readExpectations } from '../expectations/expectations.js';
import { readExpectedCounts } from '../expectations/expected-counts.js';
import type { Expected } from '../expectations/expected-run.js';
import { ExpectationFileError } from '../expectations/file-error.js';
import { contentMark } from '../expectations/suite.js';
import { type RunOptions, UsageError } from './options.js';

type FileOptions = Pick<RunOptions, 'expectations' | 'expectedCounts'>;

/** Where the two files lie. `root` is the package's folder. */
export function expectedFiles(
  root: string,
  options: FileOptions,
): { readonly outcomes: string; readonly counts: string } {
  const folder = join(root, 'runners', 'expectations');
  return {
    outcomes: options.expectations ?? join(folder, 'expectations.json'),
    counts: options.expectedCounts ?? join(folder, 'expected-counts.json'),
  };
}

/** Throws {@link UsageError} where a file cannot be used. `root` is the package's folder. */
export async function readExpected(root: string, options: FileOptions): Promise<Expected> {
  const { outcomes, counts } = expectedFiles(root, options);
  const { expectations, expectedCounts } = options;
  return {
    ...(await named('--expectations', expectations, () => readExpectations(outcomes))),
    counts: await named('--expected-counts', expectedCounts, () => readExpectedCounts(counts)),
    marks: { outcomes: contentMark(await readFile(outcomes)), counts: contentMark(await readFile(counts)) },
  };
}

/** What is wrong with a file is said after the option that gave it, where one did. */
async function named<T>(option: string, given: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ExpectationFileError)) throw error;
    throw new UsageError(given === undefined ? error.message : `${option} ${error.message}`);
  }
}
