import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { create } from 'tar';
import { list } from '../../runners/cli/list.js';
import { trace } from '../../runners/cli/trace.js';
import type { MissingFile } from '../../runners/expectations/incomplete.js';
import { companionPaths } from '../../runners/fixtures/companions.js';
import { type FixtureSource, openSource, SourceError } from '../../runners/fixtures/sources.js';
import { AFTER, BLOB_CALL, PRE } from '../support/engine-blob-block.js';
import { genesisJson } from '../support/engine-fixture.js';
import { runSources } from '../support/run-sources.js';
import { Text } from '../support/text.js';

const NAME = 'pre_alloc/0xab.json';

describe('files that fixtures need beside their own', function () {
  this.timeout(20_000);
  let folder: string;
  const put = async (path: string, content: string | Buffer): Promise<void> => {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, content);
  };
  const packed = async (...paths: string[]): Promise<FixtureSource> => {
    const file = join(folder, 'suite.tar.gz');
    await create({ file, cwd: folder, gzip: true }, paths);
    return openSource(file);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-companions-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are looked for beside the file, then above it', () => {
    expect(companionPaths('a/b/c.json', 'p/x.json')).to.deep.equal(['a/b/p/x.json', 'a/p/x.json', 'p/x.json']);
    expect(companionPaths('c.json', 'p/x.json')).to.deep.equal(['p/x.json']);
  });

  it('are found in a folder, nearest first, and above it', async () => {
    await put(NAME, 'top');
    await put(`x/${NAME}`, 'suite');
    await put('x/osaka/a/t.json', '{}');
    const source = await openSource(folder);
    expect(await source.companion('x/osaka/a/t.json', NAME)).to.deep.equal({ file: `x/${NAME}`, text: 'suite' });
    expect(await source.companion('y/t.json', NAME)).to.deep.equal({ file: NAME, text: 'top' });
    expect(await source.companion('x/t.json', 'pre_alloc/0xcd.json')).to.equal(null);
    const part = await openSource(join(folder, 'x/osaka'));
    expect(await part.companion('a/t.json', NAME)).to.deep.equal({ file: `../${NAME}`, text: 'suite' });
    const single = await openSource(join(folder, 'x/osaka/a/t.json'));
    expect((await single.companion('t.json', NAME))?.text).to.equal('suite');
    await put(`x/osaka/${NAME}`, 'part');
    expect(await part.companion('a/t.json', NAME)).to.deep.equal({ file: NAME, text: 'part' });
  });

  it('are unpacked where they are gzipped', async () => {
    await put(`${NAME}.gz`, gzipSync('packed'));
    await put('a/t.json', '{}');
    expect((await (await openSource(folder)).companion('a/t.json', NAME))?.text).to.equal('packed');
    expect((await (await packed('a', 'pre_alloc')).companion('a/t.json', NAME))?.text).to.equal('packed');
  });

  it('may stand behind the fixture in an archive, and be asked for half-way', async () => {
    await put('x/osaka/t.json', '{}');
    await put('x/osaka/u.json', '{}');
    await put(`x/${NAME}`, 'suite');
    await put('y/pre_alloc/0xef.json', 'other');
    const source = await packed('x/osaka', 'x/pre_alloc', 'y');
    const seen: string[] = [];
    for await (const { file } of source) {
      seen.push(file);
      if (file !== 'x/osaka/t.json') continue;
      expect(await source.companion(file, NAME)).to.deep.equal({ file: `x/${NAME}`, text: 'suite' });
      expect(await source.companion(file, 'pre_alloc/0xef.json')).to.equal(null);
      expect((await source.companion('y/t.json', 'pre_alloc/0xef.json'))?.text).to.equal('other');
    }
    expect(seen).to.deep.equal(['x/osaka/t.json', 'x/osaka/u.json', `x/${NAME}`, 'y/pre_alloc/0xef.json']);
  });

  it('fail with the archive they should be in', async () => {
    await put('broken.tar.gz', gzipSync(Buffer.alloc(4096, 1)).subarray(0, 20));
    const source = await openSource(join(folder, 'broken.tar.gz'));
    const error: unknown = await source.companion('a.json', NAME).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(SourceError);
  });

  describe('on the command line', () => {
    const genesis = genesisJson('Cancun', PRE);
    const test = {
      network: 'Cancun',
      preHash: '0xab',
      lastblockhash: BLOB_CALL.params[0].blockHash,
      postState: AFTER,
      engineNewPayloads: [BLOB_CALL],
    };
    const suite = 'blockchain_tests_engine_x';
    const id = `${suite}/osaka/t.json::shared[Cancun]`;
    const threads = { options: { threads: [1, 2] } };

    beforeEach(async () => {
      await put(`${suite}/osaka/t.json`, JSON.stringify({ shared: test, orphan: { ...test, preHash: '0xcd' } }));
      await put(`${suite}/${NAME}`, JSON.stringify({ network: 'Cancun', pre: PRE, genesis, testIds: [] }));
    });

    it('let cases run from folders and archives, and are no cases themselves', async () => {
      for (const source of [
        await openSource(join(folder, suite)),
        await packed(`${suite}/osaka`, `${suite}/pre_alloc`),
      ]) {
        const { tally } = await runSources([source], threads);
        expect(tally.summary, source.name).to.include({ cases: 1, pass: 1 });
        expect(tally.notRun.size).to.equal(0);
        expect(tally.fixtureErrors).to.have.length(1);
        expect(tally.fixtureErrors[0]).to.include({ test: 'orphan', field: 'preHash' });
        expect(tally.fixtureErrors[0]?.message).to.contain('there is no pre_alloc/0xcd.json');
        expect(tally.coverage).to.include({ blocks: 1, transactions: 1 });
      }
    });

    it('cannot be trusted where the source changes while it is read, which fails the run', async () => {
      const source = await openSource(join(folder, suite));
      const digests = ['a', 'b'].map((digit) => digit.repeat(64));
      source.digest = async () => digests.shift() ?? null;
      const { exit, tally } = await runSources([source], threads);
      expect(exit).to.equal(3);
      expect(tally.sourceErrors.map(({ message }) => message)).to.deep.equal([
        `${source.name}: changed while it was read`,
      ]);
    });

    it('may be missing where the expectations file says so, for exactly as many cases', async () => {
      const missing = 'pre_alloc/0xcd.json';
      const proof = { reason: 'r', link: 'https://example.org', proof: 'p' };
      for (const [cases, code] of [
        [1, 0],
        [2, 3],
      ] as const) {
        const entry: MissingFile = { suite: `${suite}/osaka`, missing, cases, ...proof };
        const expected = { outcomes: [], incomplete: [entry], counts: new Map() };
        const { exit, tally } = await runSources([await openSource(folder, { name: 'src' })], { ...threads, expected });
        expect([exit, tally.unrunnable, tally.fixtureErrors.length]).to.deep.equal([code, 1, 0]);
        expect(tally.summary).to.include({ cases: 1, pass: 1, skipped: 0 });
        expect(tally.usage?.sources.map(({ source, cases }) => [source, cases])).to.deep.equal([['src', 1]]);
      }
    });

    it('let cases be listed and traced', async () => {
      const sources = [await openSource(folder)];
      const [listed, log] = [new Text(), new Text()];
      expect(await list({ suite: ['blockchain-engine-x'] }, sources, listed, log)).to.equal(0);
      expect(listed.text.split('\n')[0]).to.equal(id);
      expect(log.text).to.equal('2 cases\n');

      const [out, remarks] = [new Text(), new Text()];
      expect(await trace(id, { vm: 'wasm', stack: true }, sources, out, remarks)).to.equal(0);
      expect(remarks.text).to.equal(`${id}\npass\n`);
      expect(JSON.parse(out.text)).to.include({ pass: true, gasUsed: '0x5208', fork: 'Cancun', block: 0 });

      const complaint = new Text();
      expect(await trace('orphan', { vm: 'wasm', stack: true }, sources, out, complaint)).to.equal(3);
      expect(complaint.text).to.contain('t.json::orphan field preHash: there is no pre_alloc/0xcd.json');
    });
  });
});
