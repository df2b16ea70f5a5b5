/** What a suite tells the gate, one JSON object per line on standard output. */

export interface Progress {
  /** Blocks, fixture cases or tests so far. */
  readonly cases: number;
  /** Parallel runs of blocks so far: threads never meet in the same way twice, so each is a schedule of its own. */
  readonly schedules: number;
  /** Set in the last line of a suite that has found something: what. */
  readonly caught?: string;
}

export function tell(progress: Progress): void {
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}

/** The progress in a line, or null where it is something else. */
export function progressIn(line: string): Progress | null {
  if (!line.startsWith('{"cases":')) return null;
  return JSON.parse(line) as Progress;
}
