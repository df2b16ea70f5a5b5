/** What the command says of files that are no fixtures, or none that this version could run. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { CLI, type Ended, runNode } from '../support/command.js';
import { ADDRESS, blockchainTest, HASH, stateTest } from '../support/fixture-parts.js';

const RLP = JSON.stringify({ y: { in: 'dog', out: '83646f67' } });
const difficulty = {
  currentBlockNumber: '0x1',
  currentDifficulty: '0x020000',
  currentTimestamp: '0x64',
  parentDifficulty: '0x020000',
  parentTimestamp: '0x5a',
  parentUncles: '0x00',
};
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';

describe('sources with files that are no fixtures', function () {
  this.timeout(60_000);
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-faulty-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }
  const run = (...args: string[]): Promise<Ended> =>
    runNode([CLI, 'run', '--threads', '1', '--jobs', '1', '--fixtures', folder, ...args]).ended;
  const list = (...args: string[]): Promise<Ended> => runNode([CLI, 'list', '--fixtures', folder, ...args]).ended;

  it('names Git LFS pointers as errors', async () => {
    await write({ 'RLPTests/a.json': RLP, 'RLPTests/b.json': POINTER, 'c.json': POINTER });
    for (const { code, out, err } of [await run(), await list()]) {
      expect(code).to.equal(3);
      expect(out + err)
        .to.contain('RLPTests/b.json: a Git LFS pointer')
        .and.contain('c.json: a Git LFS pointer');
    }
  });

  it('names files of no known kind, which are no errors', async () => {
    await write({ 'RLPTests/a.json': RLP, 'b.json': '{"some": {"thing": 1}}' });
    for (const { code, out, err } of [await run(), await list()]) {
      expect(code).to.equal(0);
      expect(out + err).to.match(/left aside, since .* known kind of fixture: b\.json/);
    }
  });

  it('counts a test of an unknown network where its case would be taken, and nowhere else', async () => {
    const environment = {
      currentCoinbase: ADDRESS,
      currentGasLimit: '0x10',
      currentNumber: '0x1',
      currentTimestamp: '0x1',
    };
    const posts = [{ hash: HASH, logs: HASH, indexes: { data: 0, gas: 0, value: 0 } }];
    await write({
      'RLPTests/a.json': RLP,
      'DifficultyTests/d.json': JSON.stringify({ y: { Berlin: { a: difficulty } } }),
      'blockchain_tests/b.json': JSON.stringify({ y: blockchainTest({ network: 'Amsterdam' }) }),
      'blockchain_tests_engine/c.json': JSON.stringify({ y: { network: 'Amsterdam', engineNewPayloads: [] } }),
      'TransactionTests/t.json': JSON.stringify({ y: { txbytes: '0xc0', result: { Amsterdam: {} } } }),
      'state_tests/s.json': JSON.stringify({ y: stateTest({ env: environment, post: { Amsterdam: posts } }) }),
    });
    const unknown = async (...args: string[]): Promise<[number | null, string[]]> => {
      const { code, out, err } = await list(...args);
      const files = [...`${out}${err}`.matchAll(/^(\S+): (\S+)::y field \S+: unknown network "Amsterdam"/gm)];
      for (const [, source] of files) expect(source).to.equal(folder);
      return [code, files.map(([, , file]) => file as string)];
    };
    const [b, c, s, t] = [
      'blockchain_tests/b.json',
      'blockchain_tests_engine/c.json',
      'state_tests/s.json',
      'TransactionTests/t.json',
    ];
    expect(await unknown()).to.deep.equal([3, [t, b, c, s]]);
    expect(await unknown('--fork', 'Berlin')).to.deep.equal([0, []]);
    expect(await unknown('--suite', 'rlp,difficulty')).to.deep.equal([0, []]);
    expect(await unknown('--suite', 'rlp,blockchain')).to.deep.equal([3, [b]]);
    expect(await unknown('--grep', 'RLPTests')).to.deep.equal([0, []]);
    expect(await unknown('--grep', '/d0g0v0|RLP/')).to.deep.equal([3, [s]]);
    expect((await run('--fork', 'Berlin')).code).to.equal(0);
    expect((await run('--suite', 'difficulty')).code).to.equal(0);
    expect((await run('--grep', 'RLPTests')).code).to.equal(0);
    const whole = await run();
    expect(whole.code).to.equal(3);
    expect(whole.out).to.contain('unknown network "Amsterdam"');
  });
});
