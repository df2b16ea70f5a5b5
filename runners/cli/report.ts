/** `lockstep report`: renders the reports of a run again, from its event log or those of its parts alone. */
import { EventStream, type Reporter, type RunEvent } from '../events/events.js';
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
  for await (const event of eventsOf(files)) {
    stream.emit(event);
    if (event.type === 'run:end') exitCode = event.exitCode;
  }
  await stream.close();
  return exitCode;
}

/** The run that the logs tell of. */
export async function* eventsOf(files: readonly string[]): AsyncGenerator<RunEvent> {
  if (files.length === 1) yield* runOf(files[0] as string);
  else for await (const { event } of mergedRun(files)) yield event;
}

/** The run that a log tells of, with a note where it was killed. */
async function* runOf(file: string): AsyncGenerator<RunEvent> {
  const run = readLoggedRun(file);
  for (;;) {
    const next = await run.next();
    if (!next.done) {
      yield next.value.event;
      continue;
    }
    const { end, running } = next.value;
    if (end === null) {
      const ids = running.slice(0, NAMED).map(({ id }) => id);
      const at = ids.length === 0 ? '' : ` at ${ids.join(', ')}`;
      yield {
        type: 'note',
        message: `${file}: the run was killed${at}; lockstep run --resume ${file} goes on with it`,
      };
    }
    yield* endingOf(next.value);
    return;
  }
}
