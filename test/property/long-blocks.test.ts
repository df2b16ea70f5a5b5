/**
 * Blocks in which conflicts come seldom and late, after speculation has succeeded for long: each worker commits what it
 * has executed itself then, takes many transactions at once and runs far ahead. One after the other on the same executors,
 * so that most blocks are expected to be like the one before.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import type { BlockEngine } from '../../src/executor/block-engine.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { CONTROL_BATCH } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import type { Transaction } from '../../src/transition/types.js';
import { blockOf, busy, contract, place, send, sender, senders, stranger } from '../support/conflict-block.js';
import { canonical } from '../support/outcome.js';

const THREADS = [2, 3, 4, 8];
const BLOCKS = 60;
/** So many times as many blocks are executed until one has had an abort. */
const MOST_ROUNDS = 5;
const SENDERS = 600;
const COUNTER = place(1);
const WATCHER = place(2);
const LEDGER = place(3);
/** Larger batches than are taken while conflicts are to be reckoned with. */
const CALM = 17;

const call = (n: number, to: Hex): Transaction => send(sender(n), to, { data: Uint8Array.of(1), gasLimit: 100_000n });

/** What is done at a place where transactions meet, by transaction. */
const MEETINGS: readonly ((n: number) => Transaction)[] = [
  (n) => call(n, COUNTER),
  (n) => call(n, WATCHER),
  (n) => send(sender(n), stranger(0), { value: 1n, gasLimit: 21_000n }),
  (n) => send(sender(n), sender(n + 1), { value: 10n ** 17n, gasLimit: 21_000n }),
];

/** Transactions of one meeting; a stride apart they are in the batches of different workers. */
const TOGETHER = 4;

/** Of its own: a transfer, or a call that takes its time and writes the slot of its sender. */
const apart = (n: number): Transaction =>
  n % 3 === 0 ? call(n, LEDGER) : send(sender(n), stranger(n), { value: 1n, gasLimit: 21_000n });

const longBlock = fc
  .record({
    count: fc.integer({ min: 200, max: SENDERS - 1 }),
    meetings: fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(MEETINGS.length - 1), fc.constantFrom(1, 16, 64)),
      { minLength: 2, maxLength: 12 },
    ),
    invalid: fc.option(fc.double({ min: 0.5, max: 1, noNaN: true }), { freq: 8 }),
  })
  .map(({ count, meetings, invalid }) => {
    const transactions = Array.from({ length: count }, (_, n) => apart(n));
    for (const [where, kind, stride] of meetings) {
      const first = Math.floor(where * (count - 1));
      for (let n = first; n < Math.min(count, first + TOGETHER * stride); n += stride) {
        transactions[n] = (MEETINGS[kind] as (typeof MEETINGS)[number])(n);
      }
    }
    if (invalid !== null) {
      const at = Math.floor(invalid * (count - 1));
      transactions[at] = { ...(transactions[at] as Transaction), nonce: 3n };
    }
    return transactions;
  });

describe('long blocks with few conflicts', function () {
  this.timeout(300_000);
  const executors: [number, ParallelExecutor][] = [];
  let serial: SerialExecutor;

  before(async () => {
    serial = await SerialExecutor.create({ vm: 'wasm' });
    for (const threads of THREADS) executors.push([threads, await ParallelExecutor.create({ vm: 'wasm', threads })]);
  });

  after(async () => {
    await serial.close();
    for (const [, executor] of executors) await executor.close();
  });

  it(`${BLOCKS} of them give the serial outcome with ${THREADS.join(', ')} threads`, async () => {
    const database = Database.create();
    const called = {
      [COUNTER]: contract(`0 SLOAD ${busy(1)} 1 ADD 0 SSTORE`),
      [WATCHER]: contract('COINBASE BALANCE ORIGIN SSTORE'),
      [LEDGER]: contract(`${busy(1)} 1 ORIGIN SLOAD ADD ORIGIN SSTORE`),
    };
    database.load(Object.entries({ ...senders(SENDERS), ...called }) as [Hex, AccountState][]);
    let calm = 0;
    let aborts = 0;
    let rounds = 0;
    const property = fc.asyncProperty(longBlock, async (transactions) => {
      const block = blockOf('Cancun', transactions);
      const expected = canonical(await serial.execute(database, block));
      for (const [threads, executor] of executors) {
        const result = await executor.execute(database, block);
        expect(canonical(result), `${threads} threads`).to.equal(expected);
        const { engine } = executor as unknown as { engine: BlockEngine };
        if ((engine.heap.i32[CONTROL_BATCH] as number) >= CALM) calm++;
        aborts += result.stats.aborts;
      }
    });
    // Where all threads share one core they seldom meet: the blocks are to be such in which some do.
    while (rounds === 0 || (aborts === 0 && rounds < MOST_ROUNDS)) {
      rounds++;
      await fc.assert(property, { numRuns: BLOCKS, seed: rounds });
    }
    console.log(`      ${calm} of ${rounds * BLOCKS * THREADS.length} runs ended calm, ${aborts} aborts`);
    expect(calm).to.be.greaterThan(0);
    expect(aborts).to.be.greaterThan(0);
  });
});
