/** One of a thing is not told as several of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { threadCounts } from '../../reports/format.js';
import { jobSummary } from '../../reports/markdown.js';
import { timings } from '../../runners/cli/timings.js';
import type { RunEvent } from '../../runners/events/events.js';
import { EventLog } from '../../runners/events/log-writer.js';
import { Tally } from '../../runners/events/tally.js';
import { describeSchedule, scheduleNamed } from '../../runners/schedules/schedule.js';
import { amount } from '../../runners/verdict/amount.js';
import { runNode } from '../support/command.js';
import { resultOf, runOf, startOf } from '../support/events.js';

describe('amounts', () => {
  it('of one are singular', () => {
    expect([amount(1, 'case'), amount(0, 'case'), amount(0.5, 'minute')]).to.deep.equal([
      '1 case',
      '0 cases',
      '0.5 minutes',
    ]);
    expect([threadCounts([1]), threadCounts([2]), threadCounts([1, 2])]).to.deep.equal([
      '1 thread',
      '2 threads',
      '1, 2 threads',
    ]);
  });

  it('of workers and pre-emptions of a schedule', () => {
    expect(describeSchedule(scheduleNamed('1:', 3))).to.match(/^1 worker; 0 pre-emptions; /);
    expect(describeSchedule(scheduleNamed('2:5>1', 3))).to.match(/^2 workers; 1 pre-emption; /);
  });

  it('of threads in the summary of a job', () => {
    const summary = (threads: number[]): string => {
      const end = runOf([resultOf('a')]).at(-1) as Extract<RunEvent, { type: 'run:end' }>;
      return jobSummary(startOf({ threads }), end, new Tally());
    };
    expect(summary([1])).to.contain('serial against 1 thread, in');
    expect(summary([1, 2])).to.contain('serial against 1, 2 threads, in');
  });

  it('of cases whose times were written down', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-amounts-'));
    try {
      const path = join(folder, 'run.jsonl');
      const log = EventLog.create(path);
      for (const event of runOf([resultOf('a')])) log.on(event, Date.now());
      await log.close();
      let said = '';
      const out = join(folder, 't.json');
      await timings([path], { out }, { write: (text) => (said += text) });
      expect(said).to.equal(`1 case in ${out}\n`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('of what the fuzzer runs', async function () {
    this.timeout(30_000);
    const fuzzer = fileURLToPath(new URL('../fuzz/main.js', import.meta.url));
    const { code, out } = await runNode([fuzzer, '--count', '1', '--seed', '1']).ended;
    expect(code, out).to.equal(0);
    expect(out)
      .to.match(/^seed 1, 1 minute\n/)
      .and.to.match(/\nin the 1 case watched, /);
  });
});
