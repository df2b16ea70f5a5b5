/** `lockstep merge`: makes one event log of those of a run's parts. */
import { renameSync, rmSync } from 'node:fs';
import { plural } from '../../reports/format.js';
import { targetOf } from '../../reports/output-file.js';
import { EventLog } from '../events/log-writer.js';
import { EXIT } from '../events/tally.js';
import { mergedRun } from '../shards/merge.js';
import type { Output } from './list.js';

export interface MergeOptions {
  readonly out: string;
}

/**
 * Writes the log of the whole run to `out`, all of it or nothing; answers the exit code that the run would have ended
 * with. Throws `MergeError` and `EventLogError`.
 */
export async function merge(files: readonly string[], { out }: MergeOptions, told: Output): Promise<number> {
  const target = await targetOf(out);
  // A pipe or a device is written in place.
  const temporary = target === null ? out : `${target}.${process.pid}.tmp`;
  const log = EventLog.create(temporary);
  let exitCode: number = EXIT.infrastructure;
  let cases = 0;
  try {
    try {
      for await (const logged of mergedRun(files)) {
        log.write(logged);
        if (logged.event.type === 'case:end') cases++;
        if (logged.event.type === 'run:end') exitCode = logged.event.exitCode;
      }
    } finally {
      log.close();
    }
    if (target !== null) renameSync(temporary, target);
  } catch (error) {
    if (target !== null) rmSync(temporary, { force: true });
    throw error;
  }
  told.write(`${plural(cases, 'case')} of ${plural(files.length, 'part')} in ${out}\n`);
  return exitCode;
}
