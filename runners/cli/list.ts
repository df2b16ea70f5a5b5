/** `lockstep list`: the cases that a run would take, one id per line. */

import { plural } from '../../reports/format.js';
import { printable } from '../../reports/printable.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import type { FixtureError } from '../fixtures/cases.js';
import { leftAside } from '../fixtures/some-of.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { faultText } from './fault-text.js';
import { type SelectionOptions, SUITES } from './options.js';
import { drawSample, type ListedCase, listCases } from './sample.js';

export interface Output {
  write(text: string): void;
}

/** Ids go to `out`, everything else to `log`; answers the exit code. */
export async function list(
  options: SelectionOptions,
  sources: readonly FixtureSource[],
  out: Output,
  log: Output,
): Promise<ExitCode> {
  const selection = { suites: options.suite ?? SUITES, forks: options.fork ?? null, grep: options.grep ?? null };
  let faults = 0;
  const fault = (error: FixtureError | SourceError): void => {
    faults++;
    log.write(`${faultText(error)}\n`);
  };
  const kept: ListedCase[] = [];
  let count = 0;
  for (const source of sources) {
    try {
      const unknown: string[] = [];
      const onUnknown = (file: string): void => void unknown.push(file);
      for await (const one of listCases(source, selection, fault, { onUnknown })) {
        count++;
        if (options.sample === undefined) out.write(`${printable(one.id)}\n`);
        else kept.push(one);
      }
      if (unknown.length > 0) log.write(`${leftAside(source.name, unknown)}\n`);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      fault(error);
    }
  }
  if (options.sample !== undefined) {
    const drawn = drawSample(kept, options.sample);
    for (const one of drawn) out.write(`${printable(one.id)}\n`);
    count = drawn.length;
  }
  log.write(`${plural(count, 'case')}\n`);
  if (faults > 0) return EXIT.infrastructure;
  return count === 0 ? EXIT.noCase : EXIT.expected;
}
