/** `lockstep replay-schedule`: one case under one interleaving, the same every time. */

import pc from 'picocolors';
import { explanationLines } from '../../reports/explanation.js';
import { oneLine, printable, printableValue } from '../../reports/printable.js';
import type { VmName } from '../../src/vm/name.js';
import { PreAllocations } from '../engine/pre-allocations.js';
import { EXIT, type ExitCode, isUnexpected } from '../events/tally.js';
import { FixtureError } from '../fixtures/cases.js';
import { type FixtureSource, SourceError } from '../fixtures/sources.js';
import { replaySchedule } from '../schedules/replay.js';
import { ScheduleNameError } from '../schedules/schedule.js';
import type { CaseOutcome } from '../verdict/result.js';
import { faultText } from './fault-text.js';
import { findOneCase } from './find-one-case.js';
import type { Output } from './list.js';
import { type SelectionOptions, UsageError } from './options.js';
import { writingLines } from './writing.js';

export interface ReplayScheduleOptions extends Pick<SelectionOptions, 'fixtures' | 'offline' | 'legacy'> {
  readonly vm: VmName;
  /** Name of the schedule. */
  readonly seed: string;
  readonly block?: number;
  readonly log?: string;
}

/** Differences that are shown. */
const SHOWN = 5;

/** Of a log that nobody asked for. */
const NOWHERE: Output = { write: () => undefined };

/**
 * Replays the case that `pattern` names; the event log goes to the file of `--log`, the outcome to `out`. Answers the
 * exit code. Throws {@link UsageError} where it names no case or several, or the seed no schedule; and `OutputFileError`
 * where the log could not be written, after the outcome was.
 */
export async function replayScheduleCommand(
  pattern: string,
  options: ReplayScheduleOptions,
  sources: readonly FixtureSource[],
  out: Output,
  log: Output,
): Promise<ExitCode> {
  try {
    const { one, source } = await findOneCase(sources, pattern, 'replay', log);
    const preAllocations = new PreAllocations((_, file, name) => source.companion(file, name));
    const { vm, seed, block = null } = options;
    out.write(`${printable(one.id)}\n`);
    return await writingLines(options.log, NOWHERE, async (write) => {
      let lines = 0;
      const outcome = await replaySchedule(one, { vm, seed, block }, preAllocations, (line) => {
        lines++;
        write(line);
        if (line.startsWith('#')) out.write(`  ${printable(line.slice(2))}\n`);
      });
      if (lines === 0 && block !== null)
        throw new UsageError(`--block ${block}: ${printable(one.id)} executes no such block`);
      for (const line of describe(printableValue(outcome))) out.write(`${oneLine(line)}\n`);
      return isUnexpected(outcome.verdict) ? EXIT.unexpected : EXIT.expected;
    });
  } catch (error) {
    if (error instanceof ScheduleNameError) throw new UsageError(`--seed: ${error.message}`);
    if (!(error instanceof FixtureError || error instanceof SourceError)) throw error;
    log.write(`${faultText(error)}\n`);
    return EXIT.infrastructure;
  }
}

function describe({ verdict, cause, differences, block, transaction, explanation }: CaseOutcome): string[] {
  if (cause === null) return [verdict];
  const place = [
    ...(block === null ? [] : [`block ${block}`]),
    ...(transaction === null ? [] : [`transaction ${transaction}`]),
  ];
  const lines = [`${verdict}: ${cause}${place.length === 0 ? '' : `  (${place.join(', ')})`}`];
  for (const { what, expected, actual } of differences.slice(0, SHOWN)) {
    lines.push(`  ${what}`, `    expected  ${expected}`, `    actual    ${actual}`);
  }
  if (differences.length > SHOWN) lines.push(`  … and ${differences.length - SHOWN} more`);
  if (explanation !== undefined) lines.push(...explanationLines(explanation, pc).map((line) => `  ${line}`));
  return lines;
}
