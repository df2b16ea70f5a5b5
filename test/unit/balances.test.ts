/**
 * Balances on which nothing depends: a transaction that has read another one than it would read now is committed as it is
 * where it only added to it and paid from it, and is run again where anything else that it did could differ.
 */
import { expect } from 'chai';
import type { Incarnations } from '../../src/executor/incarnation.js';
import { STAT_ABORTS, STAT_REBASES } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import {
  type Allocation,
  blockOf,
  COINBASE,
  callOf,
  conflict,
  contract,
  type Met,
  place,
  send,
  sender,
  senders,
  slotAfter,
  stranger,
  useRig,
  valid,
  wallet,
} from '../support/conflict-block.js';
import { addressHex } from '../support/keys.js';
import { TwoWorkers } from '../support/two-workers.js';

const VAULT = place(0);
const CALLER = place(1);
const PERSON = stranger(0);
const HALF = 2n ** 255n;

interface Scene {
  readonly fork?: Fork;
  /** Beside the senders. */
  readonly accounts: Allocation;
  /** The first transaction changes the balance that the second one has read. */
  readonly first: { readonly to: Hex; readonly value?: bigint };
  readonly second: { readonly to: Hex; readonly value?: bigint };
}

/** Runs the second transaction before the first, and commits both; how often a balance was put right, and a run made again. */
async function outcome({
  fork = 'Cancun',
  accounts,
  first,
  second,
}: Scene): Promise<{ rebases: number; aborts: number }> {
  const transactions = [first, second].map(({ to, value = 0n }, i) => send(sender(i), to, { value }));
  const workers = await TwoWorkers.open({ ...senders(2), ...accounts }, blockOf(fork, transactions));
  for (const index of [0, 1]) workers.take(workers.second, index);
  for (const index of [1, 0]) await workers.second.speculate(index);
  // The serial outcome is what it compares with.
  await workers.finish(workers.first);
  const { stats } = workers.first;
  return { rebases: stats[STAT_REBASES] as number, aborts: stats[STAT_ABORTS] as number };
}

/** Takes what it is sent. */
const taker = (balance: bigint, nonce = 1n) => contract('STOP', { balance, nonce });
/** Pays `value` to somebody else. */
const payer = (value: bigint, balance: bigint) => contract(`${callOf(PERSON, value, '30000')} POP`, { balance });
const KNOWN = { [PERSON]: wallet({ balance: 1n }) };
const pay = (to: Hex, value = 100n) => ({ to, value });

describe('balances on which nothing depends', function () {
  this.timeout(60_000);

  const committed: readonly [string, Scene][] = [
    ['a contract that both pay', { accounts: { [VAULT]: taker(7n) }, first: pay(VAULT), second: pay(VAULT, 20n) }],
    ['a contract without nonce', { accounts: { [VAULT]: taker(0n, 0n) }, first: pay(VAULT), second: pay(VAULT, 20n) }],
    [
      'one that is called, and not paid',
      { accounts: { [VAULT]: taker(7n) }, first: pay(VAULT), second: { to: VAULT } },
    ],
    [
      'one that pays, and has enough',
      { accounts: { ...KNOWN, [VAULT]: payer(60n, 200n) }, first: { to: VAULT }, second: { to: VAULT } },
    ],
    [
      'a person whom a contract pays',
      {
        accounts: { [VAULT]: contract(`${callOf(PERSON, 'CALLVALUE')} POP`), [PERSON]: wallet({ balance: 1n }) },
        first: pay(VAULT),
        second: pay(VAULT, 5n),
      },
    ],
    [
      'one that pays in a call that is reverted',
      {
        accounts: {
          ...KNOWN,
          [VAULT]: contract(`CALLVALUE @in JUMPI ${callOf(PERSON, 60n)} POP 0 0 REVERT in: STOP`, { balance: 200n }),
        },
        first: pay(VAULT),
        second: { to: VAULT },
      },
    ],
    [
      'one whose code is asked for',
      {
        accounts: {
          [VAULT]: taker(7n),
          [CALLER]: contract(`${VAULT} EXTCODEHASH ${VAULT} EXTCODESIZE ADD CALLER SSTORE`),
        },
        first: pay(VAULT),
        second: { to: CALLER },
      },
    ],
    [
      'a precompile that is paid',
      {
        accounts: {
          [CALLER]: contract(`${callOf(addressHex(4), 3n)} POP`, { balance: 10n ** 9n }),
          [addressHex(4)]: wallet({ balance: 1n }),
        },
        first: { to: CALLER },
        second: { to: CALLER },
      },
    ],
  ];
  for (const [name, scene] of committed) {
    it(`are put right when the transaction is committed: ${name}`, async () => {
      const { rebases, aborts } = await outcome(scene);
      expect(aborts).to.equal(0);
      expect(rebases).to.be.greaterThan(0);
    });
  }

  const looksAt = (source: string): Allocation => ({ [VAULT]: contract(source, { balance: 200n }) });
  const again: readonly [string, Scene][] = [
    ['SELFBALANCE', { accounts: looksAt('SELFBALANCE CALLER SSTORE'), first: pay(VAULT), second: { to: VAULT } }],
    ['BALANCE', { accounts: looksAt('ADDRESS BALANCE CALLER SSTORE'), first: pay(VAULT), second: { to: VAULT } }],
    [
      'BALANCE in a call that is reverted, and whose gas is spent',
      {
        accounts: {
          [VAULT]: taker(0n),
          [CALLER]: contract(`${callOf(place(2))} CALLER SSTORE`),
          [place(2)]: contract(`${VAULT} BALANCE @more JUMPI 0 0 REVERT more: INVALID`),
        },
        first: pay(VAULT),
        second: { to: CALLER },
      },
    ],
    [
      'a payment that failed, and would not now',
      {
        accounts: looksAt(`${callOf(stranger(9), 250n)} CALLER SSTORE`),
        first: pay(VAULT),
        second: { to: VAULT },
      },
    ],
    [
      'a payment that succeeded, and would not now',
      { accounts: { ...KNOWN, [VAULT]: payer(150n, 200n) }, first: { to: VAULT }, second: { to: VAULT } },
    ],
    [
      'CREATE with an endowment that there was not',
      { accounts: looksAt('0 0 250 CREATE CALLER SSTORE'), first: pay(VAULT), second: { to: VAULT } },
    ],
    [
      'SELFDESTRUCT, which pays all of it',
      { fork: 'Shanghai', accounts: looksAt(`${stranger(9)} SELFDESTRUCT`), first: pay(PERSON), second: pay(VAULT) },
    ],
    [
      'the price of paying an account that was empty',
      {
        accounts: {
          [CALLER]: contract(`${callOf(PERSON, 1n)} POP`, { balance: 10n }),
          [PERSON]: wallet({ balance: 0n }),
        },
        first: pay(PERSON),
        second: { to: CALLER },
      },
    ],
    [
      'the hash of no code of an account that was empty',
      {
        accounts: { [CALLER]: contract(`${PERSON} EXTCODEHASH CALLER SSTORE`), [PERSON]: wallet({ balance: 0n }) },
        first: pay(PERSON),
        second: { to: CALLER },
      },
    ],
    [
      'a sum that would wrap around',
      { accounts: { [VAULT]: taker(HALF - 50n) }, first: pay(VAULT), second: pay(VAULT, 1n) },
    ],
    [
      'the beneficiary’s, whose fees come later',
      {
        accounts: {
          [CALLER]: contract(`${callOf(COINBASE, 1n)} POP`, { balance: 10n }),
          [COINBASE]: wallet({ balance: 5n }),
        },
        first: pay(COINBASE),
        second: { to: CALLER },
      },
    ],
    ['the sender’s own', { accounts: { [VAULT]: taker(1n) }, first: pay(sender(1)), second: pay(VAULT) }],
  ];
  for (const [name, scene] of again) {
    it(`are no reason to trust a run: ${name}`, async () => {
      expect((await outcome(scene)).rebases).to.equal(0);
    });
  }

  it('of the same contracts, read first in the other order, need not be put right', async () => {
    const transactions = [send(sender(0), VAULT, { value: 100n }), send(sender(1), VAULT, { value: 20n })];
    const workers = await TwoWorkers.open({ ...senders(2), [VAULT]: taker(7n) }, blockOf('Cancun', transactions));
    for (const index of [0, 1]) workers.take(workers.second, index);
    for (const index of [0, 1]) await workers.second.speculate(index);
    await workers.finish(workers.first);
    expect(workers.first.stats[STAT_REBASES]).to.equal(0);
    expect(workers.first.stats[STAT_ABORTS]).to.equal(0);
  });

  it('are not put right where the transaction has run again since the lane looked at it', async () => {
    const transactions = [send(sender(0), VAULT, { value: 100n }), send(sender(1), VAULT, { value: 20n })];
    const workers = await TwoWorkers.open({ ...senders(2), [VAULT]: taker(7n) }, blockOf('Cancun', transactions));
    const { first, second } = workers;
    for (const index of [0, 1]) workers.take(second, index);
    for (const index of [1, 0]) await second.speculate(index);
    first.lane.stop = 1;
    await first.lane.advance();
    first.lane.stop = 2;
    // The lane finds it valid but for the balance, and before it commits it somebody else runs it again, now exactly.
    const { incarnations } = first as unknown as { incarnations: Incarnations };
    expect(incarnations.validate(1, first.statuses.load(1), true)).to.equal(true);
    workers.abort(second, 1);
    workers.take(second, 1);
    await second.speculate(1);
    await workers.finish(first);
    expect(first.stats[STAT_REBASES]).to.equal(0);
  });

  it('are not the beneficiary’s: another fee below is another sum, not another version', async () => {
    const accounts = {
      ...senders(3),
      [VAULT]: contract('CALLDATASIZE @set JUMPI 0 SLOAD @more JUMPI STOP more: 1 CALLER SSTORE STOP set: 1 0 SSTORE'),
      [CALLER]: contract(`${callOf(COINBASE, 1n)} POP`, { balance: 10n }),
      [COINBASE]: wallet({ balance: 5n }),
    };
    // Who pays no fee does not write the beneficiary but by its message.
    const free = { type: 2, chainId: 1n, maxPriorityFeePerGas: 0n } as const;
    const transactions = [
      send(sender(0), VAULT, { data: Uint8Array.of(1) }),
      send(sender(1), VAULT),
      send(sender(2), CALLER, free),
    ];
    const workers = await TwoWorkers.open(accounts, blockOf('Cancun', transactions));
    const { first, second } = workers;
    for (const index of [0, 1, 2]) workers.take(second, index);
    for (const index of [1, 0, 2]) await second.speculate(index);
    await workers.finish(first);
    // The second costs more than it did, so that the third has read too small a sum.
    expect(first.stats[STAT_ABORTS]).to.equal(2);
    expect(first.stats[STAT_REBASES]).to.equal(0);
  });

  it('are followed through a chain of transactions that have all read the first one', async () => {
    const count = 8;
    const transactions = Array.from({ length: count }, (_, i) => send(sender(i), VAULT, { value: BigInt(2 ** i) }));
    const accounts = { ...senders(count), ...KNOWN, [VAULT]: payer(1n, 1000n) };
    const workers = await TwoWorkers.open(accounts, blockOf('Cancun', transactions));
    for (const index of transactions.keys()) workers.take(workers.second, index);
    for (const index of [...transactions.keys()].reverse()) await workers.second.speculate(index);
    await workers.finish(workers.first);
    const { stats } = workers.first;
    expect(stats[STAT_ABORTS]).to.equal(0);
    // The first has read what it should, and each of the others two balances: of the contract, and of whom it pays.
    expect(stats[STAT_REBASES]).to.be.within(count - 1, 2 * (count - 1));
  });
});

/** The reference machine does not tell that nothing depends on a balance. */
const conflictOrRebase: Met = (stats) => conflict(stats) || stats.rebases > 0;

describe('balances on which nothing depends, among threads', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  it('let wrapped ether be put in and taken out at once', async () => {
    // Whoever sends something puts it in; whoever sends nothing takes out 50 of what is his.
    const source = `
      CALLVALUE @deposit JUMPI
      CALLER SLOAD 50 SWAP1 SUB CALLER SSTORE
      0 0 0 0 50 CALLER GAS CALL POP STOP
      deposit: CALLER SLOAD CALLVALUE ADD CALLER SSTORE`;
    const count = 24;
    const storage = Object.fromEntries(Array.from({ length: count }, (_, i) => [BigInt(sender(i)).toString(), 1000n]));
    const accounts = { ...senders(count), [VAULT]: contract(source, { balance: 10n ** 20n, storage }) };
    const transactions = Array.from({ length: count }, (_, i) =>
      send(sender(i), VAULT, { value: i % 3 === 0 ? 0n : 7n }),
    );
    const { result, stats } = await rig.agree(accounts, blockOf('Cancun', transactions), conflictOrRebase);
    expect(stats.rebases).to.be.greaterThan(0);
    const block = valid(result);
    expect(slotAfter(block, VAULT, sender(0))).to.equal(950n);
    expect(slotAfter(block, VAULT, sender(1))).to.equal(1007n);
  });
});
