/**
 * The terminal reporter: one live line where the output is a terminal, a plain line now and then
 * where it is a log, and a summary at the end.
 */
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { Reporter, RunEvent, RunSettings } from '../runners/events/events.js';
import { isFailure, Tally } from '../runners/events/tally.js';
import type { FuseSettings } from '../runners/verdict/fused.js';
import { DEFAULT_VM } from '../src/vm/name.js';
import { duration, figure, plural, shorten } from './format.js';
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
const LINE_EVERY_MS = 5000;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** A case that runs longer than this is named. */
const SLOW_MS = 2000;

export class TerminalReporter implements Reporter {
  readonly #options: TerminalOptions;
  readonly #colors: Colors;
  readonly #tally = new Tally();
  readonly #running = new Map<number, { readonly id: string; readonly since: number }>();
  #settings: Pick<RunSettings, 'vm' | 'fuse'> = { vm: DEFAULT_VM };
  #started = 0;
  #fraction = 0;
  #frame = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#colors = pc.createColors(options.color && pc.isColorSupported);
  }

  on(event: RunEvent): void {
    this.#tally.on(event);
    switch (event.type) {
      case 'run:start':
        this.#start(event);
        break;
      case 'note':
        if (!this.#options.quiet) this.#line(`  ${this.#colors.dim(event.message)}`);
        break;
      case 'source:progress':
        this.#fraction = event.fraction;
        break;
      case 'source:error':
        this.#line(`  ${this.#colors.yellow('!')} ${event.message}`);
        break;
      case 'case:start':
        this.#running.set(event.job, { id: event.case.id, since: performance.now() });
        break;
      case 'case:unrunnable':
        this.#running.delete(event.job);
        break;
      case 'fixture:error':
        if (event.job !== undefined) this.#running.delete(event.job);
        break;
      case 'case:end':
        this.#running.delete(event.job);
        if (isFailure(event.result)) this.#failed(verdictName(event.result.verdict), event.result.id);
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
    this.#started = performance.now();
    if (this.#options.quiet) return;
    const facts = [
      settings.vm,
      `serial against ${settings.threads.join(', ')} ${settings.threads.length === 1 && settings.threads[0] === 1 ? 'thread' : 'threads'}`,
      ...(settings.fuse === undefined ? [] : [fusedText(settings.fuse)]),
      ...(settings.schedules === undefined
        ? []
        : [`${plural(settings.schedules.count, 'schedule')} per block from seed ${settings.schedules.seed}`]),
      ...(settings.schedules?.exploration === undefined
        ? []
        : [`all schedules with ${plural(settings.schedules.exploration.preemptions, 'pre-emption')} of small blocks`]),
      plural(settings.jobs, 'job'),
      event.sources.join(', '),
    ];
    this.#line(`${this.#colors.bold(`lockstep ${environment.lockstep}`)}  ${this.#colors.dim(facts.join(' · '))}`);
    if (this.#options.live === false) return;
    const every = this.#options.out.isTTY ? LIVE_EVERY_MS : LINE_EVERY_MS;
    this.#timer = setInterval(() => this.#progress(), every);
    // A forgotten timer must not keep the command alive after a fault.
    this.#timer.unref();
  }

  #failed(verdict: string, id: string): void {
    // On a terminal the first failures of a run are worth seeing at once; the summary groups all of them.
    if (!this.#options.quiet && this.#options.live !== false && this.#tally.failures.length <= 20) {
      this.#line(`  ${this.#colors.red('✖')} ${verdict}  ${id}`);
    }
  }

  #progress(): void {
    const now = performance.now();
    const elapsed = Math.max(0, now - this.#started);
    const { cases } = this.#tally.summary;
    const parts = [plural(cases, 'case'), `${figure(Math.round((cases * 1000) / Math.max(1, elapsed)))}/s`];
    if (this.#tally.failures.length > 0) parts.push(this.#colors.red(`${figure(this.#tally.failures.length)} failed`));
    parts.push(`${Math.floor(this.#fraction * 100)}% read`, duration(elapsed));
    const slowest = [...this.#running.values()].sort((a, b) => a.since - b.since)[0];
    const plainLength = parts.join(' · ').length + 4;
    if (slowest !== undefined && now - slowest.since >= SLOW_MS) {
      const room = Math.max(20, (this.#options.out.columns ?? 120) - plainLength - 12);
      parts.push(this.#colors.dim(`${shorten(slowest.id, room)} ${duration(now - slowest.since)}`));
    }
    const text = parts.join(this.#colors.dim(' · '));
    if (this.#options.out.isTTY) {
      const spinner = SPINNER[this.#frame++ % SPINNER.length] as string;
      this.#options.out.write(`\r\x1b[2K${this.#colors.cyan(spinner)} ${text}`);
    } else {
      this.#options.out.write(`  ${text}\n`);
    }
  }

  /** A line that stays, above the live one. */
  #line(text: string): void {
    this.#options.out.write(`${this.#options.out.isTTY ? '\r\x1b[2K' : ''}${text}\n`);
  }

  #end(event: Extract<RunEvent, { type: 'run:end' }>): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    const lines = summaryLines(this.#tally, event, {
      colors: this.#colors,
      settings: this.#settings,
      quiet: this.#options.quiet,
    });
    for (const line of lines) this.#line(line);
  }
}

function fusedText({ seed, sample, from }: FuseSettings): string {
  const blocks = sample === undefined ? 'fused blocks' : plural(sample, 'fused block');
  return `${blocks}${from === undefined ? '' : ` of ${from.join(', ')}`}, seed ${seed}`;
}
