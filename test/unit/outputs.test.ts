import { execFileSync, spawnSync } from 'node:child_process';
import { link, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GrowingFile, OutputFileError, targetOf, writeWhole } from '../../reports/output-file.js';
import { UsageError } from '../../runners/cli/options.js';
import { checkOutputs } from '../../runners/cli/outputs.js';
import { CLI } from '../support/command.js';
import { runFakes, writeFakes } from '../support/run-command.js';

describe('files that a command writes', function () {
  this.timeout(60_000);
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);
  const command = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'lockstep-outputs-')));
    await writeFakes(at('fixtures'), { 'a.json': ['pass'] });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function refused(asked: Parameters<typeof runFakes>[0]): Promise<string> {
    const source = await readFile(at('fixtures', 'a.json'), 'utf8');
    try {
      await runFakes({ fixtures: [at('fixtures')], ...asked });
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      expect(await readFile(at('fixtures', 'a.json'), 'utf8')).to.equal(source);
      return (error as Error).message.replaceAll(folder, 'FOLDER');
    }
    throw new Error('was accepted');
  }

  it('may not take the place of a source, nor lie in one', async () => {
    const file = at('fixtures', 'a.json');
    const source = 'the source FOLDER/fixtures/a.json, which is to be read';
    expect(await refused({ fixtures: [file], json: file })).to.equal(`--json FOLDER/fixtures/a.json: is ${source}`);
    await symlink(file, at('link.json'));
    expect(await refused({ fixtures: [file], junit: at('link.json') })).to.equal(
      `--junit FOLDER/link.json: is ${source}`,
    );
    await link(file, at('hard.json'));
    expect(await refused({ fixtures: [file], html: at('hard.json') })).to.equal(
      `--html FOLDER/hard.json: is ${source}`,
    );
    await symlink(at('fixtures'), at('other'));
    expect(await refused({ json: at('other', 'new', 'r.json') })).to.equal(
      '--json FOLDER/other/new/r.json: lies in the source FOLDER/fixtures, which is to be read',
    );
    expect(await refused({ events: at('fixtures', 'run.jsonl') })).to.contain(
      '--events FOLDER/fixtures/run.jsonl: lies in',
    );
    expect(await readdir(at('fixtures'))).to.deep.equal(['a.json']);
  });

  it('may not be one file, whether it is there or not', async () => {
    const path = at('x');
    expect(await refused({ json: path, html: at('fixtures', '..', 'x') })).to.equal(
      '--html FOLDER/x: is the file of --json, which is to be written too',
    );
    expect(await refused({ json: path, events: path })).to.equal(
      '--events FOLDER/x: is the file of --json, which is to be written too',
    );
    await writeFile(path, '');
    expect(await refused({ junit: path, events: path })).to.contain('is the file of --junit');
    expect((await readdir(folder)).sort()).to.deep.equal(['fixtures', 'x']);
  });

  it('may not take the place of a file that the run reads', async () => {
    for (const [name, option] of [
      ['timings', 'timings'],
      ['expectations', 'expectations'],
      ['expectedCounts', 'expected-counts'],
      ['config', 'config'],
    ] as const) {
      await writeFile(at(name), 'kept');
      expect(await refused({ [name]: at(name), json: at(name) })).to.equal(
        `--json FOLDER/${name}: is the file of --${option}, which is to be read`,
      );
      expect(await readFile(at(name), 'utf8')).to.equal('kept');
    }
    const events = at('run.jsonl');
    expect((await runFakes({ fixtures: [at('fixtures')], events })).code).to.equal(0);
    const log = await readFile(events, 'utf8');
    expect(await refused({ lastFailed: events, json: events })).to.contain('is the file of --last-failed');
    expect(await refused({ resume: events, json: events })).to.contain('is the file of --resume');
    expect(await refused({ resume: events, events, json: events })).to.contain('is the file of --json');
    expect(await readFile(events, 'utf8')).to.equal(log);
    // The very command that may be repeated.
    expect((await runFakes({ fixtures: [at('fixtures')], events, resume: events })).code).to.equal(0);
  });

  it('may not be the file that standard output goes to', async function () {
    if (process.platform !== 'linux') this.skip();
    const command = `"${process.execPath}" "${CLI}" run --fixtures fixtures --offline --json /dev/stdout > out.txt`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    expect(stderr).to.equal('error: --json /dev/stdout: is where standard output goes, which is to be written too\n');
    expect(status).to.equal(2);
    expect((await lstat('/dev/stdout')).isSymbolicLink()).to.equal(true);
  });

  it('are no folders, whether they are replaced or grow', async () => {
    await mkdir(at('there'));
    expect(await refused({ json: at('there') })).to.equal('--json FOLDER/there: is a folder');
    expect(await refused({ events: at('there') })).to.equal('--events FOLDER/there: is a folder');
    expect(await readdir(at('there'))).to.deep.equal([]);
  });

  it('are no file by the name that stands for standard output elsewhere', async () => {
    expect(await refused({ json: '-' })).to.equal('--json -: names a file; a file of that name is ./-');
  });

  it('have a name', async () => {
    for (const name of ['json', 'events'])
      expect(await refused({ [name]: '' })).to.equal(`--${name}: is empty, and names no file`);
  });

  it('of logs are neither logs nor each other', async () => {
    const events = at('run.jsonl');
    await runFakes({ fixtures: [at('fixtures')], events });
    const log = await readFile(events, 'utf8');
    for (const args of [
      ['report', events, '--json', events],
      ['merge', events, '--out', events],
      ['timings', events, '--out', events],
    ]) {
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
      expect(stderr).to.match(/^error: --(?:json|out) .*: is the log .*, which is to be read\n$/);
      expect(status).to.equal(2);
      expect(await readFile(events, 'utf8')).to.equal(log);
    }
  });

  it('are written through links, also through those whose end is still to be made', async () => {
    await writeFile(at('old'), 'old');
    await mkdir(at('links'));
    await symlink('../old', at('links', 'a'));
    await symlink('../new/b', at('links', 'b'));
    await symlink('b', at('links', 'c'));
    await writeWhole(at('links', 'a'), ['1']);
    await writeWhole(at('links', 'c'), ['2', '3']);
    expect([await readFile(at('old'), 'utf8'), await readFile(at('new', 'b'), 'utf8')]).to.deep.equal(['1', '23']);
    for (const name of ['a', 'b', 'c']) expect((await lstat(at('links', name))).isSymbolicLink()).to.equal(true);
    expect((await readdir(folder)).sort()).to.deep.equal(['fixtures', 'links', 'new', 'old']);
    await symlink('round', at('round'));
    const error = await writeWhole(at('round'), ['']).catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal(`${at('round')}: cannot be written (ELOOP)`);
  });

  it('are written in place where they are pipes or devices', async function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [at('pipe')]);
    await checkOutputs({ json: at('pipe') });
    expect(await targetOf(at('pipe'))).to.equal(null);
    const text = 'x'.repeat(3 << 20);
    const [read] = await Promise.all([readFile(at('pipe'), 'utf8'), writeWhole(at('pipe'), [text, 'end'])]);
    expect(read === `${text}end`).to.equal(true);
    expect((await lstat(at('pipe'))).isFIFO()).to.equal(true);
    expect(await targetOf('/dev/null')).to.equal(null);
    await checkOutputs({ json: '/dev/null', html: '/dev/null' });
  });

  it('grow in place where their text comes bit by bit, and say at the end that a disk was full', async function () {
    await mkdir(at('links'));
    await symlink('../new/deep/log', at('links', 'log'));
    const file = await GrowingFile.create(at('links', 'log'));
    file.write('one\n');
    expect(await readFile(at('new', 'deep', 'log'), 'utf8')).to.equal('one\n');
    file.write('two\n');
    file.close();
    expect(await readFile(at('new', 'deep', 'log'), 'utf8')).to.equal('one\ntwo\n');
    const error: unknown = await GrowingFile.create(at('new')).catch((reason: unknown) => reason);
    expect(error)
      .to.be.instanceOf(OutputFileError)
      .and.have.property('message', `${at('new')}: cannot be written (EISDIR)`);
    if (process.platform !== 'linux') this.skip();
    const full = await GrowingFile.create('/dev/full');
    full.write('one\n');
    full.write('two\n');
    expect(() => full.close()).to.throw(OutputFileError, '/dev/full: cannot be written (ENOSPC)');
  });

  it('line by line make their folders, and come after the outcome where the disk is full', async function () {
    const traced = ['trace', 'execution.json.gz::logs_London[London]', '--fixtures', 'corpus:fixtures', '--out'];
    const replayed = ['replay-schedule', 'tokens.json.gz::hot_counter_Cancun[Cancun]', '--fixtures', 'corpus:fixtures'];
    expect(command(...traced, at('new', 'deep', 'trace.jsonl')).status).to.equal(0);
    expect(await readFile(at('new', 'deep', 'trace.jsonl'), 'utf8')).to.match(/^\{"pc":0,[\s\S]*\}\n$/);
    expect(command(...replayed, '--seed', '5', '--log', at('logs', 'a')).status).to.equal(0);
    expect(await readFile(at('logs', 'a'), 'utf8')).to.match(/^# block 0, schedule 5/);
    if (process.platform !== 'linux') this.skip();
    const said = 'error: /dev/full: cannot be written (ENOSPC)\n';
    const trace = command(...traced, '/dev/full');
    expect([trace.status, trace.stderr]).to.deep.equal([3, `execution.json.gz::logs_London[London]\npass\n${said}`]);
    const replay = command(...replayed, '--seed', '5', '--log', '/dev/full');
    expect([replay.status, replay.stderr]).to.deep.equal([3, said]);
    expect(replay.stdout).to.match(/\npass\n$/);
  });

  it('at the end of a command make their folders, and are named in one line where the disk is full', async () => {
    const events = at('run.jsonl');
    await runFakes({ fixtures: [at('fixtures')], events });
    await writeFile(at('rlp.json'), JSON.stringify({ right: { in: 'dog', out: '0x83646f67' } }));
    const writers = [
      ['timings', events, '--out'],
      ['counts', at('rlp.json'), '--write'],
      ['expectations', 'update', events, '--drafts'],
    ];
    for (const [name = '', ...args] of writers) {
      const path = at('new', name, 'deep.json');
      expect(command(name, ...args, path).stderr, name).not.to.contain('error');
      JSON.parse(await readFile(path, 'utf8'));
      const refused = command(name, ...args, at('fixtures'));
      expect(refused.stderr).to.equal(`error: ${args.at(-1)} ${at('fixtures')}: is a folder\n`);
      expect(refused.status).to.equal(2);
      if (process.platform !== 'linux') continue;
      const { status, stderr } = command(name, ...args, '/dev/full');
      expect(stderr).to.match(/(?:^|\n)error: \/dev\/full: cannot be written \(ENOSPC\)\n$/);
      expect(status, name).to.equal(3);
    }
  });

  it('are lost alone where the disk is full: what they tell stands on standard output', function () {
    if (process.platform !== 'linux') this.skip();
    const said = 'error: /dev/full: cannot be written (ENOSPC)\n';
    const id = 'execution.json.gz::logs_London[London]';
    const selftest = command(
      'selftest',
      '--no-color',
      '--cases',
      '1',
      '--grep',
      id,
      '--kind',
      'bloom',
      '--json',
      '/dev/full',
    );
    expect(selftest.stdout).to.match(/\n2 of 2 flips caught, in /);
    expect(selftest.stderr).to.match(new RegExp(`\n${said.replace(/[()]/g, '\\$&')}$`));
    expect(selftest.status).to.equal(3);
    const rest = ['--fixtures', 'corpus:fixtures', '--threads', '1', '--warm-ups', '0'];
    const timeline = command('timeline', id, ...rest, '--out', '/dev/full');
    expect(timeline.stdout).to.match(/\npass\n$/);
    expect([timeline.status, timeline.stderr]).to.deep.equal([3, said]);
  });
});
