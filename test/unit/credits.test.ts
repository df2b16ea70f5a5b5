/**
 * Transfers that credit their recipient without reading its balance: nobody who reads it, pays from it,
 * or puts code there may be able to tell.
 */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { RECORD_CREDITS, RECORD_FLAGS, STAT_CREDITS, STAT_INCARNATIONS } from '../../src/layout.js';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { recordTransactions } from '../../src/transition/transaction/index.js';
import { credits } from '../../src/transition/transaction/parties.js';
import type { ExecutionStats, Transaction } from '../../src/transition/types.js';
import {
  blockOf,
  busy,
  COINBASE,
  changeOf,
  contract,
  createdBy,
  ETHER,
  place,
  send,
  sender,
  senders,
  slotAfter,
  statusOf,
  stranger,
  useRig,
  valid,
  wallet,
} from '../support/conflict-block.js';
import { addressHex } from '../support/keys.js';
import { canonical } from '../support/outcome.js';
import { TwoWorkers } from '../support/two-workers.js';

const TRANSFER = 21_000n;
/** Takes a while, so that those behind run ahead of it. */
const SLOW = place(99);
const accountsOf = (count: number) => ({ ...senders(count), [SLOW]: contract(busy(9)) });
const credited = (stats: ExecutionStats): boolean => stats.credits > 0;
const pay = (from: number, to: Hex, value: bigint): Transaction =>
  send(sender(from), to, { value, gasLimit: TRANSFER });

describe('credits', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  it('add up to the balance that serial transfers give, in a new account and in an old one', async () => {
    const [fresh, old] = [stranger(0), stranger(1)];
    const payments = Array.from({ length: 12 }, (_, i) => pay(i + 1, i % 2 === 0 ? fresh : old, 2n ** BigInt(4 * i)));
    const block = blockOf('Cancun', [send(sender(0), SLOW), ...payments]);
    const accounts = { ...accountsOf(13), [old]: wallet({ nonce: 7n, balance: 2n ** 64n - 1n }) };
    const outcome = valid((await rig.agree(accounts, block, credited)).result);
    const sum = (rest: number): bigint =>
      payments.reduce((total, { value }, i) => (i % 2 === rest ? total + value : total), 0n);
    expect(changeOf(outcome, fresh)?.after).to.include({ nonce: 0n, balance: sum(0) });
    expect(changeOf(outcome, old)?.after).to.include({ nonce: 7n, balance: 2n ** 64n - 1n + sum(1) });
  });

  it('that a balance has no room for are paid exactly: what is left of nothing is deleted (EIP-161)', async () => {
    const full = stranger(1);
    const accounts = { ...senders(2), [full]: wallet({ balance: 2n ** 256n - 2n }) };
    const block = blockOf('Cancun', [pay(0, stranger(0), 1n), pay(1, full, 2n)]);
    const workers = await TwoWorkers.open(accounts, block, { credits: 'false' });
    for (const index of [0, 1]) workers.take(workers.second, index);
    for (const index of [1, 0]) await workers.second.speculate(index);
    expect(workers.second.stats[STAT_CREDITS]).to.equal(1);
    await workers.finish(workers.first);
  });

  it('are seen by BALANCE between them, and by the recipient that pays on', async () => {
    const recipient = sender(8);
    const reader = place(0);
    const block = blockOf('Cancun', [
      send(sender(0), SLOW),
      pay(1, recipient, 1n),
      pay(2, recipient, 20n),
      pay(3, recipient, 300n),
      send(sender(4), reader),
      pay(5, recipient, 4_000n),
      send(recipient, stranger(2), { value: ETHER + 4_321n - 21_000n * 10n, gasLimit: TRANSFER }),
      pay(6, recipient, 50_000n),
      send(sender(7), reader),
    ]);
    const accounts = {
      ...accountsOf(9),
      [reader]: contract(`${recipient} BALANCE CALLER SSTORE`),
    };
    const outcome = valid((await rig.agree(accounts, block, credited)).result);
    expect(slotAfter(outcome, reader, sender(4))).to.equal(ETHER + 321n);
    expect(slotAfter(outcome, reader, sender(7))).to.equal(50_000n);
    expect(changeOf(outcome, recipient)?.after).to.include({ nonce: 1n, balance: 50_000n });
  });

  it('are not given to code, nor to an account that gets code in the block', async () => {
    const existing = place(1);
    const created = createdBy(sender(5), 0n);
    // Stores the balance that it finds at the caller's slot.
    const source = 'SELFBALANCE CALLER SSTORE';
    // Init code that deploys the same: 47 is SELFBALANCE, 33 CALLER, 55 SSTORE.
    const initCode = { data: Uint8Array.of(0x62, 0x47, 0x33, 0x55, 0x60, 0, 0x52, 0x60, 3, 0x60, 29, 0xf3) };
    const call = (from: number, to: Hex, value: bigint): Transaction => send(sender(from), to, { value });
    const block = blockOf('Cancun', [
      send(sender(0), SLOW),
      call(1, existing, 1n),
      call(2, existing, 2n),
      call(3, created, 4n),
      call(4, created, 8n),
      send(sender(5), null, initCode),
      call(6, created, 16n),
      call(7, created, 32n),
      call(8, existing, 64n),
    ]);
    const accounts = { ...accountsOf(9), [existing]: contract(source) };
    const outcome = valid((await rig.agree(accounts, block, credited)).result);
    expect(statusOf(outcome)).to.deep.equal(new Array(9).fill(true));
    expect(slotAfter(outcome, existing, sender(2))).to.equal(3n);
    expect(slotAfter(outcome, existing, sender(8))).to.equal(67n);
    expect(slotAfter(outcome, created, sender(3))).to.equal(undefined);
    expect(slotAfter(outcome, created, sender(6))).to.equal(28n);
    expect(slotAfter(outcome, created, sender(7))).to.equal(60n);
    expect(changeOf(outcome, created)?.after).to.include({ nonce: 1n, balance: 60n });
  });

  it('stand beside destruction: what came before goes to the heir, what comes after stays', async () => {
    const doomed = place(2);
    const heir = stranger(3);
    const block = blockOf('Shanghai', [
      send(sender(0), SLOW),
      pay(1, heir, 1n),
      pay(2, heir, 2n),
      send(sender(3), doomed, { value: 5n }),
      pay(4, doomed, 100n),
      pay(5, doomed, 200n),
      pay(6, heir, 4n),
    ]);
    const accounts = { ...accountsOf(7), [doomed]: contract(`${heir} SELFDESTRUCT`, { balance: 1_000n }) };
    const outcome = valid((await rig.agree(accounts, block, credited)).result);
    expect(changeOf(outcome, heir)?.after).to.include({ balance: 1_012n });
    expect(changeOf(outcome, doomed)?.after).to.include({ nonce: 0n, balance: 300n });
  });

  it('leave the beneficiary and the sender itself to their own rules', async () => {
    const block = blockOf('Cancun', [
      send(sender(0), SLOW),
      pay(1, COINBASE, 1n),
      pay(2, COINBASE, 2n),
      pay(3, sender(3), 5n),
      pay(4, stranger(4), 1n),
      pay(5, stranger(4), 1n),
    ]);
    const outcome = valid((await rig.agree(accountsOf(6), block, credited)).result);
    const slow = outcome.receipts[0]?.cumulativeGasUsed ?? 0n;
    expect(changeOf(outcome, COINBASE)?.after).to.include({ balance: 3n + 10n * (slow + 5n * TRANSFER) });
    expect(changeOf(outcome, sender(3))?.after).to.include({ balance: ETHER - 10n * TRANSFER });
  });

  it('are not given to RIPEMD-160, whose empty account a failed call deletes', async () => {
    const ripemd = addressHex(3);
    const transfer = (from: number): Transaction => send(sender(from), ripemd, { value: 1n, gasLimit: TRANSFER + 1n });
    const waiting = Array.from({ length: 6 }, (_, i) => send(sender(i + 1), SLOW));
    const block = blockOf('London', [transfer(0), ...waiting, transfer(7)]);
    const [records, beneficiary] = [recordTransactions(block), hexToBytes(COINBASE)];
    expect((records.u32[(records.places[7] as number) + RECORD_FLAGS] as number) & RECORD_CREDITS).to.equal(0);
    const [first] = block.transactions as [Transaction];
    expect(credits(first, beneficiary)).to.equal(false);
    expect(credits({ ...first, to: hexToBytes(addressHex(4)) }, beneficiary)).to.equal(true);
    const executor = await ParallelExecutor.create({
      vm: 'wasm',
      threads: 4,
      advice: { headStart: 'off', credits: 'false' },
    });
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    for (const before of [{}, { [ripemd]: wallet({ balance: 0n }) }]) {
      const database = Database.from(Object.entries({ ...accountsOf(8), ...before }) as [Hex, AccountState][]);
      const expected = canonical(await serial.execute(database, block));
      for (let round = 0; round < 10; round++) {
        expect(canonical(await executor.execute(database, block)), `round ${round}`).to.equal(expected);
      }
    }
    await executor.close();
  });

  it('add up over the balance before the block for a speculative read, which need not be made again', async () => {
    const old = stranger(5);
    const reader = place(3);
    const accounts = {
      ...senders(5),
      [old]: wallet({ balance: 4_000n }),
      [reader]: contract(`${old} BALANCE CALLER SSTORE`),
    };
    const transactions = [
      pay(0, stranger(6), 1n),
      pay(1, old, 7n),
      pay(2, old, 50n),
      send(sender(3), reader),
      pay(4, old, 900n),
    ];
    const workers = await TwoWorkers.open(accounts, blockOf('Cancun', transactions), { balances: 'off' });
    const { first, second } = workers;
    for (const index of transactions.keys()) workers.take(second, index);
    // The last one is the first to write the balance, so that it has to read it; those below it are credits then.
    for (const index of [4, 1, 2, 3]) await second.speculate(index);
    expect(second.stats[STAT_CREDITS]).to.equal(2);
    await second.speculate(0);
    await workers.finish(first);
    // Each once, and the last one once more.
    expect([first, second].map(({ stats }) => stats[STAT_INCARNATIONS])).to.deep.equal([1, 5]);
  });

  it('are not given by an account to itself, whoever else writes its balance', async () => {
    const transactions = [pay(0, stranger(7), 1n), pay(1, sender(1), 5n), pay(2, sender(1), 3n)];
    const workers = await TwoWorkers.open(senders(3), blockOf('Cancun', transactions));
    const { first, second } = workers;
    for (const index of transactions.keys()) workers.take(second, index);
    // By the time that the second one runs its balance is written by another.
    for (const index of [2, 1]) await second.speculate(index);
    expect(second.stats[STAT_CREDITS]).to.equal(0);
    await second.speculate(0);
    await workers.finish(first);
  });
});
