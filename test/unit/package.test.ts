import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { faultsOf, lint, type Packed, pack } from '../support/package-files.js';

describe('package', () => {
  let folder: string;
  let packed: Packed;

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'lockstep-package-'));
    packed = await pack(folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('holds what its commands and its users need, and no more', () => {
    const { files } = packed;
    expect(faultsOf(files)).to.deep.equal([]);
    expect(faultsOf([...files, 'dist/test/soak.js'])).to.deep.equal(['dist/test/soak.js is not needed']);
    expect(faultsOf(files.filter((file) => file !== 'dist/src/index.d.ts'))).to.deep.equal([
      'dist/src/index.d.ts is missing',
    ]);
  });

  it('says of itself what is so', async function () {
    this.timeout(60_000);
    expect(await lint(join(folder, packed.filename))).to.equal('');
  });
});
