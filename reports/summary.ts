/** The closing summary of a run, as lines for a terminal. */
import type { Colors } from 'picocolors/types.js';
import type { RunEvent, RunSettings } from '../runners/events/events.js';
import { type Counts, emptyCounts, isUnmet, type Tally } from '../runners/events/tally.js';
import { VERDICTS, type Verdict } from '../runners/verdict/verdict.js';
import { FORKS } from '../src/primitives/fork.js';
import { type Cluster, clusters } from './clusters.js';
import { explanationLines } from './explanation.js';
import { fixtureFault } from './fixture-fault.js';
import { type Cell, duration, figure, plural, shorten, table } from './format.js';
import { incompleteLines } from './incomplete.js';
import { mismatchOf } from './lost-cases.js';
import { whyNothing } from './nothing-run.js';
import { minimising, reproduction } from './reproduce.js';
import { selectionLines } from './selection.js';
import { usageLines } from './usage.js';

/** How much of the failures is shown; the report holds all of it. */
const CLUSTERS_SHOWN = 12;
const DIFFERENCES_SHOWN = 4;
const ERRORS_SHOWN = 10;
const MISMATCHES_SHOWN = 20;
const VALUE_WIDTH = 160;
/** Traces and the like, which come as one value of several lines. */
const VALUE_LINES = 8;
/** Before its further lines, since GitHub's runner takes a line that begins with two colons for a command. */
const CONTINUED = '│';

const COLUMNS = [...VERDICTS, 'expected'] as const;
type Column = (typeof COLUMNS)[number];

export interface SummaryOptions {
  readonly colors: Colors;
  readonly settings: Pick<RunSettings, 'vm'> & Partial<RunSettings>;
  /** Leaves out the tables. */
  readonly quiet: boolean;
  /** Errors of sources that stand right above: where nothing comes between, they are not told again. */
  readonly above?: readonly string[];
}

export function summaryLines(
  tally: Tally,
  end: Extract<RunEvent, { type: 'run:end' }>,
  options: SummaryOptions,
): string[] {
  const selected = selectionLines(options.settings, options.colors);
  const lines = selected.length === 0 ? [] : ['', ...selected];
  if (!options.quiet && tally.summary.cases > 0) {
    lines.push(
      '',
      ...countsTable(tally, options.colors),
      '',
      ...coverageLines(tally, options.colors),
      ...(options.settings.fuse === undefined ? [] : fusedLines(tally, options.colors)),
      ...countedLines(tally, options.colors),
      ...asideLines(tally, options.colors),
      ...usageLines(tally, end.durationMs, options.colors),
    );
  }
  const why = end.reason === 'complete' ? whyNothing(tally, options.settings) : null;
  lines.push(
    ...failureLines(tally, options),
    ...expectationLines(tally, options.colors),
    ...incompleteLines(tally, options.colors),
    ...countLines(tally, options.colors),
  );
  const above = lines.length === 0 ? (options.above ?? []) : [];
  lines.push(
    ...errorLines(tally, above, options.colors),
    '',
    `  ${conclusion(tally, end, options.colors)}`,
    ...(why === null ? [] : [`  ${why}`]),
  );
  return lines;
}

function countsTable(tally: Tally, colors: Colors): string[] {
  const shown = COLUMNS.filter((column) => column === 'pass' || tally.summary[column] > 0);
  const head: Cell[] = ['suite', 'fork', 'cases', ...shown].map((text) => ({ text, paint: colors.dim }));
  const cells = (suite: string, fork: string, counts: Counts, paint?: (text: string) => string): Cell[] => [
    { text: suite, ...(paint && { paint }) },
    { text: fork, ...(paint && { paint }) },
    { text: figure(counts.cases), ...(paint && { paint }) },
    ...shown.map((column) => ({ text: figure(counts[column]), paint: columnPaint(column, counts, colors) })),
  ];
  const rows: Cell[][] = [head];
  for (const [suite, forks] of [...tally.bySuiteAndFork].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let label = suite;
    for (const [fork, counts] of [...forks].sort(([a], [b]) => byAge(a, b))) {
      rows.push(cells(label, fork, counts));
      label = '';
    }
  }
  rows.push(cells('total', '', sum(tally.bySuite.values()), colors.bold));
  return table(rows, [false, false, ...['cases', ...shown].map(() => true)]).map((line) => `  ${line}`);
}

/** Forks oldest first, then transitions by the name of their first fork. */
export function byAge(a: string, b: string): number {
  const age = (name: string): number => (FORKS as readonly string[]).indexOf(name);
  const [x, y] = [age(a), age(b)];
  if (x >= 0 && y >= 0) return x - y;
  if (x >= 0 || y >= 0) return x >= 0 ? -1 : 1;
  const from = (name: string): string => name.slice(0, Math.max(0, name.indexOf('To')));
  return age(from(a)) - age(from(b)) || (a < b ? -1 : 1);
}

function sum(parts: Iterable<Counts>): Counts {
  const total = emptyCounts();
  for (const part of parts) {
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += part[key];
  }
  return total;
}

function columnPaint(column: Column, counts: Counts, colors: Colors): (text: string) => string {
  if (counts[column] === 0) return colors.dim;
  if (column === 'pass') return counts.pass === counts.cases ? colors.green : (text) => text;
  return column === 'skipped' || column === 'expected' ? colors.yellow : colors.red;
}

function coverageLines(tally: Tally, colors: Colors): string[] {
  const { coverage } = tally;
  const multi = `${figure(coverage.multiTransactionBlocks)} with several transactions`;
  return [
    `  ${colors.dim('executed')}  ${plural(coverage.blocks, 'block')} (${multi}), ${plural(coverage.transactions, 'transaction')}`,
    `  ${colors.dim('parallel')}  ${[
      plural(coverage.aborts, 'abort'),
      plural(coverage.reexecutions, 're-execution'),
      `${plural(coverage.estimatesHit, 'estimate')} hit`,
      `${plural(coverage.deferredFeeReads, 'deferred fee')} read`,
      plural(coverage.resets, 'reset'),
      ...(coverage.schedules === 0 ? [] : [plural(coverage.schedules, 'schedule')]),
      ...(coverage.exploredBlocks === 0 ? [] : [`${plural(coverage.exploredBlocks, 'block')} explored`]),
    ].join(', ')}`,
  ];
}

/** What was run in place of the cases. */
function fusedLines({ fused }: Tally, colors: Colors): string[] {
  const share = (part: number, whole: number): string => {
    return `${figure(part)} of them with aborts${whole === 0 ? '' : ` (${Math.floor((100 * part) / whole)}%)`}`;
  };
  const label = colors.dim('fused   ');
  return [
    `  ${label}  ${plural(fused.conflict, 'block')} built to conflict, ${share(fused.conflictWithAborts, fused.conflict)}; ${figure(fused.spread)} spread, ${share(fused.spreadWithAborts, fused.spread)}`,
    `  ${label}  ${figure(fused.rejected)} rejected in series and in parallel alike; ${figure(fused.seconded)} run by the other machine and as official fixtures`,
  ];
}

/** What a failed case is called: one that passed has failed only where an expectation says otherwise. */
export function verdictName(verdict: Verdict): string {
  return verdict === 'pass' ? 'unexpected pass' : verdict;
}

/** Cases that failed as expected, by entry, and entries that no case answers to. */
function expectationLines(tally: Tally, colors: Colors): string[] {
  const byReason = new Map<string, number>();
  for (const { expectation } of tally.asExpected) {
    const text = `${expectation?.reason} ${colors.dim(expectation?.link ?? '')}`;
    byReason.set(text, (byReason.get(text) ?? 0) + 1);
  }
  return [
    ...(byReason.size > 0 ? [''] : []),
    ...[...byReason].map(([text, count]) => `  ${colors.yellow(`${figure(count)} failed as expected`)}  ${text}`),
    ...tally.staleExpectations.map(
      (stale) => `  ${colors.yellow('!')} stale expectation, no case answers to it: ${stale.case} (${stale.reason})`,
    ),
  ];
}

/** Sources whose number of cases is as expected. */
function countedLines(tally: Tally, colors: Colors): string[] {
  const differing = new Set(tally.countMismatches.map(({ source }) => source));
  return tally.countsChecked
    .filter(({ source }) => !differing.has(source))
    .map(({ releases, expected }) => {
      return `  ${colors.dim('complete')}  ${plural(expected, 'case')}, as many as expected of ${releases.join(', ')}`;
    });
}

function countLines(tally: Tally, colors: Colors): string[] {
  const { countMismatches } = tally;
  if (countMismatches.length === 0) return [];
  const lines = countMismatches.slice(0, MISMATCHES_SHOWN).map(({ source, release, ...one }) => {
    return `  ${colors.red('✖')} ${source}: ${mismatchOf(one)} (known from ${release})`;
  });
  const more = countMismatches.length - MISMATCHES_SHOWN;
  if (more > 0) lines.push(`  … and ${plural(more, 'more count')} (--json PATH keeps all of them)`);
  lines.push(
    colors.dim('    if the source is a newer one: lockstep counts SOURCE --write FILE, and --expected-counts FILE'),
  );
  return ['', ...lines];
}

function failureLines(tally: Tally, { colors, settings }: SummaryOptions): string[] {
  const all = clusters(tally.failures);
  const lines = all.slice(0, CLUSTERS_SHOWN).flatMap((cluster) => ['', ...clusterLines(cluster, colors, settings)]);
  const rest = all.slice(CLUSTERS_SHOWN);
  if (rest.length > 0) {
    const cases = rest.reduce((count, cluster) => count + cluster.failures.length, 0);
    lines.push(
      '',
      `  … and ${plural(rest.length, 'more cause')} (${plural(cases, 'case')}; --json PATH keeps all of them)`,
    );
  }
  return lines;
}

function clusterLines(
  { verdict, cause, failures }: Cluster,
  colors: Colors,
  settings: SummaryOptions['settings'],
): string[] {
  const example = failures[0];
  if (example === undefined) return [];
  const count = failures.length > 1 ? colors.bold(` ×${figure(failures.length)}`) : '';
  const lines = [`  ${colors.red('✖')}${count} ${colors.red(verdictName(verdict))}  ${cause}`];
  const unmet = example.expectation?.unmet;
  if (unmet !== undefined && unmet !== cause) lines.push(`    ${colors.dim('against its expectation:')} ${unmet}`);
  const place = [
    example.block === null ? '' : `block ${example.block}`,
    example.transaction === null ? '' : `transaction ${example.transaction}`,
    example.threads === null ? '' : plural(example.threads, 'thread'),
    example.schedule === undefined ? '' : `schedule ${example.schedule}`,
  ].filter((part) => part !== '');
  lines.push(`    ${example.id}${place.length === 0 ? '' : colors.dim(`  (${place.join(', ')})`)}`);
  for (const difference of example.differences.slice(0, DIFFERENCES_SHOWN)) {
    lines.push(`      ${difference.what}`);
    lines.push(...valueLines(colors.dim('expected'), difference.expected));
    lines.push(...valueLines(colors.dim('actual  '), difference.actual));
  }
  const more = example.differences.length - DIFFERENCES_SHOWN;
  if (more > 0) lines.push(`      ${colors.dim(`… and ${plural(more, 'more difference')}`)}`);
  if (example.explanation !== undefined) {
    lines.push(...explanationLines(example.explanation, colors).map((line) => `    ${line}`));
  }
  lines.push(`    ${colors.cyan(reproduction(example, settings))}`);
  const smaller = minimising(example, settings.vm);
  if (smaller !== null) lines.push(`    ${colors.cyan(smaller)}`);
  return lines;
}

function valueLines(label: string, value: string): string[] {
  const all = value.split('\n');
  const lines = all.slice(0, VALUE_LINES).map((line) => shorten(line, VALUE_WIDTH));
  if (all.length > VALUE_LINES) lines.push('…');
  const [first = '', ...rest] = lines;
  return [`        ${label}  ${first}`, ...rest.map((line) => `                ${CONTINUED} ${line}`)];
}

/** Files of kinds that are recognised, but not run yet. */
function asideLines(tally: Tally, colors: Colors): string[] {
  const unrun = [...tally.notRun].filter(([kind]) => kind !== 'metadata');
  if (unrun.length === 0) return [];
  const list = unrun.map(([kind, count]) => plural(count, `${kind} file`)).join(', ');
  return [colors.dim(`  left aside ${list}: not run by this version`)];
}

function errorLines(tally: Tally, above: readonly string[], colors: Colors): string[] {
  const messages = [
    ...tally.runErrors,
    ...tally.sourceErrors.map(({ message }) => message).filter((message) => !above.includes(message)),
    ...tally.fixtureErrors.map(fixtureFault),
  ];
  if (messages.length === 0) return [];
  const lines = ['', ...messages.slice(0, ERRORS_SHOWN).map((message) => `  ${colors.yellow('!')} ${message}`)];
  if (messages.length > ERRORS_SHOWN) {
    lines.push(`  … and ${plural(messages.length - ERRORS_SHOWN, 'more error')} (--json PATH keeps all of them)`);
  }
  return lines;
}

/** The sentence that a run ends with. */
export function conclusion(tally: Tally, end: Extract<RunEvent, { type: 'run:end' }>, colors: Colors): string {
  const { summary, failures } = tally;
  const unmet = tally.incomplete.filter(isUnmet).length;
  const errors = tally.runErrors.length + tally.sourceErrors.length + tally.fixtureErrors.length + unmet;
  const parts: string[] = [];
  if (summary.cases === 0) parts.push(colors.yellow('no case was run'));
  else if (failures.length > 0)
    parts.push(colors.red(`${figure(failures.length)} of ${plural(summary.cases, 'case')} failed`));
  else if (summary.skipped + summary.expected + tally.unrunnable + tally.countMismatches.length > 0)
    parts.push(`${figure(summary.pass)} of ${plural(summary.cases + tally.unrunnable, 'case')} passed`);
  else
    parts.push(colors.green(summary.cases === 1 ? 'the one case passed' : `all ${figure(summary.cases)} cases passed`));
  if (summary.expected > 0) parts.push(colors.yellow(`${figure(summary.expected)} failed as expected`));
  if (tally.unrunnable > 0) parts.push(colors.yellow(`${figure(tally.unrunnable)} cannot run`));
  if (tally.countMismatches.length > 0)
    parts.push(colors.red(`${plural(tally.countMismatches.length, 'count')} not as expected`));
  if (errors > 0) parts.push(colors.yellow(plural(errors, 'error')));
  if (end.reason === 'interrupted') parts.push(colors.yellow('interrupted'));
  if (end.reason === 'bail') parts.push('stopped at the first failure');
  return `${parts.join(', ')} ${colors.dim(`in ${duration(end.durationMs)}`)}`;
}
