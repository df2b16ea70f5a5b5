/** The top of the page: the verdict, figures, what ran where, what went wrong besides cases. */
import type { App } from './app.js';
import { byId, copyButton, figure, fill, h, milliseconds, section } from './dom.js';
import { isBad, OUTCOMES, type Outcome, type PageData, type PageProblem } from './page-data.js';

const PROBLEMS_SHOWN = 20;

export function overview(app: App): void {
  const { data } = app.cases;
  fill(byId('verdict'), badge(data), h('p', { class: 'conclusion' }, data.conclusion));
  fill(byId('ran'), ...ran(data));
  fill(byId('tiles'), ...tiles(app));
  fill(
    byId('problems'),
    ...problems('What broke', data, 'error'),
    ...problems('Warnings', data, 'warning'),
    ...problems('Notes', data, 'note'),
  );
  fill(byId('environment'), environment(data));
}

function badge({ exitCode, reason }: PageData): HTMLElement {
  const [text, kind] =
    reason === 'interrupted' || reason === 'unfinished'
      ? [reason, 'warn']
      : exitCode === 0
        ? ['as expected', 'good']
        : exitCode === 1
          ? ['failed', 'bad']
          : exitCode === 4
            ? ['no cases', 'warn']
            : ['broken', 'bad'];
  return h('span', { class: `badge ${kind}`, title: `exit code ${exitCode}` }, text);
}

/** What ran where, in a line; the end of the page says more. */
function ran({ environment, sources }: PageData): (HTMLElement | string)[] {
  const value = (name: string): string => environment.find(([one]) => one === name)?.[1] ?? '';
  const facts = [
    `lockstep ${value('lockstep')}`,
    `Node ${value('Node')}`,
    value('platform'),
    `${value('machine')}, ${value('parallel runs')}`,
    sources.map(({ name }) => name).join(', '),
  ];
  // No link: the address keeps the choice of cases.
  const click = (): void => byId('what-ran').scrollIntoView({ behavior: 'smooth' });
  const more = h('button', { type: 'button', class: 'link', click }, 'more');
  return [facts.filter((fact) => fact !== '').join(' · '), ' ', more];
}

function tiles(app: App): HTMLElement[] {
  const { cases } = app;
  const counts = new Map<Outcome, number>();
  for (const outcome of cases.data.cases.outcome) {
    const name = OUTCOMES[outcome] as Outcome;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const bad = OUTCOMES.filter(isBad);
  const failed = bad.reduce((sum, outcome) => sum + (counts.get(outcome) ?? 0), 0);
  const jump = (outcomes: readonly Outcome[]) => (): void => {
    app.update({ outcomes, cause: '' });
    byId('cases').scrollIntoView({ behavior: 'smooth' });
  };
  return [
    tile('cases', figure(cases.count), '', jump([])),
    tile('passed', figure(counts.get('pass') ?? 0), 'good', jump(['pass'])),
    tile('failed', figure(failed), failed > 0 ? 'bad' : '', jump(bad)),
    ...(['expected', 'skipped'] as const)
      .filter((outcome) => counts.has(outcome))
      .map((outcome) => tile(outcome, figure(counts.get(outcome) ?? 0), 'warn', jump([outcome]))),
    ...cases.data.figures.map(([name, value]) => tile(name, value, '', null)),
  ];
}

function tile(name: string, value: string, kind: string, jump: (() => void) | null): HTMLElement {
  const content = [h('b', {}, value), h('span', {}, name)];
  return jump === null
    ? h('div', { class: `tile ${kind}` }, ...content)
    : h('button', { class: `tile ${kind}`, type: 'button', click: jump }, ...content);
}

function problems(title: string, data: PageData, level: PageProblem['level']): HTMLElement[] {
  const all = data.problems.filter((one) => one.level === level);
  if (all.length === 0) return [];
  const items = all.map(({ text }) => h('li', {}, text));
  const more = items.slice(PROBLEMS_SHOWN);
  return [
    h(
      'div',
      { class: `problems ${level}` },
      h('h3', {}, title),
      h('ul', {}, ...items.slice(0, PROBLEMS_SHOWN)),
      more.length === 0
        ? null
        : h('details', {}, h('summary', {}, `${figure(more.length)} more`), h('ul', {}, ...more)),
    ),
  ];
}

function environment(data: PageData): HTMLElement {
  const sources = data.sources.map(({ name, digest, cases, cpuMs }) =>
    h(
      'tr',
      {},
      h('td', { class: 'wrap' }, name),
      h('td', { class: 'number' }, figure(cases)),
      h('td', { class: 'number' }, cpuMs === null ? '–' : milliseconds(cpuMs)),
      h(
        'td',
        {},
        digest === null ? '–' : h('code', { title: digest }, digest.slice(0, 16)),
        digest === null ? null : copyButton(digest),
      ),
    ),
  );
  return section(
    'what-ran',
    'What ran',
    '',
    h(
      'dl',
      { class: 'pairs' },
      ...data.environment.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    ),
    h(
      'table',
      { class: 'plain' },
      h('thead', {}, h('tr', {}, ...['source', 'cases', 'CPU', 'digest'].map((text) => h('th', {}, text)))),
      h('tbody', {}, ...sources),
    ),
  );
}
