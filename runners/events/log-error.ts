/** An event log that cannot be read, written or gone on with; names the file, and the line and field where one is at fault. */
export class EventLogError extends Error {
  override readonly name = 'EventLogError';
  readonly code = 'EVENT_LOG';
  constructor(
    readonly file: string,
    /** From 1; null where the file as a whole is at fault. */
    readonly line: number | null,
    /** Path of the value at fault, `result.differences[0].what`; null where the whole line is. */
    readonly field: string | null,
    readonly detail: string,
  ) {
    super(`${file}${line === null ? '' : ` line ${line}`}${field === null ? '' : ` field ${field}`}: ${detail}`);
  }
}
