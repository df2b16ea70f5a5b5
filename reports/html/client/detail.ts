/** One case in full: what was expected and what came, serial and parallel side by side, and the line that runs it again. */
import type { App } from './app.js';
import { byId, copyButton, count, fill, h, milliseconds } from './dom.js';
import { tone } from './list.js';
import type { PageDifference, PageExplanation, PageFailure } from './page-data.js';

export function detail(app: App): void {
  const pane = byId('detail');
  app.onOpen(() => {
    const row = app.open === '' ? -1 : app.cases.find(app.open);
    document.body.classList.toggle('with-detail', app.open !== '');
    if (app.open === '') fill(pane);
    else if (row < 0) fill(pane, closing(app), h('p', {}, `This run has no case ${app.open}.`));
    else fill(pane, closing(app), ...shown(app, row));
    pane.scrollTop = 0;
  });
}

function closing(app: App): HTMLElement {
  const click = (): void => app.show('');
  return h('button', { type: 'button', class: 'close', 'aria-label': 'close', title: 'close (Esc)', click }, '×');
}

function shown(app: App, row: number): HTMLElement[] {
  const { cases } = app;
  const { data } = cases;
  const columns = data.cases;
  const outcome = cases.outcome(row);
  const failure = cases.failures.get(row) ?? null;
  const serial = columns.serial[row] as number;
  const facts: [string, string][] = [
    ['suite', cases.suite(row)],
    ['fork', cases.fork(row)],
    ['source', cases.source(row)],
    ...(failure === null ? [] : ([['file', failure.file]] as [string, string][])),
    [
      'time',
      `${milliseconds(columns.milliseconds[row] as number)}, ${milliseconds(columns.cpuMilliseconds[row] as number)} CPU`,
    ],
    [
      'executed',
      `${count(columns.blocks[row], 'block')}, ${count(columns.transactions[row], 'transaction')}, ${count(columns.aborts[row], 'abort')}`,
    ],
    ...(serial < 0 ? [] : ([['serial', microseconds(serial)]] as [string, string][])),
    ...data.threads.flatMap((threads, index): [string, string][] => {
      const time = columns.parallel[index]?.[row] ?? -1;
      if (time < 0 || serial < 0) return [];
      return [[count(threads, 'thread'), `${microseconds(time)} (${(serial / Math.max(1, time)).toFixed(2)}×)`]];
    }),
  ];
  return [
    h(
      'p',
      {},
      h('span', { class: `outcome ${tone(outcome)}` }, outcome),
      failure === null ? null : h('b', {}, failure.cause),
    ),
    h('h3', { class: 'wrap' }, cases.ids[row] as string),
    ...(failure === null ? [] : told(failure)),
    h(
      'dl',
      { class: 'pairs' },
      ...facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', { class: 'wrap' }, value)]),
    ),
  ];
}

function told(failure: PageFailure): HTMLElement[] {
  const place = [
    failure.block === null ? '' : `block ${failure.block}`,
    failure.transaction === null ? '' : `transaction ${failure.transaction}`,
    failure.threads === null ? '' : count(failure.threads, 'thread'),
    failure.schedule === null ? '' : `schedule ${failure.schedule}`,
  ].filter((part) => part !== '');
  // A parallel run's fault is told against the serial run; the fixture has no say in it.
  const names: [string, string] = failure.threads === null ? ['expected', 'actual'] : ['serial', 'parallel'];
  const { expectation, explanation } = failure;
  return [
    ...(place.length === 0 ? [] : [h('p', { class: 'place' }, place.join(' · '))]),
    ...(expectation === null
      ? []
      : [
          h(
            'p',
            { class: 'aside' },
            expectation.unmet === null ? 'As expected: ' : `Against its expectation (${expectation.unmet}): `,
            expectation.reason,
            ' ',
            link(expectation.link),
          ),
        ]),
    commandLine(failure.reproduction),
    ...(failure.minimising === null ? [] : [commandLine(failure.minimising)]),
    ...(failure.differences.length === 0 ? [] : [differences(names, failure.differences)]),
    ...(explanation === null ? [] : explained(explanation)),
  ];
}

function commandLine(text: string): HTMLElement {
  return h('div', { class: 'command' }, h('code', {}, text), copyButton(text));
}

/** Links of an expectations file go to web pages; anything else is shown as text. */
function link(address: string): HTMLElement {
  return /^https?:\/\//.test(address) ? h('a', { href: address, rel: 'noreferrer' }, address) : h('span', {}, address);
}

function differences(names: readonly [string, string], all: readonly PageDifference[]): HTMLElement {
  return h(
    'table',
    { class: 'differences' },
    h('thead', {}, h('tr', {}, h('th', {}, 'where'), ...names.map((name) => h('th', {}, name)))),
    h(
      'tbody',
      {},
      ...all.map(({ what, expected, actual }) => {
        const [left, right] = sideBySide(expected, actual);
        const [first, second] = names;
        return h(
          'tr',
          {},
          h('td', { class: 'wrap' }, what),
          h('td', { 'data-name': first }, left),
          h('td', { 'data-name': second }, right),
        );
      }),
    ),
  );
}

/** Two values with what they have in common at either end set back. */
function sideBySide(left: string, right: string): [HTMLElement, HTMLElement] {
  const most = Math.min(left.length, right.length);
  let head = 0;
  while (head < most && left[head] === right[head]) head++;
  let tail = 0;
  while (tail < most - head && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail++;
  const marked = (text: string): HTMLElement =>
    h(
      'code',
      { class: 'value' },
      h('span', { class: 'same' }, text.slice(0, head)),
      h('mark', {}, text.slice(head, text.length - tail)),
      h('span', { class: 'same' }, text.slice(text.length - tail)),
    );
  return [marked(left), marked(right)];
}

function explained(explanation: PageExplanation): HTMLElement[] {
  const { transaction, subject, outcome, writes, reads, finding, incarnations, schedule } = explanation;
  const parts: HTMLElement[] = [h('p', { class: 'finding' }, finding)];
  if (transaction !== null) {
    parts.push(h('h4', {}, `First divergence: transaction ${transaction}`, h('small', {}, subject ?? '')));
  }
  if (outcome.length + writes.length > 0) parts.push(differences(['serial', 'parallel'], [...outcome, ...writes]));
  if (reads.length > 0) {
    const rows = reads.map((read) => {
      const [left, right] = sideBySide(read.serial, read.parallel);
      return h(
        'tr',
        {},
        h('td', { class: 'wrap' }, read.location),
        h('td', { 'data-name': 'serial' }, left),
        h('td', { 'data-name': 'parallel' }, right, h('small', {}, `from ${read.origin}`)),
        h('td', { class: 'wrap', 'data-name': 'standing' }, read.standing),
      );
    });
    parts.push(
      h('h4', {}, 'Its reads that differ'),
      h(
        'table',
        { class: 'differences' },
        h('thead', {}, h('tr', {}, ...['location', 'serial', 'parallel', 'standing'].map((text) => h('th', {}, text)))),
        h('tbody', {}, ...rows),
      ),
    );
  }
  if (incarnations.length > 0) {
    const rows = incarnations.map((one) =>
      h(
        'tr',
        {},
        h('td', { class: 'number' }, String(one.transaction)),
        h('td', {}, one.state),
        h('td', { class: 'wrap' }, one.history),
      ),
    );
    parts.push(h('h4', {}, 'Incarnations'), h('table', { class: 'plain' }, h('tbody', {}, ...rows)));
  }
  if (schedule.length > 0) parts.push(h('h4', {}, 'Schedule'), h('pre', {}, schedule.join('\n')));
  return parts;
}

function microseconds(value: number): string {
  return value < 1000 ? `${value} µs` : milliseconds(value / 1000);
}
