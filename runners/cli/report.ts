/** `lockstep report`: renders the reports of a run again, from its event log or those of its parts alone. */
import { EventStream, type Reporter } from '../events/events.js';
import type { LoggedEvent } from '../events/log-line.js';
import { endingOf, readLoggedRun } from '../events/logged-run.js';
import { EXIT } from '../events/tally.js';
import { mergedRun } from '../shards/merge.js';
import type { ReporterOptions } from './reporters.js';

export type ReportOptions = ReporterOptions;

/** How many cases at which a killed run was are named. */
const NAMED = 4;

/**
 * Sends the run to the reporters; answers the exit code that it ended with. Several logs are those of its parts. Throws
 * `EventLogError` and `MergeError`.
 */
export async function report(files: readonly string[], reporters: readonly Reporter[]): Promise<number> {
  const stream = new EventStream(reporters);
  let exitCode: number = EXIT.interrupted;
  for await (const { event, at } of eventsOf(files)) {
    stream.emit(event, at);
    if (event.type === 'run:end') exitCode = event.exitCode;
  }
  await stream.close();
  return exitCode;
}

/** The run that the logs tell of. */
export async function* eventsOf(files: readonly string[]): AsyncGenerator<LoggedEvent> {
  if (files.length === 1) yield* runOf(files[0] as string);
  else yield* mergedRun(files);
}

/** The run that a log tells of, with a note where it was killed. */
async function* runOf(file: string): AsyncGenerator<LoggedEvent> {
  const run = readLoggedRun(file);
  let at = 0;
  for (;;) {
    const next = await run.next();
    if (!next.done) {
      at = next.value.at;
      yield next.value;
      continue;
    }
    const { end, running } = next.value;
    if (end === null) {
      const ids = running.slice(0, NAMED).map(({ id }) => id);
      const place = ids.length === 0 ? '' : ` at ${ids.join(', ')}`;
      const message = `${file}: the run was killed${place}; lockstep run --resume ${file} goes on with it`;
      yield { at, event: { type: 'note', message } };
    }
    for (const event of endingOf(next.value)) yield { at, event };
    return;
  }
}
