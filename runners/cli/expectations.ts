/** `lockstep expectations update`: takes entries out that no longer hold, and drafts such as might be needed. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson, writeWhole } from '../../reports/output-file.js';
import { printable } from '../../reports/printable.js';
import { EventLogError } from '../events/log-error.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import { readExpectations } from '../expectations/expectations.js';
import { ExpectationFileError } from '../expectations/file-error.js';
import { contentMark } from '../expectations/suite.js';
import { draftEntries, type ExpectationChanges, ExpectationReview, withoutRemoved } from '../expectations/update.js';
import type { Output } from './list.js';
import { UsageError } from './options.js';
import { checkOutputs, logInputs, optionInputs } from './outputs.js';
import { eventsOf } from './report.js';

export interface ExpectationsUpdateOptions {
  /** The file; that of the package where left out. */
  readonly file?: string;
  readonly write?: boolean;
  readonly drafts?: string;
}

const SHOWN = 20;

/**
 * Answers 0 where the file is as the run says, or has been made so; 1 where it is not. Throws {@link UsageError} where
 * the file is none, or not the one that the run was held against, {@link EventLogError} where the run is not whole,
 * and `OutputFileError`.
 */
export async function updateExpectations(
  root: string,
  logs: readonly string[],
  options: ExpectationsUpdateOptions,
  out: Output,
): Promise<ExitCode> {
  const file = options.file ?? join(root, 'runners', 'expectations', 'expectations.json');
  await checkOutputs({ drafts: options.drafts }, [...logInputs(logs), ...optionInputs({ file })]);
  const text = await readText(file, options.file === undefined ? '' : '--file ');
  const changes = await review(logs, contentMark(Buffer.from(text)), file);
  for (const line of lines(changes)) out.write(`${printable(line)}\n`);
  const obsolete = changes.removed.length + changes.found.length;
  if (options.drafts !== undefined) {
    const drafts = draftEntries(changes.unexpected);
    await writeJson(options.drafts, drafts);
    out.write(
      `${drafts.length} drafts in ${options.drafts}: fill in reason, link and proof, then add them to ${file}\n`,
    );
  }
  if (options.write === true && obsolete > 0) {
    await writeWhole(file, [withoutRemoved(text, changes)]);
    out.write(`${obsolete} entries taken out of ${file}\n`);
  } else if (obsolete > 0) out.write(`--write takes them out of ${file}\n`);
  else out.write(`${file} holds no entry that the run contradicts\n`);
  const isLeft = (obsolete > 0 && options.write !== true) || changes.narrowed.length + changes.unexpected.length > 0;
  return isLeft ? EXIT.unexpected : EXIT.expected;
}

/** `option` stands before what is wrong with the file. */
async function readText(file: string, option: string): Promise<string> {
  try {
    await readExpectations(file);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof ExpectationFileError) throw new UsageError(`${option}${error.message}`);
    throw error;
  }
}

async function review(logs: readonly string[], mark: string, file: string): Promise<ExpectationChanges> {
  const gathered = new ExpectationReview();
  for await (const { event } of eventsOf(logs)) {
    if (event.type === 'run:start' && event.settings.expected?.outcomes !== mark) {
      throw new UsageError(`${file} is not the file that the run was held against: name that one, or run again`);
    }
    if (event.type === 'run:end' && event.reason !== 'complete') {
      throw new EventLogError(logs[0] as string, null, null, 'is of a run that is not complete');
    }
    gathered.on(event);
  }
  return gathered.changes();
}

function lines({ removed, narrowed, found, unexpected }: ExpectationChanges): string[] {
  return [
    ...removed.map(({ entry, why }) => `- ${entry.case} (${entry.outcome}): ${why}`),
    ...found.map(({ suite, missing }) => `- ${missing} of ${suite}: no case lacks it`),
    ...narrowed.flatMap(({ entry, holds, passes }) => [
      `! ${entry.case} (${entry.outcome}): holds for ${holds} cases, but these pass; narrow its glob`,
      ...capped(passes.map((id) => `    ${id}`)),
    ]),
    ...capped(unexpected.map(({ id, verdict, cause }) => `✖ ${id}: ${verdict}${cause === null ? '' : ` (${cause})`}`)),
  ];
}

function capped(all: readonly string[]): string[] {
  return all.length <= SHOWN ? [...all] : [...all.slice(0, SHOWN), `    … and ${all.length - SHOWN} more`];
}
