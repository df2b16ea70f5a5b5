/** `lockstep run --fuse` as a user runs it, over fixtures made here. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../reports/report.js';
import { CLI, type Ended, runNode } from '../support/command.js';
import { packageRoot } from '../support/root.js';
import { stateTestFile } from '../support/state-tests.js';

const FORKS = ['Frontier', 'Byzantium', 'Berlin', 'Cancun', 'Osaka'];

function lockstep(args: readonly string[]): Promise<Ended> {
  return runNode([CLI, ...args]).ended;
}

describe('lockstep run --fuse', function () {
  this.timeout(600_000);
  let folder = '';
  /** The fixtures, beside which the reports are written. */
  let source = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-'));
    source = join(folder, 'fixtures');
    await mkdir(join(source, 'GeneralStateTests'), { recursive: true });
    await mkdir(join(source, 'BlockchainTests'));
    await writeFile(join(source, 'GeneralStateTests', 'counter.json'), stateTestFile(FORKS));
    await writeFile(join(source, 'BlockchainTests', 'other.json'), '{"never": "opened"}');
  });
  after(() => rm(folder, { recursive: true }));

  async function report(...args: string[]): Promise<{ code: number | null; out: string; report: Report }> {
    const path = join(folder, 'report.json');
    const { code, out } = await lockstep(['run', '--fixtures', source, '--threads', '2', '--json', path, ...args]);
    return { code, out, report: JSON.parse(await readFile(path, 'utf8')) as Report };
  }

  it('runs fused blocks of state tests in place of all cases, and counts them', async () => {
    const { code, out, report: told } = await report('--fuse', '200', '--seed', '5');
    expect(code, out).to.equal(0);
    expect(told.summary).to.include({ cases: FORKS.length, pass: FORKS.length });
    expect(told.coverage.multiTransactionBlocks).to.equal(FORKS.length);
    expect(told.settings.fuse).to.deep.equal({ blocks: 200, seed: '5' });
    const { conflict = 0, spread = 0 } = told.fused ?? {};
    expect(conflict + spread).to.equal(FORKS.length);
    expect(out).to.match(/fused {5}\d blocks? built to conflict, .* with aborts/);
    expect(told.fixtureErrors).to.deep.equal([]);
  });

  it('runs one block by its id, and so many of a file as are asked for', async () => {
    const one = await report('--fuse', '200', '--grep', 'counter.json::counter[fused 1, seed 1, Berlin]');
    expect(one.report.byFork).to.have.all.keys('Berlin');
    expect((await report('--fuse', '2')).report.summary.cases).to.equal(2);
    expect((await report('--fuse', '200', '--fork', 'Cancun,Osaka')).report.summary.cases).to.equal(2);
  });

  it('draws blocks from all files, the same ones for the same seed', async () => {
    const first = await report('--fuse', '9', '--fuse-sample', '3');
    expect(first.report.summary).to.include({ cases: 3, pass: 3 });
    expect(first.out).to.include('sample of 3 out of 5 fused blocks, over 5 pairs of suite and fork');
    const again = await report('--fuse', '9', '--fuse-sample', '3');
    expect(Object.keys(again.report.byFork)).to.deep.equal(Object.keys(first.report.byFork));
  });

  it('runs the cases of a source and fused blocks of another in one command, under schedules', async () => {
    const corpus = join(packageRoot, 'corpus', 'fixtures', 'transfers.json.gz');
    const path = join(folder, 'both.json');
    const tests = join(source, 'GeneralStateTests');
    const options = ['--grep', '/Berlin/', '--threads', '2', '--schedules', '2', '--json', path];
    const { code, out } = await lockstep([
      'run',
      '--fixtures',
      corpus,
      '--fuse',
      '9',
      '--fuse-from',
      tests,
      ...options,
    ]);
    expect(code, out).to.equal(0);
    const told = JSON.parse(await readFile(path, 'utf8')) as Report;
    const { conflict = 0, spread = 0 } = told.fused ?? {};
    expect(conflict + spread).to.equal(1);
    expect(told.summary.pass).to.equal(told.summary.cases);
    expect(told.summary.cases).to.be.greaterThan(1);
    expect(told.settings.fuse).to.deep.equal({ blocks: 9, seed: '1', from: [tests] });
    expect(told.environment.fixtures.map(({ source }) => source)).to.deep.equal([corpus, tests]);
    expect(told.coverage.schedules).to.be.greaterThan(told.summary.cases);
    expect(out).to.include(`fused blocks of ${tests}, seed 1`);
  });

  it('refuses what does not go together', async () => {
    const sampled = await lockstep(['run', '--fixtures', source, '--fuse', '2', '--sample', '3']);
    expect(sampled).to.include({ code: 2 });
    expect(sampled.err).to.include('--sample');
    const others = await lockstep(['run', '--fixtures', source, '--fuse', '2', '--suite', 'blockchain']);
    expect(others).to.include({ code: 2 });
    expect(others.err).to.include('--suite');
    const alone = await lockstep(['run', '--fixtures', source, '--fuse-sample', '2']);
    expect(alone).to.include({ code: 2 });
    expect(alone.err).to.include('--fuse N');
  });
});
