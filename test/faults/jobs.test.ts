/** Job processes that end at any point of a run: their cases are lost, and nothing else. */
import { expect } from 'chai';
import type { RunEvent } from '../../runners/events/events.js';
import type { CaseResult } from '../../runners/verdict/verdict.js';
import { generator } from '../support/fault-blocks.js';
import {
  corpusFiles,
  FAKE_RUNNER,
  type Files,
  JobSpy,
  judgement,
  LOCKSTEP_RUNNER,
  resultsOf,
  runPool,
} from '../support/fault-jobs.js';

const FAULTY_JOB = new URL('../support/faulty-job.js', import.meta.url).href;

describe('faults: job processes that end at a random point of a run', function () {
  this.timeout(180_000);
  const below = generator(0x70b5);
  const files = corpusFiles();
  let spy: JobSpy;
  let undisturbed: Map<string, CaseResult>;

  before(async () => {
    undisturbed = new Map(resultsOf(await runPool(files)).map((result) => [result.id, result]));
    expect(undisturbed.size).to.be.greaterThan(15);
  });
  beforeEach(() => {
    spy = new JobSpy();
    spy.begin();
  });
  afterEach(async () => {
    spy.end();
    await spy.gone();
  });

  /** Every case ended once, as in the run that nothing disturbed but for those that crashed, which were in work. */
  function check(events: readonly RunEvent[], causes: RegExp): number {
    const running = new Map<number, string>();
    const ended = new Set<string>();
    let crashed = 0;
    for (const event of events) {
      if (event.type === 'case:start') running.set(event.job, event.case.id);
      else if (event.type === 'case:end') {
        const { result, job } = event;
        expect(running.get(job), 'the case in work').to.equal(result.id);
        running.delete(job);
        expect(ended.has(result.id), `${result.id} ended twice`).to.equal(false);
        ended.add(result.id);
        if (result.verdict === 'crashed') {
          crashed++;
          expect(result.cause).to.match(causes);
          expect(result.milliseconds).to.be.at.least(0);
        } else expect(judgement(result)).to.equal(judgement(undisturbed.get(result.id) as CaseResult));
      } else expect(event.type).to.be.oneOf(['file:start', 'file:end']);
    }
    expect([...ended].sort()).to.deep.equal([...undisturbed.keys()].sort());
    for (const type of ['file:start', 'file:end']) {
      expect(
        events.filter((event) => event.type === type),
        type,
      ).to.have.length(Object.keys(files).length);
    }
    return crashed;
  }

  it('killed from outside', async () => {
    let kills = 0;
    const strike = (wait: number): void => {
      setTimeout(() => {
        const { live } = spy;
        const child = live[below(Math.max(1, live.length))];
        if (kills >= 5 || child === undefined) return;
        kills++;
        child.kill('SIGKILL');
      }, wait);
    };
    // Some while they start, some while they decode, most while they run cases.
    let early = 0;
    spy.born = () => {
      if (below(3) === 0 && early++ < 2) strike(below(400));
    };
    const emit = (event: RunEvent): void => {
      if (event.type === 'file:start' && below(6) === 0) strike(below(20));
      if (event.type === 'case:start' && below(3) === 0) strike(below(60));
    };
    const crashed = check(await runPool(files, { emit }), /^the job process died: signal SIGKILL, from outside/);
    expect(kills).to.be.within(2, 5);
    expect(crashed).to.be.within(0, kills);
  });

  it('aborted and killed from inside, while a machine runs', async () => {
    spy.dress = (number) => ({
      args: [number % 2 === 0 ? 'abort' : 'kill', String(number < 4 ? 30 + below(120) : 1e9)],
      execArgv: ['--import', FAULTY_JOB],
    });
    const crashed = check(await runPool(files), /^the job process died: signal SIG(?:ABRT$|KILL, from outside)/);
    expect(crashed).to.equal(4);
  });

  it('out of memory: the case says of what', async () => {
    spy.dress = (number) => ({
      args: ['fill', String(number < 2 ? 40 + below(100) : 1e9)],
      execArgv: ['--import', FAULTY_JOB, ...(number < 2 ? ['--max-old-space-size=48'] : [])],
    });
    const crashed = check(
      await runPool(files, { runner: LOCKSTEP_RUNNER }),
      /^the job process died: signal SIGABRT \(JavaScript heap out of memory\)$/,
    );
    expect(crashed).to.equal(2);
  });
});

describe('faults: job processes that end outside of any case', function () {
  this.timeout(60_000);
  const files: Files = { a: '["pass","fail","pass"]', b: '["pass","pass"]' };
  const fake = { jobs: 1, runner: FAKE_RUNNER };
  let spy: JobSpy;

  beforeEach(() => {
    spy = new JobSpy();
    spy.begin();
  });
  afterEach(async () => {
    spy.end();
    await spy.gone();
  });

  const told = (events: readonly RunEvent[]): string[] =>
    events.map((event) => {
      if (event.type === 'case:end') return `${event.result.id} ${event.result.verdict}`;
      return event.type === 'fixture:error' ? `error ${event.error.file}: ${event.error.message.split('\n')[0]}` : '';
    });
  const ALL = [
    'a::pass[Cancun/0] pass',
    'a::fail[Cancun/1] nonconformant',
    'a::pass[Cancun/2] pass',
    'b::pass[Cancun/0] pass',
    'b::pass[Cancun/1] pass',
  ];

  it('while they start: others are started', async () => {
    spy.born = (child, number) => {
      if (number < 2) child.kill('SIGKILL');
    };
    expect(told(await runPool(files, fake)).filter((text) => text !== '')).to.deep.equal(ALL);
    expect(spy.children).to.have.length(3);
  });

  it('while they open a file: others open it, and nothing is told twice', async () => {
    let kills = 0;
    const emit = (event: RunEvent): void => {
      if (event.type === 'file:start' && kills++ < 2) spy.live[0]?.kill('SIGKILL');
    };
    const events = await runPool(files, { ...fake, emit });
    expect(told(events).filter((text) => text !== '')).to.deep.equal(ALL);
    expect(events.filter(({ type }) => type === 'file:start')).to.have.length(2);
    expect(events.filter(({ type }) => type === 'file:end')).to.have.length(2);
    expect(spy.children).to.have.length(3);
  });

  it('while they open a file, every time: the file is given up with an error, and no other', async () => {
    const events = await runPool({ ...files, c: 'exit', d: '["pass"]' }, fake);
    expect(told(events).filter((text) => text !== '')).to.deep.equal([
      ...ALL,
      'error c: the job process died outside of a case (exit code 9); the rest of the file was not run',
      'd::pass[Cancun/0] pass',
    ]);
    // One at first, and one after each that ended; the last of them is left.
    expect(spy.children).to.have.length(4);
  });

  it('by a request to end that is not theirs to answer: they go on', async () => {
    const emit = (event: RunEvent): void => {
      if (event.type !== 'case:start') return;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) spy.live[0]?.kill(signal);
    };
    const events = await runPool({ a: '["slow","pass"]' }, { ...fake, emit });
    expect(told(events).filter((text) => text !== '')).to.deep.equal([
      'a::slow[Cancun/0] pass',
      'a::pass[Cancun/1] pass',
    ]);
    expect(spy.children).to.have.length(1);
  });

  it('between the opening of a file and its first case: what stands in the file is told once', async () => {
    const events = await runPool({ c: 'leave', d: '["pass"]' }, fake);
    expect(told(events).filter((text) => text !== '')).to.deep.equal([
      'error c: odd: malformed',
      'error c: odder: malformed',
      'error c: the job process died outside of a case (exit code 5); the rest of the file was not run',
      'd::pass[Cancun/0] pass',
    ]);
    expect(events.filter(({ type }) => type === 'file:start')).to.have.length(2);
  });
});
