/**
 * The terminal reporter: a live window where the output is a terminal, a plain line now and then
 * where it is a log, and a summary at the end.
 */

import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { Reporter, RunEvent, RunSettings } from '../runners/events/events.js';
import { isFailure, Tally } from '../runners/events/tally.js';
import type { FuseSettings } from '../runners/verdict/fused.js';
import { DEFAULT_VM } from '../src/vm/name.js';
import { plural, threadCounts } from './format.js';
import { LiveWindow, progressLine, redraws } from './live-window.js';
import { oneLine, printableValue } from './printable.js';
import { Progress } from './progress.js';
import { schedulesText } from './schedule.js';
import { summaryLines, verdictName } from './summary.js';

export interface TerminalOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly out: TerminalOutput;
  /** False forces plain text; true leaves the choice to the terminal and to NO_COLOR. */
  readonly color: boolean;
  readonly quiet: boolean;
  /** False where the run is over already, so that nothing but its summary is to be told; default true. */
  readonly live?: boolean;
}

const LIVE_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;

export class TerminalReporter implements Reporter {
  readonly #options: TerminalOptions;
  readonly #colors: Colors;
  readonly #tally = new Tally();
  readonly #progress = new Progress();
  readonly #window: LiveWindow;
  #settings: Pick<RunSettings, 'vm'> & Partial<RunSettings> = { vm: DEFAULT_VM };
  #timer: NodeJS.Timeout | null = null;
  /** Errors of sources that are the last lines told. */
  #above: readonly string[] = [];

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#colors = pc.createColors(options.color && pc.isColorSupported);
    this.#window = new LiveWindow(options.out, this.#colors);
  }

  on(told: RunEvent): void {
    const event = printableValue(told);
    this.#tally.on(event);
    this.#progress.on(event);
    switch (event.type) {
      case 'run:start':
        this.#start(event);
        break;
      case 'note':
        if (!this.#options.quiet) this.#line(`  ${this.#colors.dim(event.message)}`);
        break;
      case 'source:error':
        // Where it is quiet, the summary says it.
        if (this.#options.quiet) break;
        this.#line(`  ${this.#colors.yellow('!')} ${event.message}`, [...this.#above, event.message]);
        break;
      case 'case:end':
        if (isFailure(event.result)) this.#failed(verdictName(event.result.verdict), event.result.id);
        break;
      case 'run:resume':
        if (!this.#options.quiet) this.#line(`  ${this.#colors.dim(`going on behind ${plural(event.ended, 'case')}`)}`);
        break;
      case 'run:end':
        this.#end(event);
        break;
      default:
        break;
    }
  }

  #start(event: Extract<RunEvent, { type: 'run:start' }>): void {
    const { settings, environment } = event;
    this.#settings = settings;
    if (this.#options.quiet) return;
    const facts = [
      settings.vm,
      `serial against ${threadCounts(settings.threads)}`,
      ...(settings.fuse === undefined ? [] : [fusedText(settings.fuse)]),
      ...schedulesText(settings.schedules),
      ...(settings.shard === undefined ? [] : [`part ${settings.shard.index} of ${settings.shard.of}`]),
      ...(settings.lastFailed === undefined ? [] : ['failures of an earlier run']),
      plural(settings.jobs, 'job'),
      event.sources.join(', '),
    ];
    this.#line(`${this.#colors.bold(`lockstep ${environment.lockstep}`)}  ${this.#colors.dim(facts.join(' · '))}`);
    if (this.#options.live === false) return;
    const every = redraws(this.#options.out) ? LIVE_EVERY_MS : LINE_EVERY_MS;
    this.#timer = setInterval(() => this.#tick(), every);
    // A forgotten timer must not keep the command alive after a fault.
    this.#timer.unref();
  }

  #failed(verdict: string, id: string): void {
    // On a terminal the first failures of a run are worth seeing at once; the summary groups all of them.
    if (!this.#options.quiet && this.#options.live !== false && this.#tally.failures.length <= 20) {
      this.#line(`  ${this.#colors.red('✖')} ${verdict}  ${id}`);
    }
  }

  #tick(): void {
    const counts = { cases: this.#tally.summary.cases, failures: this.#tally.failures.length };
    if (redraws(this.#options.out)) this.#window.draw(this.#progress, counts);
    else this.#line(`  ${progressLine(this.#progress, counts)}`);
  }

  /** A line that stays, above the live ones; `above` is what it leaves as the last errors told. */
  #line(text: string, above: readonly string[] = []): void {
    this.#window.erase();
    this.#above = above;
    this.#options.out.write(`${oneLine(text)}\n`);
  }

  #end(event: Extract<RunEvent, { type: 'run:end' }>): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    const lines = summaryLines(this.#tally, event, {
      colors: this.#colors,
      settings: this.#settings,
      quiet: this.#options.quiet,
      above: this.#above,
    });
    for (const line of lines) this.#line(line);
  }
}

function fusedText({ seed, sample, from }: FuseSettings): string {
  const blocks = sample === undefined ? 'fused blocks' : plural(sample, 'fused block');
  return `${blocks}${from === undefined ? '' : ` of ${from.join(', ')}`}, seed ${seed}`;
}
