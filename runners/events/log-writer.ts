/**
 * Writes a run's events to a file as they happen, so that whatever ends the run leaves all but its last moment.
 * Each case that ends is handed to the system at once; what has only begun follows within a fraction of a second.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reporter, RunEvent } from './events.js';
import { EventLogError } from './log-error.js';
import { formatLine, isTransient, type LoggedEvent } from './log-line.js';

/** Characters that wait at most, and how long. */
const MOST_WAITING = 65536;
const FLUSH_MS = 200;

/** Events that are followed by many others of their kind, and tell nothing that is lost with them. */
const MAY_WAIT = new Set<RunEvent['type']>(['note', 'file:start', 'case:start', 'not-run']);

export class EventLog implements Reporter {
  #waiting = '';
  #timer: NodeJS.Timeout | null = null;
  #failure: EventLogError | null = null;

  private constructor(
    readonly path: string,
    private readonly file: number,
  ) {}

  /** A log of a new run. Throws {@link EventLogError} where the file exists, unless it is empty, or cannot be made. */
  static create(path: string): EventLog {
    const file = opened(path);
    if (fstatSync(file).size > 0) {
      closeSync(file);
      const detail = `exists; take it away, or go on with the run that it tells of (--resume ${path})`;
      throw new EventLogError(path, null, null, detail);
    }
    return new EventLog(path, file);
  }

  /** The log of a run that goes on. What comes after its first `bytes` was not written to its end, and is cut off. */
  static continued(path: string, bytes: number): EventLog {
    const file = opened(path);
    ftruncateSync(file, bytes);
    return new EventLog(path, file);
  }

  on(event: RunEvent, at: number): void {
    this.write({ at, event });
  }

  /** An event of another log. */
  write(logged: LoggedEvent): void {
    const { event } = logged;
    if (isTransient(event) || this.#failure !== null) return;
    this.#waiting += `${formatLine(logged)}\n`;
    if (!MAY_WAIT.has(event.type) || this.#waiting.length >= MOST_WAITING) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref();
  }

  /** Throws {@link EventLogError} where something could not be written; the log then holds what came before. */
  close(): void {
    this.#flush();
    // Pipes and devices keep nothing that could be handed to a disk.
    if (this.#failure === null && fstatSync(this.file).isFile()) this.#guarded(() => fsyncSync(this.file));
    closeSync(this.file);
    if (this.#failure !== null) throw this.#failure;
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#guarded(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    });
  }

  /** A full disk must not end the run: its cases go on, and the end says that the log is not whole. */
  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#failure = new EventLogError(this.path, null, null, `cannot be written (${codeOf(error)})`);
    }
  }
}

function opened(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a');
  } catch (error) {
    throw new EventLogError(path, null, null, `cannot be written (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code;
}
