/**
 * Small random blocks under deterministic schedules (`runners/schedules`), each against serial execution, until one
 * comes out differently, or the engine does not come to an end. The same seed finds the same.
 *
 * `node scheduled-blocks.js BLOCKS SCHEDULES SEED`
 */

import { mix } from '../../runners/schedules/random.js';
import { scheduleSeeds } from '../../runners/schedules/schedule.js';
import { ScheduledRuns } from '../../runners/schedules/scheduled-runs.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import { Random } from '../fuzz/random.js';
import { blockFrom } from '../property/random-block.js';
import { sameOutcome } from '../support/outcome.js';
import { tell } from './lines.js';

const TELL_MILLISECONDS = 200;
const LEAST_TRANSACTIONS = 2;
const MOST_TRANSACTIONS = 6;
/** Points after which a schedule has not come to an end: a thousand times what these blocks take. */
const MOST_STEPS = 20_000_000;

/** How many actions and beneficiaries `random-block.ts` draws from. */
const ACTIONS = 24;
const BENEFICIARIES = 7;
/** Actions that meet at few slots: counter, register, slot writer, pool; and at the beneficiary: transfers, reads, deaths. */
const AT_SLOTS = [2, 3, 14, 19];
const AT_BENEFICIARY = [0, 4, 10, 11];

/** Draws for the block of that number: one of three is about few slots, and one about a beneficiary that is a party. */
function draws(seed: number, number: number): (bound: number) => number {
  const random = new Random(mix(seed, 1), number);
  const kind = number % 3;
  return (bound) => {
    if (bound === ACTIONS && kind > 0) return random.pick(kind === 1 ? AT_SLOTS : AT_BENEFICIARY);
    if (bound === BENEFICIARIES && kind === 2) return 2 + random.below(BENEFICIARIES - 2);
    return random.below(bound);
  };
}

/** What was found, or null. */
async function search(blocks: number, schedules: number, seed: number): Promise<string | null> {
  const serial = await SerialExecutor.create({ vm: 'wasm' });
  const runs = new ScheduledRuns('wasm', () => [], null, null, { mostSteps: MOST_STEPS });
  const database = Database.create();
  let told = 0;
  let done = 0;
  for (let number = 0; number < blocks; number++) {
    const { accounts, block } = blockFrom(draws(seed, number), LEAST_TRANSACTIONS, MOST_TRANSACTIONS);
    if (number === 0) database.load(accounts);
    const expected = await serial.execute(database, block);
    for (const name of scheduleSeeds(seed, number, schedules)) {
      const outcome = await runs.execute(name, database, block);
      done++;
      if (performance.now() > told + TELL_MILLISECONDS) {
        told = performance.now();
        tell({ cases: number + 1, schedules: done });
      }
      let caught: string | null = null;
      if (outcome.result === null) caught = (outcome.failure.message.split('\n')[0] as string).slice(0, 100);
      else if (!sameOutcome(expected, outcome.result)) caught = 'another outcome than serially';
      if (caught === null) continue;
      const found = `block ${number}, schedule ${name}: ${caught}`;
      tell({ cases: number + 1, schedules: done, caught: found });
      return found;
    }
  }
  tell({ cases: blocks, schedules: done });
  return null;
}

const [blocks = '40', schedules = '20', seed = '1'] = process.argv.slice(2);
const found = await search(Number(blocks), Number(schedules), Number(seed));
// A faulty executor may never close.
process.exit(found === null ? 0 : 1);
