/** A run that is told to end, and one that is killed: what it has is written, and no process is left. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Report } from '../../reports/report.js';
import { CLI, isAlive, membersOf, type Running, runNode } from '../support/command.js';
import { generator } from '../support/fault-blocks.js';
import { packageRoot } from '../support/root.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

describe('faults: a run that is told to end', function () {
  this.timeout(120_000);
  const below = generator(0x5167);
  let folder = '';

  before(async function () {
    if (process.platform !== 'linux') this.skip();
    folder = await mkdtemp(join(tmpdir(), 'lockstep-signals-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function start(json: string): Running & { group: number } {
    const args = ['--fixtures', join(packageRoot, 'corpus', 'fixtures'), '--threads', '2', '--jobs', '2', '--offline'];
    const running = runNode([CLI, 'run', ...args, '--json', json]);
    return { ...running, group: running.child.pid as number };
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    for (const whole of [false, true]) {
      it(`by ${signal} to ${whole ? 'its jobs and itself' : 'itself'}: 130, a report, no process left`, async () => {
        const json = join(folder, `${signal}-${whole}.json`);
        const { child, ended, group } = start(json);
        await until(() => membersOf(group).length >= 2);
        await sleep(below(1500));
        const jobs = membersOf(group);
        if (whole) {
          // The jobs may hear of it first.
          for (const job of jobs) process.kill(job, signal);
          await sleep(200);
        }
        child.kill(signal);
        const { code, out } = await ended;
        expect(code).to.equal(130);
        expect(out).to.contain('interrupted');
        expect(out).to.not.contain('crashed');
        const report = JSON.parse(await readFile(json, 'utf8')) as Report;
        expect(report.outcome).to.equal('interrupted');
        expect(report.exitCode).to.equal(130);
        expect(report.summary.pass).to.equal(report.summary.cases);
        expect(report.runErrors).to.deep.equal([]);
        expect(report.fixtureErrors).to.deep.equal([]);
        expect(jobs.filter(isAlive)).to.deep.equal([]);
        expect(membersOf(group)).to.deep.equal([]);
      });
    }
  }

  it('twice at once, as by `timeout`: it counts as one request', async () => {
    const json = join(folder, 'at-once.json');
    const { child, ended, group } = start(json);
    await until(() => membersOf(group).length >= 2);
    await sleep(500);
    const first = performance.now();
    // Down to its last moment, if it ends so soon.
    while (child.exitCode === null && child.signalCode === null && performance.now() - first < 500) {
      child.kill('SIGTERM');
      process.kill(-group, 'SIGTERM');
      await sleep(1);
    }
    const { code, signal } = await ended;
    expect([code, signal]).to.deep.equal([130, null]);
    expect((JSON.parse(await readFile(json, 'utf8')) as Report).outcome).to.equal('interrupted');
  });

  it('a second time: it ends at once', async () => {
    const { child, ended, group } = start(join(folder, 'twice.json'));
    await until(() => membersOf(group).length >= 2);
    child.kill('SIGINT');
    await sleep(1200);
    child.kill('SIGTERM');
    const { code, signal } = await ended;
    // The first may have been all it took.
    expect([code, signal]).to.be.deep.oneOf([
      [null, 'SIGTERM'],
      [130, null],
    ]);
    await until(() => membersOf(group).length === 0);
  });

  it('by its end: a job that never comes to a turn of its event loop ends too', async () => {
    const script = fileURLToPath(new URL('../support/orphan-maker.js', import.meta.url));
    let job = 0;
    const { child, ended } = runNode([script], (out) => {
      job = Number.parseInt(out, 10);
    });
    await until(() => job > 0);
    expect(isAlive(job)).to.equal(true);
    child.kill('SIGKILL');
    await ended;
    await until(() => !isAlive(job));
  });
});
