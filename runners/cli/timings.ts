/** `lockstep timings`: what cases took in earlier runs, as a file that runs are dealt out by. */
import { plural } from '../../reports/format.js';
import { writeWhole } from '../../reports/output-file.js';
import { readLoggedRun } from '../events/logged-run.js';
import { EXIT, type ExitCode } from '../events/tally.js';
import { TimingsRecorder } from '../shards/timings.js';
import type { Output } from './list.js';

export interface TimingsOptions {
  readonly out: string;
}

/**
 * Reads the logs, whole or broken off, of whatever runs; answers the exit code. Throws `EventLogError` and
 * `OutputFileError`.
 */
export async function timings(files: readonly string[], { out }: TimingsOptions, log: Output): Promise<ExitCode> {
  const recorder = new TimingsRecorder();
  for (const path of files) {
    for await (const { event } of readLoggedRun(path)) {
      if (event.type !== 'case:end') continue;
      const { file, id, cpuMilliseconds, milliseconds } = event.result;
      recorder.add(file, id, cpuMilliseconds ?? milliseconds);
    }
  }
  if (recorder.cases === 0) {
    log.write(`no case has ended in ${files.join(', ')}; nothing written\n`);
    return EXIT.noCase;
  }
  await writeWhole(out, [recorder.format()]);
  log.write(`${plural(recorder.cases, 'case')} in ${out}
`);
  return EXIT.expected;
}
