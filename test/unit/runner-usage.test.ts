import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import pc from 'picocolors';
import { bytes } from '../../reports/format.js';
import { usageLines } from '../../reports/usage.js';
import type { RunEvent, RunUsage } from '../../runners/events/events.js';
import { emptyCoverage, Tally } from '../../runners/events/tally.js';
import { JobPool } from '../../runners/job/pool.js';
import { MEMORY_MEASURE, MemoryPeaks, type ProcessSize } from '../../runners/job/process-memory.js';
import { hasProcessTime } from '../../runners/job/process-time.js';
import { UsageMeter } from '../../runners/job/usage.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';

const FAKE = new URL('../support/fake-case-runner.js', import.meta.url).href;
const OWN: ProcessSize = { pid: process.pid, reportedBytes: 1_000_000 };
const MIB = 1024 * 1024;

/** A process that does nothing but hold 64 MiB more when it is asked to: this one's own memory may shrink at any time. */
class GrowingProcess {
  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, null>) {}

  static async start(): Promise<GrowingProcess> {
    const script = `
      process.stdin.once('data', () => {
        globalThis.held = Buffer.alloc(${64 * MIB}, 1);
        process.stdout.write('.');
      });
      process.stdout.write('.');`;
    const started = new GrowingProcess(spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }));
    await started.said();
    return started;
  }

  get size(): ProcessSize {
    return { pid: this.child.pid as number, reportedBytes: 1_000_000 };
  }

  async grow(): Promise<void> {
    const said = this.said();
    this.child.stdin.write('.');
    await said;
  }

  end(): void {
    this.child.kill();
  }

  private async said(): Promise<void> {
    await once(this.child.stdout, 'data');
  }
}

function ended(id: string, cpuMilliseconds: number | null, milliseconds = 1): RunEvent {
  const identity = { id, source: 's', file: 'f', group: 'g', network: 'Cancun', kind: 'state' } as const;
  const nothing = { cause: null, differences: [], block: null, transaction: null, threads: null } as const;
  const result: CaseResult = { ...identity, ...nothing, verdict: 'pass', coverage: emptyCoverage(), milliseconds };
  return { type: 'case:end', job: 0, result: cpuMilliseconds === null ? result : { ...result, cpuMilliseconds } };
}

function tallied(...events: RunEvent[]): Tally {
  const tally = new Tally();
  for (const event of events) tally.on(event);
  return tally;
}

describe('cost of a run', () => {
  it('is told by source, with what belongs to none in the sum alone', () => {
    let now = 100;
    const meter = new UsageMeter(() => now);
    meter.spent(null, 40);
    meter.began('a');
    now = 150;
    meter.spent('a', 30.4);
    meter.ended('a');
    meter.began('b');
    now = 400;
    meter.spent('b', 200);
    meter.spent('a', 10);
    meter.ended('a');
    const { cpuMs, sources, peakBytes } = meter.conclude();
    expect(sources).to.deep.equal([
      { source: 'a', cases: 2, wallMs: 300, cpuMs: 40, peakBytes: null },
      { source: 'b', cases: 0, wallMs: 250, cpuMs: 200, peakBytes: null },
    ]);
    expect(cpuMs.jobs).to.equal(280);
    expect(cpuMs.parent).to.be.at.least(0);
    expect(peakBytes).to.equal(null);
  });

  it('keeps the largest sum of memory, for all and for each source that was running then', () => {
    const meter = new UsageMeter();
    meter.began('a');
    meter.began('b');
    meter.sample([OWN], ['a']);
    const { peakBytes, sources, memory } = meter.conclude();
    expect(memory).to.equal(MEMORY_MEASURE);
    expect(peakBytes).to.be.a('number').greaterThan(0);
    expect(sources.map((one) => one.peakBytes)).to.deep.equal([peakBytes, null]);
  });

  it('does not shrink, and leaves out processes that have just ended', async () => {
    const other = await GrowingProcess.start();
    try {
      const peaks = new MemoryPeaks();
      const gone: ProcessSize = { pid: 2 ** 22 + 1, reportedBytes: 0 };
      peaks.sample([other.size, gone], ['x']);
      const first = peaks.of('x') ?? 0;
      expect(first).to.be.greaterThan(0);
      await other.grow();
      peaks.sample([other.size], ['x']);
      const second = peaks.of('x') ?? 0;
      expect(second).to.be.at.least(hasProcessTime ? first + 32 * MIB : first);
      peaks.sample([gone], ['x']);
      expect(peaks.of('x')).to.equal(second);
      expect(peaks.of('y')).to.equal(null);
    } finally {
      other.end();
    }
  });
});

describe('cost that the job pool tells', function () {
  this.timeout(60_000);

  async function pool(files: Record<string, string[]>, timeoutMs = 60_000): Promise<[RunUsage, Map<string, number>]> {
    const cpu = new Map<string, number>();
    const emit = (event: RunEvent): void => {
      if (event.type === 'case:end') cpu.set(event.result.id, event.result.cpuMilliseconds ?? Number.NaN);
    };
    const settings = { vm: 'wasm', threads: [1], suites: ['state'], forks: null, grep: null } as const;
    const jobs = new JobPool({ jobs: 2, timeoutMs, settings, runner: FAKE, emit });
    try {
      for (const [source, cases] of Object.entries(files)) {
        await jobs.add({ source, file: source, text: JSON.stringify(cases), ids: null, skip: 0 });
      }
      await jobs.drain();
      return [jobs.usage(), cpu];
    } finally {
      jobs.stop();
    }
  }

  it('gives each case its processor time, and each source the sum', async () => {
    const [usage, cpu] = await pool({ a: ['slow', 'pass'], b: ['pass'] });
    const slow = cpu.get('a::slow[Cancun/0]') ?? 0;
    // 1.6 s by the clock; a busy machine may have given little of it to the process.
    expect(slow).to.be.within(50, 4000);
    expect(cpu.get('b::pass[Cancun/0]')).to.be.below(slow);
    const [a, b] = ['a', 'b'].map((name) => usage.sources.find(({ source }) => source === name));
    expect([a?.cases, b?.cases]).to.deep.equal([2, 1]);
    expect(a?.cpuMs).to.be.at.least(slow - 1);
    expect(a?.wallMs).to.be.at.least(1500);
    expect(usage.cpuMs.jobs).to.be.at.least((a?.cpuMs ?? 0) + (b?.cpuMs ?? 0));
    expect(usage.peakBytes).to.be.greaterThan(20 * MIB);
  });

  it('accounts for a process that says nothing any more', async () => {
    if (!hasProcessTime) return;
    const [usage, cpu] = await pool({ a: ['hang', 'pass'] }, 700);
    const spent = cpu.get('a::hang[Cancun/0]') ?? 0;
    expect(spent).to.be.within(10, 3000);
    expect(usage.sources[0]?.cpuMs).to.be.at.least(spent);
  });
});

describe('the slowest cases', () => {
  it('are ten at most, by processor time, or by the clock where that is all there is', () => {
    const times = [5, 3, 9, 1, 7, 2, 8, 4, 6, 10, 12, 11];
    const { slowest } = tallied(...times.map((ms) => ended(`c${ms}`, ms)), ended('clock', null, 100));
    expect(slowest.map(({ id }) => id)).to.deep.equal(['clock', ...[12, 11, 10, 9, 8, 7, 6, 5, 4].map((n) => `c${n}`)]);
    expect(slowest[0]).to.deep.equal({
      id: 'clock',
      source: 's',
      verdict: 'pass',
      milliseconds: 100,
      cpuMilliseconds: 100,
    });
  });

  it('stand in a table under what each source cost', () => {
    const usage: RunUsage = {
      cpuMs: { jobs: 300_000, parent: 2500 },
      peakBytes: 1_010_000_000,
      memory: 'pss',
      sources: [
        { source: 'one.tar.gz', cases: 19_986, wallMs: 200_000, cpuMs: 290_000, peakBytes: 1_010_000_000 },
        { source: 'two', cases: 1, wallMs: 3, cpuMs: 2, peakBytes: null },
      ],
    };
    const tally = tallied(ended('long', 170_000, 90_000), ended('short', 12, 13), { type: 'run:usage', usage });
    expect(usageLines(tally, 210_000, pc.createColors(false))).to.deep.equal([
      '',
      '  source                   cases    wall     CPU  peak memory (pss)',
      '  one.tar.gz              19,986  3m 20s  4m 50s            1.01 GB',
      '  two                          1     3ms     2ms                  –',
      '  with reading and start  19,987  3m 30s  5m 03s            1.01 GB',
      '',
      '  slowest     CPU    wall',
      '  long     2m 50s  1m 30s',
      '  short      12ms    13ms',
    ]);
    expect(usageLines(tallied(ended('one', 5)), 10, pc.createColors(false))).to.deep.equal([]);
  });

  it('are measured in units that people read', () => {
    expect([640_000, 38_400_000, 999_499_999, 1_207_000_000].map(bytes)).to.deep.equal([
      '640 KB',
      '38 MB',
      '999 MB',
      '1.21 GB',
    ]);
  });
});
