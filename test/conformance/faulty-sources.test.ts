/** What the command says of files that are no fixtures, or none that this version could run. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { CLI, type Ended, runNode } from '../support/command.js';

const RLP = JSON.stringify({ y: { in: 'dog', out: '83646f67' } });
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
});
