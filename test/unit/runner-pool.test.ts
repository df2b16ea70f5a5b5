import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import type { RunEvent } from '../../runners/events/events.js';
import { Tally } from '../../runners/events/tally.js';
import { JobPool, JobStartError, type PoolOptions } from '../../runners/job/pool.js';
import { type Behaviour, markOf } from '../support/fake-case-runner.js';

const FAKE = new URL('../support/fake-case-runner.js', import.meta.url).href;
const SETTINGS = { vm: 'ethereumjs', threads: [1], suites: ['state'], forks: null, grep: null } as const;

interface Ran {
  readonly events: readonly RunEvent[];
  readonly tally: Tally;
}

async function runFiles(
  files: Record<string, Behaviour[] | 'exit' | 'short'>,
  timeoutMs = 20_000,
  jobs = 2,
  more: Partial<PoolOptions> = {},
): Promise<Ran> {
  const events: RunEvent[] = [];
  const tally = new Tally();
  const emit = (event: RunEvent): void => {
    events.push(event);
    tally.on(event);
  };
  const pool = new JobPool({ jobs, timeoutMs, settings: SETTINGS, runner: FAKE, emit, ...more });
  try {
    for (const [file, cases] of Object.entries(files)) {
      const text = typeof cases === 'string' ? cases : JSON.stringify(cases);
      await pool.add({ source: 'fake', file, text, ids: null, skip: 0 });
    }
    await pool.drain();
  } finally {
    pool.stop();
  }
  return { events, tally };
}

/** Processes that ran the cases, in the order in which the cases ended. */
function pids({ events }: Ran): number[] {
  return events.flatMap((event) => (event.type === 'case:end' ? [event.result.milliseconds] : []));
}

function verdicts({ events }: Ran): string[] {
  return events.flatMap((event) => (event.type === 'case:end' ? [`${event.result.id} ${event.result.verdict}`] : []));
}

describe('job pool', function () {
  this.timeout(20_000);

  it('runs every case of every file once, and counts files', async () => {
    const ran = await runFiles({ a: ['pass', 'fail', 'pass'], b: ['pass'], c: [], d: ['pass', 'pass'] });
    expect(ran.tally.summary).to.include({ cases: 6, pass: 5, nonconformant: 1 });
    expect(ran.tally.coverage).to.include({ blocks: 6, transactions: 6 });
    const ends = ran.events.filter((event) => event.type === 'file:end');
    expect(ends).to.have.length(4);
    expect(new Set(verdicts(ran)).size).to.equal(6);
  });

  it('gives a dead process to the one case it died in, and goes on with the rest of the file', async () => {
    const ran = await runFiles({ a: ['pass', 'exit', 'pass', 'signal', 'fail', 'exit'] }, 20_000, 1);
    expect(verdicts(ran)).to.deep.equal([
      'a::pass[Cancun/0] pass',
      'a::exit[Cancun/1] crashed',
      'a::pass[Cancun/2] pass',
      'a::signal[Cancun/3] crashed',
      'a::fail[Cancun/4] nonconformant',
      'a::exit[Cancun/5] crashed',
    ]);
    const [exited, signalled] = ran.tally.failures;
    expect(exited?.cause).to.equal('the job process died: exit code 7');
    expect(exited?.differences[0]?.actual).to.equal('exit code 7\nfirst line\nlast words');
    expect(signalled?.cause).to.equal('the job process died: signal SIGABRT');
    expect(ran.tally.exitCode()).to.equal(1);
  });

  it('takes no process that ends in a case for one that is through with it, whatever its exit code', async () => {
    const ran = await runFiles({ a: ['quit', 'pass'] }, 20_000, 1);
    expect(verdicts(ran)).to.deep.equal(['a::quit[Cancun/0] crashed', 'a::pass[Cancun/1] pass']);
    expect(ran.tally.failures[0]?.cause).to.equal('the job process died: exit code 0');
  });

  it('tells of a file that a process has left before its last case', async () => {
    const ran = await runFiles({ a: 'short', b: ['pass'] }, 20_000, 1);
    expect(verdicts(ran)).to.deep.equal(['a::pass[Cancun/0] pass', 'b::pass[Cancun/0] pass']);
    expect(ran.tally.fixtureErrors.map(({ file, message }) => [file, message])).to.deep.equal([
      ['a', 'the job process left the file before its last case'],
    ]);
    expect(ran.tally.exitCode()).to.equal(3);
  });

  it('gives cases that wait behind a long one to a process that has nothing to do', async () => {
    // The first process gets on only when another one has come to the end of its file.
    const mark = markOf(process.pid);
    await rm(mark, { force: true });
    const ran = await runFiles({ a: ['wait', 'wait', 'pass', 'fail', 'exit', 'mark'], b: ['pass'] });
    await rm(mark);
    expect([...verdicts(ran)].sort()).to.deep.equal([
      'a::exit[Cancun/4] crashed',
      'a::fail[Cancun/3] nonconformant',
      'a::mark[Cancun/5] pass',
      'a::pass[Cancun/2] pass',
      'a::wait[Cancun/0] pass',
      'a::wait[Cancun/1] pass',
      'b::pass[Cancun/0] pass',
    ]);
    const jobs = new Map(
      ran.events.flatMap((event) => (event.type === 'case:start' ? [[event.case.id, event.job]] : [])),
    );
    expect(jobs.get('a::mark[Cancun/5]')).to.not.equal(jobs.get('a::wait[Cancun/0]'));
    const ends = ran.events.flatMap((event) => (event.type === 'file:end' ? [[event.file, event.cases]] : []));
    expect(ends).to.deep.equal([
      ['b', 1],
      ['a', 6],
    ]);
    expect(ran.events.filter((event) => event.type === 'file:start')).to.have.length(2);
  });

  it('replaces a process that a case has filled, and loses nothing', async () => {
    const ran = await runFiles({ a: ['pass', 'fill', 'pass', 'fill'], b: ['pass'] }, 20_000, 1);
    expect(ran.tally.summary).to.include({ cases: 5, pass: 5 });
    const [first, filled, second, again, third] = pids(ran);
    expect(filled).to.equal(first);
    expect(second).to.not.equal(first);
    expect(again).to.equal(second);
    expect(third).to.not.equal(second);
    expect(ran.tally.exitCode()).to.equal(0);
  });

  it('finds the further files that cases ask for', async () => {
    const asked: string[] = [];
    const companion: PoolOptions['companion'] = async (source, file, name) => {
      asked.push(`${source} ${file} ${name}`);
      if (file === 'b') return null;
      if (file === 'c') throw new Error('the source is gone');
      return { file: `near ${file}`, text: 'this' };
    };
    const causes = ({ events }: Ran): string[] =>
      events.flatMap((event) => (event.type === 'case:end' ? [`${event.result.cause}`] : [])).sort();
    const ran = await runFiles({ a: ['ask', 'pass', 'ask'], b: ['ask'], c: ['ask'] }, 20_000, 2, { companion });
    expect(causes(ran)).to.deep.equal([
      'found this in near a',
      'found this in near a',
      'none',
      'null',
      'the source is gone',
    ]);
    expect(asked.sort()).to.deep.equal(['a', 'a', 'b', 'c'].map((file) => `fake ${file} shared/a.json`));
    expect(causes(await runFiles({ a: ['ask'] }))).to.deep.equal(['none']);
  });

  it('ends a case that outlives its time', async () => {
    const ran = await runFiles({ a: ['hang', 'pass'] }, 700, 1);
    expect(verdicts(ran)).to.deep.equal(['a::hang[Cancun/0] timeout', 'a::pass[Cancun/1] pass']);
    expect(ran.tally.failures[0]?.cause).to.equal('no end within 0.7 s');
  });

  it('takes an error that the runner throws for a crash of the case', async () => {
    const ran = await runFiles({ a: ['throw', 'pass'] }, 20_000, 1);
    expect(verdicts(ran)).to.deep.equal(['a::throw[Cancun/0] crashed', 'a::pass[Cancun/1] pass']);
    expect(ran.tally.failures[0]?.differences[0]?.actual).to.contain('the runner is broken');
  });

  it('reports malformed fixtures and files that cannot be opened as infrastructure', async () => {
    const ran = await runFiles({ a: ['malformed', 'pass'], b: 'exit', c: ['pass'] }, 20_000, 1);
    expect(ran.tally.summary).to.include({ cases: 2, pass: 2 });
    expect(ran.tally.fixtureErrors.map((error) => error.file)).to.deep.equal(['a', 'b']);
    expect(ran.tally.fixtureErrors[1]?.message).to.contain('exit code 9');
    expect(ran.tally.exitCode()).to.equal(3);
  });

  it('fails where no process can be started', async () => {
    const emit = (): void => undefined;
    const pool = new JobPool({ jobs: 1, timeoutMs: 9000, settings: SETTINGS, runner: 'file:///nowhere.js', emit });
    let failure: unknown = null;
    await pool.add({ source: 's', file: 'f', text: '[]', ids: null, skip: 0 });
    await pool.drain().catch((error: unknown) => {
      failure = error;
    });
    expect(failure).to.be.instanceOf(JobStartError);
    expect((failure as JobStartError).message).to.contain('nowhere.js');
  });

  it('stops at once and says nothing more', async () => {
    const events: RunEvent[] = [];
    const emit = (event: RunEvent): void => {
      events.push(event);
      if (event.type === 'case:start') pool.stop();
    };
    const pool = new JobPool({ jobs: 1, timeoutMs: 9000, settings: SETTINGS, runner: FAKE, emit });
    await pool.add({ source: 's', file: 'f', text: '["hang","pass"]', ids: null, skip: 0 });
    await pool.drain();
    expect(events.map((event) => event.type)).to.deep.equal(['file:start', 'case:start']);
  });
});
