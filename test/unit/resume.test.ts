import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../runners/cli/options.js';
import { readPriorRun } from '../../runners/cli/prior-run.js';
import { ENVIRONMENT, type FakeFiles, runFakes, timeless, writeFakes } from '../support/run-command.js';

const FILES: FakeFiles = {
  'a.json': ['pass', 'fail', 'pass', 'pass'],
  'b.json': ['malformed', 'pass', 'throw', 'pass'],
  'deep/c.json': ['fail', 'fail'],
  'deep/d.json': [],
};
const IDS = 10;

describe('going on with a run', function () {
  this.timeout(60_000);
  let folder = '';
  let fixtures = '';
  let whole = '';
  let log: Buffer = Buffer.alloc(0);
  let expected: unknown = null;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-resume-'));
    fixtures = join(folder, 'fixtures');
    whole = join(folder, 'whole.jsonl');
    await writeFakes(fixtures, FILES);
    const run = await runFakes({ fixtures: [fixtures], events: whole });
    expect(run.code).to.equal(3);
    expect(run.ran).to.have.length(IDS - 1);
    expected = timeless(run.report);
    log = await readFile(whole);
  });
  after(() => rm(folder, { recursive: true }));

  /** The log of a run that was killed after `lines` lines and `more` bytes. */
  async function killed(lines: number, more = 0): Promise<string> {
    const path = join(folder, `killed-${lines}-${more}.jsonl`);
    let size = 0;
    for (let i = 0; i < lines; i++) size = log.indexOf('\n', size) + 1;
    await writeFile(path, log.subarray(0, size + more));
    return path;
  }

  const lineCount = (): number => log.toString().split('\n').length - 1;

  async function refused(path: string, asked: Parameters<typeof runFakes>[0] = {}, environment = ENVIRONMENT) {
    const before = await readFile(path);
    try {
      await runFakes({ ...asked, resume: path }, environment);
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      expect(await readFile(path)).to.deep.equal(before);
      return (error as Error).message;
    }
    throw new Error('was accepted');
  }

  it('comes to the same report wherever it was killed, and runs no case twice', async () => {
    for (let lines = 1; lines < lineCount(); lines += 6) {
      const path = await killed(lines, lines % 3);
      const before = await readPriorRun(path);
      const ended = [...before.ended.values()].flat();
      const run = await runFakes({ resume: path });
      expect(timeless(run.report), `after ${lines} lines`).to.deep.equal(expected);
      expect(run.code).to.equal(3);
      expect(run.ran.filter((id) => ended.includes(id))).to.deep.equal([]);
      const after = await readPriorRun(path);
      expect([...after.ended.values()].flat()).to.have.length(IDS);
      expect(after.end.end).not.to.equal(null);
    }
  });

  it('may be killed again', async () => {
    const path = await killed(7);
    await runFakes({ resume: path });
    const text = await readFile(path, 'utf8');
    const resumed = text.slice(0, text.indexOf('run:resume'));
    const lines = text.split('\n').slice(0, resumed.split('\n').length + 5);
    await writeFile(path, `${lines.join('\n')}\n{"at":`);
    const run = await runFakes({ resume: path });
    expect(timeless(run.report)).to.deep.equal(expected);
    expect(run.events.filter(({ type }) => type === 'run:start')).to.have.length(1);
  });

  it('takes settings and sources over from the log, and leaves the log alone where another is named', async () => {
    const path = await killed(9);
    const before = await readFile(path);
    const copy = join(folder, 'copy.jsonl');
    const run = await runFakes({ resume: path, events: copy, jobs: 2 });
    expect(timeless(run.report)).to.deep.equal(expected);
    expect(await readFile(path)).to.deep.equal(before);
    expect((await readPriorRun(copy)).end.end).not.to.equal(null);
  });

  it('begins where the log that is also to be written is not there', async () => {
    const path = join(folder, 'first.jsonl');
    const run = await runFakes({ fixtures: [fixtures], events: path, resume: path });
    expect(run.ran).to.have.length(IDS - 1);
  });

  it('tells apart what the log has told of files from what is new', async () => {
    const path = await killed(lineCount() - 3);
    const run = await runFakes({ resume: path });
    expect(run.ran).to.deep.equal([]);
    expect(run.report.fixtureErrors).to.have.length(1);
  });

  it('refuses other settings, versions and fixtures, and says which', async () => {
    const path = await killed(9);
    expect(await refused(path, { threads: [1, 2] })).to.match(/threads: 1 in the log, 1,2 in this run/);
    expect(await refused(path, { vm: 'ethereumjs' })).to.match(/vm: wasm in the log, ethereumjs in this run/);
    expect(await refused(path, { grep: 'a.json', timeout: 5 })).to.match(
      /timeoutSeconds: 60 in the log, 5 in this run\n.*grep: none in the log, a.json in this run/s,
    );
    expect(await refused(path, { fork: ['Cancun'] })).to.match(/forks: all in the log, Cancun in this run/);
    expect(await refused(path, {}, { ...ENVIRONMENT, lockstep: '0.2.0' })).to.match(
      /version of lockstep: 0.1.0 in the log, 0.2.0 in this run/,
    );
    expect(await refused(path, { fixtures: [join(fixtures, 'deep')] })).to.match(/sources: .*fixtures in the log/);
    const known = join(folder, 'known.json');
    await writeFile(known, '{"format":"lockstep-expectations","version":1,"entries":[]}');
    expect(await refused(path, { expectations: known })).to.match(/expected\.outcomes: \w+ in the log, \w+ in this/);
    const changed = join(folder, 'changed');
    await cp(fixtures, changed, { recursive: true });
    const moved = (await readFile(path, 'utf8')).replaceAll(fixtures, changed);
    await writeFile(path, moved);
    await writeFakes(changed, { 'a.json': ['pass', 'pass'] });
    expect(await refused(path)).to.match(/digest of .*changed: [0-9a-f]{64} in the log, [0-9a-f]{64} now/);
  });

  it('tells of a complete run once more where the command is repeated, and runs nothing', async () => {
    const path = join(folder, 'repeated.jsonl');
    const first = await runFakes({ fixtures: [fixtures], events: path, resume: path });
    const text = await readFile(path, 'utf8');
    const again = await runFakes({ fixtures: [fixtures], events: path, resume: path });
    expect(again.code).to.equal(first.code);
    expect(again.report).to.deep.equal(first.report);
    expect(await readFile(path, 'utf8')).to.equal(text);
    expect(await refused(path, { events: path, threads: [1, 2] })).to.match(/threads: 1 in the log, 1,2 in this run/);
  });

  it('refuses a run that is complete, and a log that is none', async () => {
    const path = join(folder, 'complete.jsonl');
    const good = join(folder, 'good');
    await writeFakes(good, { 'a.json': ['pass'] });
    await runFakes({ fixtures: [good], events: path });
    expect(await refused(path)).to.match(/that run is complete/);
    await runFakes({ resume: join(folder, 'none.jsonl') }).then(
      () => expect.fail('was accepted'),
      (error: Error) => expect(error.message).to.match(/none.jsonl: no such file/),
    );
  });
});

describe('a run that stops at its first failure', function () {
  this.timeout(60_000);

  it('does so for a crash, too, tells of nothing that only a whole run can, and is gone on with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-bail-'));
    const [fixtures, known, log] = ['fixtures', 'known.json', 'run.jsonl'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const machines = ['a', 'b'].map((machine) => ({ machine, says: 'x' }));
    const proof = { eip: 'EIP-1', issue: 'https://example.org/1', machines };
    const stale = { case: 'GeneralStateTests/a.json::gone[*]', outcome: 'nonconformant', cause: 'x', reason: 'x' };
    const entries = [{ ...stale, link: 'https://example.org', proof }];
    await writeFile(known, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries }));
    for (const first of ['exit', 'throw', 'fail'] as const) {
      await writeFakes(fixtures, { 'GeneralStateTests/a.json': ['pass', first, 'pass'] });
      await rm(log, { force: true });
      const asked = { fixtures: [fixtures], expectations: known };
      const run = await runFakes({ ...asked, bail: true, events: log });
      expect(run.ran, first).to.have.length(2);
      expect([run.code, run.report.outcome, run.report.staleExpectations]).to.deep.equal([1, 'bail', []]);
      const rest = await runFakes({ resume: log, expectations: known });
      expect(rest.ran).to.deep.equal(['GeneralStateTests/a.json::pass[Cancun/2]']);
      expect([rest.code, rest.report.outcome, rest.report.summary.cases]).to.deep.equal([1, 'complete', 3]);
      expect(rest.report.staleExpectations).to.have.length(1);
    }
    await rm(folder, { recursive: true });
  });
});

describe('the failures of an earlier run', function () {
  this.timeout(60_000);
  let folder = '';
  let log = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-failed-'));
    log = join(folder, 'run.jsonl');
    await writeFakes(join(folder, 'fixtures'), FILES);
    await runFakes({ fixtures: [join(folder, 'fixtures')], events: log });
  });
  after(() => rm(folder, { recursive: true }));

  it('are run alone, with what could not be run', async () => {
    const run = await runFakes({ lastFailed: log });
    expect([...run.ran].sort()).to.deep.equal([
      'a.json::fail[Cancun/1]',
      'b.json::throw[Cancun/2]',
      'deep/c.json::fail[Cancun/0]',
      'deep/c.json::fail[Cancun/1]',
    ]);
    expect(run.report.fixtureErrors).to.have.length(1);
    expect(run.report.settings.lastFailed?.cases).to.equal(5);
  });

  it('may stand in another place, and be narrowed', async () => {
    const moved = join(folder, 'moved');
    await cp(join(folder, 'fixtures'), moved, { recursive: true });
    const given = await runFakes({ lastFailed: log, legacy: true }).catch((error: Error) => error);
    expect(given).to.be.instanceOf(UsageError);
    // What a configuration says of the default sources is void.
    const configured = await runFakes({ lastFailed: log, legacy: true }, ENVIRONMENT, ['lastFailed']);
    expect(configured.ran).to.have.length(4);
    const run = await runFakes({ lastFailed: log, fixtures: [moved], suite: ['state'] });
    expect(run.ran).to.have.length(4);
  });

  it('are none where all passed', async () => {
    const good = join(folder, 'good');
    await writeFakes(good, { 'a.json': ['pass'] });
    const passed = join(folder, 'passed.jsonl');
    await runFakes({ fixtures: [good], events: passed });
    const run = await runFakes({ lastFailed: passed });
    expect(run.code).to.equal(4);
    expect(run.events).to.deep.include({ type: 'note', message: `no case failed in ${passed}` });
  });

  it('can be gone on with', async () => {
    const path = join(folder, 'failed.jsonl');
    await runFakes({ lastFailed: log, events: path });
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.split('\n').slice(0, 8).join('\n'));
    const run = await runFakes({ lastFailed: log, resume: path });
    expect(run.report.summary.cases).to.equal(4);
    await writeFile(path, text.split('\n').slice(0, 8).join('\n'));
    await runFakes({ resume: path }).then(
      () => expect.fail('was accepted'),
      (error: Error) => expect(error.message).to.match(/lastFailed\.cases: 5 in the log, none in this run/),
    );
  });
});
