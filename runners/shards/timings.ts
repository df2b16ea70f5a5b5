/** How long cases took, as a file: what a split by time, and the order within a part, are worked out from. */
import { readFile } from 'node:fs/promises';
import { beginsLog } from '../events/log-line.js';
import { amount, oneOf, pathOf, recordOf, shape } from '../events/shapes.js';
import { whyUnreadable } from '../events/unreadable.js';
import { contentMark } from '../expectations/suite.js';

/** Milliseconds of processor time by file, then by what follows `file::` in a case's id. */
export type TimesByFile = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface Timings {
  readonly files: TimesByFile;
  /** Mark of the file's content: all parts of a run must have the same. */
  readonly mark: string;
}

/** A file of timings that cannot be used; names the file and the field. */
export class TimingsError extends Error {
  override readonly name = 'TimingsError';
  readonly code = 'TIMINGS';
  constructor(
    readonly file: string,
    readonly field: string | null,
    readonly detail: string,
  ) {
    super(`${file}${field === null ? '' : ` field ${field}`}: ${detail}`);
  }
}

const FORMAT = 'lockstep-timings';
const VERSION = 1;

interface TimingsFile {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly files: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const SHAPE = shape<TimingsFile>({
  format: oneOf([FORMAT]),
  version: oneOf([VERSION]),
  files: recordOf(recordOf(amount)),
});

/** Throws {@link TimingsError}. */
export async function readTimings(path: string): Promise<Timings> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new TimingsError(path, null, whyUnreadable(error));
  }
  const text = Buffer.from(bytes).toString();
  if (beginsLog(text))
    throw new TimingsError(path, null, 'is an event log; `lockstep timings` makes the file out of it');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TimingsError(path, null, `malformed JSON: ${error.message}`);
  }
  const fault = SHAPE(value);
  if (fault !== null) throw new TimingsError(path, pathOf(fault) || null, fault.detail);
  const { files } = value as TimingsFile;
  const times = Object.entries(files).map(([file, cases]) => [file, new Map(Object.entries(cases))] as const);
  return { files: new Map(times), mark: contentMark(bytes) };
}

/** What follows `file::` in an id. */
export function caseWithin(file: string, id: string): string {
  return id.startsWith(`${file}::`) ? id.slice(file.length + 2) : id;
}

/** Gathers the times of cases; of one that was run several times the longest counts. */
export class TimingsRecorder {
  readonly #files = new Map<string, Map<string, number>>();
  cases = 0;

  add(file: string, id: string, milliseconds: number): void {
    const cases = this.#files.get(file) ?? new Map<string, number>();
    this.#files.set(file, cases);
    const name = caseWithin(file, id);
    const known = cases.get(name);
    if (known === undefined) this.cases++;
    cases.set(name, Math.max(known ?? 0, Math.round(milliseconds)));
  }

  /** The file's text, a line for each file of fixtures; the same whatever the order of the cases. */
  format(): string {
    const lines = sorted(this.#files).map(([file, cases]) => {
      return `${JSON.stringify(file)}:${JSON.stringify(Object.fromEntries(sorted(cases)))}`;
    });
    return `{"format":"${FORMAT}","version":${VERSION},"files":{\n${lines.join(',\n')}\n}}\n`;
  }
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
