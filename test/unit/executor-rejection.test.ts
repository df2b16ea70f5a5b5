/** An invalid block has one error, that of its lowest invalid transaction, whatever the number of threads. */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import type { Block, Transaction } from '../../src/transition/types.js';
import { comparable, sampleBlock, sampleDatabase, sampleTransactions } from '../support/sample-block.js';

const SENDERS = 10;
const COUNT = 50;

function changed(changes: Readonly<Record<number, Partial<Transaction>>>): Transaction[] {
  return sampleTransactions(COUNT, SENDERS).map((tx, i) => ({ ...tx, ...changes[i] }));
}

const full = sampleBlock([]).environment;

const CASES: readonly (readonly [string, Block, string, number])[] = [
  ['a nonce too high', sampleBlock(changed({ 30: { nonce: 9n } })), 'NONCE_MISMATCH_TOO_HIGH', 30],
  ['a nonce too low', sampleBlock(changed({ 31: { nonce: 0n } })), 'NONCE_MISMATCH_TOO_LOW', 31],
  ['no funds', sampleBlock(changed({ 17: { value: 10n ** 20n } })), 'INSUFFICIENT_ACCOUNT_FUNDS', 17],
  ['too little gas', sampleBlock(changed({ 0: { gasLimit: 20_000n } })), 'INTRINSIC_GAS_TOO_LOW', 0],
  [
    'a gas limit that the rest of the block does not allow',
    sampleBlock(sampleTransactions(COUNT, SENDERS), {
      environment: { ...full, gasLimit: 500_000n },
    }),
    'GAS_ALLOWANCE_EXCEEDED',
    -1,
  ],
  [
    'two invalid transactions, the higher one quick to see',
    sampleBlock(
      changed({
        20: { value: 10n ** 20n },
        21: { maxFeePerGas: 1n, maxPriorityFeePerGas: 2n },
      }),
    ),
    'INSUFFICIENT_ACCOUNT_FUNDS',
    20,
  ],
  [
    'a nonce too high, of a gas limit that the block does not allow either: what the block has left is looked at first',
    sampleBlock(changed({ 30: { nonce: 9n, gasLimit: full.gasLimit } })),
    'GAS_ALLOWANCE_EXCEEDED',
    30,
  ],
  [
    'no funds, and a gas limit that the block does not allow',
    sampleBlock(changed({ 17: { value: 10n ** 20n, gasLimit: full.gasLimit } })),
    'GAS_ALLOWANCE_EXCEEDED',
    17,
  ],
  ['the last transaction', sampleBlock(changed({ [COUNT - 1]: { nonce: 77n } })), 'NONCE_MISMATCH_TOO_HIGH', COUNT - 1],
  [
    'a missing predecessor, so that all later nonces are too high',
    sampleBlock(sampleTransactions(COUNT, SENDERS).filter((_, i) => i !== 4)),
    'NONCE_MISMATCH_TOO_HIGH',
    13,
  ],
];

describe('executor rejections', function () {
  this.timeout(60_000);
  const database = sampleDatabase(SENDERS);
  let serial: SerialExecutor;
  const executors: ParallelExecutor[] = [];

  before(async () => {
    serial = await SerialExecutor.create({ vm: 'wasm' });
    for (const threads of [1, 2, 3, 4, 8])
      executors.push(await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } }));
  });

  after(async () => {
    for (const executor of executors) await executor.close();
  });

  for (const [name, block, code, index] of CASES) {
    it(`gives the same error everywhere: ${name}`, async () => {
      const expected = comparable(await serial.execute(database, block));
      expect(expected).to.include({ code: `TransactionException.${code}` });
      if (index >= 0) expect(expected).to.include({ transactionIndex: index });
      for (const executor of executors) {
        for (let run = 0; run < 2; run++) {
          expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
        }
      }
    });
  }

  it('executes a valid block after rejections', async () => {
    const valid = sampleBlock(sampleTransactions(COUNT, SENDERS));
    const expected = comparable(await serial.execute(database, valid));
    for (const executor of executors)
      expect(comparable(await executor.execute(database, valid))).to.deep.equal(expected);
  });
});
