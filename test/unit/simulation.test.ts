import { expect } from 'chai';
import type { Schedule } from '../../runners/schedules/schedule.js';
import { ScheduledEngine } from '../../runners/schedules/scheduled-engine.js';
import type { SimulatedCosts } from '../../runners/schedules/simulated-time.js';
import { compareResults } from '../../runners/verdict/compare.js';
import { Database, SerialExecutor } from '../../src/index.js';
import type { Block } from '../../src/transition/types.js';
import { blockOf, contract, place, send, sender, senders, stranger } from '../support/conflict-block.js';

const COUNT = 64;
/** Nanoseconds of a transaction. */
const RUN = 10_000;
const COUNTER = place(1);
const COSTS = {
  hit: 5,
  transfer: 50,
  wake: 5000,
  notify: 500,
  setUp: 20_000,
  packing: 0,
  runs: Array(COUNT).fill(RUN),
};

describe('simulation of scale', () => {
  const state = Database.from(
    Object.entries({ ...senders(COUNT), [COUNTER]: contract('1 0 SLOAD ADD 0 SSTORE') }) as [
      `0x${string}`,
      ReturnType<typeof contract>,
    ][],
  );
  const independent = blockOf(
    'Cancun',
    Array.from({ length: COUNT }, (_, i) => send(sender(i), stranger(i), { value: 1n })),
  );
  const hot = blockOf(
    'Cancun',
    Array.from({ length: COUNT }, (_, i) => send(sender(i), COUNTER)),
  );
  let engine: ScheduledEngine;
  let serial: SerialExecutor;
  before(async () => {
    engine = new ScheduledEngine('wasm', { simulated: COUNT });
    serial = await SerialExecutor.create({ vm: 'wasm' });
  });
  after(async () => {
    await engine.close();
    await serial.close();
  });

  /** Microseconds. */
  async function simulate(block: Block, workers: number, change: Partial<SimulatedCosts> = {}): Promise<number> {
    const costs = { ...COSTS, ...change };
    const schedule: Schedule = { name: '', workers, strategy: 'simulated', costs, patience: 1, tick: 1, advice: {} };
    const expected = await serial.execute(state, block);
    const { result, milliseconds } = await engine.execute(schedule, state, block);
    expect(compareResults(expected, result)).to.equal(null);
    return milliseconds * 1000;
  }

  it('adds up what one worker does', async () => {
    const nothing = await simulate(independent, 1, { setUp: 0, runs: Array(COUNT).fill(0) });
    const whole = await simulate(independent, 1);
    // Nothing is run twice, and nobody else moves a cache line.
    expect(whole).to.be.closeTo(nothing + 20 + (COUNT * RUN) / 1000, 0.001);
    expect(nothing).to.be.within(2, 100);
  });

  it('is faster with more workers where transactions are independent, and not where they are a chain', async () => {
    const alone = await simulate(independent, 1);
    expect(alone / (await simulate(independent, 2))).to.be.within(1.6, 2);
    expect(alone / (await simulate(independent, 4))).to.be.within(2.2, 4);
    expect((await simulate(hot, 1)) / (await simulate(hot, 4))).to.be.within(0.3, 1.5);
  });

  it('takes longer where cache lines take longer from core to core', async () => {
    const fast = await simulate(independent, 4, { transfer: 5 });
    expect(await simulate(independent, 4, { transfer: 500 })).to.be.above(fast * 1.1);
  });

  it('comes to the same time each time', async () => {
    const first = await simulate(hot, 3);
    expect(await simulate(hot, 3)).to.equal(first);
    await simulate(independent, 4);
    expect(await simulate(hot, 3)).to.equal(first);
  });
});
