/** The engine benchmark's table, as text or Markdown, and its pictures. */
import { type BarGroup, barChart } from './chart/bar-chart.js';
import { type LinePanel, lineChart } from './chart/line-chart.js';
import { shortNumber } from './chart/svg.js';
import { threadsName as name } from './contender.js';
import { type Cores, WHOLE_CORES } from './cores.js';
import type { EngineRow, Growth, LengthCost } from './engine.js';
import type { Spread } from './measure.js';
import type { ParallelTiming } from './rounds.js';
import { JUDGED_SIZE, JUDGED_THREADS, type Verdict } from './verdict.js';

/** `2.10 (1.95-2.20)`: median, least and greatest. */
export function ranged({ median, min, max }: Spread): string {
  return `${shortNumber(median)} (${shortNumber(min)}-${shortNumber(max)})`;
}

const grouped = (value: number): string => value.toLocaleString('en-US');

/** A quantity may be below zero here. */
function signed(value: number): string {
  return value < 0 ? `-${shortNumber(-value)}` : shortNumber(value);
}

export function verdictText({ what, value, relation, limit, unit, met, clear }: Verdict): string {
  return `${what} ${signed(value)} ${relation} ${limit} ${unit}: ${met ? 'ok' : 'MISSED'}${clear ? '' : '?'}`;
}

/** Column titles for `threads`, and the narrowest width of each column. */
function columns(threads: readonly number[]): { readonly title: string; readonly width: number }[] {
  return [
    { title: 'workload', width: 32 },
    { title: 'size', width: 7 },
    { title: 'serial us/tx', width: 19 },
    { title: 'noise', width: 6 },
    ...(threads.includes(2) ? [{ title: '2 threads us/tx', width: 19 }] : []),
    ...threads.map((count) => ({ title: `${name(count)} x`, width: 16 })),
    ...(threads.includes(2)
      ? [
          { title: 'CPU x', width: 5 },
          { title: 'cores', width: 16 },
          { title: 'aborts / runs / est.', width: 22 },
        ]
      : []),
    { title: 'bars', width: 0 },
  ];
}

/** What the speculation with two threads cost. */
function countCells(two: ParallelTiming | undefined, cores: Cores | null): string[] {
  if (two === undefined) return ['', '', ''];
  const { aborts, incarnations, estimatesHit } = two.stats;
  const given = cores === null ? '' : ranged(cores.given);
  return [shortNumber(two.processor.median), given, `${aborts} / ${incarnations} / ${estimatesHit}`];
}

function cells(row: EngineRow, threads: readonly number[]): string[] {
  const timing = (count: number): ParallelTiming | undefined => row.parallel.find((own) => own.threads === count);
  const two = timing(2);
  const judged = threads.includes(2);
  return [
    row.workload,
    String(row.size),
    ranged(row.serial),
    `${(100 * row.noise).toFixed(0)} %`,
    ...(judged ? [two ? ranged(two.time) : ''] : []),
    ...threads.map((count) => {
      const own = timing(count);
      return own ? ranged(own.speedup) : '';
    }),
    ...(judged ? countCells(two, row.cores) : []),
    row.verdicts.map(verdictText).join('; '),
  ];
}

/** Writes rows for a terminal or as Markdown. */
export class EngineTable {
  constructor(
    private readonly threads: readonly number[],
    private readonly markdown: boolean,
  ) {}

  heading(): string {
    const titles = columns(this.threads);
    if (!this.markdown) return this.#aligned(titles.map(({ title }) => title));
    const rule = titles.map((_, index) => (index === 0 || index === titles.length - 1 ? '---' : '--:'));
    return `| ${titles.map(({ title }) => title).join(' | ')} |\n|${rule.join('|')}|`;
  }

  row(row: EngineRow): string {
    const own = cells(row, this.threads);
    return this.markdown ? `| ${own.join(' | ')} |` : this.#aligned(own);
  }

  #aligned(texts: readonly string[]): string {
    const all = columns(this.threads);
    return texts
      .map((text, index) => {
        const { width } = all[index] as { width: number };
        return index === 0 || index === texts.length - 1 ? text.padEnd(width) : text.padStart(width);
      })
      .join('  ')
      .trimEnd();
  }
}

/** Lines on the rows in whose rounds the machine did not always give two processors. */
function disturbed(rows: readonly EngineRow[]): string[] {
  return rows.flatMap(({ workload, size, rounds, cores, verdicts }) => {
    if (cores === null || size < JUDGED_SIZE || cores.whole === rounds) return [];
    if (!verdicts.some(({ what }) => what === name(JUDGED_THREADS))) return [];
    const rest = cores.speedup === null ? '' : `; ${name(JUDGED_THREADS)} in the others ${ranged(cores.speedup)} x`;
    const fewer = `${rounds - cores.whole} of ${rounds} rounds`;
    return [`fewer than ${WHOLE_CORES} cores in ${fewer}, ${workload}, ${grouped(size)}${rest}`];
  });
}

function lengthText(costs: readonly LengthCost[]): string {
  if (costs.length === 0) return '';
  const each = costs.map(({ threads, ratio }) => `${threads === 0 ? 'serial' : name(threads)} ${ranged(ratio)} x`);
  return `; over the same transactions in blocks of ${grouped(JUDGED_SIZE)}: ${each.join(', ')}`;
}

/**
 * Lines on rows that the machine disturbed, on how the cost of a transaction grows with the block, and on how many
 * bars were met: by all rounds, whatever the machine gave.
 */
export function summary(rows: readonly EngineRow[], grown: readonly Growth[]): string[] {
  const lines = [
    ...disturbed(rows),
    ...grown.map(
      ({ workload, verdicts, length }) =>
        `cost per transaction, 100,000 over 1,000, ${workload}: ${verdicts.map(verdictText).join('; ')}${lengthText(length)}`,
    ),
  ];
  const all = [...rows, ...grown].flatMap(({ verdicts }) => verdicts);
  const missed = all.filter(({ met }) => !met).length;
  lines.push(`bars: ${all.length - missed} of ${all.length} met, ${missed} missed`);
  return lines;
}

function speedupChart(rows: readonly EngineRow[], size: number, machine: string): string {
  const threads = [...new Set(rows.flatMap(({ parallel }) => parallel.map((own) => own.threads)))].sort(
    (a, b) => a - b,
  );
  const groups = rows.map(({ workload, parallel, verdicts }): BarGroup => {
    const own = threads.map((count) => parallel.find((timing) => timing.threads === count));
    return {
      label: workload,
      values: own.map((timing) => timing?.speedup ?? null),
      bars: threads.map(
        (count) => verdicts.find(({ what, unit }) => unit === 'x' && what === name(count))?.limit ?? null,
      ),
    };
  });
  return barChart({
    title: `Speed-up over serial execution, blocks of ${grouped(size)} transactions`,
    subtitle: `Median of the rounds, whiskers from least to greatest; more is better.`,
    source: machine,
    series: threads.map(name),
    groups,
    reference: { value: 1, label: 'serial' },
    barLabel: 'bar to reach',
  });
}

function costChart(rows: readonly EngineRow[], machine: string): string {
  const filled = rows.filter(({ size }) => size > 0);
  const panels = [...new Set(filled.map(({ workload }) => workload))].map((workload): LinePanel => {
    const own = filled.filter((row) => row.workload === workload).sort((a, b) => a.size - b.size);
    const serial = own.map(({ size, serial: { median } }) => ({ x: size, y: median }));
    const two = own.flatMap(({ size, parallel }) => {
      const timing = parallel.find(({ threads }) => threads === 2);
      return timing ? [{ x: size, y: timing.time.median }] : [];
    });
    return { label: workload, lines: [serial, two] };
  });
  return lineChart({
    title: 'Microseconds per transaction over the size of the block',
    subtitle: `Medians, logarithmic axes; less is better.`,
    source: machine,
    series: ['serial', '2 threads'],
    panels,
  });
}

/** SVG files by name: speed-ups for each size of 1,000 and more, and the cost over the size. */
export function pictures(rows: readonly EngineRow[], machine: string): Map<string, string> {
  const files = new Map<string, string>();
  const parallel = rows.filter((row) => row.parallel.length > 0);
  for (const size of [...new Set(parallel.map((row) => row.size))].filter((value) => value >= 1000)) {
    const own = parallel.filter((row) => row.size === size);
    files.set(`engine-speedup-${size}.svg`, speedupChart(own, size, machine));
  }
  if (rows.some(({ size }) => size > 0)) files.set('engine-cost.svg', costChart(rows, machine));
  return files;
}
