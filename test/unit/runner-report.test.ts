import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { clusters } from '../../reports/clusters.js';
import { duration, figure, shorten } from '../../reports/format.js';
import { invocation } from '../../reports/invocation.js';
import { JsonReporter } from '../../reports/json.js';
import { checkOutput, OutputFileError, writeJson } from '../../reports/output-file.js';
import type { Report } from '../../reports/report.js';
import { reproduction } from '../../reports/reproduce.js';
import { TerminalReporter } from '../../reports/terminal.js';
import { packageOf } from '../../runners/cli/package.js';
import { EVENTS_VERSION, EventStream, type RunEvent } from '../../runners/events/events.js';
import { emptyCoverage, Tally } from '../../runners/events/tally.js';
import { RUN_KINDS } from '../../runners/fixtures/classify.js';
import type { Explanation } from '../../runners/verdict/explanation.js';
import { type CaseResult, VERDICTS, type Verdict } from '../../runners/verdict/verdict.js';

const SCHEMA = new URL('reports/schema/report-v1.schema.json', `file://${process.cwd()}/`);

const EXPLANATION: Explanation = {
  transaction: 3,
  subject: '0xaa to 0xbb, nonce 0, value 0',
  outcome: [],
  writes: [{ what: 'slot 0x1 of 0xbb', expected: '0x3', actual: '0x2' }],
  reads: [
    {
      location: 'slot 0x1 of 0xbb',
      serial: '0x2',
      parallel: '0x1',
      origin: 'transaction 0, incarnation 1',
      standing: '0x2, from transaction 1, incarnation 0',
    },
  ],
  finding: 'Transaction 3 read what was stale.',
  incarnations: [{ transaction: 3, incarnations: 2, state: 'committed', history: 'ran or was taken up 2 times' }],
  schedule: ['# 2 workers', '17 1 executing 3.0'],
};

function result(verdict: Verdict, index: number, network = 'Cancun'): CaseResult {
  const failed = verdict !== 'pass' && verdict !== 'skipped';
  return {
    id: `GeneralStateTests/stX/it's.json::t[${network}/d${index}g0v0]`,
    source: 'my fixtures',
    file: "GeneralStateTests/stX/it's.json",
    group: 'GeneralStateTests',
    network,
    kind: 'state',
    verdict,
    cause: failed ? `cause of ${verdict}` : null,
    differences: failed ? [{ what: 'stateRoot', expected: '0xaa', actual: '0xbb' }] : [],
    block: null,
    transaction: verdict === 'divergent' ? 3 : null,
    threads: verdict === 'divergent' ? 4 : null,
    coverage: { ...emptyCoverage(), blocks: 1, transactions: 2 },
    milliseconds: 5,
    ...(verdict === 'divergent' ? { explanation: EXPLANATION } : {}),
  };
}

const START: RunEvent = {
  type: 'run:start',
  version: EVENTS_VERSION,
  settings: {
    vm: 'wasm',
    threads: [1, 4],
    jobs: 2,
    timeoutSeconds: 300,
    suites: RUN_KINDS,
    forks: null,
    grep: null,
    sample: null,
  },
  environment: { lockstep: '0.1.0', node: 'v20.20.0', platform: 'linux-x64', cpus: 2 },
  sources: ['my fixtures'],
};

function events(verdicts: readonly Verdict[], reason: 'complete' | 'interrupted' = 'complete'): RunEvent[] {
  const tally = new Tally();
  const all: RunEvent[] = [
    START,
    { type: 'source:start', source: 'my fixtures' },
    { type: 'not-run', source: 'my fixtures', file: 'x.json', kind: 'transaction', count: 1 },
    ...verdicts.map((verdict, i): RunEvent => ({ type: 'case:end', job: 0, result: result(verdict, i) })),
    { type: 'source:end', source: 'my fixtures', digest: 'ab'.repeat(32) },
  ];
  for (const event of all) tally.on(event);
  all.push({ type: 'run:end', durationMs: 65_000, reason, exitCode: tally.exitCode(reason === 'interrupted') });
  return all;
}

function terminal(all: readonly RunEvent[], quiet = false): string {
  let text = '';
  const out = { write: (part: string) => (text += part) };
  const reporter = new TerminalReporter({ out, color: false, quiet });
  for (const event of all) reporter.on(event);
  return text;
}

describe('JSON report', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(all: readonly RunEvent[], path = join(folder, 'deep', 'report.json')): Promise<Report> {
    const reporter = new JsonReporter(path);
    for (const event of all) reporter.on(event);
    await reporter.close();
    return JSON.parse(await readFile(path, 'utf8')) as Report;
  }

  it('keeps to its schema, for every verdict and for an empty run', async () => {
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
      JSON.parse(await readFile(SCHEMA, 'utf8')),
    );
    for (const all of [events(VERDICTS), events([]), events(['pass'], 'interrupted')]) {
      const report = await write(all);
      expect(validate(report), JSON.stringify(validate.errors)).to.equal(true);
    }
    const entry = { case: '*', outcome: 'nonconformant', reason: 'r', link: 'https://example.org' } as const;
    const mismatch = { source: 's', release: 'r', suite: 'x', kind: 'state', network: 'Cancun', expected: 2, found: 1 };
    const expecting: RunEvent[] = [
      { type: 'case:end', job: 0, result: { ...result('nonconformant', 7), expectation: { ...entry, unmet: null } } },
      { type: 'case:end', job: 0, result: { ...result('pass', 8), expectation: { ...entry, unmet: 'it passed' } } },
      { type: 'expectation:stale', expectation: entry },
      { type: 'counts:checked', source: 's', releases: ['r'], expected: 2 },
      { type: 'counts:mismatch', mismatch: { ...mismatch, kind: 'state' } },
    ];
    const told = await write(events(['pass']).flatMap((one) => (one.type === 'run:end' ? [...expecting, one] : [one])));
    expect(validate(told), JSON.stringify(validate.errors)).to.equal(true);
    expect(told.summary).to.include({ cases: 3, pass: 2, expected: 1 });
    expect(told.failures.map(({ verdict }) => verdict)).to.deep.equal(['pass']);
    expect(told.staleExpectations).to.deep.equal([entry]);
    expect(told.expectedCounts.mismatches).to.deep.equal([mismatch]);
    expect(validate({ ...(await write(events([]))), extra: 1 })).to.equal(false);
  });

  it('tells what the run cost, and which cases could not be run', async () => {
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
      JSON.parse(await readFile(SCHEMA, 'utf8')),
    );
    const source = 'my fixtures';
    const proof = { reason: 'r', link: 'https://example.org', proof: 'p' };
    const incomplete = {
      source,
      suite: 'x',
      missing: 'p/0.json',
      expected: 2,
      found: 2,
      state: 'met',
      ...proof,
    } as const;
    const spent = { source, cases: 2, wallMs: 5, cpuMs: 6, peakBytes: null };
    const usage = { cpuMs: { jobs: 6, parent: 1 }, peakBytes: 7, memory: 'pss', sources: [spent] } as const;
    const error = { source, file: 'f', test: 't', field: 'preHash', message: 'there is none', missing: 'p/1.json' };
    const { id, file, group, network, kind } = result('pass', 9);
    const one = { id, source, file, group, network, kind };
    const more: RunEvent[] = [
      { type: 'case:end', job: 0, result: { ...result('nonconformant', 9), cpuMilliseconds: 99 } },
      { type: 'case:unrunnable', job: 0, case: one, missing: 'p/0.json' },
      { type: 'fixture:error', job: 0, case: one, error },
      { type: 'incomplete:checked', incomplete },
      { type: 'run:usage', usage },
    ];
    const all = events(['pass']).flatMap((event) => (event.type === 'run:end' ? [...more, event] : [event]));
    const report = await write(all);
    expect(validate(report), JSON.stringify(validate.errors)).to.equal(true);
    expect(report.incomplete).to.deep.equal([incomplete]);
    expect(report.usage).to.deep.equal(usage);
    expect(report.slowest.map(({ cpuMilliseconds }) => cpuMilliseconds)).to.deep.equal([99, 5]);
    expect(report.fixtureErrors).to.deep.equal([error]);
    const text = terminal(all);
    expect(text).to.contain('2 cases cannot run: my fixtures lacks p/0.json (expectations.json)');
    expect(text).to.contain('1 cannot run').and.to.contain('peak memory (pss)');
  });

  it('counts, groups and reproduces', async () => {
    const report = await write(events([...VERDICTS, 'pass']));
    expect(report.summary).to.deep.equal({
      cases: 8,
      expected: 0,
      pass: 2,
      nonconformant: 1,
      divergent: 1,
      unstable: 1,
      crashed: 1,
      timeout: 1,
      skipped: 1,
    });
    expect(report.bySuite).to.deep.equal({ GeneralStateTests: report.summary });
    expect(report.byFork).to.deep.equal({ Cancun: report.summary });
    expect(report.coverage).to.include({ blocks: 8, transactions: 16 });
    expect(report.notRun).to.deep.equal({ transaction: 1 });
    expect(report.environment.fixtures).to.deep.equal([{ source: 'my fixtures', digest: 'ab'.repeat(32) }]);
    expect(report.exitCode).to.equal(1);
    expect(report.failures.map((failure) => failure.verdict)).to.have.members([
      'nonconformant',
      'divergent',
      'unstable',
      'crashed',
      'timeout',
    ]);
  });

  it('replaces an older report as a whole and leaves nothing beside it', async () => {
    const path = join(folder, 'report.json');
    await writeFile(path, 'x'.repeat(100_000));
    expect((await write(events(['pass'], 'interrupted'), path)).outcome).to.equal('interrupted');
    expect(await readdir(folder)).to.deep.equal(['report.json']);
  });

  it('rejects where the file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const stream = new EventStream([new JsonReporter(join(folder, 'file', 'report.json'))]);
    for (const event of events([])) stream.emit(event);
    let failure: unknown = null;
    await stream.close().catch((error: unknown) => {
      failure = error;
    });
    expect(failure).to.be.instanceOf(OutputFileError);
    expect((failure as Error).message).to.match(/report\.json: cannot be written \((?:ENOTDIR|EEXIST)\)$/);
  });

  it('knows beforehand where no file can be written', async () => {
    const said = (path: string): Promise<string> =>
      checkOutput(path).then(
        () => 'fine',
        (error: Error) => error.message.replaceAll(folder, 'FOLDER'),
      );
    await writeFile(join(folder, 'file'), '');
    expect(await said(join(folder, 'new', 'folders', 'a.json'))).to.equal('fine');
    expect(await said(join(folder, 'file'))).to.equal('fine');
    expect(await said(folder)).to.equal('FOLDER: is a folder');
    expect(await said(join(folder, 'file', 'x', 'a.json'))).to.equal('FOLDER/file/x/a.json: FOLDER/file is no folder');
    expect((await readdir(folder)).sort())
      .to.include('file')
      .and.not.include('new');
  });

  it('gives up where no folder can be made, as in /proc', async function () {
    if (process.platform !== 'linux') this.skip();
    const error = await writeJson('/proc/x/y/a.json', {}).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(OutputFileError);
    expect((error as Error).message).to.match(/^\/proc\/x\/y\/a\.json: cannot be written \(E\w+\)$/);
  });
});

describe('exit code', () => {
  const code = (all: readonly RunEvent[]): number => {
    const tally = new Tally();
    for (const event of all) tally.on(event);
    return tally.exitCode();
  };
  const error = { source: 's', file: 'f', test: null, field: null, message: 'm' };

  it('follows the gravest of what happened', () => {
    expect(code(events(['pass', 'skipped']))).to.equal(0);
    expect(code(events(['pass', 'timeout']))).to.equal(1);
    expect(code(events([]))).to.equal(4);
    expect(code([...events(['divergent']), { type: 'fixture:error', error }])).to.equal(3);
    expect(code([...events(['pass']), { type: 'source:error', source: 's', message: 'truncated' }])).to.equal(3);
    expect(code([...events([]), { type: 'run:error', message: 'm' }])).to.equal(3);
    expect(code(events(['divergent'], 'interrupted'))).to.equal(130);
  });
});

describe('terminal report', () => {
  it('tells a clean run in a table and a line', () => {
    const text = terminal(events(['pass', 'pass']));
    expect(text).to.match(/suite +fork +cases +pass\n/);
    expect(text).to.match(/GeneralStateTests +Cancun +2 +2\n/);
    expect(text).to.contain('2 blocks (0 with several transactions), 4 transactions');
    expect(text).to.contain('all 2 cases passed in 1m 05s');
    expect(text).not.to.contain('\x1b');
  });

  it('groups failures by cause, the largest first, and reproduces one of each', () => {
    const text = terminal(events(['divergent', 'nonconformant', 'nonconformant']));
    const [first, second] = [text.indexOf('×2 nonconformant'), text.lastIndexOf('✖ divergent  cause')];
    expect(first).to.be.greaterThan(0);
    expect(second).to.be.greaterThan(first);
    expect(text).to.contain('(transaction 3, 4 threads)');
    expect(text).to.contain('expected  0xaa');
    expect(text).to.contain('3 of 3 cases failed');
  });

  it('caps what it shows and says so', () => {
    const many = Array.from({ length: 30 }, (_, i): RunEvent => {
      return { type: 'case:end', job: 0, result: { ...result('nonconformant', i), cause: `cause ${i}` } };
    });
    const all = events([]);
    all.splice(3, 0, ...many);
    expect(terminal(all)).to.contain('… and 18 more causes (18 cases; --json PATH keeps all of them)');
  });

  it('is brief when asked to be quiet', () => {
    const text = terminal(events(['pass', 'pass']), true);
    expect(text.trim().split('\n')).to.have.length(1);
  });

  it('tells an error of a source once where nothing comes between, and again below a table', () => {
    const error = { type: 'source:error', source: 's', message: 's: truncated' } as const;
    const times = (verdicts: readonly Verdict[], quiet: boolean, more: RunEvent[] = []): number => {
      const all = events(verdicts);
      all.splice(-1, 0, error, ...more);
      return terminal(all, quiet).split('! s: truncated').length - 1;
    };
    expect([times([], false), times([], true), times(['pass'], true), times(['pass'], false)]).to.deep.equal([
      1, 1, 1, 2,
    ]);
    const note = { type: 'note', message: 'a line between' } as const;
    expect([times([], false, [note]), times([], true, [note])]).to.deep.equal([2, 1]);
    expect(times([], false, [{ ...error, message: 't: truncated' }])).to.equal(1);
  });

  it('clusters in an order that does not depend on timing', () => {
    const failures = [result('timeout', 1), result('crashed', 2), result('divergent', 3), result('divergent', 4)];
    const order = (list: CaseResult[]): string[] => clusters(list).map((cluster) => cluster.verdict);
    expect(order(failures)).to.deep.equal(['divergent', 'crashed', 'timeout']);
    expect(order([...failures].reverse())).to.deep.equal(order(failures));
  });

  it('shows the same example of a cluster whatever fails first: the first by id, one with an explanation if there is one', () => {
    const cause = 'root differs';
    const bare = (index: number): CaseResult => ({ ...result('nonconformant', index), cause });
    const [a, b, c] = [bare(1), bare(2), bare(3)];
    const examples = (list: CaseResult[]): string[] => clusters(list)[0]?.failures.map(({ id }) => id) as string[];
    for (const list of [
      [a, b, c],
      [c, b, a],
      [b, c, a],
    ]) {
      expect(examples(list)).to.deep.equal([a.id, b.id, c.id]);
    }
    const explained: CaseResult = { ...c, explanation: EXPLANATION };
    expect(examples([a, explained, b])).to.deep.equal([c.id, a.id, b.id]);
  });

  it('quotes what a shell would take apart', () => {
    expect(reproduction(result('divergent', 0), { vm: 'wasm' })).to.equal(
      "npm run conformance -- --fixtures 'my fixtures' --grep 'GeneralStateTests/stX/it'\\''s.json::t[Cancun/d0g0v0]' --threads 4",
    );
    expect(reproduction(result('crashed', 0), { vm: 'ethereumjs' })).to.match(/ --vm ethereumjs$/);
  });

  it('runs all again that was run where a case brought its process down or did not end', () => {
    const schedules = { count: 20, seed: 'a b', exploration: { preemptions: 1, limit: 50 } };
    const settings = { vm: 'wasm', threads: [2, 8], timeoutSeconds: 1.5, schedules };
    const line = (verdict: Verdict): string => reproduction({ ...result(verdict, 0), threads: null }, settings);
    const all = " --schedules 20 --preemptions 1 --explore-limit 50 --seed 'a b' --threads 2,8";
    expect(line('crashed').endsWith(`[Cancun/d0g0v0]'${all}`), line('crashed')).to.equal(true);
    expect(line('timeout').endsWith(`[Cancun/d0g0v0]'${all} --timeout 1.5`), line('timeout')).to.equal(true);
    expect(line('nonconformant')).to.match(/\[Cancun\/d0g0v0\]'$/);
  });

  it('calls the command as it can be called from where it is installed', () => {
    const [checkout, installed] = ['file:///home/a/lockstep/', 'file:///home/a/project/node_modules/lockstep/'].map(
      (root) => `${root}dist/reports/invocation.js`,
    );
    expect(invocation('run', checkout)).to.equal('npm run conformance --');
    expect(invocation('minimise', checkout)).to.equal('npm run lockstep -- minimise');
    expect(invocation('run', installed)).to.equal('npx lockstep run');
    expect(invocation('minimise', installed)).to.equal('npx lockstep minimise');
  });

  it('writes figures as people read them', () => {
    expect([figure(7), figure(1234), figure(1234567)]).to.deep.equal(['7', '1,234', '1,234,567']);
    expect([duration(5), duration(4200), duration(59_990), duration(187_000), duration(3_720_000)]).to.deep.equal([
      '5ms',
      '4.2s',
      '1m 00s',
      '3m 07s',
      '1h 02m',
    ]);
    expect(shorten('abcdefghij', 7)).to.equal('ab…ghij');
  });

  it('knows the package it belongs to', () => {
    expect(packageOf(import.meta.url).version).to.match(/^\d+\.\d+\.\d+/);
  });
});
