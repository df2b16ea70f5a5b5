/**
 * The list of cases: filters above it, and only the rows in sight as elements, so that its length costs nothing.
 * Keys: `/` goes to the search, arrows or j and k move, Enter opens, Escape closes.
 */
import type { App } from './app.js';
import { type Filter, SORTS, type Sort } from './cases.js';
import { byId, count, figure, fill, h, milliseconds } from './dom.js';
import { isBad, OUTCOMES, type Outcome } from './page-data.js';

const ROW_PIXELS = 30;
const BORDER_PIXELS = 2;
/** The sentence in place of rows. */
const EMPTY_PIXELS = 40;
/** Rows kept ready above and below those in sight. */
const MARGIN_ROWS = 12;
const SEARCH_DELAY = 90;

export class CaseList {
  readonly #view: HTMLElement;
  readonly #space: HTMLElement;
  readonly #window: HTMLElement;
  readonly #search: HTMLInputElement;
  /** Place in the filtered rows that keys act on. */
  #current = -1;
  #drawn = '';

  constructor(private readonly app: App) {
    this.#search = h('input', {
      type: 'search',
      id: 'search',
      placeholder: 'search ids  ( / )',
      'aria-label': 'search case ids',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.#window = h('div', { class: 'window' });
    this.#space = h('div', { class: 'space' }, this.#window);
    this.#view = h('div', { class: 'rows', tabindex: '0', role: 'listbox', 'aria-label': 'cases' }, this.#space);
    // No higher than all cases need.
    this.#view.style.height = `min(68vh, 720px, ${heightOf(app.cases.count) + BORDER_PIXELS}px)`;
    const output = h('output', {});
    fill(byId('list'), this.#filters(output), this.#view);
    this.#listen();
    app.onFilter(() => {
      this.#current = -1;
      output.textContent = `${figure(app.rows.length)} of ${figure(app.cases.count)}`;
      this.#space.style.height = `${heightOf(app.rows.length)}px`;
      this.#view.scrollTop = 0;
      this.#drawn = '';
      this.#draw();
    });
    app.onOpen(() => {
      this.#drawn = '';
      this.#draw();
    });
  }

  #filters(output: HTMLElement): HTMLElement {
    const { app } = this;
    const { data } = app.cases;
    const present = new Set(data.cases.outcome);
    const chips = OUTCOMES.filter((_, index) => present.has(index)).map((outcome) => {
      const click = (): void => {
        const { outcomes } = app.filter;
        app.update({
          outcomes: outcomes.includes(outcome) ? outcomes.filter((one) => one !== outcome) : [...outcomes, outcome],
        });
      };
      return h('button', { type: 'button', class: `chip ${tone(outcome)}`, click, 'data-outcome': outcome }, outcome);
    });
    const selects = [
      this.#select('suite', 'all suites', data.names.suites),
      this.#select('fork', 'all forks', data.names.forks),
      ...(data.names.sources.length > 1 ? [this.#select('source', 'all sources', data.names.sources)] : []),
    ];
    const sort = h(
      'select',
      { 'aria-label': 'order' },
      ...SORTS.map((one) => h('option', { value: one }, `by ${one}`)),
    );
    sort.addEventListener('change', () => app.update({ sort: sort.value as Sort }));
    const cause = h('button', { type: 'button', class: 'chip bad', click: () => app.update({ cause: '' }) });
    const clear = h('button', { type: 'button', class: 'link', click: () => this.#clear() }, 'clear');
    app.onFilter(() => {
      const { filter } = app;
      for (const chip of chips) {
        chip.setAttribute('aria-pressed', String(filter.outcomes.includes(chip.dataset.outcome as Outcome)));
      }
      for (const select of selects) select.value = filter[select.name as 'suite' | 'fork' | 'source'];
      sort.value = filter.sort;
      if (document.activeElement !== this.#search) this.#search.value = filter.q;
      cause.textContent = `${filter.cause} ×`;
      cause.hidden = filter.cause === '';
    });
    return h('div', { class: 'filters' }, this.#search, ...chips, ...selects, sort, cause, clear, output);
  }

  #select(name: 'suite' | 'fork' | 'source', all: string, options: readonly string[]): HTMLSelectElement {
    const select = h(
      'select',
      { name, 'aria-label': name },
      h('option', { value: '' }, all),
      ...options.map((option) => h('option', { value: option }, option)),
    );
    select.addEventListener('change', () => this.app.update({ [name]: select.value } as Partial<Filter>));
    return select;
  }

  #clear(): void {
    this.#search.value = '';
    this.app.update({ q: '', outcomes: [], suite: '', fork: '', source: '', cause: '', sort: 'id' });
  }

  #listen(): void {
    let timer = 0;
    this.#search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.app.update({ q: this.#search.value }), SEARCH_DELAY);
    });
    this.#view.addEventListener('scroll', () => this.#draw(), { passive: true });
    addEventListener('resize', () => this.#draw());
    this.#window.addEventListener('click', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-at]');
      if (row !== null) this.#go(Number(row.dataset.at), true);
    });
    addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as Element;
    const typing = target.matches('input, select, textarea');
    if (event.key === '/' && !typing) {
      event.preventDefault();
      this.#search.focus();
      this.#search.select();
    } else if (event.key === 'Escape') {
      if (typing) (target as HTMLElement).blur();
      else this.app.show('');
    } else if (typing && target !== this.#search) {
      return;
    } else if (event.key === 'ArrowDown' || (event.key === 'j' && !typing)) {
      event.preventDefault();
      this.#go(Math.min(this.#current + 1, this.app.rows.length - 1), this.app.open !== '');
    } else if (event.key === 'ArrowUp' || (event.key === 'k' && !typing)) {
      event.preventDefault();
      this.#go(Math.max(this.#current - 1, 0), this.app.open !== '');
    } else if (event.key === 'Enter' && (target === this.#search || target === this.#view)) {
      this.#go(Math.max(this.#current, 0), true);
    }
  }

  /** Makes a place the current one, in sight; `open` shows its case in full. */
  #go(at: number, open: boolean): void {
    const row = this.app.rows[at];
    if (row === undefined) return;
    this.#current = at;
    const top = at * ROW_PIXELS;
    const { scrollTop, clientHeight } = this.#view;
    if (top < scrollTop) this.#view.scrollTop = top;
    else if (top + ROW_PIXELS > scrollTop + clientHeight) this.#view.scrollTop = top + ROW_PIXELS - clientHeight;
    this.#drawn = '';
    if (open) this.app.show(this.app.cases.ids[row] as string);
    this.#draw();
  }

  #draw(): void {
    const { rows } = this.app;
    const first = Math.max(0, Math.floor(this.#view.scrollTop / ROW_PIXELS) - MARGIN_ROWS);
    const shown = Math.ceil(this.#view.clientHeight / ROW_PIXELS) + 2 * MARGIN_ROWS;
    const end = Math.min(rows.length, first + shown);
    const drawn = `${first} ${end}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#window.style.transform = `translateY(${first * ROW_PIXELS}px)`;
    const lines: HTMLElement[] = [];
    for (let at = first; at < end; at++) lines.push(this.#row(at, rows[at] as number));
    if (rows.length === 0)
      lines.push(h('p', { class: 'empty' }, this.app.cases.count === 0 ? 'No case was run.' : 'No case matches.'));
    fill(this.#window, ...lines);
  }

  #row(at: number, row: number): HTMLElement {
    const { cases } = this.app;
    const outcome = cases.outcome(row);
    const id = cases.ids[row] as string;
    const { cpuMilliseconds, aborts } = cases.data.cases;
    return h(
      'div',
      {
        class: `row ${at === this.#current ? 'current' : ''} ${id === this.app.open ? 'open' : ''}`,
        role: 'option',
        'aria-selected': String(id === this.app.open),
        'data-at': at,
        title: id,
      },
      h('span', { class: `outcome ${tone(outcome)}` }, outcome),
      h('span', { class: 'id' }, h('bdi', {}, id)),
      h('span', { class: 'aborts' }, aborts[row] ? count(aborts[row], 'abort') : ''),
      h('span', { class: 'time' }, milliseconds(cpuMilliseconds[row] as number)),
    );
  }
}

function heightOf(rows: number): number {
  return Math.max(EMPTY_PIXELS, rows * ROW_PIXELS);
}

export function tone(outcome: Outcome): 'good' | 'bad' | 'warn' {
  if (isBad(outcome)) return 'bad';
  return outcome === 'pass' ? 'good' : 'warn';
}
