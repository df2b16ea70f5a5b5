/** What the parts of the page share: the cases, the filter, and the case that is open. All of it follows the URL's hash. */
import { type Cases, type Filter, fromHash, NO_FILTER, toHash } from './cases.js';

type Listener = () => void;

export class App {
  filter: Filter = NO_FILTER;
  /** Id of the case that is shown in full; empty where none is. */
  open = '';
  /** Rows that the filter lets through. */
  rows: Uint32Array;
  readonly #filtered: Listener[] = [];
  readonly #opened: Listener[] = [];

  constructor(readonly cases: Cases) {
    this.rows = cases.select(this.filter);
    this.#follow();
    addEventListener('hashchange', () => this.#follow());
  }

  onFilter(listener: Listener): void {
    this.#filtered.push(listener);
    listener();
  }

  onOpen(listener: Listener): void {
    this.#opened.push(listener);
    listener();
  }

  /** Narrows or widens the list. Typing leaves no trail of steps in the browser's history. */
  update(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    history.replaceState(null, '', toHash(this.filter, this.open) || location.pathname + location.search);
    this.#select();
  }

  /** Shows a case in full; an empty id closes it. */
  show(id: string): void {
    if (this.open === id) return;
    this.open = id;
    history.replaceState(null, '', toHash(this.filter, id) || location.pathname + location.search);
    for (const listener of this.#opened) listener();
  }

  #follow(): void {
    const { filter, open } = fromHash(location.hash);
    this.filter = filter;
    this.#select();
    this.open = open;
    for (const listener of this.#opened) listener();
  }

  #select(): void {
    this.rows = this.cases.select(this.filter);
    for (const listener of this.#filtered) listener();
  }
}
