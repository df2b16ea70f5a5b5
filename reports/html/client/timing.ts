/** Where the time went: the slowest cases, how long cases take, speed-up and aborts by suite. */
import type { App } from './app.js';
import { bars, histogram } from './charts.js';
import { byId, figure, fill, h, milliseconds, section } from './dom.js';
import { lanes } from './lanes.js';

const SLOWEST_SHOWN = 12;
const SUITES_SHOWN = 12;

/** Sums of a suite. */
interface SuiteTimes {
  readonly suite: string;
  serial: number;
  readonly parallel: number[];
  transactions: number;
  aborts: number;
}

export function timing(app: App): void {
  if (app.cases.count === 0) return;
  const suites = sums(app);
  fill(
    byId('timing'),
    section(
      'time',
      'Time',
      'processor time unless it says otherwise',
      h('div', { class: 'columns' }, slowest(app), spread(app)),
      lanes(app),
      h('div', { class: 'columns' }, speedUps(app, suites), aborts(suites)),
    ),
  );
}

function slowest(app: App): HTMLElement {
  const { cpuMilliseconds } = app.cases.data.cases;
  const rows = app.cases.select({ ...EVERYTHING, sort: 'time' }).subarray(0, SLOWEST_SHOWN);
  const items = [...rows].map((row) => {
    const id = app.cases.ids[row] as string;
    const click = (): void => app.show(id);
    return h(
      'tr',
      {},
      h('td', { class: 'number' }, milliseconds(cpuMilliseconds[row] as number)),
      h('td', {}, h('button', { type: 'button', class: 'link id', click, title: id }, h('bdi', {}, id))),
    );
  });
  return h('div', {}, h('h3', {}, 'Slowest cases'), h('table', { class: 'plain' }, h('tbody', {}, ...items)));
}

const EVERYTHING = { q: '', outcomes: [], suite: '', fork: '', source: '', cause: '', sort: 'id' } as const;

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000, Number.POSITIVE_INFINITY];

function spread(app: App): HTMLElement {
  const counts = STEPS.map(() => 0);
  const totals = STEPS.map(() => 0);
  for (const time of app.cases.data.cases.cpuMilliseconds) {
    const step = STEPS.findIndex((end) => time < end);
    counts[step] = (counts[step] as number) + 1;
    totals[step] = (totals[step] as number) + time;
  }
  const label = (index: number): string => {
    const end = STEPS[index] as number;
    return Number.isFinite(end) ? `${milliseconds(end)}` : 'more';
  };
  const all = counts.map((count, index) => ({
    label: label(index),
    value: count,
    title: `${figure(count)} cases ${label(index)}, together ${milliseconds(totals[index] as number)}`,
  }));
  const last = counts.findLastIndex((count) => count > 0);
  return h('div', {}, h('h3', {}, 'How long cases take'), histogram(all.slice(0, last + 1)));
}

function sums(app: App): SuiteTimes[] {
  const { cases, names, threads } = app.cases.data;
  const all = names.suites.map((suite) => ({
    suite,
    serial: 0,
    parallel: threads.map(() => 0),
    transactions: 0,
    aborts: 0,
  }));
  for (let row = 0; row < app.cases.count; row++) {
    const sum = all[cases.suite[row] as number] as SuiteTimes;
    sum.transactions += cases.transactions[row] as number;
    sum.aborts += cases.aborts[row] as number;
    const serial = cases.serial[row] as number;
    const parallel = cases.parallel.map((column) => column[row] as number);
    if (serial < 0 || parallel.some((time) => time < 0)) continue;
    sum.serial += serial;
    parallel.forEach((time, index) => {
      sum.parallel[index] = (sum.parallel[index] as number) + time;
    });
  }
  return all;
}

function speedUps(app: App, suites: readonly SuiteTimes[]): HTMLElement {
  const { threads } = app.cases.data;
  const timed = suites.filter(({ serial, parallel }) => serial > 0 && parallel.every((time) => time > 0));
  const shown = timed.sort((a, b) => b.serial - a.serial).slice(0, SUITES_SHOWN);
  const title = h(
    'h3',
    {},
    'Serial time over parallel time',
    h('small', {}, 'by the clock; official blocks are small'),
  );
  if (shown.length === 0) return h('div', {}, title, h('p', { class: 'empty' }, 'No parallel run was timed.'));
  return h(
    'div',
    {},
    title,
    bars({
      series: threads.map((count) => (count === 1 ? '1 thread' : `${count} threads`)),
      groups: shown.map(({ suite, serial, parallel }) => ({
        label: suite,
        values: parallel.map((time) => serial / time),
        title: `${suite}: ${milliseconds(serial / 1000)} in series`,
      })),
      mark: 1,
      unit: '×',
    }),
  );
}

function aborts(suites: readonly SuiteTimes[]): HTMLElement {
  const with_ = suites
    .filter((one) => one.aborts > 0)
    .sort((a, b) => b.aborts / b.transactions - a.aborts / a.transactions);
  const title = h('h3', {}, 'Aborts', h('small', {}, 'per 100 transactions, over all parallel runs'));
  if (with_.length === 0) return h('div', {}, title, h('p', { class: 'empty' }, 'No transaction was aborted.'));
  return h(
    'div',
    {},
    title,
    bars({
      series: ['aborts'],
      groups: with_.slice(0, SUITES_SHOWN).map((one) => ({
        label: one.suite,
        values: [(100 * one.aborts) / Math.max(1, one.transactions)],
        title: `${one.suite}: ${figure(one.aborts)} aborts, ${figure(one.transactions)} transactions`,
      })),
      mark: null,
      unit: '',
    }),
  );
}
