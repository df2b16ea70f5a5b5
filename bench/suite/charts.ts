/** The suite's charts. */
import { type BarGroup, barChart, MAXIMUM_SERIES } from '../chart/bar-chart.js';
import { type CurvePoint, curveChart } from '../chart/curve-chart.js';
import { type DotGroup, dotChart } from '../chart/dot-chart.js';
import { heatChart } from '../chart/heat-chart.js';
import { shortNumber } from '../chart/svg.js';
import { threadsName } from '../contender.js';
import { machineLine } from '../report.js';
import { rate } from './markdown.js';
import type { ParallelRow, SuiteRow } from './row.js';
import type { SuiteReport } from './run-suite.js';
import { GROUPS, type GroupName } from './unit.js';

/** Groups that have charts of their own. */
const GRIDS: readonly GroupName[] = ['hot', 'distance'];
/** Blocks of few transactions, which have one sender: threads can do nothing about them. */
const SERIAL: readonly GroupName[] = ['eest'];
const ORDER = Object.keys(GROUPS) as GroupName[];

/** As many numbers of threads as a chart can tell apart: the least, the most, and what lies evenly between. */
export function chosenThreads(threads: readonly number[]): number[] {
  if (threads.length <= MAXIMUM_SERIES) return [...threads];
  const last = threads.length - 1;
  const places = Array.from({ length: MAXIMUM_SERIES }, (_, index) =>
    Math.round((index * last) / (MAXIMUM_SERIES - 1)),
  );
  return places.map((at) => threads[at] as number);
}

const within = ({ name }: SuiteRow): string => name.slice(name.indexOf('/') + 1);

function timing(row: SuiteRow, threads: number): ParallelRow | undefined {
  return row.parallel.find((own) => own.threads === threads);
}

function source({ machine, date }: SuiteReport): string {
  return `${machineLine(machine)}; ${date.slice(0, 10)}`;
}

/** Threads that something was measured with, rising. */
function measuredThreads({ rows }: SuiteReport): number[] {
  return [...new Set(rows.flatMap(({ parallel }) => parallel.map(({ threads }) => threads)))].sort((a, b) => a - b);
}

function mainRows({ rows }: SuiteReport): SuiteRow[] {
  return rows.filter(({ detail, group }) => !detail && !GRIDS.includes(group));
}

function parallelRows(report: SuiteReport): SuiteRow[] {
  return mainRows(report).filter(({ group }) => !SERIAL.includes(group));
}

function groupsOf(rows: readonly SuiteRow[]): GroupName[] {
  return ORDER.filter((group) => rows.some((row) => row.group === group));
}

function speedups(report: SuiteReport): string {
  const threads = chosenThreads(measuredThreads(report));
  const groups = parallelRows(report).map((row): BarGroup => {
    const own = threads.map((count) => timing(row, count));
    return {
      label: row.name,
      values: own.map((one) => one?.speedup ?? null),
      bars: threads.map(
        (count) => row.verdicts.find(({ what, unit }) => unit === 'x' && what === threadsName(count))?.limit ?? null,
      ),
    };
  });
  return barChart({
    title: 'Speed-up over serial execution',
    subtitle: 'Median of the rounds, whiskers from least to greatest; more is better.',
    source: source(report),
    series: threads.map(threadsName),
    groups,
    reference: { value: 1, label: 'serial' },
    barLabel: 'bar to reach',
  });
}

function throughput(report: SuiteReport): string {
  const rows = mainRows(report);
  const most = measuredThreads(report).at(-1) as number;
  const groups = groupsOf(rows).map(
    (group): DotGroup => ({
      label: GROUPS[group],
      rows: rows
        .filter((row) => row.group === group)
        .map((row) => {
          const { peer, serial } = row;
          const theirs = peer?.runBlock ? (peer.gas * 1e6) / peer.runBlock.median : null;
          return {
            label: within(row),
            values: [theirs, serial.gasPerSecond, timing(row, most)?.gasPerSecond ?? null],
            remark: peer?.ratio ? `${shortNumber(peer.ratio.median)}×` : '',
          };
        }),
    }),
  );
  return dotChart({
    title: 'Gas per second',
    subtitle: `Medians, logarithmic axis. runBlock: @ethereumjs/vm on a sample of the workload, by processor time.`,
    source: source(report),
    series: ['@ethereumjs/vm runBlock', 'serial', threadsName(most)],
    groups,
    format: (value) => `${rate(value).replace(/\.0+ /, ' ')}gas/s`,
    remarks: 'serial over runBlock',
  });
}

/** Rows of a grid by kind: `erc20-30%` is of the kind `erc20` at 30. */
function byKind(rows: readonly SuiteRow[], pattern: RegExp): Map<string, { row: SuiteRow; figures: number[] }[]> {
  const kinds = new Map<string, { row: SuiteRow; figures: number[] }[]>();
  for (const row of rows) {
    const [, kind, ...figures] = pattern.exec(within(row)) ?? [];
    if (kind === undefined) continue;
    kinds.set(kind, [...(kinds.get(kind) ?? []), { row, figures: figures.map(Number) }]);
  }
  return kinds;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  transfers: 'transfers',
  erc20: 'ERC-20',
  'erc20-to-10': 'ERC-20, to ten accounts only',
  hybrid: 'transfers, ERC-20 and swaps',
};

function hotAccounts(report: SuiteReport, rows: readonly SuiteRow[]): string {
  const threads = chosenThreads(measuredThreads(report));
  return curveChart({
    title: 'Speed-up where accounts are hot',
    subtitle:
      'Across: share of the transactions that go to hot accounts, a tenth of all where nothing else is said. Up: speed-up.',
    source: source(report),
    series: threads.map(threadsName),
    panels: [...byKind(rows, /^(.+)-(\d+)%$/)].map(([kind, own]) => ({
      label: KIND_NAMES[kind] ?? kind,
      curves: threads.map((count) =>
        own.flatMap(({ row, figures }): CurvePoint[] => {
          const one = timing(row, count);
          return one === undefined ? [] : [{ x: figures[0] as number, y: one.speedup.median }];
        }),
      ),
    })),
    xUnit: '%',
    yUnit: '×',
    reference: 1,
    diagonal: false,
  });
}

function dependencies(report: SuiteReport, rows: readonly SuiteRow[]): string {
  const kinds = byKind(rows, /^(.+)-(\d+)%-(\d+)$/);
  const all = [...kinds.values()].flat();
  const figures = (which: 0 | 1): number[] =>
    [...new Set(all.map((one) => one.figures[which] as number))].sort((a, b) => a - b);
  const [ratios, distances] = [figures(0), figures(1)];
  const most = measuredThreads(report).at(-1) as number;
  return heatChart({
    title: `Speed-up with ${threadsName(most)} where transactions depend on others`,
    subtitle:
      'Down: share of the transactions that depend on an earlier one. Across: how many transactions before it that one stands.',
    source: source(report),
    rows: ratios.map((ratio) => `${ratio} %`),
    columns: distances.map(String),
    rowTitle: 'share',
    columnTitle: 'distance',
    panels: [...kinds].map(([kind, own]) => ({
      label: KIND_NAMES[kind] ?? kind,
      cells: ratios.map((ratio) =>
        distances.map((distance) => {
          const found = own.find((one) => one.figures[0] === ratio && one.figures[1] === distance);
          return found === undefined ? null : (timing(found.row, most)?.speedup.median ?? null);
        }),
      ),
    })),
    unit: '×',
  });
}

function scaling(report: SuiteReport): string {
  const threads = measuredThreads(report);
  return curveChart({
    title: 'Speed-up by the number of threads',
    subtitle: 'Medians over serial execution; dashed: as many times as fast as there are threads.',
    source: source(report),
    series: ['speed-up'],
    panels: parallelRows(report).map((row) => ({
      label: row.name,
      curves: [
        threads.flatMap((count): CurvePoint[] => {
          const one = timing(row, count);
          return one === undefined ? [] : [{ x: count, y: one.speedup.median }];
        }),
      ],
    })),
    xUnit: '',
    yUnit: '×',
    reference: 1,
    diagonal: true,
  });
}

/** SVG files by name, those that there are rows for. */
export function charts(report: SuiteReport): Map<string, string> {
  const files = new Map<string, string>();
  if (mainRows(report).length > 0) files.set('throughput.svg', throughput(report));
  if (parallelRows(report).length > 0) {
    files.set('speedup.svg', speedups(report));
    // With fewer the bars say it all.
    if (measuredThreads(report).length > 2) files.set('scaling.svg', scaling(report));
  }
  const grid = (group: GroupName): SuiteRow[] => report.rows.filter((row) => row.group === group && !row.detail);
  const [hot, distance] = [grid('hot'), grid('distance')];
  if (hot.length > 0) files.set('hot-accounts.svg', hotAccounts(report, hot));
  if (distance.length > 0) files.set('dependencies.svg', dependencies(report, distance));
  return files;
}
