/** GitHub Actions: annotations of what failed, capped, and a summary of the job in Markdown. */

import type { Reporter, RunEvent, RunSettings } from '../runners/events/events.js';
import { isUnmet, Tally } from '../runners/events/tally.js';
import { clusters } from './clusters.js';
import { fixtureFault } from './fixture-fault.js';
import { plural } from './format.js';
import { lackOf, mismatchOf } from './lost-cases.js';
import { jobSummary } from './markdown.js';
import { appendText } from './output-file.js';
import { printableLines } from './printable.js';
import { reproduction } from './reproduce.js';
import { verdictName } from './summary.js';

export interface GithubOptions {
  /** Where the runner reads annotations from: standard output. */
  readonly out: { write(text: string): unknown };
  /** File that the summary is added to; null where the runner gave none. */
  readonly summaryPath: string | null;
}

/** GitHub shows ten of each level for a step, and drops the others without a word. */
const MOST = 10;

interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

export class GithubReporter implements Reporter {
  readonly #tally = new Tally();
  #start: Extract<RunEvent, { type: 'run:start' }> | null = null;
  #end: Extract<RunEvent, { type: 'run:end' }> | null = null;

  constructor(private readonly options: GithubOptions) {}

  on(event: RunEvent): void {
    this.#tally.on(event);
    if (event.type === 'run:start') this.#start = event;
    if (event.type === 'run:end') this.#end = event;
  }

  /** Rejects where the summary cannot be written. */
  async close(): Promise<void> {
    if (this.#start === null || this.#end === null) return;
    for (const one of capped(annotations(this.#tally, this.#start.settings))) this.options.out.write(command(one));
    if (this.options.summaryPath === null) return;
    await addToSummary(this.options.summaryPath, jobSummary(this.#start, this.#end, this.#tally));
  }
}

/** Adds to the summary of the job. Throws `OutputFileError`. */
export async function addToSummary(path: string, text: string): Promise<void> {
  await appendText(path, text, 'the job summary (GITHUB_STEP_SUMMARY)');
}

/** Failures by cluster, biggest first, behind what keeps cases from being run at all. */
function annotations(tally: Tally, settings: RunSettings): Annotation[] {
  const error = (title: string, message: string): Annotation => ({ level: 'error', title, message });
  return [
    ...tally.runErrors.map((message) => error('The run failed', message)),
    ...tally.sourceErrors.map(({ message }) => error('A source broke off', message)),
    ...clusters(tally.failures).map(({ verdict, cause, failures }) => {
      const [example] = failures;
      const lines = example === undefined ? [] : [`for example ${example.id}`, reproduction(example, settings)];
      return error(`${plural(failures.length, 'case')} ${verdictName(verdict)}`, [cause, ...lines].join('\n'));
    }),
    ...tally.countMismatches.map((one) => error('Cases lost or new', `${one.source}: ${mismatchOf(one)}`)),
    ...tally.incomplete.filter(isUnmet).map((one) => error('Cases that cannot run', `${one.source}: ${lackOf(one)}`)),
    ...tally.fixtureErrors.map((one) => error('A fixture is malformed', fixtureFault(one))),
    ...tally.staleExpectations.map(
      (stale): Annotation => ({
        level: 'warning',
        title: 'Stale expectation',
        message: `no case answers to ${stale.case} (${stale.reason})`,
      }),
    ),
  ];
}

/** At most ten of a level; the last one says how many there were besides. */
function capped(all: readonly Annotation[]): Annotation[] {
  return (['error', 'warning'] as const).flatMap((level) => {
    const own = all.filter((one) => one.level === level);
    if (own.length <= MOST) return own;
    const title = `${own.length - MOST + 1} more`;
    const message = 'The job summary and the report hold all of them.';
    return [...own.slice(0, MOST - 1), { level, title, message }];
  });
}

function command({ level, title, message }: Annotation): string {
  return `::${level} title=${escapedProperty(title)}::${escaped(message)}\n`;
}

/** A workflow command is one line; the signs that end its parts are written as percent codes. */
function escaped(text: string): string {
  return printableLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
