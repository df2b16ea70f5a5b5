/** What goes through an executor byte by byte, and what it reads of a database that grows. */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { VM_NAMES } from '../../src/vm/name.js';
import {
  type Allocation,
  blockOf,
  changeOf,
  contract,
  executed,
  place,
  send,
  sender,
  senders,
  stranger,
  valid,
  wallet,
} from '../support/conflict-block.js';
import { comparable } from '../support/sample-block.js';

/** Around multiples of a word, and of the lengths from which copies are made in another way. */
const LENGTHS = [...Array(36).keys(), 61, 63, 64, 65, 127, 128, 129, 130, 131, 255, 256, 257, 259, 511, 513, 514];

const databaseOf = (accounts: Allocation): Database => Database.from(Object.entries(accounts) as [Hex, AccountState][]);

for (const vm of VM_NAMES) {
  describe(`calldata and output on the machine ${vm}`, () => {
    for (const offset of [0, 1]) {
      it(`are whole whatever their length, ${offset === 0 ? 'aligned' : 'not aligned'} in memory`, async () => {
        const echo = place(1);
        const code = `CALLDATASIZE 0 ${offset} CALLDATACOPY CALLDATASIZE ${offset} RETURN`;
        const database = databaseOf({ ...senders(1), [echo]: contract(code) });
        const dataOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 1 + ((7 * i) % 255));
        const transactions = LENGTHS.map((length, n) =>
          send(sender(0), echo, { nonce: BigInt(n), data: dataOf(length) }),
        );
        const executor = await SerialExecutor.create({ vm });
        const outcome = valid(await executor.execute(database, blockOf('Shanghai', transactions)));
        for (const [n, length] of LENGTHS.entries()) {
          expect([...executed(outcome, n).output], `${length} bytes`).to.deep.equal([...dataOf(length)]);
        }
        await executor.close();
      });
    }
  });
}

describe('a database that grows between two blocks', function () {
  this.timeout(20_000);

  for (const threads of [2, 4]) {
    it(`is read whole by ${threads} threads`, async () => {
      const database = databaseOf(senders(200));
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
      const serial = await SerialExecutor.create({ vm: 'wasm' });
      const transfers = (from: (n: number) => Hex) =>
        blockOf(
          'Shanghai',
          Array.from({ length: 200 }, (_, n) => send(from(n), stranger(n), { value: 1n, gasLimit: 21_000n })),
        );
      const small = transfers(sender);
      for (let round = 0; round < 5; round++) valid(await executor.execute(database, small));
      // Far more than what was reserved for the accounts that it held.
      const later = (n: number): Hex => stranger(0x10000 + n);
      const newcomers = Array.from({ length: 40_000 }, (_, n) => [later(n), wallet({ balance: 10n ** 18n })] as const);
      database.load(newcomers);
      const large = transfers((n) => later(39_999 - n));
      const expected = valid(await serial.execute(database, large));
      expect(changeOf(expected, stranger(0))?.after?.balance).to.equal(1n);
      for (let round = 0; round < 5; round++) {
        expect(comparable(await executor.execute(database, large))).to.deep.equal(comparable(expected));
      }
      await executor.close();
    });
  }
});
