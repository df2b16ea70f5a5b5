/**
 * Balances on which nothing depends: random blocks of contracts that pay each other, and now and then look at balances, with
 * every transaction run ahead in the worst order, so that most of what it read has changed when it is committed.
 */
import { expect } from 'chai';
import { STAT_ABORTS, STAT_REBASES } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { Random } from '../fuzz/random.js';
import {
  type Allocation,
  blockOf,
  COINBASE,
  contract,
  place,
  send,
  sender,
  senders,
  stranger,
  wallet,
} from '../support/conflict-block.js';
import { addressHex } from '../support/keys.js';
import { TwoWorkers } from '../support/two-workers.js';

const BLOCKS = 400;
const MOST_TRANSACTIONS = 6;
const CONTRACTS = 4;
const FORKS: readonly Fork[] = ['Frontier', 'Homestead', 'EIP158', 'Istanbul', 'Berlin', 'Shanghai', 'Cancun', 'Osaka'];
const HALF = 2n ** 255n;

/** Balances at which something changes: nothing, little, enough for some payments, and the bounds of what fits. */
function balanceOf(random: Random): bigint {
  return random.weighted([
    [2, 0n],
    [2, BigInt(1 + random.below(4))],
    [4, BigInt(random.below(200))],
    [4, 10n ** 12n],
    [1, HALF - 1n - BigInt(random.below(50))],
    [1, HALF + BigInt(random.below(50))],
    [1, 2n * HALF - 1n - BigInt(random.below(50))],
  ]);
}

function targetOf(random: Random, transactions: number): Hex {
  return random.weighted<() => Hex>([
    [8, () => place(random.below(CONTRACTS))],
    [5, () => stranger(random.below(4))],
    [1, () => sender(random.below(transactions))],
    [1, () => COINBASE],
    [1, () => addressHex(random.pick([2, 3, 4]))],
  ])();
}

/** Some instructions that pay, mostly, and a few that look; what they see is kept where nobody else writes. */
function programOf(random: Random, transactions: number, fork: Fork): string {
  const parts: string[] = [];
  let key = 0;
  const keep = (value: string): string => `${value} ORIGIN ${++key} ADD SSTORE`;
  const target = (): Hex => targetOf(random, transactions);
  const calls = fork === 'Frontier' ? ['CALL', 'CALLCODE'] : ['CALL', 'CALL', 'CALLCODE'];
  for (let steps = 1 + random.below(4); steps > 0; steps--) {
    parts.push(
      random.weighted<() => string>([
        [
          8,
          () =>
            `0 0 0 0 ${random.weighted([
              [4, random.below(40)],
              [2, 0],
              [1, random.below(300)],
            ])} ${target()} 40000 ${random.pick(calls)} POP`,
        ],
        [3, () => keep(`0 0 0 0 ${random.below(60)} ${target()} 40000 CALL`)],
        [1, () => keep(`${target()} BALANCE`)],
        [
          1,
          () =>
            ['Istanbul', 'Berlin', 'Shanghai', 'Cancun', 'Osaka'].includes(fork) ? keep('SELFBALANCE') : 'GAS POP',
        ],
        [1, () => keep(`${target()} EXTCODESIZE`)],
        [1, () => keep('GAS')],
        [1, () => keep(`0 0 ${random.below(30)} CREATE`)],
        [1, () => `${target()} SELFDESTRUCT`],
        [1, () => (fork === 'Frontier' || fork === 'Homestead' ? 'INVALID' : '0 0 REVERT')],
      ])(),
    );
  }
  return parts.join(' ');
}

function draw(random: Random): { accounts: Allocation; fork: Fork; calls: { to: Hex; value: bigint }[] } {
  const fork = random.pick(FORKS);
  const count = 2 + random.below(MOST_TRANSACTIONS - 1);
  const accounts: Record<Hex, Allocation[Hex]> = { ...senders(count) };
  for (let i = 0; i < CONTRACTS; i++) {
    const nonce = BigInt(random.below(2));
    accounts[place(i)] = contract(programOf(random, count, fork), { nonce, balance: balanceOf(random) });
  }
  for (let i = 0; i < 4; i++) {
    if (!random.oneIn(3))
      accounts[stranger(i)] = wallet({ nonce: BigInt(random.below(2)), balance: balanceOf(random) });
  }
  if (random.oneIn(2)) accounts[COINBASE] = wallet({ balance: balanceOf(random) % HALF });
  const calls = Array.from({ length: count }, () => ({
    to: random.oneIn(5) ? targetOf(random, count) : place(random.below(CONTRACTS)),
    value: random.oneIn(3) ? 0n : BigInt(random.below(100)),
  }));
  return { accounts, fork, calls };
}

describe('balances on which nothing depends', function () {
  this.timeout(120_000);

  for (const settings of [{}, { balances: 'false' }, { balances: 'off' }] as const) {
    const setting = settings.balances ?? 'on';
    it(`leave random payments as they are serially, in the worst order (advice: ${setting})`, async () => {
      let rebases = 0;
      let aborts = 0;
      const blocks = setting === 'on' ? BLOCKS : BLOCKS / 8;
      for (let number = 0; number < blocks; number++) {
        const { accounts, fork, calls } = draw(new Random(0xba1a, number));
        const transactions = calls.map(({ to, value }, i) => send(sender(i), to, { value, gasLimit: 400_000n }));
        const workers = await TwoWorkers.open(accounts, blockOf(fork, transactions), settings);
        const { first, second } = workers;
        for (const index of transactions.keys()) workers.take(second, index);
        for (const index of [...transactions.keys()].reverse()) await second.speculate(index);
        try {
          await workers.finish(first);
        } catch (error) {
          throw new Error(`block ${number}: ${error}`, { cause: error });
        }
        for (const { stats } of [first, second]) {
          rebases += stats[STAT_REBASES] as number;
          aborts += stats[STAT_ABORTS] as number;
        }
      }
      if (setting === 'off') expect(rebases).to.equal(0);
      else expect(rebases).to.be.greaterThan(blocks / 8);
      expect(aborts).to.be.greaterThan(blocks / 4);
    });
  }
});
