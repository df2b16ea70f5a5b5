/**
 * The principle of the engine protocol: only the commit lane decides, all speculation is advice. Each
 * piece of advice is withheld, and made to lie, alone and with all others, and nothing may change but
 * the statistics.
 */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import {
  ADVICE_PIECES,
  ADVICE_SETTINGS,
  type Advice,
  type AdviceSetting,
  encodeAdvice,
} from '../../src/scheduler/advice.js';
import { MAX_INCARNATIONS } from '../../src/scheduler/scheduler.js';
import { Database } from '../../src/state/database.js';
import type { Block } from '../../src/transition/types.js';
import { Random } from '../fuzz/random.js';
import { canonical } from '../support/outcome.js';
import { blockFrom } from './random-block.js';

const THREADS = [1, 2, 3, 4, 8];
const BLOCKS = 100;
const SEED = 20261121;

interface Sample {
  readonly block: Block;
  /** What the serial executor makes of it. */
  readonly expected: string;
}

function all(setting: AdviceSetting): Partial<Advice> {
  return Object.fromEntries(ADVICE_PIECES.map((piece) => [piece, setting]));
}

const CASES: readonly (readonly [name: string, advice: Partial<Advice>])[] = [
  ...ADVICE_PIECES.flatMap((piece) =>
    ADVICE_SETTINGS.slice(1).map((setting) => [`${piece} ${setting}`, { [piece]: setting }] as const),
  ),
  ['everything off', all('off')],
  ['everything false', all('false')],
  ['needless aborts without estimates', { earlyValidation: 'false', estimates: 'off' }],
  // Out of order and without bound, with no estimate to stop at: as much stale speculation as can be.
  ['no order, no bound, no estimates', { order: 'false', window: 'off', estimates: 'off', hints: 'off' }],
];

describe('blocks without advice, and with false advice', function () {
  this.timeout(300_000);
  const database = Database.create();
  const samples: Sample[] = [];
  const executors: [number, ParallelExecutor][] = [];

  before(async () => {
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    for (let i = 0; i < BLOCKS; i++) {
      const random = new Random(SEED, i);
      const { accounts, block } = blockFrom((bound) => random.below(bound), 4, 24);
      // The accounts are the same for all of them.
      if (i === 0) database.load(accounts);
      samples.push({ block, expected: canonical(await serial.execute(database, block)) });
    }
    await serial.close();
    for (const threads of THREADS) executors.push([threads, await ParallelExecutor.create({ vm: 'wasm', threads })]);
  });

  after(async () => {
    for (const [, executor] of executors) await executor.close();
  });

  for (const [name, advice] of CASES) {
    it(`${name}: ${BLOCKS} blocks give the serial outcome with ${THREADS.join(', ')} threads`, async () => {
      let aborts = 0;
      let runs = 0;
      for (const [threads, executor] of executors) {
        executor.advise({ ...advice, seed: SEED });
        for (const [i, { block, expected }] of samples.entries()) {
          const result = await executor.execute(database, block);
          expect(canonical(result), `block ${i}, ${threads} threads`).to.equal(expected);
          expect(result.stats.incarnations, `runs of block ${i}, ${threads} threads`).to.be.at.most(
            (MAX_INCARNATIONS + 1) * block.transactions.length,
          );
          aborts += result.stats.aborts;
          runs += result.stats.incarnations;
        }
      }
      console.log(`      ${runs} runs, ${aborts} aborts`);
    });
  }

  it('knows no other settings', async () => {
    const advice = { order: 'maybe' } as unknown as Partial<Advice>;
    expect(() => encodeAdvice(advice)).to.throw(RangeError, 'maybe');
    let refused: unknown;
    await ParallelExecutor.create({ vm: 'wasm', threads: 1, advice }).catch((error: unknown) => {
      refused = error;
    });
    expect(refused).to.be.instanceOf(RangeError);
  });
});
