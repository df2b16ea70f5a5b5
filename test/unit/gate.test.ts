import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BenchFileError } from '../../reports/bench/figures.js';
import { GithubReporter } from '../../reports/github.js';
import { JsonReporter } from '../../reports/json.js';
import { OutputFileError } from '../../reports/output-file.js';
import { type GateOptions, gate } from '../../runners/cli/gate.js';
import { GateFileError } from '../../runners/cli/gate-error.js';
import { parseShare, UsageError } from '../../runners/cli/options.js';
import type { RunEvent } from '../../runners/events/events.js';
import { EventLog } from '../../runners/events/log-writer.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';
import { resultOf, runOf, startOf } from '../support/events.js';

describe('gate', () => {
  let folder = '';
  let made = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-gate-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** The run as a report, and as a log. */
  async function kept(events: readonly RunEvent[]): Promise<{ report: string; log: string }> {
    const [report, log] = [join(folder, `${++made}.json`), join(folder, `${made}.jsonl`)];
    const reporters = [new JsonReporter(report), EventLog.create(log)];
    for (const reporter of reporters) {
      for (const event of events) reporter.on(event, 1);
      await reporter.close();
    }
    return { report, log };
  }
  const run = (...results: CaseResult[]) => kept(runOf(results));

  async function gated(
    options: Partial<GateOptions>,
    summary: string | null = null,
  ): Promise<{ code: number; text: string }> {
    let text = '';
    const out = {
      write: (part: string): void => {
        text += part;
      },
    };
    const code = await gate({ report: 'report.json', threshold: 0.9, color: false, ...options }, out, summary);
    return { code, text };
  }

  it('lets a run pass that is as before, from reports and from logs', async () => {
    const a = await run(resultOf('a'), resultOf('b', 'nonconformant'));
    const b = await run(resultOf('b', 'nonconformant'), resultOf('a'));
    for (const baseline of [a.report, a.log]) {
      for (const report of [b.report, b.log]) {
        const { code, text } = await gated({ baseline, report });
        expect(text).to.equal('no worse than the baseline\n');
        expect(code).to.equal(0);
      }
    }
  });

  it('fails for new failures and such of another kind, and names what is fixed', async () => {
    const before = await run(resultOf('a'), resultOf('b', 'nonconformant'), resultOf('c', 'crashed'));
    const now = await run(resultOf('a', 'divergent'), resultOf('b', 'crashed'), resultOf('c'));
    const { code, text } = await gated({ baseline: before.report, report: now.report });
    expect(code).to.equal(1);
    expect(text).to.match(
      /✖ 1 new failure\n {4}divergent {2}GeneralStateTests.*::a\[Cancun\] {2}\(cause of divergent\)/,
    );
    expect(text).to.match(/✖ 1 failure of another kind\n {4}nonconformant, now crashed {2}.*::b\[Cancun\]/);
    expect(text).to.match(/✔ 1 fixed\n {4}.*::c\[Cancun\]/);
    expect(text).to.match(/worse than the baseline\n$/);
  });

  it('fails where the kind of a failure is all that is new', async () => {
    const [before, now] = [await run(resultOf('a', 'nonconformant')), await run(resultOf('a', 'divergent'))];
    const { code, text } = await gated({ baseline: before.report, report: now.report });
    expect(text).to.match(/^✖ 1 failure of another kind/);
    expect(code).to.equal(1);
  });

  it('fails where a whole file is gone', async () => {
    const file = 'GeneralStateTests/stY/y.json';
    const other = resultOf('b', 'pass', { file, id: `${file}::b[Cancun]` });
    const before = await kept(runOf([resultOf('a'), other]).filter(({ type }) => type !== 'file:end'));
    const now = await run(resultOf('a'));
    for (const baseline of [before.report, before.log]) {
      const { code, text } = await gated({ baseline, report: now.report });
      expect(text).to.contain(`✖ 1 lost case\n    ${baseline === before.log ? other.id : `1 of 1 case in ${file}`}\n`);
      expect(code).to.equal(1);
    }
  });

  it('fails where a count is wrong by another number', async () => {
    const counted = (found: number) => {
      const mismatch = {
        source: 's',
        release: 'r',
        suite: 'x',
        kind: 'state',
        network: 'Cancun',
        expected: 9,
        found,
      } as const;
      return kept(runOf([resultOf('a')], {}, [{ type: 'counts:mismatch', mismatch }]));
    };
    const [before, now] = [await counted(8), await counted(7)];
    expect((await gated({ baseline: before.report, report: before.log })).code).to.equal(0);
    const { code, text } = await gated({ baseline: before.report, report: now.report });
    expect(text).to.contain('✖ 1 new fault\n    x Cancun (state): 9 cases expected, 7 found\n');
    expect(code).to.equal(1);
  });

  it('fails for lost cases: by name where a log is the baseline, by file where a report is', async () => {
    const before = await run(resultOf('a'), resultOf('b'), resultOf('c', 'crashed'));
    const now = await run(resultOf('a'), resultOf('new'), resultOf('newer'));
    const byFile = await gated({ baseline: before.report, report: now.report });
    expect(byFile.code).to.equal(1);
    expect(byFile.text).to.contain('✖ 2 lost cases\n    2 of 3 cases in GeneralStateTests/stX/x.json\n');
    expect(byFile.text).to.contain('2 cases more than before').and.not.to.contain('fixed');
    const byName = await gated({ baseline: before.log, report: now.report });
    expect(byName.text).to.match(/lost cases\n {4}.*::b\[Cancun\]\n {4}.*::c\[Cancun\]\n/);
    expect((await gated({ baseline: now.report, report: now.log })).code).to.equal(0);
  });

  it('fails for new faults and for a run that is not complete; tells where the runs are not alike', async () => {
    const before = await run(resultOf('a'));
    const fault: RunEvent = { type: 'source:error', source: 's', message: 's: truncated' };
    const faulty = await kept(runOf([resultOf('a')], {}, [fault]));
    expect((await gated({ baseline: before.report, report: faulty.report })).text).to.contain(
      '✖ 1 new fault\n    s: truncated',
    );
    expect((await gated({ baseline: faulty.report, report: faulty.log })).code).to.equal(0);
    const cut = await kept(runOf([resultOf('a')]).slice(0, -1));
    const killed = await gated({ baseline: before.report, report: cut.log });
    expect(killed.code).to.equal(1);
    expect(killed.text).to.contain('✖ the run is not complete');
    const other = await kept(runOf([resultOf('a')], { threads: [8], grep: 'x' }));
    const remarks = await gated({ baseline: before.report, report: other.report });
    expect(remarks.code).to.equal(0);
    expect(remarks.text).to.contain('! threads: 1,4 before, 8 now').and.to.contain('! grep: none before, x now');
  });

  it('tells the source of a malformed fixture, and knows it again where its source lies elsewhere', async () => {
    const faulty = (...sources: string[]) => {
      const faults = sources.map((source): RunEvent => {
        const error = { source, file: 'bad.json', test: null, field: null, message: 'bad.json: malformed JSON' };
        return { type: 'fixture:error', error };
      });
      return kept(runOf([resultOf('a')], {}, faults));
    };
    const [none, one, moved, both] = [await faulty(), await faulty('a'), await faulty('old/a'), await faulty('a', 'b')];
    const told = (line: string): string => `✖ 1 new fault\n    ${line}: bad.json: malformed JSON\n`;
    for (const form of ['report', 'log'] as const) {
      expect((await gated({ baseline: none[form], report: one[form] })).text, form).to.contain(told('a'));
      expect((await gated({ baseline: one[form], report: both[form] })).text, form).to.contain(told('b'));
      expect((await gated({ baseline: moved[form], report: both[form] })).text, form).to.contain('✖ 1 new fault\n');
      expect((await gated({ baseline: moved[form], report: one[form] })).code, form).to.equal(0);
    }
  });

  async function figures(name: string, value: unknown): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify(value));
    return path;
  }

  describe('of two sources that hold files of the same paths', () => {
    type Ends = Record<string, Parameters<typeof resultOf>[1]>;
    /** Names and ends of cases by source. */
    const both = (sources: Record<string, Ends>) => {
      const results = Object.entries(sources).flatMap(([source, ends]) =>
        Object.entries(ends).map(([name, verdict]) => resultOf(name, verdict, { source })),
      );
      const events = runOf(results).slice(1);
      // Those of files are about the one source that tests have otherwise.
      const others = events.filter(({ type }) => type !== 'file:start' && type !== 'file:end');
      return kept([{ ...startOf(), sources: Object.keys(sources) }, ...others]);
    };
    /** What is told, from reports and from logs, which must be the same but for lost cases. */
    const changes = async (before: Record<string, Ends>, now: Record<string, Ends>): Promise<string[]> => {
      const [a, b] = [await both(before), await both(now)];
      const texts: string[] = [];
      for (const [baseline, report] of [
        [a.report, b.report],
        [a.report, b.log],
        [a.log, b.log],
        [a.log, b.report],
      ] as const) {
        const { code, text } = await gated({ baseline, report });
        expect(code, text).to.equal(/^no worse/m.test(text) ? 0 : 1);
        texts.push(text);
      }
      const [first, second, third, fourth] = texts as [string, string, string, string];
      expect([second, fourth]).to.deep.equal([first, third]);
      return [first, third];
    };
    const X = 'GeneralStateTests/stX/x.json';

    it('tells a new failure of one where that of the other is known or fixed', async () => {
      for (const text of await changes(
        { s: { a: 'crashed' }, t: { a: 'pass' } },
        { s: { a: 'crashed' }, t: { a: 'crashed' } },
      ))
        expect(text).to.equal(
          `✖ 1 new failure\n    crashed  t: ${X}::a[Cancun]  (cause of crashed)\nworse than the baseline\n`,
        );
      for (const text of await changes(
        { s: { a: 'crashed' }, t: { a: 'pass' } },
        { s: { a: 'pass' }, t: { a: 'crashed' } },
      )) {
        expect(text).to.contain(`✖ 1 new failure\n    crashed  t: ${X}::a[Cancun]`);
        expect(text).to.contain(`✔ 1 fixed\n    s: ${X}::a[Cancun]\n`);
      }
      const other = { s: { a: 'divergent' }, t: { a: 'crashed' } } as const;
      for (const text of await changes({ s: { a: 'crashed' }, t: { a: 'divergent' } }, other)) {
        expect(text).to.contain(`✖ 2 failures of another kind\n`);
        expect(text).to.contain(`    crashed, now divergent  s: ${X}::a[Cancun]\n`);
      }
      for (const text of await changes(other, other)) expect(text).to.equal('no worse than the baseline\n');
    });

    it('tells a lost case of one that the other still has, and does not call it fixed', async () => {
      const before = { s: { a: 'crashed', b: 'pass' }, t: { a: 'pass', b: 'pass' } } as const;
      const [byFile, byName] = await changes(before, { s: { b: 'pass' }, t: { a: 'pass', b: 'pass' } });
      const worse = 'worse than the baseline\n';
      expect(byFile).to.equal(`✖ 1 lost case\n    1 of 4 cases in ${X}\n${worse}`);
      expect(byName).to.equal(`✖ 1 lost case\n    ${X}::a[Cancun]\n${worse}`);
      for (const text of await changes({ s: { b: 'pass' }, t: { b: 'pass' } }, before))
        expect(text).to.contain(`crashed  s: ${X}::a[Cancun]`).and.to.contain('2 cases more than before');
    });

    it('counts failures of one id where the sources lie elsewhere now', async () => {
      const before = { s: { a: 'crashed' }, t: { a: 'pass' } } as const;
      for (const text of await changes(before, { u: { a: 'pass' }, v: { a: 'crashed' } }))
        expect(text).to.equal('no worse than the baseline\n');
      for (const text of await changes(before, { u: { a: 'crashed' }, v: { a: 'crashed' } }))
        expect(text).to.contain('✖ 1 new failure\n    crashed  v: ');
    });
  });

  it('compares the figures of benchmarks', async () => {
    const vm = (ratio: number) => ({
      bench: 'vm',
      rows: [{ name: 'erc20', setting: 'runBlock', ratio: { median: ratio } }],
    });
    const benchBaseline = await figures('old.json', vm(60));
    const good = await gated({ bench: await figures('good.json', vm(54.1)), benchBaseline });
    expect(good.code).to.equal(0);
    expect(good.text).to.contain('▼ erc20, runBlock: 60.00x before, 54.10x (-9.8 %)\n');
    const bad = await gated({ bench: await figures('bad.json', vm(53.9)), benchBaseline });
    expect(bad.code).to.equal(1);
    expect(bad.text).to.contain('✖ erc20, runBlock: 60.00x before, 53.90x').and.to.contain('1 of 1 figure below 0.9');
    const gone = await gated({ bench: await figures('gone.json', { bench: 'vm', rows: [] }), benchBaseline });
    expect(gone.code).to.equal(1);
    expect(gone.text).to.contain('✖ erc20, runBlock: 60.00x before, not measured');
  });

  it('leaves times out where only ratios are asked for', async () => {
    const suite = (time: number) => ({
      bench: 'suite',
      machine: { cpu: 'c', cores: 2, node: 'v20.0.0' },
      rows: [
        {
          ...{ name: 'a', detail: false, transactions: 1, peer: null },
          serial: { time: { median: time } },
          parallel: [{ threads: 2, speedup: { median: 1.5 } }],
        },
      ],
    });
    const files = { benchBaseline: await figures('a.json', suite(10)), bench: await figures('b.json', suite(20)) };
    const all = await gated(files);
    expect(all.code).to.equal(1);
    expect(all.text).to.contain('✖ a, serial: 10.00 us/tx before, 20.00 us/tx (-50.0 %)');
    const ratios = await gated({ ...files, ratios: true });
    expect(ratios.code).to.equal(0);
    expect(ratios.text).to.contain('1 figure, none below').and.not.to.contain('serial');
  });

  it('names a summary of a job that cannot be written, as a run does', async () => {
    const { log } = await run(resultOf('a'));
    const path = join(folder, 'nowhere', 'summary.md');
    const reporter = new GithubReporter({ out: { write: () => undefined }, summaryPath: path });
    for (const event of runOf([resultOf('a')])) reporter.on(event);
    const gating = () => gated({ baseline: log, report: log, github: true }, path);
    for (const writing of [gating, () => reporter.close()]) {
      const error: unknown = await writing().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(OutputFileError);
      expect((error as Error).message).to.equal(
        `${path}: the job summary (GITHUB_STEP_SUMMARY) cannot be written (ENOENT)`,
      );
    }
  });

  it('adds what changed to the summary of a job, as it is', async () => {
    const hostile = '<b>&`</pre>';
    const before = await run(resultOf('a'), resultOf(hostile));
    const now = await run(resultOf('a'), resultOf(hostile, 'crashed'));
    const summary = join(folder, 'summary.md');
    const { text } = await gated({ baseline: before.log, report: now.log, github: true }, summary);
    const added = await readFile(summary, 'utf8');
    expect(added).to.match(/^## ✖ Worse than the baseline\n\n<pre>\n/);
    expect(text).to.contain(hostile);
    const shown = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    expect(added.slice(added.indexOf('<pre>') + 6, added.indexOf('</pre>'))).to.equal(shown);
    await gated({ baseline: before.log, report: before.log, github: true }, summary);
    expect((await readFile(summary, 'utf8')).slice(added.length)).to.match(/^## ✔ No worse than the baseline\n/);
    await gated({ baseline: before.log, report: before.log }, summary);
    expect((await readFile(summary, 'utf8')).match(/^## /gm)).to.have.length(2);
  });

  it('refuses what cannot be compared, and says what and where', async () => {
    const { report } = await run(resultOf('a'));
    const refused = async (options: Partial<GateOptions>, kind: new (...args: never[]) => Error): Promise<string> => {
      const error = await gated(options).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(kind);
      return (error as Error).message;
    };
    expect(await refused({}, UsageError)).to.match(/nothing to compare/);
    expect(await refused({ bench: 'x' }, UsageError)).to.match(/go together/);
    expect(await refused({ baseline: report, report, ratios: true }, UsageError)).to.match(/--ratios is about/);
    expect(await refused({ baseline: 'none.json', report }, GateFileError)).to.match(/none.json: no such file$/);
    const odd = await figures('odd.json', { format: 'something' });
    expect(await refused({ baseline: report, report: odd }, GateFileError)).to.match(
      /odd.json: is neither a report nor/,
    );
    const bare = await figures('bare.json', { format: 'lockstep-report', version: 1, failures: [] });
    expect(await refused({ baseline: bare, report }, GateFileError)).to.match(/bare.json: has no field outcomes/);
    const whole = JSON.parse(await readFile(report, 'utf8')) as Record<string, unknown>;
    for (const [change, fault] of [
      [{ failures: [{ id: 'a', verdict: 'crashed' }, null] }, 'failures[0].cause: is missing'],
      [{ failures: [null] }, 'failures[0]: is no object'],
      [{ settings: undefined }, 'settings: is missing'],
      [{ environment: { fixtures: [{ digest: 1 }] } }, 'environment.fixtures[0].digest: is no text'],
      [{ environment: { fixtures: [{ digest: null }] } }, 'environment.fixtures[0].source: is missing'],
      [{ outcomes: { 'a.json': 5 } }, 'outcomes["a.json"]: is no text'],
      [{ runErrors: 'x' }, 'runErrors: is no list'],
    ] as const) {
      const broken = await figures('broken.json', { ...whole, ...change });
      for (const files of [
        { baseline: broken, report },
        { baseline: report, report: broken },
      ]) {
        expect(await refused(files, GateFileError)).to.equal(`${broken}: field ${fault}`);
      }
    }
    const rows = await figures('rows.json', { bench: 'vm', rows: [{ name: 'a', setting: 'b', ratio: {} }] });
    expect(await refused({ bench: rows, benchBaseline: rows }, BenchFileError)).to.match(
      /field rows\[0\]\.ratio\.median: is missing/,
    );
    for (const text of ['0', '-1', 'x', '90%']) expect(() => parseShare(text)).to.throw(/no share above 0/);
  });
});
