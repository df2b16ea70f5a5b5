/** The location table's buckets, against blocks that touch far more locations than they have transactions. */
import { expect } from 'chai';
import type { BlockScope } from '../../src/executor/scope.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { bucketsFor } from '../../src/executor/table-size.js';
import { KIND_STORAGE, ROW_HASH } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { blockOf, contract, place, send, sender, senders, valid } from '../support/conflict-block.js';

const TOUCHER = place(1);

describe('executor/table-size', function () {
  this.timeout(60_000);

  it('gives a few buckets to each transaction, and as many more as gas can fill', () => {
    const block = (count: number, gasLimit: bigint, fork: Fork = 'Cancun', most = 1n << 62n) =>
      blockOf(
        fork,
        Array.from({ length: count }, (_, i) => send(sender(i), TOUCHER, { gasLimit })),
        { environment: { gasLimit: most } },
      );
    expect(bucketsFor(block(0, 0n))).to.equal(0);
    expect(bucketsFor(block(100, 21_000n))).to.equal(800);
    expect(bucketsFor(block(1, 30_400_000n))).to.equal(2000);
    expect(bucketsFor(block(2, 15_200_000n, 'Byzantium'))).to.equal(19_000);
    expect(bucketsFor(block(1, 30_400_000n, 'Cancun', 15_200_000n)), 'the block’s own limit').to.equal(1000);
    expect(bucketsFor(block(1, 1n << 60n)), 'whatever gas limits say').to.equal(65_536);
    expect(bucketsFor(block(9000, 1n << 60n, 'Frontier'))).to.equal(72_000);
  });

  for (const [fork, gas] of [
    ['Cancun', 40_000_000n],
    ['Byzantium', 8_000_000n],
    ['Frontier', 2_000_000n],
  ] as const) {
    it(`keeps lists short where one transaction does nothing but read new slots (${fork})`, async () => {
      const toucher = contract('0 more: DUP1 SLOAD POP 1 ADD @more JUMP');
      const accounts = { ...senders(1), [TOUCHER]: toucher };
      const database = Database.from(Object.entries(accounts) as [Hex, AccountState][]);
      const fees = fork === 'Cancun' ? {} : { type: 0 as const };
      const block = blockOf(fork, [send(sender(0), TOUCHER, { gasLimit: gas, ...fees })], {
        environment: { gasLimit: gas },
      });
      const serial = await SerialExecutor.create({ vm: 'wasm' });
      const outcome = valid(await serial.execute(database, block));
      expect(outcome.gasUsed, 'all of it').to.equal(gas);
      const { table, heap } = (serial as unknown as { scope: BlockScope }).scope;
      const { mask } = table as unknown as { mask: number };
      const lengths = new Map<number, number>();
      for (const row of table.rows()) {
        if (table.kind(row) !== KIND_STORAGE) continue;
        const bucket = (heap.u32[row + ROW_HASH] as number) & mask;
        lengths.set(bucket, (lengths.get(bucket) ?? 0) + 1);
      }
      const rows = [...lengths.values()].reduce((sum, length) => sum + length, 0);
      expect(rows).to.be.greaterThan(15_000);
      expect(Math.max(...lengths.values())).to.be.lessThan(40);
    });
  }
});
