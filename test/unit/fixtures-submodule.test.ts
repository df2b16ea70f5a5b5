import { execFileSync } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GitError, git } from '../../runners/fixtures/git.js';
import { ensureSubmodule } from '../../runners/fixtures/submodule.js';

const IDENTITY = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];

describe('the ethereum-tests submodule', () => {
  let folder: string;
  let root: string;
  const run = (cwd: string, ...args: string[]) =>
    execFileSync('git', [...IDENTITY, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

  /** A repository with these files and submodules (path to repository and commit). */
  async function repository(
    name: string,
    files: string[],
    submodules: Record<string, { url: string; commit: string }> = {},
  ): Promise<{ url: string; commit: string }> {
    const at = join(folder, name);
    await mkdir(at, { recursive: true });
    run(at, 'init', '--quiet');
    for (const file of files) {
      await mkdir(join(at, file, '..'), { recursive: true });
      await writeFile(join(at, file), '{}');
    }
    const sections = Object.entries(submodules).map(
      ([path, { url }]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`,
    );
    await writeFile(join(at, '.gitmodules'), sections.join(''));
    run(at, 'add', '.');
    for (const [path, { commit }] of Object.entries(submodules)) {
      await mkdir(join(at, path), { recursive: true });
      run(at, 'update-index', '--add', '--cacheinfo', `160000,${commit},${path}`);
    }
    run(at, 'commit', '--quiet', '-m', 'first');
    return { url: at, commit: run(at, 'rev-parse', 'HEAD') };
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-submodule-'));
    root = join(folder, 'project');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function upstream() {
    const generation = ['GeneralStateTests/a.json', 'BlockchainTests/b.json'];
    const legacy = await repository('legacytests', [
      ...generation.map((file) => `Constantinople/${file}`),
      'src/x.cpp',
    ]);
    return repository(
      'tests',
      [
        'GeneralStateTests/stX/a.json',
        'BlockchainTests/ValidBlocks/b.json',
        'RLPTests/c.json',
        'src/large/Filler.json',
      ],
      { LegacyTests: legacy },
    );
  }

  it('fetches the suites, and only them', async function () {
    this.timeout(20_000);
    await repository('project', ['package.json'], { 'ethereum-tests': await upstream() });
    const lines: string[] = [];
    const result = await ensureSubmodule(root, {
      offline: false,
      legacy: false,
      onProgress: (line) => lines.push(line),
    });
    const path = join(root, 'ethereum-tests');
    expect(result).to.deep.equal({ available: true, path, fetched: true });
    await access(join(path, 'GeneralStateTests/stX/a.json'));
    await access(join(path, 'BlockchainTests/ValidBlocks/b.json'));
    await access(join(path, 'RLPTests/c.json'));
    expect(await readdir(path)).not.to.include('src');
    expect(lines).to.not.deep.equal([]);
    expect(run(root, 'status', '--porcelain')).to.equal('');
    expect(run(root, 'submodule', 'status')).to.match(/^[0-9a-f]{40} ethereum-tests/);
    const again = await ensureSubmodule(root, { offline: true, legacy: false });
    expect(again).to.deep.equal({ available: true, path, fetched: false });

    const legacy = await ensureSubmodule(root, { offline: false, legacy: true });
    expect(legacy).to.deep.equal({ available: true, path, fetched: true });
    await access(join(path, 'LegacyTests/Constantinople/GeneralStateTests/a.json'));
    expect(await readdir(join(path, 'LegacyTests'))).not.to.include('src');
    expect(run(root, 'status', '--porcelain')).to.equal('');
  });

  it('checks out again what was emptied, as a submodule of git', async function () {
    this.timeout(20_000);
    await repository('project', ['package.json'], { 'ethereum-tests': await upstream() });
    const path = join(root, 'ethereum-tests');
    await ensureSubmodule(root, { offline: false, legacy: false });
    await rm(path, { recursive: true });
    await mkdir(path);
    const result = await ensureSubmodule(root, { offline: false, legacy: false });
    expect(result).to.deep.equal({ available: true, path, fetched: true });
    expect(await readdir(path))
      .to.include('GeneralStateTests')
      .and.not.include('src');
    run(root, 'submodule', 'deinit', '--force', 'ethereum-tests');
    expect(await readdir(path)).to.deep.equal([]);
  });

  it('says why it cannot, and leaves the tree as it was', async function () {
    this.timeout(20_000);
    const commit = '1'.repeat(40);
    const reason = async (offline = false) => {
      const result = await ensureSubmodule(root, { offline, legacy: false });
      if (result.available) throw new Error('available');
      expect(result.reason).not.to.contain('\n');
      return result.reason;
    };
    await mkdir(root);
    for (const offline of [true, false]) expect(await reason(offline)).to.match(/git checkout only, .* --fixtures$/);
    await repository('project', ['package.json'], { 'ethereum-tests': { url: join(folder, 'gone'), commit } });
    expect(await reason(true)).to.equal('ethereum-tests is empty, and --offline forbids fetching it');
    const config = run(root, 'config', '--list', '--local');
    expect(await reason())
      .to.contain('ethereum-tests is empty: ')
      .and.contain('gone');
    expect(await readdir(join(root, 'ethereum-tests'))).to.deep.equal([]);
    expect((await readdir(join(root, '.git'))).filter((name) => /modules|lockstep/.test(name))).to.deep.equal([]);
    expect(run(root, 'config', '--list', '--local')).to.equal(config);
    expect(run(root, 'status', '--porcelain')).to.equal('');
    await writeFile(join(root, 'ethereum-tests', 'notes.txt'), 'mine');
    expect(await reason()).to.match(/^ethereum-tests holds files but no suites; empty it, or /);
  });

  it('cleans up after a fetch that fails half-way', async function () {
    this.timeout(20_000);
    const { url } = await upstream();
    await repository('project', ['package.json'], { 'ethereum-tests': { url, commit: '2'.repeat(40) } });
    const config = run(root, 'config', '--list', '--local');
    const result = await ensureSubmodule(root, { offline: false, legacy: false });
    expect(result.available).to.equal(false);
    expect(await readdir(join(root, 'ethereum-tests'))).to.deep.equal([]);
    expect((await readdir(join(root, '.git'))).filter((name) => /modules|lockstep/.test(name))).to.deep.equal([]);
    expect(run(root, 'config', '--list', '--local')).to.equal(config);
  });

  it('stops at its time limit', async () => {
    await repository('project', ['package.json'], { 'ethereum-tests': await upstream() });
    const result = await ensureSubmodule(root, { offline: false, legacy: false, timeoutMs: 60 });
    expect(result)
      .to.have.property('reason')
      .that.matches(/took longer than|not fetched within/);
    expect(await readdir(join(root, 'ethereum-tests'))).to.deep.equal([]);
    expect((await readdir(join(root, '.git'))).filter((name) => /modules|lockstep/.test(name))).to.deep.equal([]);
  });

  it('reports a repository without the submodule', async () => {
    await repository('project', ['package.json']);
    const result = await ensureSubmodule(root, { offline: false, legacy: false });
    expect(result).to.have.property('reason').that.contains('.gitmodules has no submodule at ethereum-tests');
  });

  it('kills a git that takes too long', async function () {
    this.timeout(10_000);
    await mkdir(root);
    run(root, 'init', '--quiet');
    run(root, 'config', 'alias.wait', '!sleep 30');
    const start = Date.now();
    let error: unknown = null;
    try {
      await git(['wait'], { cwd: root, timeoutMs: 200 });
    } catch (caught) {
      error = caught;
    }
    expect(error).to.be.instanceOf(GitError).and.to.include({ code: 'TIMEOUT' });
    expect(Date.now() - start).to.be.lessThan(5000);
  });
});
