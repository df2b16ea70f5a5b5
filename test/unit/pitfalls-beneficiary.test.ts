/**
 * Correctness pitfalls 1 to 6: the beneficiary. A fee is deferred where that is possible, and whoever
 * looks at the beneficiary's account must not be able to tell.
 */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import type { Transaction } from '../../src/transition/types.js';
import {
  type Agreement,
  anything,
  authorization,
  blockOf,
  busy,
  busyGas,
  COINBASE,
  callOf,
  changeOf,
  contract,
  createdBy,
  deferredRead,
  delegate,
  EMPTY_CODE_HASH,
  ETHER,
  executed,
  gasOf,
  PRECOMPILE_ACCOUNT,
  PRICE,
  place,
  rejection,
  send,
  sender,
  senders,
  slotAfter,
  stranger,
  useRig,
  valid,
  wallet,
} from '../support/conflict-block.js';
import { TwoWorkers } from '../support/two-workers.js';

const TRANSFER = 21_000n;
/** Spends a millisecond and pays for it. */
const SLOW = place(99);
/** Stores a word, given by `source`, at the caller's slot: every sender has a slot of its own. */
const storing = (source: string): string => `${source} CALLER SSTORE`;

describe('pitfalls: beneficiary', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  /** Fees that each parallel executor deferred, by transaction: all the same list. */
  function deferred({ runs }: Agreement): bigint[] {
    const lists = runs.map(({ result }) => {
      const outcome = valid(result);
      return outcome.transactions.map((_, index) => executed(outcome, index).deferredFee);
    });
    for (const list of lists) expect(list).to.deep.equal(lists[0]);
    return lists[0] ?? [];
  }

  it('pitfall 1: a coinbase that destroys itself takes the fee of that transaction with it', async () => {
    const heir = stranger(0);
    const reader = place(0);
    const block = blockOf('Shanghai', [
      // The message destroys the coinbase; then 24,000 gas and more are credited, and go with it.
      send(sender(0), COINBASE),
      send(sender(1), reader),
      send(sender(2), stranger(1), { value: 1n, gasLimit: TRANSFER }),
      send(sender(3), reader),
    ]);
    const accounts = {
      ...senders(4),
      [COINBASE]: contract(`${busy()} ${heir} SELFDESTRUCT`, { balance: 77n, storage: { 1: 5n } }),
      [reader]: contract(storing('COINBASE BALANCE 1 ADD')),
    };
    const outcome = valid((await rig.agree(accounts, block)).result);
    // EIP-3651: COINBASE 2, BALANCE of a warm account 100, PUSH1 3, ADD 3, CALLER 2, SSTORE cold 22,100.
    const readerGas = 21_000n + 2n + 100n + 3n + 3n + 2n + 22_100n;
    // PUSH20 3, SELFDESTRUCT 5,000, cold heir 2,600, new account 25,000.
    expect(gasOf(outcome)).to.deep.equal([
      21_000n + busyGas('Shanghai') + 3n + 5_000n + 2_600n + 25_000n,
      readerGas,
      TRANSFER,
      readerGas,
    ]);
    expect(slotAfter(outcome, reader, sender(1)), 'nothing is left of the first fee').to.equal(1n);
    expect(slotAfter(outcome, reader, sender(3))).to.equal(1n + (readerGas + TRANSFER) * PRICE);
    expect(changeOf(outcome, heir)?.after).to.deep.equal({ nonce: 0n, balance: 77n });
    const coinbase = changeOf(outcome, COINBASE);
    expect(coinbase?.before).to.deep.equal({ nonce: 1n, balance: 77n });
    expect(coinbase?.after).to.deep.equal({ nonce: 0n, balance: (2n * readerGas + TRANSFER) * PRICE });
    expect(coinbase?.code?.after).to.have.length(0);
    expect([...(coinbase?.storage.values() ?? [])]).to.deep.equal([{ before: 5n, after: 0n }]);
  });

  it('pitfall 2: before EIP-161 a zero fee creates an empty coinbase, which later transactions see', async () => {
    const caller = place(0);
    const slow = place(1);
    const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
    const block = blockOf('Homestead', [send(sender(0), slow, free), send(sender(1), caller, free)]);
    const accounts = {
      ...senders(2),
      ...PRECOMPILE_ACCOUNT,
      [slow]: contract(busy()),
      [caller]: contract(callOf(COINBASE, 0n, '0')),
    };
    const outcome = valid((await rig.agree(accounts, block)).result);
    // 7 pushes and CALL 40; an absent coinbase would cost 25,000 more (yellow paper, G_newaccount).
    expect(gasOf(outcome)).to.deep.equal([21_000n + busyGas('Homestead'), 21_000n + 7n * 3n + 40n]);
    expect(changeOf(outcome, COINBASE)).to.deep.include({ before: null, after: { nonce: 0n, balance: 0n } });
  });

  it('pitfall 2: after EIP-161 a zero fee deletes an empty coinbase, which later transactions see', async () => {
    const slow = place(1);
    const creator = place(0);
    // The coinbase is where the creator's contract belongs. Storage there makes a creation fail (EIP-7610).
    const coinbase = createdBy(creator, 1n);
    const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
    const accounts = {
      ...senders(2),
      [slow]: contract(busy()),
      [creator]: contract(storing('0 0 0 CREATE')),
      [coinbase]: wallet({ storage: { 1: 9n } }),
    };
    const transactions = [send(sender(0), slow, free), send(sender(1), creator, free)];
    const outcome = valid((await rig.agree(accounts, blockOf('Istanbul', transactions, { coinbase }))).result);
    expect(slotAfter(outcome, creator, sender(1)), 'the creation went well').to.equal(BigInt(coinbase));
    const change = changeOf(outcome, coinbase);
    expect(change).to.deep.include({ before: { nonce: 0n, balance: 0n }, after: { nonce: 1n, balance: 0n } });
    expect([...(change?.storage.values() ?? [])]).to.deep.equal([{ before: 9n, after: 0n }]);
  });

  it('pitfall 2: after EIP-161 a zero fee does not create a coinbase, and deletes an empty one', async () => {
    const slow = place(1);
    const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
    const transactions = [send(sender(0), slow, free), send(sender(1), stranger(0), { ...free, value: 1n })];
    const accounts = { ...senders(2), [slow]: contract(busy()) };
    const absent = valid((await rig.agree(accounts, blockOf('EIP158', transactions))).result);
    expect(changeOf(absent, COINBASE)).to.equal(undefined);
    const empty = { ...accounts, [COINBASE]: wallet() };
    const deleted = valid((await rig.agree(empty, blockOf('EIP158', transactions))).result);
    expect(changeOf(deleted, COINBASE)).to.deep.include({ before: { nonce: 0n, balance: 0n }, after: null });
  });

  it('pitfall 3: only a fee that is not zero, of a transaction that leaves the coinbase alone, is deferred', async () => {
    const coinbase = sender(9);
    const slow = place(0);
    const counter = place(1);
    const looker = place(2);
    const base = { [coinbase]: wallet({ balance: ETHER }) };
    const accounts = {
      ...senders(8),
      ...base,
      [slow]: contract(busy()),
      [counter]: contract('0 SLOAD 1 ADD 0 SSTORE'),
      [looker]: contract('COINBASE BALANCE POP'),
    };
    const transactions: Transaction[] = [
      send(sender(0), slow),
      send(coinbase, stranger(0), { value: 5n, gasLimit: TRANSFER }),
      send(sender(1), coinbase, { value: 7n, gasLimit: TRANSFER }),
      delegate(sender(2), stranger(1), [authorization(coinbase, counter, 1n)]),
      send(sender(3), coinbase),
      send(sender(4), looker),
      send(sender(5), slow, { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }),
      send(sender(6), stranger(2), { value: 1n, gasLimit: TRANSFER }),
    ];
    const agreement = await rig.agree(accounts, blockOf('Prague', transactions, { coinbase }));
    const outcome = valid(agreement.result);
    const gas = gasOf(outcome);
    expect(gas[0]).to.equal(21_000n + busyGas('Prague'));
    expect(deferred(agreement)).to.deep.equal([
      (gas[0] as bigint) * PRICE,
      0n, // sender
      0n, // recipient
      0n, // authority
      0n, // contract: its delegation runs
      0n, // read by an instruction
      0n, // no fee
      TRANSFER * PRICE,
    ]);
    const fees = gas.filter((_, index) => index !== 6).reduce((sum, used) => sum + used * PRICE, 0n);
    const own = TRANSFER * PRICE;
    expect(changeOf(outcome, coinbase)?.after).to.deep.equal({ nonce: 2n, balance: ETHER - 5n - own + 7n + fees });
    expect(slotAfter(outcome, coinbase, 0n)).to.equal(1n);
  });

  /**
   * A slow payer, and then two quick ones before each of the ten readers, which find fees that are owed
   * but not folded. Answers also what had been paid before each reader, given the reader's gas.
   */
  function payersAndReaders(
    fork: Fork,
    reader: (i: number) => Hex,
    readerGas: bigint,
  ): { transactions: Transaction[]; paid: bigint[]; readers: number[] } {
    const transactions = [send(sender(0), SLOW)];
    const paid: bigint[] = [];
    const readers: number[] = [];
    let sum = (21_000n + busyGas(fork)) * PRICE;
    for (let i = 0; i < 10; i++) {
      for (const j of [0, 1]) {
        transactions.push(send(sender(1 + 2 * i + j), stranger(2 * i + j), { value: 1n, gasLimit: TRANSFER }));
      }
      sum += 2n * TRANSFER * PRICE;
      paid.push(sum);
      readers.push(transactions.length);
      transactions.push(send(sender(50 + i), reader(i)));
      sum += readerGas * PRICE;
    }
    paid.push(sum);
    return { transactions, paid, readers };
  }
  const slowAccounts = { ...senders(60), [SLOW]: contract(busy()) };

  for (const name of ['BALANCE', 'EXTCODEHASH']) {
    it(`pitfall 4: ${name} of the coinbase sees every deferred fee below`, async () => {
      const places = Array.from({ length: 10 }, (_, i) => [place(i), contract(storing(`COINBASE ${name}`))] as const);
      const accounts = { ...slowAccounts, ...Object.fromEntries(places) };
      // COINBASE 2, a warm account 100 (EIP-3651), CALLER 2, SSTORE 22,100.
      const readerGas = 21_000n + 2n + 100n + 2n + 22_100n;
      const { transactions, paid, readers } = payersAndReaders('Cancun', place, readerGas);
      const outcome = valid((await rig.agree(accounts, blockOf('Cancun', transactions), deferredRead)).result);
      for (const [i, index] of readers.entries()) {
        expect(executed(outcome, index).gasUsed).to.equal(readerGas);
        const expected = name === 'BALANCE' ? paid[i] : EMPTY_CODE_HASH;
        expect(slotAfter(outcome, place(i), sender(50 + i)), `reader ${i}`).to.equal(expected);
      }
      expect(changeOf(outcome, COINBASE)?.after).to.deep.equal({ nonce: 0n, balance: paid[10] });
    });
  }

  it('pitfall 3: a fee whose low words are zero is a fee like any other', async () => {
    const price = { maxFeePerGas: 1n << 32n, maxPriorityFeePerGas: 1n << 32n };
    const transfers = [0, 1].map((n) => send(sender(n), stranger(n), { ...price, value: 1n, gasLimit: TRANSFER }));
    const agreement = await rig.agree(senders(2), blockOf('Shanghai', transfers), anything);
    const fee = TRANSFER << 32n;
    expect(deferred(agreement)).to.deep.equal([fee, fee]);
    expect(changeOf(valid(agreement.result), COINBASE)?.after?.balance).to.equal(2n * fee);
  });

  it('pitfall 3: fees that the balance has no room for are not deferred: what is left of nothing is deleted (EIP-161)', async () => {
    const accounts = { ...senders(2), [COINBASE]: wallet({ balance: 2n ** 256n - 2n * TRANSFER * PRICE }) };
    const transfers = [0, 1].map((n) => send(sender(n), stranger(n), { value: 1n, gasLimit: TRANSFER }));
    const block = blockOf('Shanghai', transfers);
    const workers = await TwoWorkers.open(accounts, block);
    for (const index of [0, 1]) workers.take(workers.second, index);
    for (const index of [1, 0]) await workers.second.speculate(index);
    await workers.finish(workers.first);
    // The reference machine keeps the empty account, serially too, so that the rig would have nothing to compare.
    const alone = await ParallelExecutor.create({ vm: 'wasm', threads: 1 });
    const database = Database.from(Object.entries(accounts) as [Hex, AccountState][]);
    const outcome = valid(await alone.execute(database, block));
    expect(changeOf(outcome, COINBASE)?.after).to.equal(null);
    await alone.close();
  });

  it('pitfall 4: SELFBALANCE in the coinbase sees every deferred fee below', async () => {
    const coinbase = place(20);
    const accounts = { ...slowAccounts, [coinbase]: contract(storing('SELFBALANCE'), { balance: 3n }) };
    const readerGas = 21_000n + 5n + 2n + 22_100n;
    const { transactions, paid } = payersAndReaders('London', () => coinbase, readerGas);
    const block = blockOf('London', transactions, { coinbase });
    const outcome = valid((await rig.agree(accounts, block, deferredRead)).result);
    for (let i = 0; i < 10; i++) {
      expect(slotAfter(outcome, coinbase, sender(50 + i))).to.equal(3n + (paid[i] as bigint));
    }
    expect(changeOf(outcome, coinbase)?.after).to.deep.equal({ nonce: 1n, balance: 3n + (paid[10] as bigint) });
  });

  it('pitfall 4: the new-account check of a CALL to the coinbase sees the deferred fees', async () => {
    const payer = place(1);
    const accounts = { ...slowAccounts, [payer]: contract(callOf(COINBASE, 1n, '0'), { balance: 100n }) };
    // 7 pushes, a warm account 100, value 9,000; the stipend of 2,300 comes back. No 25,000: it exists by then.
    const callerGas = 21_000n + 7n * 3n + 100n + 9_000n - 2_300n;
    const { transactions, paid, readers } = payersAndReaders('Cancun', () => payer, callerGas);
    const outcome = valid((await rig.agree(accounts, blockOf('Cancun', transactions), deferredRead)).result);
    for (const index of readers) expect(executed(outcome, index).gasUsed).to.equal(callerGas);
    const after = { nonce: 0n, balance: (paid[10] as bigint) + 10n };
    expect(changeOf(outcome, COINBASE)).to.deep.include({ before: null, after });
  });

  it('pitfall 4: a warm coinbase (EIP-3651) is not a read, and nothing waits for it', async () => {
    const places = Array.from({ length: 30 }, (_, i) => [place(i), contract('COINBASE POP')] as const);
    const accounts = { ...slowAccounts, ...Object.fromEntries(places) };
    const transactions = [send(sender(0), SLOW), ...places.map(([at], i) => send(sender(1 + i), at))];
    const agreement = await rig.agree(accounts, blockOf('Cancun', transactions), anything);
    expect(agreement.stats).to.include({ reexecutions: 0, aborts: 0, estimatesHit: 0, deferredFeeReads: 0 });
    const fees = (21_000n + busyGas('Cancun') + 30n * (21_000n + 4n)) * PRICE;
    expect(changeOf(valid(agreement.result), COINBASE)?.after).to.deep.equal({ nonce: 0n, balance: fees });
  });

  it('pitfall 5: fees are folded over the state before the block, once each, whoever has read them', async () => {
    const slow = place(0);
    const reader = place(1);
    const accounts = {
      ...senders(60),
      [COINBASE]: wallet({ nonce: 4n, balance: 1_000_000n }),
      [slow]: contract(busy()),
      [reader]: contract(storing('COINBASE BALANCE')),
    };
    // Readers between payers: a reader that left what it folded where the next one starts would show.
    const transactions = [
      send(sender(0), slow),
      ...Array.from({ length: 48 }, (_, i) =>
        i % 3 === 2 ? send(sender(1 + i), reader) : send(sender(1 + i), stranger(i), { value: 1n, gasLimit: TRANSFER }),
      ),
    ];
    const { result } = await rig.agree(accounts, blockOf('Cancun', transactions), deferredRead);
    const outcome = valid(result);
    const readerGas = 21_000n + 2n + 100n + 2n + 22_100n;
    let balance = 1_000_000n + (21_000n + busyGas('Cancun')) * PRICE;
    for (let i = 0; i < 48; i++) {
      if (i % 3 === 2) expect(slotAfter(outcome, reader, sender(1 + i)), `reader ${i}`).to.equal(balance);
      balance += (i % 3 === 2 ? readerGas : TRANSFER) * PRICE;
    }
    expect(changeOf(outcome, COINBASE)?.after).to.deep.equal({ nonce: 4n, balance });
  });

  for (const missing of [0n, 1n]) {
    const name = missing === 0n ? 'just enough' : 'one wei too little';
    it(`pitfall 6: deferred fees decide whether the coinbase can pay as a sender (${name})`, async () => {
      const coinbase = sender(90);
      const readerGas = 21_000n + 2n + 100n + 2n + 22_100n;
      const places = Array.from({ length: 10 }, (_, i) => [place(i), contract(storing('COINBASE BALANCE'))] as const);
      const { transactions, paid } = payersAndReaders('Cancun', place, readerGas);
      const earned = paid[10] as bigint;
      const value = earned - TRANSFER * PRICE + missing;
      transactions.push(
        send(coinbase, stranger(99), { value, gasLimit: TRANSFER }),
        send(sender(49), stranger(98), { value: 1n, gasLimit: TRANSFER }),
      );
      const accounts = { ...slowAccounts, ...Object.fromEntries(places) };
      const { result } = await rig.agree(accounts, blockOf('Cancun', transactions, { coinbase }), deferredRead);
      if (missing === 1n) {
        expect(rejection(result)).to.deep.equal({ code: 'INSUFFICIENT_ACCOUNT_FUNDS', index: 31 });
        return;
      }
      const outcome = valid(result);
      expect(changeOf(outcome, stranger(99))?.after).to.deep.equal({ nonce: 0n, balance: value });
      // It paid itself for its own transaction, and was paid for the last one.
      const after = { nonce: 1n, balance: 2n * TRANSFER * PRICE };
      expect(changeOf(outcome, coinbase)).to.deep.include({ before: null, after });
    });
  }
});
