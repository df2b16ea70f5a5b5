/** The cases of the run, and the choice of them that the page shows. */
import { OUTCOMES, type Outcome, type PageData, type PageFailure } from './page-data.js';

/** What the page shows; the parts that are not empty stand in the URL's hash. */
export interface Filter {
  /** Words that an id holds, all of them. */
  readonly q: string;
  /** Outcomes; none of them means all. */
  readonly outcomes: readonly Outcome[];
  readonly suite: string;
  readonly fork: string;
  readonly source: string;
  /** Key of a cluster ({@link PageCluster}): outcome and cause. */
  readonly cause: string;
  readonly sort: Sort;
}

export const SORTS = ['id', 'time', 'aborts'] as const;
export type Sort = (typeof SORTS)[number];

export const NO_FILTER: Filter = { q: '', outcomes: [], suite: '', fork: '', source: '', cause: '', sort: 'id' };

export interface PageCluster {
  readonly key: string;
  readonly outcome: Outcome;
  readonly cause: string;
  readonly rows: readonly number[];
}

export class Cases {
  readonly count: number;
  /** Failure of a row, where there is one. */
  readonly failures = new Map<number, PageFailure>();
  readonly ids: string[];
  /** The ids in lower case, made when they are searched for the first time. */
  #lower: string[] | null = null;

  constructor(readonly data: PageData) {
    const { shared, rest } = data.cases;
    this.count = rest.length;
    this.ids = new Array<string>(this.count);
    let before = '';
    for (let row = 0; row < this.count; row++) {
      before = before.slice(0, shared[row]) + rest[row];
      this.ids[row] = before;
    }
    for (const failure of data.failures) this.failures.set(failure.row, failure);
  }

  outcome(row: number): Outcome {
    return OUTCOMES[this.data.cases.outcome[row] as number] as Outcome;
  }

  suite(row: number): string {
    return this.data.names.suites[this.data.cases.suite[row] as number] as string;
  }

  fork(row: number): string {
    return this.data.names.forks[this.data.cases.fork[row] as number] as string;
  }

  source(row: number): string {
    return this.data.names.sources[this.data.cases.source[row] as number] as string;
  }

  /** Row of the case, or -1. Ids may repeat in several sources; the first is meant. */
  find(id: string): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ids[middle] as string) < id) low = middle + 1;
      else high = middle;
    }
    return this.ids[low] === id ? low : -1;
  }

  /** Rows that the filter lets through, in its order. */
  select(filter: Filter): Uint32Array {
    const { cases, names } = this.data;
    const outcomes = filter.outcomes.length === 0 ? null : OUTCOMES.map((one) => filter.outcomes.includes(one));
    const suite = indexOf(names.suites, filter.suite);
    const fork = indexOf(names.forks, filter.fork);
    const source = indexOf(names.sources, filter.source);
    const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    const lower = words.length === 0 ? null : this.#searchable();
    const rows = new Uint32Array(this.count);
    let found = 0;
    for (let row = 0; row < this.count; row++) {
      if (outcomes !== null && !outcomes[cases.outcome[row] as number]) continue;
      if (suite !== ANY && cases.suite[row] !== suite) continue;
      if (fork !== ANY && cases.fork[row] !== fork) continue;
      if (source !== ANY && cases.source[row] !== source) continue;
      if (filter.cause !== '' && this.#cause(row) !== filter.cause) continue;
      if (lower !== null && !words.every((word) => (lower[row] as string).includes(word))) continue;
      rows[found++] = row;
    }
    const chosen = rows.subarray(0, found);
    if (filter.sort === 'time') sortDown(chosen, cases.cpuMilliseconds);
    if (filter.sort === 'aborts') sortDown(chosen, cases.aborts);
    return chosen;
  }

  /** Failures with one cause together, most first. */
  clusters(): PageCluster[] {
    const found = new Map<string, { key: string; outcome: Outcome; cause: string; rows: number[] }>();
    for (const { row, cause } of this.failures.values()) {
      const key = this.#cause(row);
      const cluster = found.get(key);
      if (cluster === undefined) found.set(key, { key, outcome: this.outcome(row), cause, rows: [row] });
      else cluster.rows.push(row);
    }
    return [...found.values()].sort((a, b) => b.rows.length - a.rows.length || (a.key < b.key ? -1 : 1));
  }

  #cause(row: number): string {
    const failure = this.failures.get(row);
    return failure === undefined ? '' : `${this.outcome(row)}: ${failure.cause}`;
  }

  #searchable(): string[] {
    this.#lower ??= this.ids.map((id) => id.toLowerCase());
    return this.#lower;
  }
}

const ANY = -2;

function indexOf(names: readonly string[], name: string): number {
  return name === '' ? ANY : names.indexOf(name);
}

/** Greatest first; equal ones stay in the order of their ids. */
function sortDown(rows: Uint32Array, values: readonly number[]): void {
  rows.sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
}

/** The filter as the URL's hash, `#q=create2&outcomes=divergent`, and the case that is open. */
export function toHash(filter: Filter, open: string): string {
  const parameters = new URLSearchParams();
  for (const key of ['q', 'suite', 'fork', 'source', 'cause'] as const) {
    if (filter[key] !== '') parameters.set(key, filter[key]);
  }
  if (filter.outcomes.length > 0) parameters.set('outcomes', filter.outcomes.join(','));
  if (filter.sort !== 'id') parameters.set('sort', filter.sort);
  if (open !== '') parameters.set('case', open);
  const text = parameters.toString();
  return text === '' ? '' : `#${text}`;
}

/** What {@link toHash} made; what is no outcome or order any more is left out. */
export function fromHash(hash: string): { filter: Filter; open: string } {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const text = (key: string): string => parameters.get(key) ?? '';
  const outcomes = OUTCOMES.filter((one) => text('outcomes').split(',').includes(one));
  const sort = SORTS.find((one) => one === text('sort')) ?? 'id';
  const [q, suite, fork, source, cause] = ['q', 'suite', 'fork', 'source', 'cause'].map(text) as [
    string,
    string,
    string,
    string,
    string,
  ];
  return { filter: { q, suite, fork, source, cause, outcomes, sort }, open: text('case') };
}
