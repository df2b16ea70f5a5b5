import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import pc from 'picocolors';
import { clusters, normalised } from '../../reports/clusters.js';
import { GithubReporter } from '../../reports/github.js';
import { JsonReporter } from '../../reports/json.js';
import { JunitReporter } from '../../reports/junit.js';
import { LiveWindow, progressLine, windowLines } from '../../reports/live-window.js';
import { markdown } from '../../reports/markdown.js';
import { caseMark, marksOf } from '../../reports/outcomes.js';
import { Progress } from '../../reports/progress.js';
import type { Report } from '../../reports/report.js';
import { conclusion } from '../../reports/summary.js';
import { TerminalReporter } from '../../reports/terminal.js';
import { WrittenFiles } from '../../reports/written.js';
import { xmlAttribute, xmlText } from '../../reports/xml.js';
import type { Reporter, RunEvent } from '../../runners/events/events.js';
import { Tally } from '../../runners/events/tally.js';
import { VERDICTS } from '../../runners/verdict/verdict.js';
import { caseEvents, identityOf, resultOf, runOf, SOURCE, startOf } from '../support/events.js';

const SCHEMA = new URL('reports/schema/report-v1.schema.json', `file://${process.cwd()}/`);
const ODD = 'a "b" <c> & d\'e ]]> \u0000\u001b[31m \ud800 \uffff \u2028 ä 😀\nsecond\tline %0A::error::x';
const ENTRY = {
  case: '*',
  outcome: 'nonconformant',
  reason: 'known <to> be wrong',
  link: 'https://example.org',
} as const;

/** Every way in which a case or a run may go wrong. */
const PLANTED: RunEvent[] = runOf(
  [
    ...VERDICTS.map((verdict, index) => resultOf(`t${index}`, verdict)),
    resultOf('odd', 'nonconformant', {
      cause: ODD,
      differences: [{ what: ODD, expected: ODD, actual: 'x'.repeat(9000) }],
    }),
    resultOf('known', 'nonconformant', { expectation: { ...ENTRY, unmet: null } }),
    resultOf('unexpected', 'pass', { expectation: { ...ENTRY, unmet: 'it passed' } }),
  ],
  {},
  [
    { type: 'case:unrunnable', job: 0, case: identityOf('lacking'), missing: 'pre_alloc/0x1.json' },
    {
      type: 'fixture:error',
      error: { source: SOURCE, file: 'y.json', test: 't<1>', field: 'env', message: ODD },
      case: identityOf('malformed'),
      job: 0,
    },
    { type: 'source:error', source: SOURCE, message: 'truncated' },
    { type: 'run:error', message: 'no job' },
    {
      type: 'counts:mismatch',
      mismatch: { source: SOURCE, release: 'r', suite: 's', kind: 'state', network: 'Cancun', expected: 2, found: 1 },
    },
    { type: 'expectation:stale', expectation: { ...ENTRY, case: 'gone::*' } },
    {
      type: 'incomplete:checked',
      incomplete: {
        ...{ source: SOURCE, suite: 's', missing: 'm.json', expected: 1, found: 2, state: 'unmet' },
        ...{ reason: 'r', link: 'l', proof: 'p' },
      },
    },
  ],
);

interface XmlCase {
  readonly classname: string;
  readonly name: string;
  readonly failure?: { readonly type: string; readonly message: string; readonly '#text'?: string };
  readonly error?: { readonly type: string; readonly message: string };
  readonly skipped?: { readonly message: string };
}

interface XmlSuite {
  readonly name: string;
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly skipped: string;
  readonly testcase: readonly XmlCase[];
}

describe('reports of a run with planted failures', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-reporters-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function close(reporter: Reporter, events: readonly RunEvent[] = PLANTED): Promise<void> {
    for (const event of events) reporter.on(event, Date.now());
    await reporter.close?.();
  }

  it('says which files are written, and only once they are', async () => {
    let told = '';
    const out = { write: (text: string) => (told += text) };
    const paths = [join(folder, 'one.json'), join(folder, 'deep', 'two.json')];
    const files = paths.map((path) => ({ path, reporter: new JsonReporter(path) }));
    await close(new WrittenFiles(out, files));
    expect(told).to.equal(`written: ${paths.join(', ')}\n`);
    for (const path of paths) expect(JSON.parse(await readFile(path, 'utf8'))).to.have.property('summary');
    told = '';
    const folderItself = { path: folder, reporter: new JsonReporter(folder) };
    const failure = await close(new WrittenFiles(out, [folderItself, ...files])).catch((error: Error) => error.message);
    expect(failure).to.contain(folder);
    // A run that never ended leaves nothing.
    await new WrittenFiles(out, [{ path: 'x', reporter: { on: () => {} } }]).close();
    expect(told).to.equal('');
  });

  it('JSON keeps to its schema, and holds clusters and all cases', async () => {
    const path = join(folder, 'report.json');
    await close(new JsonReporter(path));
    const report = JSON.parse(await readFile(path, 'utf8')) as Report;
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
      JSON.parse(await readFile(SCHEMA, 'utf8')),
    );
    expect(validate(report), JSON.stringify(validate.errors)).to.equal(true);
    expect(report.clusters.reduce((sum, { cases }) => sum + cases, 0)).to.equal(report.failures.length);
    const [file, marks] = Object.entries(report.outcomes ?? {})[0] ?? ['', ''];
    expect(file).to.equal('GeneralStateTests/stX/x.json');
    expect(marksOf(marks)).to.have.length(report.summary.cases);
    expect(marksOf(marks)).to.include(caseMark(identityOf('odd').id));
  });

  it('JUnit is well-formed, and its counts are those of its cases', async () => {
    const path = join(folder, 'junit.xml');
    await close(new JunitReporter(path));
    const text = await readFile(path, 'utf8');
    expect(XMLValidator.validate(text)).to.equal(true);
    const parser = new XMLParser({
      ignoreAttributes: false,
      htmlEntities: true,
      attributeNamePrefix: '',
      isArray: (name) => /^test(suite|case)$/.test(name),
    });
    const { testsuites } = parser.parse(text) as { testsuites: XmlSuite & { testsuite: readonly XmlSuite[] } };
    const suites = testsuites.testsuite;
    expect(suites.map(({ name }) => name)).to.deep.equal(['GeneralStateTests', 'lockstep']);
    const having = (suite: XmlSuite, what: keyof XmlCase): string =>
      String(suite.testcase.filter((one) => one[what] !== undefined).length);
    for (const suite of suites) {
      expect(suite.tests).to.equal(String(suite.testcase.length));
      expect(suite.failures).to.equal(having(suite, 'failure'));
      expect(suite.errors).to.equal(having(suite, 'error'));
      expect(suite.skipped).to.equal(having(suite, 'skipped'));
    }
    expect([testsuites.tests, testsuites.failures, testsuites.errors, testsuites.skipped]).to.deep.equal([
      '16',
      '6',
      '6',
      '3',
    ]);
    const cases = suites.flatMap(({ testcase }) => testcase);
    const odd = cases.find(({ name }) => name === 'odd[Cancun]');
    expect(odd?.classname).to.equal('GeneralStateTests/stX/x.json');
    expect(odd?.failure).to.include({ type: 'nonconformant' });
    expect(odd?.failure?.message).to.contain('a "b" <c> & d\'e ]]> ��[31m � �').and.to.contain('ä 😀\nsecond\tline');
    expect(odd?.failure?.['#text']).to.contain('--grep').and.not.to.contain('x'.repeat(2001));
    expect(cases.find(({ name }) => name === 't4[Cancun]')?.error).to.include({ type: 'crashed' });
    expect(cases.find(({ name }) => name === 'unexpected[Cancun]')?.failure).to.include({ type: 'unexpected pass' });
    expect(cases.find(({ name }) => name === 'known[Cancun]')?.skipped?.message).to.contain('known <to> be wrong');
  });

  it('JUnit tells an interruption', async () => {
    const path = join(folder, 'interrupted.xml');
    const events = runOf([resultOf('a')]).map(
      (event): RunEvent => (event.type === 'run:end' ? { ...event, reason: 'interrupted' } : event),
    );
    await close(new JunitReporter(path), events);
    expect(await readFile(path, 'utf8')).to.contain('message="the run was interrupted"');
  });

  it('escapes whatever XML cannot hold', () => {
    for (const text of [ODD, '\ud83d', '\ude00\ud83d', '']) {
      expect(XMLValidator.validate(`<a b="${xmlAttribute(text)}">${xmlText(text)}</a>`)).to.equal(true);
    }
    expect(xmlText('😀 \ud83d.')).to.equal('😀 \ufffd.');
  });

  async function github(events: readonly RunEvent[] = PLANTED): Promise<{ lines: string[]; summary: string }> {
    let text = '';
    const summaryPath = join(folder, 'summary.md');
    await writeFile(summaryPath, 'before\n');
    await close(new GithubReporter({ out: { write: (part) => (text += part) }, summaryPath }), events);
    return { lines: text.trimEnd().split('\n'), summary: await readFile(summaryPath, 'utf8') };
  }

  it('annotates for GitHub: one line each, clusters instead of cases, capped by level', async () => {
    const { lines } = await github();
    for (const line of lines) expect(line).to.match(/^::(error|warning) title=[^:,\n]+::[^\n]+$/);
    expect(lines.filter((line) => line.startsWith('::error'))).to.have.length(10);
    expect(lines.filter((line) => line.startsWith('::warning'))).to.have.length(1);
    expect(lines[0]).to.equal('::error title=The run failed::no job');
    expect(lines.find((line) => line.includes('a "b"')))
      .to.contain('%0Asecond')
      .and.to.contain('%250A');
    expect(lines[9]).to.match(/^::error title=\d more::The job summary/);
  });

  it('adds a summary that shows texts as they are, and nothing else', async () => {
    const { summary } = await github();
    expect(summary.startsWith('before\n## ✖ 7 of 10 cases failed\n')).to.equal(true);
    expect(summary).to.contain('| GeneralStateTests | 10 | 2 | 6 | 1 | 1 |');
    expect(summary).not.to.match(/<c>|<to>|t<1>/);
    for (const fault of [
      'no job',
      'truncated',
      's Cancun (state): 2 cases expected, 1 found',
      's: 2 cases lack m.json, 1 expected',
    ])
      expect(summary).to.contain(markdown(fault));
    expect(summary.match(/<details>/g)).to.have.length((summary.match(/<\/details>/g) ?? []).length);
    expect(markdown('a|b *c* `d` <e> @f [g](h)')).not.to.match(/[|*`<>@[\]()]/);
    const clean = await github(runOf([resultOf('a')]));
    expect(clean.summary).to.contain('## ✔ 1 of 1 case passed');
    expect(clean.lines).to.deep.equal(['']);
    // What fails a run although every case has passed.
    for (const [event, title] of [
      [PLANTED.find(({ type }) => type === 'counts:mismatch'), 'Cases lost or new'],
      [PLANTED.find(({ type }) => type === 'incomplete:checked'), 'Cases that cannot run'],
    ] as const) {
      const { lines, summary } = await github(runOf([resultOf('a')], {}, [event as RunEvent]));
      expect(summary).to.contain('## ✖ 1 of 1 case passed');
      expect(lines).to.have.length(1);
      expect(lines[0]).to.contain(`::error title=${title}::`);
    }
  });

  it('does not say that all have passed where cases were skipped', () => {
    const events = runOf([resultOf('a'), resultOf('b', 'skipped')]);
    const tally = new Tally();
    for (const event of events) tally.on(event);
    const end = events.at(-1) as RunEvent & { type: 'run:end' };
    expect(conclusion(tally, end, pc.createColors(false))).to.match(/^1 of 2 cases passed in /);
  });

  it('writes no summary where the runner gave no file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-no-summary-'));
    const before = process.cwd();
    process.chdir(folder);
    try {
      await close(new GithubReporter({ out: { write: () => undefined }, summaryPath: null }));
      expect(await readdir(folder)).to.deep.equal([]);
    } finally {
      process.chdir(before);
      await rm(folder, { recursive: true });
    }
  });

  it('clusters by what causes have in common', () => {
    expect(normalised('no code at 0x00000000000000000000000000000000000000bb, slot 0x1')).to.equal(
      'no code at 0x…, slot 0x1',
    );
    const cause = (hex: string): string => `root 0x${hex.repeat(32)} is none`;
    const failures = ['aa', 'bb', 'cc'].map((hex) => resultOf(hex, 'nonconformant', { cause: cause(hex) }));
    expect(clusters(failures).map(({ cause, failures }) => [cause, failures.length])).to.deep.equal([
      ['root 0x… is none', 3],
    ]);
  });
});

describe('progress of a run', () => {
  let now = 0;
  const start = (): Progress => {
    now = 0;
    const progress = new Progress(() => now);
    progress.on(startOf());
    return progress;
  };
  const begin = (name: string, job = 0): RunEvent => ({ type: 'case:start', job, case: identityOf(name) });

  it('tells phase, rate, estimate and the case that takes longest', () => {
    const progress = start();
    expect(progress.phase).to.equal('looking for cases');
    progress.on({ type: 'source:start', source: SOURCE });
    expect(progress.phase).to.equal(`reading ${SOURCE}`);
    progress.rate();
    for (let i = 0; i < 40; i++) for (const event of caseEvents(resultOf(`t${i}`))) progress.on(event);
    now = 4000;
    expect(progress.rate()).to.equal(10);
    expect(progress.estimateMs()).to.equal(null);
    progress.on({ type: 'source:progress', source: SOURCE, fraction: 0.2 });
    expect(progress.estimateMs()).to.equal(16_000);
    progress.on(begin('slow', 1));
    now = 9000;
    progress.on(begin('late', 0));
    expect(progress.slowest()).to.include({ id: identityOf('slow').id, milliseconds: 5000 });
    expect(progressLine(progress, { cases: 1234, failures: 2 })).to.match(
      /^1,234 cases · \d+\/s · 2 failed · 20% · 9\.0s, about 36\.0s left$/,
    );
    progress.on({ type: 'source:end', source: SOURCE, digest: null });
    expect(progress.phase).to.equal('running what has been read');
  });

  it('counts only what is run now where a run goes on', () => {
    const progress = start();
    for (let i = 0; i < 500; i++) for (const event of caseEvents(resultOf(`t${i}`))) progress.on(event);
    now = 100;
    progress.on({ type: 'run:resume', version: 1, environment: startOf().environment, ended: 500 });
    now = 2100;
    for (const event of caseEvents(resultOf('new'))) progress.on(event);
    expect(progress.elapsedMs).to.equal(2000);
    progress.rate();
    now = 4100;
    expect(progress.rate()).to.be.lessThan(2);
  });

  it('keeps its lines within the window', () => {
    const progress = start();
    progress.on({ type: 'source:start', source: 'x'.repeat(300) });
    progress.on(begin('y'.repeat(300)));
    now = 5000;
    for (const width of [40, 80, 200]) {
      const lines = windowLines(progress, { cases: 1, failures: 0 }, width);
      expect(lines).to.have.length(3);
      for (const line of lines) expect(line.length).to.be.at.most(width);
      expect(lines[2]).to.match(/^slowest now: .* 5\.0s$/);
    }
  });

  it('draws over what it drew before, and leaves nothing behind', () => {
    let text = '';
    const window = new LiveWindow({ write: (part) => (text += part), columns: 60 }, pc.createColors(false));
    const progress = start();
    window.erase();
    expect(text).to.equal('');
    window.draw(progress, { cases: 1, failures: 0 });
    expect(text.split('\n')).to.have.length(2);
    text = '';
    window.draw(progress, { cases: 2, failures: 0 });
    expect(text.startsWith('\r\x1b[2K\x1b[1A\r\x1b[2K')).to.equal(true);
    text = '';
    window.erase();
    expect(text).to.equal('\r\x1b[2K\x1b[1A\r\x1b[2K');
  });

  it('is as wide on a terminal that says no width as on one that says nothing', () => {
    const drawn = (columns?: number): string => {
      let text = '';
      const out = { write: (part: string) => (text += part), ...(columns === undefined ? {} : { columns }) };
      new LiveWindow(out, pc.createColors(false)).draw(start(), { cases: 1, failures: 0 });
      return text;
    };
    expect(drawn(0)).to.equal(drawn()).and.to.contain('1 case');
  });

  it('moves no cursor on a terminal that cannot', async () => {
    const { TERM } = process.env;
    const written = async (term: string): Promise<string> => {
      process.env.TERM = term;
      let text = '';
      const out = { write: (part: string) => (text += part), isTTY: true, columns: 100 };
      const reporter = new TerminalReporter({ out, color: false, quiet: false });
      const [first, ...others] = runOf([resultOf('a')]);
      reporter.on(first as RunEvent);
      // The window is drawn ten times a second.
      await new Promise((resolve) => setTimeout(resolve, 250));
      for (const event of others) reporter.on(event);
      return text;
    };
    try {
      expect(await written('xterm')).to.contain('\x1b[2K');
      expect(await written('dumb'))
        .to.contain('the one case passed')
        .and.not.to.contain('\x1b');
    } finally {
      if (TERM === undefined) delete process.env.TERM;
      else process.env.TERM = TERM;
    }
  });

  it('shows a window on a terminal, plain lines elsewhere, and neither where it is quiet or over', () => {
    const written = (isTTY: boolean, more: { quiet?: boolean; live?: boolean } = {}): string => {
      let text = '';
      const out = { write: (part: string) => (text += part), isTTY, columns: 100 };
      const reporter = new TerminalReporter({ out, color: false, quiet: false, ...more });
      for (const event of runOf([resultOf('a'), resultOf('b', 'nonconformant')])) reporter.on(event);
      return text;
    };
    for (const isTTY of [true, false]) {
      expect(written(isTTY)).to.contain('✖ nonconformant').and.not.to.contain('\x1b[3');
      expect(written(isTTY, { live: false })).not.to.contain('\x1b');
      expect(written(isTTY, { quiet: true })).not.to.contain('\x1b');
    }
  });
});
