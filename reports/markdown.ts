/** A run as Markdown, for places that show it: the summary of a job. */
import type { RunEvent } from '../runners/events/events.js';
import { type Counts, isUnmet, type Tally } from '../runners/events/tally.js';
import { type Cluster, clusters } from './clusters.js';
import { fixtureFault } from './fixture-fault.js';
import { duration, figure, plural, shorten, threadCounts } from './format.js';
import { lackOf, mismatchOf } from './lost-cases.js';
import { reproduction } from './reproduce.js';
import { verdictName } from './summary.js';

/** GitHub takes a summary of at most 1 MiB; what follows keeps far below. */
const CLUSTERS_SHOWN = 20;
const EXAMPLES_SHOWN = 5;
const ERRORS_SHOWN = 20;
const TEXT_SHOWN = 400;

/** Text that Markdown and HTML take as it is, on one line. */
export function markdown(text: string): string {
  return shorten(text.replaceAll(/\s+/g, ' '), TEXT_SHOWN).replace(
    /[^\p{L}\p{N} .,:/=…]/gu,
    (sign) => `&#${sign.codePointAt(0)};`,
  );
}

function code(text: string): string {
  return `<code>${markdown(text)}</code>`;
}

export function jobSummary(
  start: Extract<RunEvent, { type: 'run:start' }>,
  end: Extract<RunEvent, { type: 'run:end' }>,
  tally: Tally,
): string {
  const all = clusters(tally.failures);
  const lines = [
    `## ${title(tally, end)}`,
    '',
    ...facts(start, end, tally),
    '',
    ...suiteTable(tally),
    ...all.slice(0, CLUSTERS_SHOWN).flatMap((cluster) => clusterLines(cluster, start)),
    ...(all.length > CLUSTERS_SHOWN ? ['', `… and ${plural(all.length - CLUSTERS_SHOWN, 'more cause')}.`] : []),
    ...errorLines(tally),
    ...slowestLines(tally),
  ];
  return `${lines.join('\n')}\n\n`;
}

function title(tally: Tally, end: Extract<RunEvent, { type: 'run:end' }>): string {
  const { summary, failures } = tally;
  if (end.reason === 'interrupted') return `Interrupted after ${plural(summary.cases, 'case')}`;
  if (failures.length > 0) return `✖ ${figure(failures.length)} of ${plural(summary.cases, 'case')} failed`;
  const sign = end.exitCode === 0 ? '✔' : '✖';
  return `${sign} ${figure(summary.pass)} of ${plural(summary.cases + tally.unrunnable, 'case')} passed`;
}

function facts(
  { settings, environment }: Extract<RunEvent, { type: 'run:start' }>,
  end: Extract<RunEvent, { type: 'run:end' }>,
  { digests, coverage }: Tally,
): string[] {
  const versions = `lockstep ${environment.lockstep}, Node ${environment.node}, ${environment.platform}`;
  return [
    `${markdown(settings.vm)} machine, serial against ${threadCounts(settings.threads)}, in ${duration(end.durationMs)}; exit code ${end.exitCode}.`,
    `${plural(coverage.blocks, 'block')}, ${plural(coverage.transactions, 'transaction')}, ${plural(coverage.aborts, 'abort')}; ${markdown(versions)}.`,
    '',
    ...[...digests].map(
      ([source, digest]) => `- ${code(source)}${digest === null ? '' : ` ${code(digest.slice(0, 16))}`}`,
    ),
  ];
}

function suiteTable({ bySuite, summary }: Tally): string[] {
  const row = (name: string, counts: Counts): string => {
    const failed = counts.cases - counts.pass - counts.expected - counts.skipped;
    const cells = [counts.cases, counts.pass, failed, counts.expected, counts.skipped].map(figure);
    return `| ${name} | ${cells.join(' | ')} |`;
  };
  const suites = [...bySuite].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '| suite | cases | passed | not passed | as expected | skipped |',
    '|---|--:|--:|--:|--:|--:|',
    ...suites.map(([suite, counts]) => row(markdown(suite), counts)),
    row('**all**', summary),
  ];
}

function clusterLines(
  { verdict, cause, failures }: Cluster,
  { settings }: Extract<RunEvent, { type: 'run:start' }>,
): string[] {
  const [example] = failures;
  const ids = failures.slice(0, EXAMPLES_SHOWN).map(({ id }) => `- ${code(id)}`);
  const more = failures.length - ids.length;
  const differences = (example?.differences ?? []).slice(0, 3).flatMap(({ what, expected, actual }) => {
    return [`- ${code(what)}: expected ${code(expected)}, actual ${code(actual)}`];
  });
  return [
    '',
    `<details><summary>✖ ×${figure(failures.length)} ${verdictName(verdict)}: ${markdown(cause)}</summary>`,
    '',
    ...ids,
    ...(more > 0 ? [`- … and ${figure(more)} more`] : []),
    '',
    ...differences,
    '',
    ...(example === undefined ? [] : [code(reproduction(example, settings))]),
    '',
    '</details>',
  ];
}

function errorLines(tally: Tally): string[] {
  const messages = [
    ...tally.runErrors,
    ...tally.sourceErrors.map(({ message }) => message),
    ...tally.countMismatches.map((one) => `${one.source}: ${mismatchOf(one)}`),
    ...tally.incomplete.filter(isUnmet).map((one) => `${one.source}: ${lackOf(one)}`),
    ...tally.fixtureErrors.map(fixtureFault),
    ...tally.staleExpectations.map((stale) => `stale expectation: ${stale.case}`),
  ];
  if (messages.length === 0) return [];
  const more = messages.length - ERRORS_SHOWN;
  return [
    '',
    ...messages.slice(0, ERRORS_SHOWN).map((message) => `- ⚠ ${markdown(message)}`),
    ...(more > 0 ? [`- … and ${figure(more)} more`] : []),
  ];
}

function slowestLines({ slowest }: Tally): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map(({ id, cpuMilliseconds }) => `- ${duration(cpuMilliseconds)} ${code(id)}`);
  return ['', '<details><summary>Slowest cases, by processor time</summary>', '', ...rows, '', '</details>'];
}
