/** What the report page is made of; the page itself is tested in a browser (`test/browser`). */
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Cases, fromHash, NO_FILTER, toHash } from '../../reports/html/client/cases.js';
import type { PageData } from '../../reports/html/client/page-data.js';
import { PageCollector } from '../../reports/html/collect.js';
import { htmlPage } from '../../reports/html/page.js';
import { TerminalReporter } from '../../reports/terminal.js';
import type { RunEvent } from '../../runners/events/events.js';
import type { LoggedEvent } from '../../runners/events/log-line.js';
import { resultOf, runOf, startOf } from '../support/events.js';
import { BEGAN, HOSTILE, madeUpRun } from '../support/made-up-run.js';

function pageOf(events: Iterable<LoggedEvent>): PageData {
  const collector = new PageCollector();
  for (const { event, at } of events) collector.on(event, at);
  return collector.page() as PageData;
}

describe('report page data', () => {
  it('keeps every case, its figures and its failure', () => {
    const ids = [...madeUpRun(500, 25)].flatMap(({ event }) => (event.type === 'case:end' ? [event.result.id] : []));
    const cases = new Cases(pageOf(madeUpRun(500, 25)));
    expect(cases.ids).to.deep.equal([...ids].sort((a, b) => (a < b ? -1 : 1)));
    for (const { event, at } of madeUpRun(500, 25)) {
      if (event.type !== 'case:end') continue;
      const { result, job } = event;
      const row = cases.find(result.id);
      const columns = cases.data.cases;
      expect(cases.outcome(row)).to.equal(result.verdict);
      expect([cases.fork(row), cases.source(row)]).to.deep.equal([result.network, result.source]);
      expect([columns.end[row], columns.job[row], columns.serial[row]]).to.deep.equal([
        at - BEGAN,
        job,
        result.times?.serial,
      ]);
      expect(columns.parallel.map((column) => column[row])).to.deep.equal(result.times?.parallel);
      expect(cases.failures.get(row)?.cause).to.equal(result.cause ?? undefined);
    }
  });

  it('groups failures by verdict and cause, most first', () => {
    const clusters = new Cases(pageOf(madeUpRun(500, 25))).clusters();
    expect(clusters.map(({ rows }) => rows.length)).to.deep.equal([3, 3, 3, 3, 3, 3, 2]);
  });

  it('tells a pass that was not expected from one that was, and a failure that was', () => {
    const entry = { case: '*', outcome: 'nonconformant', reason: 'r', link: 'l' } as const;
    const results = [
      resultOf('a'),
      resultOf('b', 'pass', { expectation: { ...entry, unmet: 'it passed' } }),
      resultOf('c', 'nonconformant', { expectation: { ...entry, unmet: null } }),
      resultOf('d', 'nonconformant'),
    ];
    const cases = new Cases(pageOf(runOf(results).map((event) => ({ event, at: BEGAN }))));
    const outcomes = results.map(({ id }) => cases.outcome(cases.find(id)));
    expect(outcomes).to.deep.equal(['pass', 'unexpected pass', 'expected', 'nonconformant']);
  });

  it('shows a run that was killed as far as it came', () => {
    const events = [...madeUpRun(40, 10)].slice(0, 30);
    const page = pageOf(events);
    expect(page.reason).to.equal('unfinished');
    expect(page.cases.rest).to.have.length(events.filter(({ event }) => event.type === 'case:end').length);
  });

  it('holds what the runner has to say besides', () => {
    const start = [...madeUpRun(1, 2)].slice(0, 1);
    const error = { type: 'source:error', source: 'a', message: 'a.tar.gz: the archive breaks off' } as const;
    const page = pageOf([...start, { at: BEGAN, event: error }]);
    expect(page.problems).to.deep.equal([{ level: 'error', text: 'a.tar.gz: the archive breaks off' }]);
    const levels = (['met', 'unmet', 'stale'] as const).map((state) => {
      const counted = { source: 'a', suite: 's', missing: 'm.json', expected: 1, found: 2, state } as const;
      const event = {
        type: 'incomplete:checked',
        incomplete: { ...counted, reason: 'r', link: 'l', proof: 'p' },
      } as const;
      const { problems } = pageOf([...start, { at: BEGAN, event }]);
      return problems
        .filter(({ text }) => text.includes('2 cases cannot run without m.json'))
        .map(({ level }) => level);
    });
    expect(levels, 'an error where it fails the run').to.deep.equal([['warning'], ['error'], ['warning']]);
  });

  it('says which schedules there were, as the terminal does: drawn ones, explored ones, or both', () => {
    const exploration = { preemptions: 1, limit: 50 };
    const said = {
      'all schedules with 1 pre-emption of small blocks': { count: 0, seed: '1', exploration },
      '3 schedules per block from seed 7': { count: 3, seed: '7' },
      '1 schedule per block from seed 7, all schedules with 1 pre-emption of small blocks': {
        ...{ count: 1, seed: '7', exploration },
      },
    };
    for (const [text, schedules] of Object.entries(said)) {
      const event: RunEvent = startOf({ schedules });
      expect(new Map(pageOf([{ at: BEGAN, event }]).environment).get('schedules')).to.equal(text);
      let line = '';
      const out = { write: (part: string) => (line += part) };
      new TerminalReporter({ out, color: false, quiet: false, live: false }).on(event);
      expect(line).to.include(`threads · ${text.replace(', ', ' · ')} · 2 jobs`);
    }
  });

  it('stands in the file as data, whatever texts it holds', () => {
    const page = pageOf(madeUpRun(100, 10));
    const html = htmlPage(page, `Lockstep: ${HOSTILE}`);
    expect(html).not.to.contain(HOSTILE);
    expect(html).not.to.match(/(src|href)="https?:/);
    const packed = /<script id="data"[^>]*>([^<]*)</.exec(html)?.[1] as string;
    expect(JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString())).to.deep.equal(
      JSON.parse(JSON.stringify(page)),
    );
  });
});

describe('report page filters', () => {
  it('survive the address bar', () => {
    const filter = {
      ...NO_FILTER,
      q: 'a&b=[c] #',
      outcomes: ['divergent', 'timeout'] as const,
      fork: 'Cancun',
      sort: 'time' as const,
    };
    expect(fromHash(toHash(filter, 'x::y[z]'))).to.deep.equal({
      filter: { ...filter, outcomes: [...filter.outcomes] },
      open: 'x::y[z]',
    });
    expect(toHash(NO_FILTER, '')).to.equal('');
    expect(fromHash('#outcomes=nonsense&sort=colour').filter).to.deep.equal(NO_FILTER);
  });

  it('find what they should, and nothing else', () => {
    const cases = new Cases(pageOf(madeUpRun(500, 25)));
    const rows = cases.select({ ...NO_FILTER, q: 'CREATE2 test1', fork: 'Cancun' });
    const expected = cases.ids.flatMap((id, row) =>
      id.includes('Create2') && id.includes('test1') && cases.fork(row) === 'Cancun' ? [row] : [],
    );
    expect([...rows]).to.deep.equal(expected);
    const slowest = [...cases.select({ ...NO_FILTER, sort: 'time' })].map(
      (row) => cases.data.cases.cpuMilliseconds[row],
    );
    expect(slowest).to.deep.equal([...slowest].sort((a, b) => (b as number) - (a as number)));
  });
});
