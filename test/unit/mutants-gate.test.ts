/** How the mutation gate runs its suites: limits in time of work, not of the clock, and results that outlive a run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { hasProcessTime } from '../../runners/job/process-time.js';
import type { Fault } from '../mutants/fault.js';
import { KeptResults, sourceDigest } from '../mutants/kept.js';
import { type Finding, runSuite } from '../mutants/process.js';
import { ProcessGroup } from '../mutants/process-group.js';
import type { SuiteRun } from '../mutants/suites.js';

const PROGRESS = '{"cases":3,"schedules":7,"seconds":0.5}';

/** A suite that is the given program. */
function suite(program: string, limits: Partial<SuiteRun> = {}): SuiteRun {
  return {
    suite: 'random blocks',
    arguments: ['-e', program],
    limit: 60,
    stall: 60,
    report: () => null,
    ...limits,
  };
}

const run = (program: string, limits?: Partial<SuiteRun>): Promise<Finding> =>
  runSuite(suite(program, limits), '', tmpdir());

describe('suite of the mutation gate', () => {
  it('finds nothing where it ends well, and says how much it ran', async () => {
    const finding = await run(`console.log('${PROGRESS}')`);
    expect(finding).to.deep.equal({
      suite: 'random blocks',
      verdict: 'nothing',
      detail: '',
      cases: 3,
      schedules: 7,
      seconds: 0.5,
    });
  });

  it('catches by what it tells', async () => {
    const told = '{"cases":3,"schedules":7,"seconds":0.5,"caught":"block 2"}';
    const finding = await run(`console.log('${told}'); process.exit(1)`);
    expect(finding).to.include({ verdict: 'caught', detail: 'block 2', cases: 3 });
  });

  it('catches by a process that dies', async () => {
    const finding = await run(`throw new Error('out of luck')`);
    expect(finding).to.include({ verdict: 'caught' });
    expect(finding.detail).to.include('out of luck');
  });

  it('is ended where it waits for what never comes, together with the processes that it has started', async () => {
    const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
    const child = `require('node:child_process').spawn(process.execPath, ['-e', '${wait}'], { stdio: 'inherit' })`;
    const finding = await run(`${child}; console.log('${PROGRESS}'); setTimeout(() => ${wait}, 10)`, { stall: 2 });
    expect(finding).to.include({ verdict: 'time limit', cases: 3 });
  });

  it('has the fault in its environment', async () => {
    const program = `console.log(JSON.stringify({ cases: 1, schedules: 0, seconds: 0, caught: process.env.LOCKSTEP_FAULT }))`;
    expect((await runSuite(suite(program), 'some-fault', tmpdir())).detail).to.equal('some-fault');
  });
});

describe('process group', () => {
  let child: ChildProcess;

  beforeEach(function () {
    if (!hasProcessTime) this.skip();
    child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 60_000)'], { detached: true, stdio: 'ignore' });
  });

  afterEach(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });

  /** Asks until the answer is as it should be. */
  async function until(group: ProcessGroup, heldUp: boolean): Promise<void> {
    while (group.heldUp(0.05) !== heldUp) await sleep(50);
  }

  it('is held up while it is stopped, not while it waits', async () => {
    const group = new ProcessGroup(child.pid as number);
    await until(group, false);
    child.kill('SIGSTOP');
    await until(group, true);
    expect(group.heldUp(0.05)).to.equal(true);
    child.kill('SIGCONT');
    await until(group, false);
  });

  it('is not held up once it is gone', async () => {
    const gone = new ProcessGroup(2 ** 22 + 1);
    expect(gone.heldUp(0.5)).to.equal(false);
  });
});

describe('kept results of the mutation gate', () => {
  let folder: string;
  const fault = (name: string): Fault => ({ name, area: 'resets', about: 'x', edits: [], units: [] });
  const finding = (verdict: Finding['verdict']): Finding => {
    return { suite: 'corpus', verdict, detail: '', cases: 1, schedules: 2, seconds: 3 };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-kept-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function kept(...conditions: (string | number)[]): KeptResults {
    const results = new KeptResults(join(folder, 'results.jsonl'), conditions);
    results.read();
    return results;
  }

  it('hold what was caught, of the same fault under the same conditions', () => {
    kept('engine', 1).add({ fault: fault('a'), findings: [finding('nothing'), finding('caught')] });
    const again = kept('engine', 1);
    expect(again.caught(fault('a'))?.findings).to.deep.equal([finding('nothing'), finding('caught')]);
    expect(again.caught(fault('b'))).to.equal(null);
    expect(again.caught({ ...fault('a'), about: 'y' })).to.equal(null);
    expect(kept('engine', 2).caught(fault('a'))).to.equal(null);
  });

  it('tell which suite noticed a fault last, also after they were cleared', () => {
    kept('engine', 1).add({ fault: fault('a'), findings: [finding('nothing'), finding('caught')] });
    kept('engine', 1).add({ fault: fault('b'), findings: [finding('nothing')] });
    const again = kept('engine', 2);
    again.clear();
    expect(again.caught(fault('a'))).to.equal(null);
    expect(again.noticedBy('a')).to.equal('corpus');
    expect(again.noticedBy('b')).to.equal(null);
  });

  it('do not hold survivors: a new test may catch them', () => {
    kept().add({ fault: fault('a'), findings: [finding('nothing')] });
    expect(kept().caught(fault('a'))).to.equal(null);
  });

  it('hold what stands before a line that was cut short, and forget everything where they are told to', () => {
    kept().add({ fault: fault('a'), findings: [finding('caught')] });
    appendFileSync(join(folder, 'results.jsonl'), '{"key":"');
    kept().add({ fault: fault('b'), findings: [finding('caught')] });
    expect(kept().caught(fault('a'))).not.to.equal(null);
    expect(kept().caught(fault('b'))).not.to.equal(null);
    kept().clear();
    expect(kept().caught(fault('a'))).to.equal(null);
  });

  it('are of one engine, or one runner over it: any change of their sources is another', () => {
    const digests = (): string[] => [sourceDigest(folder, 'engine'), sourceDigest(folder, 'runner')];
    for (const name of ['src', 'runners', 'reports']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a.ts'), 'one');
    }
    const [engine, runner] = digests();
    expect(digests()).to.deep.equal([engine, runner]);
    for (const name of ['runners', 'reports']) {
      writeFileSync(join(folder, name, 'a.ts'), 'two');
      expect(digests()[0], name).to.equal(engine);
      expect(digests()[1], name).not.to.equal(runner);
      writeFileSync(join(folder, name, 'a.ts'), 'one');
    }
    writeFileSync(join(folder, 'src', 'a.ts'), 'two');
    expect(digests()[0]).not.to.equal(engine);
    expect(digests()[1]).not.to.equal(runner);
  });
});
