/** What a suite tells the gate, one JSON object per line on standard output. */

export interface Progress {
  /** Blocks, fixture cases or tests so far. */
  readonly cases: number;
  /** Parallel runs of blocks so far: threads never meet in the same way twice, so each is a schedule of its own. */
  readonly schedules: number;
  /** Processor time of all threads so far, seconds. */
  readonly seconds: number;
  /** Set in the last line of a suite that has found something: what. */
  readonly caught?: string;
}

/** Adds the processor time of this process. */
export function tell(progress: Omit<Progress, 'seconds'>): void {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ ...progress, seconds: (user + system) / 1e6 })}\n`);
}

/** The progress in a line, or null where it is something else. */
export function progressIn(line: string): Progress | null {
  if (!line.startsWith('{"cases":')) return null;
  return JSON.parse(line) as Progress;
}
