/** Clocks that jump by hours: nothing ends too early, nothing hangs, no time in a report is below zero. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../reports/report.js';
import type { RunEvent } from '../../runners/events/events.js';
import { CLI, runNode } from '../support/command.js';
import { FAKE_RUNNER, resultsOf, runPool } from '../support/fault-jobs.js';
import { packageRoot } from '../support/root.js';

const CLOCK = new URL('../support/jumping-clock.js', import.meta.url).href;
const HOUR = 3_600_000;

/** Every number of a report that tells a time. */
function times(value: unknown, key = ''): number[] {
  if (typeof value === 'number') return /ms$|milliseconds$|seconds$/i.test(key) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => times(inner, Array.isArray(value) ? key : name));
}

describe('faults: a clock that jumps', function () {
  this.timeout(120_000);
  let folder = '';
  const now = performance.now.bind(performance);

  before(async () => {
    // The name has what the output is looked through for: a hyphen before a digit. One of six random names had it too.
    folder = await mkdtemp(join(tmpdir(), 'lockstep-clock-1'));
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => {
    performance.now = now;
  });

  it('in all processes of a run: every case passes', async () => {
    const json = join(folder, 'report.json');
    const args = ['--fixtures', join(packageRoot, 'corpus', 'fixtures'), '--fork', 'Cancun', '--threads', '1,2'];
    const limits = ['--jobs', '2', '--timeout', '120', '--offline', '--json', json];
    const { code, out } = await runNode(['--import', CLOCK, CLI, 'run', ...args, ...limits]).ended;
    expect(out).to.match(/all \d+ cases passed/);
    expect(code).to.equal(0);
    expect(out).to.contain(folder);
    expect(out.replaceAll(folder, ''), 'times below zero').to.not.match(/-\d/);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report.summary.pass).to.equal(report.summary.cases);
    const all = times(report);
    expect(all.length).to.be.greaterThan(1);
    expect(Math.min(...all)).to.be.at.least(0);
  });

  const verdicts = (events: readonly RunEvent[]): string[] => resultsOf(events).map(({ verdict }) => verdict);
  const fake = { jobs: 1, runner: FAKE_RUNNER };

  for (const [direction, jump] of [
    ['ahead', 10 * HOUR],
    ['back', -10 * HOUR],
  ] as const) {
    it(`${direction} in the middle of a case: no false end, and a time that is not below zero`, async () => {
      const emit = (event: RunEvent): void => {
        if (event.type === 'case:start') {
          setTimeout(() => {
            performance.now = () => now() + jump;
          }, 500);
        }
      };
      const events = await runPool({ a: '["slow"]' }, { ...fake, timeoutMs: 30_000, emit });
      expect(verdicts(events)).to.deep.equal(['pass']);
    });

    it(`${direction} in the middle of a case that never ends: it ends by its processor time`, async () => {
      const emit = (event: RunEvent): void => {
        if (event.type === 'case:start') performance.now = () => now() + jump;
      };
      const events = await runPool({ a: '["hang","pass"]' }, { ...fake, timeoutMs: 700, emit });
      expect(verdicts(events)).to.deep.equal(['timeout', 'pass']);
      expect(resultsOf(events)[0]?.milliseconds).to.be.within(0, HOUR);
    });
  }

  it('again and again while a case waits for what does not come: it ends nevertheless', async () => {
    let looks = 0;
    performance.now = () => now() + (looks++ % 4 < 2 ? HOUR : -HOUR);
    const companion = (): Promise<null> => new Promise(() => {});
    const events = await runPool({ a: '["ask","pass"]' }, { ...fake, timeoutMs: 400, companion });
    expect(verdicts(events)).to.deep.equal(['timeout', 'pass']);
  });

  it('stands still: cases do not add up to one that takes too long', async () => {
    const stopped = now();
    const emit = (event: RunEvent): void => {
      if (event.type === 'file:start') performance.now = () => stopped;
    };
    const events = await runPool({ a: '["burn","burn","burn","burn"]' }, { ...fake, timeoutMs: 2000, emit });
    expect(verdicts(events)).to.deep.equal(['pass', 'pass', 'pass', 'pass']);
  });
});
