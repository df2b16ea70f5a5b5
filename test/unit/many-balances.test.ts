/** A transaction that has met thousands of balances on which nothing depends: the lane must not look through all of them for each. */
import { expect } from 'chai';
import { UnseenBalances } from '../../src/executor/balances.js';
import type { BlockEngine } from '../../src/executor/block-engine.js';
import { STAT_ABORTS, STAT_REBASES, TX_WRITE_COUNT, TX_WRITES } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import { ADVICE_ON } from '../../src/scheduler/advice.js';
import {
  type Allocation,
  blockOf,
  callOf,
  contract,
  place,
  send,
  sender,
  senders,
  stranger,
  wallet,
} from '../support/conflict-block.js';
import { TwoWorkers } from '../support/two-workers.js';

const MANY = 2000;
const WORDS = 0x10000;

/** What stands for a location, and for the entry that is written there. */
const rowOf = (i: number): number => 1000 + 4 * i;
const entryOf = (i: number): number => 1001 + 4 * i;

describe('many balances on which nothing depends', function () {
  this.timeout(60_000);

  for (const [name, order] of [
    ['in the order of the records', (i: number): number => i],
    ['in another order', (i: number): number => MANY - 1 - i],
  ] as const) {
    it(`are looked at, and put right, in as many steps as there are balances, read ${name}`, () => {
      const words = new Int32Array(WORDS);
      let loads = 0;
      const i32 = new Proxy(words, {
        get: (target, key) => {
          loads++;
          return Reflect.get(target, key) as number;
        },
      });
      const rebased: number[][] = [];
      const engine = {
        heap: { i32, map: () => {} },
        memory: {
          cell: 7,
          meetsDemand: () => true,
          rebase: (...cells: number[]) => rebased.push(cells),
        },
        scheduler: { advice: { balances: ADVICE_ON }, control: { balanceShared: () => {} } },
        statuses: { words: () => 0 },
        stats: new Int32Array(STAT_REBASES + 1),
      };
      const balances = new UnseenBalances(engine as unknown as BlockEngine);
      const demandsAt = 100;
      for (let i = 0; i < MANY; i++) balances.tell(rowOf(i), 0);
      balances.save(words, demandsAt);
      const reads = demandsAt + balances.words;
      words[TX_WRITES] = reads;
      words[TX_WRITE_COUNT] = MANY;
      for (let i = 0; i < MANY; i++) words.set([rowOf(i), entryOf(i)], reads + 2 * i);

      balances.startLook();
      for (let i = 0; i < MANY; i++) {
        expect(balances.stands(reads, rowOf(order(i)), 0, 10_000 + order(i), true)).to.equal(true);
      }
      expect(balances.stands(reads, rowOf(MANY), 0, 1, true), 'one of which nothing was told').to.equal(false);
      balances.putRight(0);

      expect(rebased.sort(([a], [b]) => (a as number) - (b as number))).to.deep.equal(
        Array.from({ length: MANY }, (_, i) => [entryOf(i), 10_000 + i, 7]),
      );
      expect(engine.stats[STAT_REBASES]).to.equal(MANY);
      expect(loads).to.be.below(20 * MANY);
    });
  }

  it('are put right each by its own difference', async () => {
    const count = 40;
    const people = Array.from({ length: count }, (_, i) => stranger(i));
    const payer = (each: (i: number) => number) =>
      contract(people.map((person, i) => `${callOf(person, BigInt(each(i)), '0')} POP`).join(' '), {
        balance: 10n ** 9n,
      });
    const accounts: Record<Hex, Allocation[Hex]> = { ...senders(2) };
    for (const [i, person] of people.entries()) accounts[person] = wallet({ balance: BigInt(1 + i), nonce: 1n });
    accounts[place(0)] = payer((i) => i + 1);
    accounts[place(1)] = payer((i) => 1000 * i + 1);
    const transactions = [0, 1].map((i) => send(sender(i), place(i), { gasLimit: 1_000_000n }));
    const workers = await TwoWorkers.open(accounts, blockOf('Cancun', transactions));
    for (const index of [0, 1]) workers.take(workers.second, index);
    for (const index of [1, 0]) await workers.second.speculate(index);
    await workers.finish(workers.first);
    expect(workers.first.stats[STAT_REBASES]).to.equal(count);
    expect(workers.first.stats[STAT_ABORTS]).to.equal(0);
  });
});
