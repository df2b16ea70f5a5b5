import { expect } from 'chai';
import { type DriverOptions, ScheduleDriver, type ScheduleReport } from '../../runners/schedules/driver.js';
import { ScheduleError } from '../../runners/schedules/errors.js';
import { logLines } from '../../runners/schedules/events.js';
import { Exploration } from '../../runners/schedules/explore.js';
import { mix } from '../../runners/schedules/random.js';
import { listed, type Schedule, scheduleNamed } from '../../runners/schedules/schedule.js';
import { PROGRAMS, type Toy } from '../support/toy-threads.js';

const MODULE = new URL('../support/toy-threads.js', import.meta.url).href;
const COMMON = { patience: 48, tick: 20, advice: {} } as const;

function random(seed: number, workers: number, period = 3): Schedule {
  return { ...COMMON, name: '', workers, strategy: 'random', random: mix(seed, 7), period, slow: -1 };
}

function priorities(order: readonly number[], changes: readonly number[]): Schedule {
  return { ...COMMON, name: '', workers: order.length, strategy: 'priorities', priorities: order, changes };
}

describe('schedules', () => {
  const drivers: ScheduleDriver[] = [];
  const create = (options: DriverOptions = {}): ScheduleDriver => {
    const driver = new ScheduleDriver(options);
    drivers.push(driver);
    return driver;
  };
  let driver: ScheduleDriver;
  before(() => {
    driver = create({ logRoom: 20_000 });
  });
  after(async () => {
    for (const one of drivers) await one.close();
  });

  async function play(
    name: keyof typeof PROGRAMS,
    schedule: Schedule,
    on: ScheduleDriver = driver,
  ): Promise<{ value: number; report: ScheduleReport; log: string }> {
    const words = new SharedArrayBuffer(128);
    const { report } = await on.run(schedule, async (start) => {
      for (let worker = 1; worker < schedule.workers; worker++) {
        const part = start(worker, MODULE, { name, words, worker } satisfies Toy);
        await new Promise((resolve) => part.once('message', resolve));
      }
      return () => PROGRAMS[name](new Int32Array(words), 0);
    });
    const log = [...logLines(report.log, report.logged)].join('\n');
    return { value: new Int32Array(words)[0] as number, report, log };
  }

  async function failure(run: Promise<unknown>): Promise<ScheduleError> {
    try {
      await run;
    } catch (error) {
      if (error instanceof ScheduleError) return error;
      throw error;
    }
    throw new Error('the schedule came to its end');
  }

  it('interleaves alike for the same seed and otherwise for another one', async () => {
    const logs = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const first = await play('turns', random(seed, 3));
      const second = await play('turns', random(seed, 3));
      expect(first.value).to.equal(60);
      expect(second.log).to.equal(first.log);
      expect(second.report.fingerprint).to.equal(first.report.fingerprint);
      expect(first.log).to.contain('wait:').and.contain('wake:');
      logs.add(first.log);
    }
    expect(logs.size).to.equal(8);
  });

  it('puts nothing in the way of a program outside of schedules', async () => {
    await play('sound', random(1, 2));
    const words = new Int32Array(new SharedArrayBuffer(64));
    expect(Atomics.add(words, 0, 5)).to.equal(0);
    expect(Atomics.compareExchange(words, 0, 5, 7)).to.equal(5);
    expect(Atomics.exchange(words, 0, -1)).to.equal(7);
    expect(Atomics.wait(words, 0, 0)).to.equal('not-equal');
    expect(Atomics.wait(words, 0, -1, 1)).to.equal('timed-out');
    const now = performance.now();
    expect(performance.now()).to.be.at.least(now);
    expect(performance.timeOrigin).to.be.above(0);
  });

  it('takes threads that all wait for a deadlock: a wake-up that is lost', async () => {
    const found: ScheduleError[] = [];
    let ended = 0;
    for (let seed = 1; seed <= 40; seed++) {
      try {
        await play('sleepy', random(seed, 2, 2));
        ended++;
      } catch (error) {
        found.push(error as ScheduleError);
      }
    }
    expect(ended).to.be.above(0);
    expect(found.length).to.be.above(0);
    for (const error of found) {
      expect(error).to.be.instanceOf(ScheduleError);
      expect(error.code).to.equal('DEADLOCK');
      expect(error.detail).to.contain('worker 0 has left, worker 1 waits at 0.2');
    }
    // The threads are none the worse for it.
    expect((await play('sound', random(1, 3))).value).to.equal(3);
  });

  it('lets waits time out by virtual time, or where nobody else can run', async () => {
    const started = performance.now();
    let timeouts = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const { value, log } = await play('patient', random(seed, 2, 2));
      if (log.includes('timeout:')) timeouts += value;
    }
    expect(timeouts).to.be.above(0);
    expect(performance.now() - started).to.be.below(10_000);
  });

  it('takes too many points for a livelock', async () => {
    const short = create({ mostSteps: 5000 });
    const error = await failure(play('polling', random(1, 2), short));
    expect(error.code).to.equal('LIVELOCK');
    expect(error.detail).to.contain('after 5000 points, worker 0 runs, worker 1 runs');
    const unfair = await failure(play('polling', priorities([1, 2], []), short));
    expect(unfair.code).to.equal('LIVELOCK');
  });

  it('tells what a worker threw', async () => {
    const error = await failure(play('broken', listed(2, [])));
    expect(error.code).to.equal('DEADLOCK');
    expect(error.detail).to.contain('worker 1 failed');
    const other = priorities([1, 2], []);
    expect((await failure(play('broken', other))).detail).to.contain('worker 1 failed');
  });

  it('refuses a decision for a worker that cannot run', async () => {
    expect((await failure(play('sound', listed(2, [{ step: 2, worker: 5 }])))).code).to.equal('INFEASIBLE');
  });

  it('finds a bug of depth 2 with priorities', async () => {
    let lost = 0;
    for (let step = 1; step <= 60; step += 2) {
      const { value } = await play('longRacy', priorities([2, 1], [step]));
      if (value !== 2) lost++;
    }
    expect(lost).to.equal(1);
    // Without a change of priority one worker runs after the other.
    expect((await play('longRacy', priorities([2, 1], []))).value).to.equal(2);
    expect((await play('longRacy', priorities([1, 2], []))).value).to.equal(2);
  });

  describe('exploration', () => {
    let exploring: ScheduleDriver;
    before(() => {
      exploring = create({ accessRoom: 10_000 });
    });

    async function explore(
      name: keyof typeof PROGRAMS,
      preemptions: number,
      limit = 10_000,
    ): Promise<{ exploration: Exploration; values: Map<number, number>; fingerprints: Set<number> }> {
      const exploration = new Exploration({ workers: 2, preemptions, limit });
      const values = new Map<number, number>();
      const fingerprints = new Set<number>();
      for (let schedule = exploration.next(); schedule !== null; schedule = exploration.next()) {
        const { value, report } = await play(name, schedule, exploring);
        exploration.ran(report);
        values.set(value, (values.get(value) ?? 0) + 1);
        fingerprints.add(report.fingerprint);
      }
      return { exploration, values, fingerprints };
    }

    /** Outcomes of all interleavings of two workers' segments, of which the first is worker 0's: final value to count. */
    function model(): Map<number, number> {
      const outcomes = new Map<number, number>();
      // Each worker: before the load, load, between, store, after: the points lie between these five.
      const walk = (at: readonly [number, number], seen: readonly [number, number], value: number): void => {
        if (at[0] === 5 && at[1] === 5) {
          outcomes.set(value, (outcomes.get(value) ?? 0) + 1);
          return;
        }
        for (const worker of [0, 1] as const) {
          if (at[worker] === 5 || (at[0] === 0 && worker === 1)) continue;
          const next: [number, number] = [at[0], at[1]];
          const read: [number, number] = [seen[0], seen[1]];
          next[worker]++;
          if (at[worker] === 1) read[worker] = value;
          walk(next, read, at[worker] === 3 ? read[worker] + 1 : value);
        }
      };
      walk([0, 0], [0, 0], 0);
      return outcomes;
    }

    it('runs every interleaving once, and finds the lost update', async () => {
      const { exploration, values, fingerprints } = await explore('racy', 10);
      const expected = model();
      expect([...expected.values()].reduce((a, b) => a + b)).to.equal(126);
      expect(exploration.explored).to.deep.equal({ schedules: 126, complete: 10 });
      expect(fingerprints.size).to.equal(126);
      expect(values).to.deep.equal(expected);
      expect(values.get(1)).to.be.above(0);
    });

    it('runs every interleaving of a sound program once', async () => {
      const { exploration, values } = await explore('sound', 10);
      // Three segments each, the first of them worker 0's: 5 over 2.
      expect(exploration.explored.schedules).to.equal(10);
      expect([...values]).to.deep.equal([[2, 10]]);
    });

    it('keeps to the bound on pre-emptions, and to the limit', async () => {
      expect((await explore('racy', 0)).exploration.explored).to.deep.equal({ schedules: 1, complete: 0 });
      const one = await explore('racy', 1);
      // One pre-emption, at one of the four points of either worker that the other has not left yet.
      expect(one.exploration.explored).to.deep.equal({ schedules: 5, complete: 1 });
      expect(one.values.get(1)).to.be.above(0);
      expect((await explore('racy', 10, 20)).exploration.explored).to.deep.include({ schedules: 20 });
    });

    it('leaves out pre-emptions beside words that only one worker uses', async () => {
      const { exploration, values } = await explore('longRacy', 1);
      expect(exploration.explored.schedules).to.equal(5);
      // Between load and store, before either of the two points there.
      expect(values.get(1)).to.equal(2);
    });

    it('names schedules so that they can be run again', async () => {
      const exploration = new Exploration({ workers: 2, preemptions: 2, limit: 100 });
      let names = 0;
      for (let schedule = exploration.next(); schedule !== null; schedule = exploration.next()) {
        const { report, value } = await play('racy', schedule, exploring);
        exploration.ran(report);
        const again = await play('racy', scheduleNamed(schedule.name, 0), exploring);
        expect(again.report.fingerprint).to.equal(report.fingerprint);
        expect(again.value).to.equal(value);
        names++;
      }
      expect(names).to.be.above(5);
    });
  });
});
