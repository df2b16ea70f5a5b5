/** The lines at the bottom of a terminal that change while a run goes on. */

import type { Colors } from 'picocolors/types.js';
import { duration, figure, plural, shorten } from './format.js';
import { printable } from './printable.js';
import type { Progress } from './progress.js';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** A case that runs longer than this is named. */
const SLOW_MS = 1000;
const WIDTH = 120;

/** Erases the line that the cursor is in, and goes to its start. */
const ERASE_LINE = '\r\x1b[2K';
const UP = '\x1b[1A';

/** False of a terminal that knows no movements of the cursor, as of what is none. */
export function redraws({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true && process.env.TERM !== 'dumb';
}

/** What has come of the cases so far. */
export interface LiveCounts {
  readonly cases: number;
  readonly failures: number;
}

export class LiveWindow {
  #height = 0;
  #frame = 0;

  constructor(
    private readonly out: { write(text: string): unknown; readonly columns?: number },
    private readonly colors: Colors,
  ) {}

  draw(progress: Progress, counts: LiveCounts): void {
    const spinner = SPINNER[this.#frame++ % SPINNER.length] as string;
    // A line that reaches the edge would wrap, and could not be taken back. Terminals that know no size say 0.
    const width = (this.out.columns || WIDTH) - 3;
    const [first, ...others] = windowLines(progress, counts, width);
    const lines = [`${this.colors.cyan(spinner)} ${this.#painted(first as string, counts)}`];
    for (const line of others) lines.push(`  ${this.colors.dim(line)}`);
    this.out.write(`${this.#erasing()}${lines.join('\n')}`);
    this.#height = lines.length;
  }

  /** Takes the window away, so that something else can be written in its place. */
  erase(): void {
    if (this.#height === 0) return;
    this.out.write(this.#erasing());
    this.#height = 0;
  }

  #erasing(): string {
    return this.#height === 0 ? '' : ERASE_LINE + `${UP}${ERASE_LINE}`.repeat(this.#height - 1);
  }

  #painted(line: string, { failures }: LiveCounts): string {
    const failed = failedText(failures);
    return failures === 0 ? line : line.replace(failed, this.colors.red(failed));
  }
}

/** Plain text, at most `width` characters each: counts, the phase and, where one takes long, the slowest case. */
export function windowLines(progress: Progress, counts: LiveCounts, width: number): string[] {
  const slowest = progress.slowest();
  const lines = [progressLine(progress, counts), progress.phase];
  if (slowest !== null && slowest.milliseconds >= SLOW_MS) {
    const took = ` ${duration(slowest.milliseconds)}`;
    lines.push(`slowest now: ${shorten(slowest.id, Math.max(20, width - took.length - 13))}${took}`);
  }
  return lines.map((line) => shorten(printable(line), width));
}

/** `1,234 cases · 310/s · 2 failed · 41% · 4.0s, about 6s left`. */
export function progressLine(progress: Progress, { cases, failures }: LiveCounts): string {
  const left = progress.estimateMs();
  const elapsed = duration(progress.elapsedMs);
  return [
    plural(cases, 'case'),
    `${figure(Math.round(progress.rate()))}/s`,
    ...(failures === 0 ? [] : [failedText(failures)]),
    `${Math.floor(progress.fraction * 100)}%`,
    left === null ? elapsed : `${elapsed}, about ${duration(Math.ceil(left / 1000) * 1000)} left`,
  ].join(' · ');
}

function failedText(failures: number): string {
  return `${figure(failures)} failed`;
}
