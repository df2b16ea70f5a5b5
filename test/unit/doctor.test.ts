import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { doctor } from '../../runners/cli/doctor.js';
import {
  checkCores,
  checkEngine,
  checkGit,
  checkMemory,
  checkNode,
  checkSharedMemory,
} from '../../runners/doctor/checks.js';
import { checkSource, checkSubmodule } from '../../runners/doctor/fixtures.js';
import { readExpectedCounts } from '../../runners/expectations/expected-counts.js';
import { corpusSource, openSource } from '../../runners/fixtures/sources.js';
import { packageRoot } from '../support/root.js';

const MIB = 1024 * 1024;

describe('doctor', function () {
  this.timeout(30_000);

  it('compares versions of Node number by number', () => {
    for (const version of ['v20.19.0', 'v20.20.2', 'v22.1.0', 'v100.0.0']) {
      expect(checkNode(version, '20.19').state, version).to.equal('good');
    }
    for (const version of ['v20.9.0', 'v18.99.0', 'v9.20.0']) {
      expect(checkNode(version, '20.19'), version).to.include({ state: 'bad', advice: 'install Node 20.19 or later' });
    }
  });

  it('wants more than one core, and memory for as many jobs', () => {
    expect(checkCores(4).state).to.equal('good');
    expect(checkCores(1).state).to.equal('poor');
    expect(checkMemory(8000 * MIB, 16000 * MIB, 0, 4).state).to.equal('good');
    const poor = checkMemory(1900 * MIB, 16000 * MIB, 0, 8);
    expect(poor.state).to.equal('poor');
    expect(poor.advice).to.match(/8 jobs want about 4300 MiB: .*--jobs 3/);
    const bounded = checkMemory(8000 * MIB, 16000 * MIB, 600 * MIB, 2);
    expect(bounded.state).to.equal('bad');
    expect(bounded.found).to.equal('600 MiB free of 600 MiB that this process may use');
  });

  it('says what to do where shared memory, git or a source is wanting', async () => {
    const none = checkSharedMemory(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    expect(none).to.include({ state: 'bad', found: 'Array buffer allocation failed' });
    expect(checkSharedMemory().state).to.equal('good');
    expect((await checkGit('no-such-command')).state).to.equal('poor');
    expect((await checkEngine()).state).to.equal('good');
  });

  it('knows releases, and tells unknown, empty and broken sources apart', async () => {
    const counts = await readExpectedCounts(join(packageRoot, 'runners', 'expectations', 'expected-counts.json'));
    const corpus = await checkSource(await corpusSource(packageRoot), counts);
    expect(corpus.state).to.equal('good');
    expect(corpus.found).to.match(/files, digest [0-9a-f]{16}: corpus \(1 suite\)/);
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-doctor-'));
    try {
      await mkdir(join(folder, 'empty'));
      expect((await checkSource(await openSource(join(folder, 'empty')), counts)).state).to.equal('bad');
      await writeFile(join(folder, 'x.json'), '{}');
      const unknown = await checkSource(await openSource(folder), counts);
      expect(unknown.found).to.match(/^1 file, digest /);
      expect(unknown.advice).to.match(/no release with expected counts/);
      await writeFile(join(folder, 'y.json'), 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
      const pointer = await checkSource(await openSource(folder), counts);
      expect(pointer.state).to.equal('bad');
      expect(pointer.found).to.match(/^2 files, .*Git LFS pointers in place of files: y\.json$/);
      await writeFile(join(folder, 'x.tar.gz'), 'nothing');
      expect(await checkSource(await openSource(join(folder, 'x.tar.gz')), counts)).to.include({ state: 'bad' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says where the official suites come from: the next run of a checkout, or nowhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-doctor-'));
    try {
      expect(await checkSubmodule(folder)).to.include({ state: 'poor', found: 'do not come with the package' });
      await mkdir(join(folder, '.git'));
      expect(await checkSubmodule(folder)).to.include({ state: 'poor', found: 'not fetched yet' });
      await mkdir(join(folder, 'ethereum-tests', 'notes'), { recursive: true });
      const occupied = await checkSubmodule(folder);
      expect(occupied).to.include({ state: 'poor', found: 'ethereum-tests holds files but no suites' });
      await mkdir(join(folder, 'ethereum-tests', 'GeneralStateTests', 'x'), { recursive: true });
      expect(await checkSubmodule(folder)).to.include({
        state: 'poor',
        found:
          'checked out, but without BlockchainTests, TransactionTests, DifficultyTests, TrieTests, PoWTests, RLPTests',
      });
      for (const suite of ['Blockchain', 'Transaction', 'Difficulty', 'Trie', 'PoW', 'RLP']) {
        await mkdir(join(folder, 'ethereum-tests', `${suite}Tests`, 'x'), { recursive: true });
      }
      expect((await checkSubmodule(folder)).state).to.equal('good');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('goes through all of it', async () => {
    let text = '';
    const out = {
      write: (part: string): void => {
        text += part;
      },
    };
    expect(await doctor(packageRoot, [], { color: false }, out)).to.equal(0);
    for (const subject of [
      'Node',
      'cores',
      'memory',
      'shared memory',
      'engine',
      'git',
      'corpus:fixtures',
      'official suites',
    ]) {
      expect(text).to.match(new RegExp(`^[✔!] ${subject} {2}`, 'm'));
    }
    expect(text).to.match(/\n\n(?:all is well|runs will work)\n$/);
  });
});
