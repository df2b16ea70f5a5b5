/** Blocks with a transaction that is too large for the machine: the engine says so, names it, and goes on with other blocks. */
import { expect } from 'chai';
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import {
  ASK,
  blockOf,
  contract,
  FLAG,
  flagContract,
  place,
  send,
  sender,
  senders,
  slotAfter,
  stranger,
  valid,
  words,
} from '../support/conflict-block.js';

const HOG = place(1);
/** Three gibibytes of memory: more than the module may have, and gas for them. */
const hog = contract('1 0xbfffffe0 MSTORE');
const GAS = 1n << 46n;

describe('a transaction that is too large for the machine', function () {
  this.timeout(60_000);
  const accounts = { ...senders(4), [HOG]: hog };
  const database = Database.from(Object.entries(accounts) as [Hex, AccountState][]);
  const pay = (from: number) => send(sender(from), stranger(from), { value: 1n, gasLimit: 21_000n });
  const environment = { gasLimit: 1n << 50n };
  const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
  const large = blockOf('Cancun', [pay(0), pay(1), send(sender(2), HOG, { gasLimit: GAS, ...free }), pay(3)], {
    environment,
  });
  const ordinary = blockOf('Cancun', [pay(0), pay(1), pay(3)], { environment });

  it('fails the block and names the transaction, serially', async () => {
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const streamed = async (): Promise<void> => {
      for await (const _ of serial.stream(database, large));
    };
    for (const run of [() => serial.execute(database, large), streamed]) {
      const failure = await run().catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ExecutorError).and.to.include({ code: 'MACHINE_FAILED' });
      expect(String(failure)).to.match(/transaction 2: .*more room than the machine has for its memory/);
      expect((await serial.execute(database, ordinary)).ok).to.equal(true);
    }
  });

  for (const threads of [1, 2, 4]) {
    it(`fails the block and names the transaction, ${threads} threads`, async () => {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
      for (let round = 0; round < 5; round++) {
        const failure = await executor.execute(database, large).catch((error: unknown) => error);
        expect(failure).to.be.instanceOf(ExecutorError);
        expect(failure).to.include({ code: 'MACHINE_FAILED' });
        expect(String(failure)).to.match(/transaction 2: .*more room than the machine has for its memory/);
        const result = await executor.execute(database, ordinary);
        expect(result.ok && result.receipts.length).to.equal(3);
      }
      await executor.close();
    });
  }

  for (const threads of [2, 4]) {
    it(`fails nothing where only a run that saw what never was is too large, ${threads} threads`, async () => {
      const hungry = contract(`${ASK} @fine JUMPI 1 0xbfffffe0 MSTORE fine: 7 0 SSTORE`);
      const database = Database.from(
        Object.entries({ ...senders(2), [FLAG]: flagContract, [HOG]: hungry }) as [Hex, AccountState][],
      );
      const raise = send(sender(0), FLAG, { data: words(1n) });
      const block = blockOf('Cancun', [raise, send(sender(1), HOG, { gasLimit: GAS, ...free })], { environment });
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
      let aborts = 0;
      for (let round = 0; round < 200 && aborts < 3; round++) {
        const outcome = valid(await executor.execute(database, block));
        expect(slotAfter(outcome, HOG, 0n)).to.equal(7n);
        aborts += outcome.stats.aborts;
      }
      expect(aborts, 'runs that were found stale').to.be.at.least(1);
      await executor.close();
    });
  }
});
