/** Writes reports to files, all of one or nothing: a reader never meets half a report. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Reporter, RunEvent } from '../runners/events/events.js';
import { Tally } from '../runners/events/tally.js';
import { buildReport } from './report.js';

export class JsonReporter implements Reporter {
  readonly #tally = new Tally();
  #start: Extract<RunEvent, { type: 'run:start' }> | null = null;
  #end: Extract<RunEvent, { type: 'run:end' }> | null = null;

  constructor(private readonly path: string) {}

  on(event: RunEvent): void {
    this.#tally.on(event);
    if (event.type === 'run:start') this.#start = event;
    if (event.type === 'run:end') this.#end = event;
  }

  /** Rejects where the file cannot be written. */
  async close(): Promise<void> {
    if (this.#start === null || this.#end === null) return;
    await writeJson(this.path, buildReport(this.#start, this.#end, this.#tally));
  }
}

/** Writes a value as JSON, as {@link writeText} does. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeText(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a file, its folder made where it is missing. Rejects where that fails; no half file is left. */
export async function writeText(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
