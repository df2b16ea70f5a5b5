/** The machine-readable report, as a file. */
import type { Reporter, RunEvent } from '../runners/events/events.js';
import { Tally } from '../runners/events/tally.js';
import { OutcomeIndex } from './outcomes.js';
import { writeJson } from './output-file.js';
import { buildReport } from './report.js';

export class JsonReporter implements Reporter {
  readonly #tally = new Tally();
  readonly #outcomes = new OutcomeIndex();
  #start: Extract<RunEvent, { type: 'run:start' }> | null = null;
  #end: Extract<RunEvent, { type: 'run:end' }> | null = null;

  constructor(private readonly path: string) {}

  on(event: RunEvent): void {
    this.#tally.on(event);
    if (event.type === 'run:start') this.#start = event;
    if (event.type === 'run:end') this.#end = event;
    if (event.type === 'case:end') this.#outcomes.add(event.result);
  }

  /** Rejects where the file cannot be written. */
  async close(): Promise<void> {
    if (this.#start === null || this.#end === null) return;
    await writeJson(this.path, buildReport(this.#start, this.#end, this.#tally, this.#outcomes));
  }
}
