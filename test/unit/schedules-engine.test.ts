import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { emptyCoverage } from '../../runners/events/tally.js';
import { logLines } from '../../runners/schedules/events.js';
import { describeSchedule, ScheduleNameError, scheduleNamed } from '../../runners/schedules/schedule.js';
import { ScheduledEngine } from '../../runners/schedules/scheduled-engine.js';
import { drawnSchedules, ScheduledRuns } from '../../runners/schedules/scheduled-runs.js';
import { executeBoth } from '../../runners/verdict/both.js';
import { causeOf, compareResults } from '../../runners/verdict/compare.js';
import { Database, SerialExecutor } from '../../src/index.js';
import type { Block } from '../../src/transition/types.js';
import { blockOf, contract, place, send, sender, senders } from '../support/conflict-block.js';
import { packageRoot } from '../support/root.js';

/** Adds one to slot 0. */
const COUNTER = place(1);
const SENDERS = 3;

function database(): Database {
  return Database.from(
    Object.entries({ ...senders(SENDERS), [COUNTER]: contract('1 0 SLOAD ADD 0 SSTORE') }) as [
      `0x${string}`,
      ReturnType<typeof contract>,
    ][],
  );
}

/** `count` calls of the counter by three senders, so that storage, nonces and fees conflict. */
function counting(count: number): Block {
  const calls = Array.from({ length: count }, (_, i) =>
    send(sender(i % SENDERS), COUNTER, { nonce: BigInt(Math.floor(i / SENDERS)) }),
  );
  return blockOf('Cancun', calls);
}

describe('the engine under schedules', () => {
  const state = database();
  const block = counting(6);
  let serial: SerialExecutor;
  let engine: ScheduledEngine;
  before(async () => {
    serial = await SerialExecutor.create({ vm: 'wasm' });
    engine = new ScheduledEngine('wasm', { logRoom: 200_000 });
  });
  after(async () => {
    await serial.close();
    await engine.close();
  });

  it('comes to the serial result, and to the same log for the same seed', async () => {
    const expected = await serial.execute(state, block);
    expect(expected.ok).to.equal(true);
    const kinds = new Set<string>();
    const fingerprints = new Set<number>();
    let aborts = 0;
    for (let seed = 100; seed < 130; seed++) {
      const schedule = scheduleNamed(String(seed), block.transactions.length);
      kinds.add(`${schedule.strategy} ${schedule.workers}`);
      const first = await engine.execute(schedule, state, block);
      expect(compareResults(expected, first.result), describeSchedule(schedule)).to.equal(null);
      aborts += first.result.stats.aborts;
      const { fingerprint, logged } = first.report;
      const log = first.report.log.slice(0, 5 * logged);
      const second = await engine.execute(schedule, state, block);
      expect(second.report.fingerprint).to.equal(fingerprint);
      expect(second.report.logged).to.equal(logged);
      expect(second.report.log.slice(0, 5 * logged)).to.deep.equal(log);
      fingerprints.add(fingerprint);
    }
    expect([...kinds]).to.include.members(['random 2', 'random 3', 'random 4', 'priorities 2']);
    expect(fingerprints.size).to.be.above(25);
    expect(aborts).to.be.above(0);
  });

  it('does not depend on what ran before on the same threads', async () => {
    const schedule = scheduleNamed('4155811279', 6);
    const { report } = await engine.execute(schedule, state, block);
    const { fingerprint } = report;
    const fresh = new ScheduledEngine('wasm');
    try {
      expect((await fresh.execute(schedule, state, block)).report.fingerprint).to.equal(fingerprint);
      await fresh.execute(scheduleNamed('7', 12), database(), counting(12));
      expect((await fresh.execute(schedule, database(), block)).report.fingerprint).to.equal(fingerprint);
    } finally {
      await fresh.close();
    }
  });

  it('logs what becomes of each transaction', async () => {
    const { report } = await engine.execute(scheduleNamed('101', 6), state, block);
    const lines = [...logLines(report.log, report.logged)];
    for (const line of lines) expect(line).to.match(/^\d+ \d [a-z]+(:[a-z0-9.]+)? (-|\d+\.\d+)$/);
    const committed = lines.filter((line) => line.includes(' committed '));
    expect(committed.map((line) => Number(/ (\d+)\.\d+$/.exec(line)?.[1]))).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(lines.filter((line) => line.endsWith('verdict:done -'))).to.have.length(1);
    expect(lines.filter((line) => line.endsWith('leave -'))).to.have.length(scheduleNamed('101', 6).workers);
  });

  it('gives an invalid block its error', async () => {
    const invalid = blockOf('Cancun', [send(sender(0), COUNTER), send(sender(1), COUNTER, { nonce: 5n })]);
    const expected = await serial.execute(state, invalid);
    expect(expected.ok).to.equal(false);
    for (let seed = 1; seed <= 6; seed++) {
      const { result } = await engine.execute(scheduleNamed(String(seed), 2), state, invalid);
      expect(compareResults(expected, result)).to.equal(null);
    }
  });

  it('explores small blocks whole', async () => {
    const schedules = new ScheduledRuns('wasm', () => [], { preemptions: 1, limit: 2000 });
    const coverage = emptyCoverage();
    const engines = { database: state, serial, parallel: new Map(), schedules };
    try {
      expect((await executeBoth(engines, counting(2), coverage)).disagreement).to.equal(null);
      expect(coverage.exploredBlocks).to.equal(1);
      expect(coverage.schedules).to.be.above(150).and.below(1000);
      expect(coverage.aborts).to.be.above(0);
      await executeBoth(engines, counting(5), coverage);
      expect(coverage.exploredBlocks).to.equal(1);
    } finally {
      await schedules.close();
    }
  });

  it('tells a disagreement by the name of its schedule', async () => {
    const schedules = new ScheduledRuns('wasm', drawnSchedules({ count: 3, seed: '1' }));
    // A serial executor that runs another block than the parallel one.
    const other = counting(5);
    const wrong = { execute: (on: Database) => serial.execute(on, other), close: async () => undefined };
    try {
      const engines = { database: state, serial: wrong, parallel: new Map(), schedules };
      const { disagreement } = await executeBoth(engines, block, emptyCoverage());
      const name = drawnSchedules({ count: 3, seed: '1' })(block)[0] as string;
      expect(disagreement?.schedule).to.equal(name);
      expect(disagreement?.verdict).to.equal('divergent');
      expect(disagreement?.threads).to.equal(scheduleNamed(name, 6).workers);
      expect(disagreement?.cause).to.contain('parallel differs from serial');
      expect(causeOf({ what: 'x[1]', expected: '', actual: '' })).to.equal('x[]');
    } finally {
      await schedules.close();
    }
  });

  it('takes a list of decisions that does not fit the block for a wrong list, and for no disagreement', async () => {
    let name = '';
    let points = 0;
    const schedules = new ScheduledRuns(
      'wasm',
      () => [name],
      null,
      (_, { steps }) => {
        points = steps;
      },
    );
    const engines = { database: state, serial, parallel: new Map(), schedules };
    const refusals: string[] = [];
    const run = async (): Promise<void> => {
      try {
        expect((await executeBoth(engines, block, emptyCoverage())).disagreement, name).to.equal(null);
      } catch (error) {
        if (!(error instanceof ScheduleNameError)) throw error;
        refusals.push(error.message);
      }
    };
    try {
      name = '2:3>1';
      await run();
      // One of the two has left by the last point.
      const last = points - 1;
      for (const worker of [0, 1]) {
        name = `2:3>1,${last}>${worker}`;
        await run();
      }
    } finally {
      await schedules.close();
    }
    expect(refusals).to.have.length(1);
    expect(refusals[0]).to.match(
      /^"2:3>1,\d+>[01]" belongs to another block or another engine \(INFEASIBLE: after \d+ points, /,
    );
  });

  it('draws the same schedules for the same block and seed, one for a block of one transaction', () => {
    const draw = drawnSchedules({ count: 20, seed: '3' });
    expect(draw(block))
      .to.deep.equal(draw(counting(6)))
      .and.have.length(20);
    expect(new Set(draw(block)).size).to.equal(20);
    expect(draw(counting(7))).to.not.deep.equal(draw(block));
    expect(drawnSchedules({ count: 20, seed: '4' })(block)).to.not.deep.equal(draw(block));
    expect(draw(counting(1))).to.have.length(1);
  });

  it('keeps for a number what it has drawn before: those in the README', () => {
    const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    for (const [number, transactions] of [['2435043025', 55] as const, ['2435043025', 2] as const]) {
      expect(readme).to.include(`schedule ${number}`);
      expect(readme).to.include(describeSchedule(scheduleNamed(number, transactions)));
    }
  });

  it('refuses names that name no schedule', () => {
    for (const name of ['0', '4294967295', '2:', '2:1>1,2>0']) expect(scheduleNamed(name, 2).name).to.equal(name);
    for (const name of ['', 'x', '-1', '4294967296', '2:1>', '2:1>0,', '0:', '65:']) {
      expect(() => scheduleNamed(name, 2), name).to.throw(ScheduleNameError);
    }
    expect(() => scheduleNamed('2:1>1,5>2', 2)).to.throw(ScheduleNameError, 'names worker 2, but has workers 0 to 1');
    expect(() => scheduleNamed('1:1>1', 2)).to.throw(ScheduleNameError, 'names worker 1, but has worker 0 only');
  });
});
