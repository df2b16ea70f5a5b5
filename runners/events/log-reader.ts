/** Reads an event log line by line. */
import { createReadStream } from 'node:fs';
import { EVENTS_VERSION } from './events.js';
import { EventLogError } from './log-error.js';
import { isFault, type LoggedEvent, parseLine } from './log-line.js';
import { whyUnreadable } from './unreadable.js';

/** What is known of a log once it has been read. */
export interface LogEnd {
  /** Length of the whole lines. */
  readonly bytes: number;
  /** Something stands behind them: a line that was not written to its end. */
  readonly torn: boolean;
}

interface Line extends LoggedEvent {
  /** From 1. */
  readonly line: number;
}

const NEWLINE = 0x0a;
/** The longest a line may be; a failure with all its differences takes some hundred KiB. */
const LONGEST = 64 * 1024 * 1024;

/**
 * The events of the log at `file`, in the order in which they were written; returns where its whole lines end. What
 * stands behind the last line break was not written to its end, and does not count. Events that a later version has
 * added are passed over. Throws {@link EventLogError} where the file cannot be read, is no log, is of another
 * version, or holds a line that is no event.
 */
export async function* readEventLog(file: string): AsyncGenerator<Line, LogEnd> {
  let number = 0;
  let bytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      const line = data.toString('utf8', start, end);
      number++;
      bytes += end + 1 - start;
      start = end + 1;
      const event = eventOf(file, number, line);
      if (event !== null) yield event;
    }
    rest = data.subarray(start);
    if (rest.length > LONGEST) throw new EventLogError(file, number + 1, null, 'has no end; this is no event log');
  }
  if (number === 0) throw new EventLogError(file, null, null, 'holds no event; this is no event log');
  return { bytes, torn: rest.length > 0 };
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof EventLogError) throw error;
    throw new EventLogError(file, null, null, whyUnreadable(error));
  }
}

function eventOf(file: string, number: number, line: string): Line | null {
  // Before anything else of another version is looked at, since it may look otherwise.
  if (number === 1) checkVersion(file, line);
  const parsed = parseLine(line);
  if (parsed === null) return null;
  if (isFault(parsed)) throw new EventLogError(file, number, parsed.field, parsed.detail);
  return { ...parsed, line: number };
}

function checkVersion(file: string, line: string): void {
  const no = (detail: string): EventLogError => new EventLogError(file, 1, null, `${detail}; this is no event log`);
  let first: { type?: unknown; version?: unknown } | null;
  try {
    first = JSON.parse(line) as typeof first;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw no('is no JSON');
  }
  if (typeof first !== 'object' || first?.type !== 'run:start') throw no('does not start a run');
  if (first.version !== EVENTS_VERSION) {
    const detail = `${JSON.stringify(first.version)} is a version that this lockstep does not know; it reads ${EVENTS_VERSION}`;
    throw new EventLogError(file, 1, 'version', detail);
  }
}
