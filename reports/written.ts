/** Says which files a run has left, once they are written. */
import type { Reporter, RunEvent } from '../runners/events/events.js';

/** A reporter, and the file that it writes when the run is over. */
export interface FileReporter {
  readonly path: string;
  readonly reporter: Reporter;
}

export class WrittenFiles implements Reporter {
  #over = false;

  /** Hands everything on to `files`; `out` is told, where it is not null. */
  constructor(
    private readonly out: { write(text: string): unknown } | null,
    private readonly files: readonly FileReporter[],
  ) {}

  on(event: RunEvent, at: number): void {
    for (const { reporter } of this.files) reporter.on(event, at);
    if (event.type === 'run:end') this.#over = true;
  }

  /** Rejects where a file cannot be written; the others are written all the same. */
  async close(): Promise<void> {
    const settled = await Promise.allSettled(this.files.map(async ({ reporter }) => reporter.close?.()));
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
    if (this.#over && this.files.length > 0) {
      this.out?.write(`written: ${this.files.map(({ path }) => path).join(', ')}\n`);
    }
  }
}
