/** `lockstep counts`: how many cases there are, and the file that runs are held against. */

import { basename } from 'node:path';
import { plural } from '../../reports/format.js';
import { writeWhole } from '../../reports/output-file.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import { formatExpectedCounts, type ReleaseCounts } from '../expectations/expected-counts.js';
import { surveySource, totalOf } from '../expectations/survey.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { faultText } from './fault-text.js';
import type { Output } from './list.js';
import { UsageError } from './options.js';
import { checkOutputs, sourceInputs } from './outputs.js';
import { openNamed } from './sources.js';

export interface CountsOptions {
  readonly write?: string;
}

/**
 * Counts each of `specs`, a source or `name=source`; `root` is the package's folder. The file goes to `options.write`, or to `out`; nothing is
 * written where a source or fixture is at fault. Answers the exit code; throws {@link UsageError} and `OutputFileError`.
 */
export async function counts(
  root: string,
  specs: readonly string[],
  options: CountsOptions,
  out: Output,
  log: Output,
): Promise<ExitCode> {
  const named = new Map<string, FixtureSource>();
  for (const spec of specs) {
    const { name, source } = await openRelease(root, spec);
    if (named.has(name)) throw new UsageError(`two sources are called ${name}; write NAME=${spec}`);
    named.set(name, source);
  }
  await checkOutputs({ write: options.write }, sourceInputs([...named.values()]));
  const releases = new Map<string, ReleaseCounts>();
  let faults = 0;
  const fault = (error: Error): void => {
    faults++;
    log.write(`${faultText(error)}\n`);
  };
  for (const [name, source] of named) {
    try {
      const release = await surveySource(source, fault);
      releases.set(name, release);
      log.write(`${name}: ${plural(totalOf(release), 'case')} in ${plural(release.size, 'suite')}\n`);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      fault(error);
    }
  }
  if (faults > 0) return EXIT.infrastructure;
  if ([...releases.values()].every((release) => release.size === 0)) return EXIT.noCase;
  const text = formatExpectedCounts(releases);
  if (options.write === undefined) out.write(text);
  else await writeWhole(options.write, [text]);
  return EXIT.expected;
}

async function openRelease(
  root: string,
  spec: string,
): Promise<{ readonly name: string; readonly source: FixtureSource }> {
  const named = /^([\w.-]+)=(.+)$/.exec(spec);
  const source = await openNamed(root, named?.[2] ?? spec);
  return { name: named?.[1] ?? basename(source.name).replace(/\.(?:json|tar|tgz|tar\.gz)$/, ''), source };
}
