/** Suites by forks: where the failures are, at a glance; a cell narrows the list to what is in it. And the clusters of like failures. */
import type { App } from './app.js';
import { byId, figure, fill, h, section } from './dom.js';
import { isBad, OUTCOMES } from './page-data.js';

const CLUSTERS_SHOWN = 30;

interface Cell {
  cases: number;
  bad: number;
  expected: number;
}

export function grid(app: App): void {
  const { cases, names } = app.cases.data;
  if (app.cases.count === 0) return;
  const bad = OUTCOMES.map(isBad);
  const expected = OUTCOMES.indexOf('expected');
  const cells = names.suites.map(() => names.forks.map((): Cell => ({ cases: 0, bad: 0, expected: 0 })));
  for (let row = 0; row < app.cases.count; row++) {
    const cell = cells[cases.suite[row] as number]?.[cases.fork[row] as number] as Cell;
    const outcome = cases.outcome[row] as number;
    cell.cases++;
    if (bad[outcome]) cell.bad++;
    else if (outcome === expected) cell.expected++;
  }
  const total = (list: readonly Cell[]): Cell => ({
    cases: list.reduce((sum, one) => sum + one.cases, 0),
    bad: list.reduce((sum, one) => sum + one.bad, 0),
    expected: list.reduce((sum, one) => sum + one.expected, 0),
  });
  const rows = names.suites.map((suite, s) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, suite),
      ...names.forks.map((fork, f) => cellOf(app, suite, fork, cells[s]?.[f] as Cell)),
      cellOf(app, suite, '', total(cells[s] as Cell[]), 'total'),
    ),
  );
  const last = names.forks.map((fork, f) =>
    cellOf(app, '', fork, total(cells.map((suite) => suite[f] as Cell)), 'total'),
  );
  const table = h(
    'table',
    { class: 'grid' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', {}),
        ...names.forks.map((fork) => h('th', { scope: 'col' }, h('span', {}, fork))),
        h('th', {}, h('span', {}, 'all')),
      ),
    ),
    h('tbody', {}, ...rows),
    h(
      'tfoot',
      {},
      h('tr', {}, h('th', { scope: 'row' }, 'all'), ...last, cellOf(app, '', '', total(cells.flat()), 'total')),
    ),
  );
  fill(
    byId('grid'),
    section(
      'suites',
      'Suites and forks',
      'failures of cases; a cell narrows the list below',
      h('div', { class: 'scroll' }, table),
    ),
  );
  app.onFilter(() => {
    const { suite, fork } = app.filter;
    for (const button of table.querySelectorAll('button')) {
      const chosen = (suite !== '' || fork !== '') && button.dataset.suite === suite && button.dataset.fork === fork;
      button.setAttribute('aria-pressed', String(chosen));
    }
  });
}

function cellOf(app: App, suite: string, fork: string, cell: Cell, extra = ''): HTMLElement {
  if (cell.cases === 0) return h('td', { class: `none ${extra}` }, '·');
  const kind = cell.bad > 0 ? 'bad' : cell.expected > 0 ? 'warn' : 'good';
  const text = cell.bad > 0 ? `${figure(cell.bad)} / ${figure(cell.cases)}` : figure(cell.cases);
  const place = [suite || 'all suites', fork || 'all forks'].join(', ');
  const title = `${place}: ${figure(cell.cases)} cases, ${figure(cell.bad)} failed, ${figure(cell.expected)} failed as expected`;
  const click = (): void => {
    const same = app.filter.suite === suite && app.filter.fork === fork;
    app.update(same ? { suite: '', fork: '' } : { suite, fork });
    byId('cases').scrollIntoView({ behavior: 'smooth' });
  };
  return h(
    'td',
    { class: `${kind} ${extra}` },
    h('button', { type: 'button', title, click, 'data-suite': suite, 'data-fork': fork }, text),
  );
}

export function clusters(app: App): void {
  const all = app.cases.clusters();
  if (all.length === 0) return;
  const items = all.map(({ key, outcome, cause, rows }) => {
    const example = app.cases.ids[rows[0] as number] as string;
    const click = (): void => {
      app.update({ cause: app.filter.cause === key ? '' : key, outcomes: [], q: '', suite: '', fork: '' });
      if (app.filter.cause === key) app.show(example);
      byId('cases').scrollIntoView({ behavior: 'smooth' });
    };
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', click, 'data-cause': key },
        h('b', {}, `×${figure(rows.length)}`),
        h('span', { class: `outcome ${isBad(outcome) ? 'bad' : 'warn'}` }, outcome),
        h('span', { class: 'cause' }, cause),
        h('code', {}, example),
      ),
    );
  });
  fill(
    byId('clusters'),
    section(
      'causes',
      'Causes',
      'failures with the same cause, most first',
      h('ol', { class: 'clusters' }, ...items.slice(0, CLUSTERS_SHOWN)),
      items.length <= CLUSTERS_SHOWN
        ? null
        : h(
            'details',
            {},
            h('summary', {}, `${figure(items.length - CLUSTERS_SHOWN)} more`),
            h('ol', { class: 'clusters' }, ...items.slice(CLUSTERS_SHOWN)),
          ),
    ),
  );
  app.onFilter(() => {
    for (const button of byId('clusters').querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(app.filter.cause !== '' && button.dataset.cause === app.filter.cause));
    }
  });
}
