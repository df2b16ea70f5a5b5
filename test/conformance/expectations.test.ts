/** Expected counts and known outcomes as a user meets them, over a small archive made here. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { create } from 'tar';
import type { Report } from '../../reports/report.js';
import { packageRoot } from '../support/root.js';

const CLI = fileURLToPath(new URL('../../runners/cli/main.js', import.meta.url));
const right = { in: 'dog', out: '0x83646f67' };
const wrong = { in: 'dog', out: '0x83646f66' };

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function lockstep(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('expected counts and outcomes on the command line', function () {
  this.timeout(60_000);
  let folder = '';
  let counts = '';
  const quick = ['--jobs', '1', '--threads', '1', '--offline'];

  /** An archive of four files of RLP tests, and what `more` puts over them (null takes a file out). */
  async function archive(name: string, more: Readonly<Record<string, object | null>> = {}): Promise<string> {
    const tree = await mkdtemp(join(folder, 'tree-'));
    await mkdir(join(tree, 'RLPTests'));
    const four = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((file) => [file, { [`${file}1`]: right, [`${file}2`]: right }]),
    );
    for (const [file, content] of Object.entries({ ...four, ...more })) {
      if (content !== null) await writeFile(join(tree, 'RLPTests', `${file}.json`), JSON.stringify(content));
    }
    await create({ cwd: tree, file: join(folder, name), gzip: true, portable: true }, ['RLPTests']);
    return join(folder, name);
  }

  async function expectations(...entries: object[]): Promise<string> {
    const path = join(folder, 'expectations.json');
    await writeFile(path, JSON.stringify({ format: 'lockstep-expectations', version: 1, entries }));
    return path;
  }

  const entry = (change: object = {}): object => ({
    case: 'RLPTests/d.json::d1[*]',
    outcome: 'nonconformant',
    cause: 'RLP differs',
    reason: 'the last letter is another',
    link: 'https://example.org/why',
    proof: {
      eip: 'EIP-1',
      issue: 'https://example.org/issues/1',
      machines: [
        { machine: 'one', says: 'g' },
        { machine: 'another', says: 'g' },
      ],
    },
    ...change,
  });

  const run = (source: string, ...args: string[]): Promise<Ended> =>
    lockstep('run', '--fixtures', source, ...quick, '--expected-counts', counts, ...args);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-expected-'));
    counts = join(folder, 'counts.json');
    const { code, err } = await lockstep('counts', `mine=${await archive('suite.tar.gz')}`, '--write', counts);
    expect(err).to.equal('mine: 8 cases in 1 suite\n');
    expect(code).to.equal(0);
  });
  after(() => rm(folder, { recursive: true }));

  it('finds all cases, under any name of the archive', async () => {
    await rename(await archive('renamed-before.tar.gz'), join(folder, 'renamed.tgz'));
    const { code, out } = await run(join(folder, 'renamed.tgz'));
    expect(out).to.contain('8 cases, as many as expected of mine');
    expect(code).to.equal(0);
  });

  it('fails where a case is lost or is new, and says which count', async () => {
    const json = join(folder, 'report.json');
    const lost = await run(await archive('lost.tar.gz', { b: null }), '--json', json);
    expect(lost.out).to.contain('RLPTests any (rlp): 8 cases expected, 6 found (known from mine)');
    expect(lost.code).to.equal(1);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    const schema = JSON.parse(await readFile(join(packageRoot, 'reports/schema/report-v1.schema.json'), 'utf8'));
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
    expect(validate(report), JSON.stringify(validate.errors)).to.equal(true);
    expect(report.expectedCounts.mismatches).to.have.length(1);
    expect(report.exitCode).to.equal(1);
    const more = await run(await archive('more.tar.gz', { e: { e1: right } }));
    expect(more.out).to.contain('8 cases expected, 9 found');
    expect(more.code).to.equal(1);
    const part = await run(join(folder, 'lost.tar.gz'), '--grep', 'RLPTests/a.json');
    expect(part.code).to.equal(0);
  });

  it('says that a source is unknown, and checks nothing', async () => {
    const none = join(folder, 'none.json');
    await writeFile(none, '{"format":"lockstep-expected-counts","version":1,"releases":{}}');
    const { code, out } = await run(join(folder, 'suite.tar.gz'), '--expected-counts', none);
    expect(out).to.contain('suite.tar.gz: not a release with expected counts, so its number of cases is not checked');
    expect(code).to.equal(0);
  });

  it('takes a known failure for expected, an unexpected pass and another cause for failures', async () => {
    const source = await archive('wrong.tar.gz', { d: { d1: wrong, d2: right } });
    const json = join(folder, 'known.json');
    const known = await run(source, '--expectations', await expectations(entry()), '--json', json);
    expect(known.out).to.contain('7 of 8 cases passed, 1 failed as expected').and.contain('the last letter is another');
    expect(known.code).to.equal(0);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report.summary).to.include({ cases: 8, pass: 7, expected: 1, nonconformant: 0 });
    expect(report.expectedFailures.map(({ id }) => id)).to.deep.equal(['RLPTests/d.json::d1[any]']);
    const other = await run(source, '--expectations', await expectations(entry({ cause: 'trie' })));
    expect(other.out).to.contain('against its expectation: nonconformant expected, with cause trie');
    expect(other.code).to.equal(1);
    const passed = await run(source, '--expectations', await expectations(entry({ case: '*::?1[any]' })));
    expect(passed.out).to.contain('unexpected pass').and.contain('3 of 8 cases failed');
    expect(passed.code).to.equal(1);
  });

  it('reports a stale entry', async () => {
    const path = await expectations(entry({ case: 'RLPTests/d.json::gone[*]' }));
    const { code, out } = await run(join(folder, 'suite.tar.gz'), '--expectations', path);
    expect(out).to.contain('stale expectation, no case answers to it: RLPTests/d.json::gone[*]');
    expect(code).to.equal(0);
  });

  it('exits with 3 for an undecodable fixture that an entry is about', async () => {
    const source = await archive('undecodable.tar.gz', { d: { d1: { in: 'dog', out: 7 }, d2: right } });
    const path = await expectations(entry({ cause: '/./' }));
    expect((await run(source, '--expectations', path)).code).to.equal(3);
  });

  it('exits with 2 where a file cannot be used', async () => {
    const path = await expectations(entry({ outcome: 'crashed' }));
    const source = join(folder, 'suite.tar.gz');
    const bad = await run(source, '--expectations', path);
    expect(bad.err).to.contain(`${path}: entries[0].outcome: "crashed" is none of nonconformant`);
    expect(bad.code).to.equal(2);
    const absent = await run(source, '--expected-counts', join(folder, 'nowhere.json'));
    expect(absent.err).to.match(/error: --expected-counts .*nowhere\.json: no such file\n$/);
    expect(absent.code).to.equal(2);
  });

  it('counts to standard output, and writes nothing about a broken source', async () => {
    const { code, out } = await lockstep('counts', join(folder, 'suite.tar.gz'));
    expect(Object.keys((JSON.parse(out) as { releases: object }).releases)).to.deep.equal(['suite']);
    expect(code).to.equal(0);
    const broken = await archive('broken.tar.gz', { a: {} });
    const refused = await lockstep('counts', broken, '--write', join(folder, 'never.json'));
    expect(refused.code).to.equal(3);
    expect(await readFile(join(folder, 'never.json'), 'utf8').catch((error: { code: string }) => error.code)).to.equal(
      'ENOENT',
    );
  });
});
