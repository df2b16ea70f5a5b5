/** The run that a log tells of, as far as another one goes on from it: what has an outcome, and what failed. */
import type { RunEvent } from '../events/events.js';
import { EventLogError } from '../events/log-error.js';
import { CONCLUDING, type LoggedRunEnd, readLoggedRun } from '../events/logged-run.js';
import { isFailure } from '../events/tally.js';
import { contentMark } from '../expectations/suite.js';

type StartEvent = Extract<RunEvent, { type: 'run:start' }>;

/** A file of a source, as a key. */
export function fileKey(source: string, file: string): string {
  return `${source}\n${file}`;
}

export interface PriorRun {
  readonly path: string;
  readonly start: StartEvent;
  readonly end: LoggedRunEnd;
  /** Digest of each source as far as the log tells it. */
  readonly digests: ReadonlyMap<string, string>;
  /** Ids of the cases that have ended, by {@link fileKey}. */
  readonly ended: ReadonlyMap<string, readonly string[]>;
  /** Keys of the files that were run to their end. */
  readonly finished: ReadonlySet<string>;
  /** What was told of sources and files besides cases: see {@link tellingOf}. */
  readonly told: ReadonlySet<string>;
  /** Ids of the cases that failed or could not be run, by file. */
  readonly failed: ReadonlyMap<string, readonly string[]>;
}

/** Reads the log at `path`; throws `EventLogError`. */
export async function readPriorRun(path: string): Promise<PriorRun> {
  const digests = new Map<string, string>();
  const ended = new Map<string, string[]>();
  const failed = new Map<string, string[]>();
  const finished = new Set<string>();
  const told = new Set<string>();
  let start: StartEvent | null = null;
  const end = await each(path, (event) => {
    const telling = tellingOf(event);
    if (telling !== null) told.add(telling);
    const one = endedCase(event);
    if (one !== null) {
      add(ended, fileKey(one.source, one.file), one.id);
      if (one.failed) add(failed, one.file, one.id);
    }
    if (event.type === 'run:start') start = event;
    if (event.type === 'file:end') finished.add(fileKey(event.source, event.file));
    if ((event.type === 'source:start' || event.type === 'source:end') && typeof event.digest === 'string') {
      digests.set(event.source, event.digest);
    }
  });
  if (start === null) throw new EventLogError(path, null, null, 'does not start a run');
  return { path, start, end, digests, ended, finished, told, failed };
}

/** The events of the run but for what it said at its end, one after the other. Throws `EventLogError`. */
export async function replayPriorRun({ path }: PriorRun, on: (event: RunEvent, at: number) => void): Promise<void> {
  await each(path, (event, at) => {
    if (!CONCLUDING.has(event.type)) on(event, at);
  });
}

async function each(path: string, on: (event: RunEvent, at: number) => void): Promise<LoggedRunEnd> {
  const events = readLoggedRun(path);
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    on(next.value.event, next.value.at);
  }
}

/** What an event tells of a source or a file, so that it need not be told twice; null where it is about a case. */
export function tellingOf(event: RunEvent): string | null {
  const isTelling =
    event.type === 'note' || event.type === 'not-run' || (event.type === 'fixture:error' && event.case === undefined);
  return isTelling ? JSON.stringify(event) : null;
}

/** Stands for a choice of ids, so that two runs can be told to have the same. */
export function idsMark(ids: ReadonlyMap<string, readonly string[]>): string {
  return contentMark(Buffer.from([...ids.values()].flat().sort().join('\n')));
}

interface EndedCase {
  readonly id: string;
  readonly source: string;
  readonly file: string;
  readonly failed: boolean;
}

function endedCase(event: RunEvent): EndedCase | null {
  if (event.type === 'case:end') {
    const { id, source, file } = event.result;
    return { id, source, file, failed: isFailure(event.result) };
  }
  if (event.type === 'case:unrunnable') return { ...event.case, failed: false };
  if (event.type === 'fixture:error' && event.case !== undefined) return { ...event.case, failed: true };
  return null;
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
