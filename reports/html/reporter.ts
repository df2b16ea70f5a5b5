/** Writes the page when the run is over. */
import type { Reporter, RunEvent } from '../../runners/events/events.js';
import { writeWhole } from '../output-file.js';
import { PageCollector } from './collect.js';
import { htmlPage } from './page.js';

export class HtmlReporter implements Reporter {
  readonly #collector = new PageCollector();

  constructor(private readonly path: string) {}

  on(event: RunEvent, at: number): void {
    this.#collector.on(event, at);
  }

  /** Rejects where the file cannot be written. */
  async close(): Promise<void> {
    const page = this.#collector.page();
    if (page !== null) await writeWhole(this.path, [htmlPage(page, `Lockstep: ${page.conclusion}`)]);
  }
}
