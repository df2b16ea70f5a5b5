/** `lockstep report`: renders the reports of a run again, from its event log alone. */
import { EventStream, type Reporter } from '../events/events.js';
import type { LoggedEvent } from '../events/log-line.js';
import { endingOf, readLoggedRun } from '../events/logged-run.js';
import { EXIT } from '../events/tally.js';

export interface ReportOptions {
  readonly json?: string;
  readonly html?: string;
  readonly quiet?: boolean;
  /** False after `--no-color`. */
  readonly color: boolean;
}

/** How many cases at which a killed run was are named. */
const NAMED = 4;

/** Sends the run to the reporters; answers the exit code that it ended with. Throws `EventLogError`. */
export async function report(file: string, reporters: readonly Reporter[]): Promise<number> {
  const stream = new EventStream(reporters);
  let exitCode: number = EXIT.interrupted;
  for await (const { event, at } of runOf(file)) {
    stream.emit(event, at);
    if (event.type === 'run:end') exitCode = event.exitCode;
  }
  await stream.close();
  return exitCode;
}

/** The run that a log tells of, with a note where it was killed. */
export async function* runOf(file: string): AsyncGenerator<LoggedEvent> {
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
