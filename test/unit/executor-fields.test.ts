/** Blocks whose fields are not of their types: every executor refuses them alike, says which field it is, and goes on. */
import { expect } from 'chai';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import type { Block, ExecutorResult, Transaction } from '../../src/transition/types.js';
import type { BlockEnvironment } from '../../src/vm/vm.js';
import {
  comparable,
  sampleBlock,
  sampleDatabase,
  sampleTransaction,
  sampleTransactions,
} from '../support/sample-block.js';

const SENDERS = 12;
const COUNT = 24;
const HUGE = 1n << 256n;

interface Executor {
  execute(...of: Parameters<SerialExecutor['execute']>): Promise<ExecutorResult>;
  close(): Promise<void>;
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(1);

/** The sixth transaction is another one than in {@link sampleBlock}. */
function withTransaction(change: object): Block {
  const transactions: Transaction[] = sampleTransactions(COUNT, SENDERS);
  transactions[5] = sampleTransaction(5, SENDERS, change);
  return sampleBlock(transactions);
}

function withEnvironment(change: object): Block {
  const block = sampleBlock(sampleTransactions(COUNT, SENDERS));
  return { ...block, environment: { ...block.environment, ...change } as BlockEnvironment };
}

function withBlock(change: object): Block {
  return sampleBlock(sampleTransactions(COUNT, SENDERS), change);
}

const withdrawal = { index: 0n, validatorIndex: 0n, address: bytes(20), amount: 1n };
const authorization = { chainId: 1n, address: bytes(20), nonce: 0n, authority: bytes(20) };
const entry = {
  address: bytes(20),
  storageChanges: [],
  storageReads: [],
  balanceChanges: [],
  nonceChanges: [],
  codeChanges: [],
};

const MALFORMED: [Block, typeof RangeError | typeof TypeError, string][] = [
  [withTransaction({ nonce: -1n }), RangeError, 'transaction 5: nonce -1'],
  [withTransaction({ gasLimit: 1n << 64n }), RangeError, 'transaction 5: gasLimit'],
  [withTransaction({ value: HUGE }), RangeError, 'transaction 5: value'],
  [withTransaction({ value: undefined }), TypeError, 'transaction 5: value'],
  [withTransaction({ maxFeePerGas: 10 }), TypeError, 'transaction 5: maxFeePerGas'],
  [withTransaction({ chainId: HUGE }), RangeError, 'transaction 5: chainId'],
  [withTransaction({ type: -1 }), RangeError, 'transaction 5: type -1'],
  [withTransaction({ type: 1.5 }), RangeError, 'transaction 5: type 1.5'],
  [withTransaction({ sender: bytes(19) }), RangeError, 'transaction 5: sender'],
  [withTransaction({ sender: undefined }), TypeError, 'transaction 5: sender'],
  [withTransaction({ to: bytes(40) }), RangeError, 'transaction 5: to'],
  [withTransaction({ to: `0x${'11'.repeat(20)}` }), TypeError, 'transaction 5: to'],
  [withTransaction({ data: '0x00' }), TypeError, 'transaction 5: data'],
  [
    withTransaction({ accessList: [{ address: bytes(21), slots: [] }] }),
    RangeError,
    'transaction 5: accessList.address',
  ],
  [
    withTransaction({ accessList: [{ address: bytes(20), slots: [bytes(64)] }] }),
    RangeError,
    'transaction 5: accessList.slots',
  ],
  [withTransaction({ type: 3, blobVersionedHashes: [bytes(31)] }), RangeError, 'transaction 5: blobVersionedHashes'],
  [
    withTransaction({ type: 4, authorizations: [{ ...authorization, authority: bytes(19) }] }),
    RangeError,
    'transaction 5: authorizations.authority',
  ],
  [
    withTransaction({ type: 4, authorizations: [{ ...authorization, chainId: -1n }] }),
    RangeError,
    'transaction 5: authorizations.chainId -1',
  ],
  [withEnvironment({ number: HUGE }), RangeError, 'environment.number'],
  [withEnvironment({ timestamp: -1n }), RangeError, 'environment.timestamp -1'],
  [withEnvironment({ baseFee: undefined }), TypeError, 'environment.baseFee'],
  [withEnvironment({ chainId: HUGE }), RangeError, 'environment.chainId'],
  [withEnvironment({ coinbase: bytes(19) }), RangeError, 'environment.coinbase'],
  [withEnvironment({ prevRandao: bytes(64) }), RangeError, 'environment.prevRandao'],
  [withEnvironment({ fork: 'cancun' }), RangeError, 'environment.fork'],
  [withBlock({ maxBlobGas: -1n }), RangeError, 'maxBlobGas -1'],
  [withBlock({ withdrawals: [{ ...withdrawal, amount: -1n }] }), RangeError, 'withdrawals.amount -1'],
  [withBlock({ withdrawals: [{ ...withdrawal, address: bytes(21) }] }), RangeError, 'withdrawals.address'],
  [withBlock({ withdrawals: undefined }), TypeError, 'withdrawals'],
  [withBlock({ mode: 'blocks' }), RangeError, 'mode is block or state-test, not blocks'],
  [withBlock({ parentHash: bytes(31) }), RangeError, 'parentHash'],
  [withBlock({ parentBeaconBlockRoot: bytes(33) }), RangeError, 'parentBeaconBlockRoot'],
  [withBlock({ ommers: [{ number: 1n, coinbase: bytes(19) }] }), RangeError, 'ommers.coinbase'],
  [withBlock({ ommers: [{ number: -1n, coinbase: bytes(20) }] }), RangeError, 'ommers.number -1'],
  [withBlock({ accessList: {} }), TypeError, 'accessList: an array expected'],
  [withBlock({ accessList: [undefined] }), TypeError, 'accessList.address'],
  [withBlock({ accessList: [{ ...entry, nonceChanges: undefined }] }), TypeError, 'accessList.nonceChanges'],
  [withBlock({ accessList: [{ ...entry, storageChanges: [{ slot: 0n }] }] }), TypeError, 'storageChanges.changes'],
  [
    withBlock({ accessList: [{ ...entry, balanceChanges: [{ blockAccessIndex: 1n, postBalance: 1n }] }] }),
    TypeError,
    'accessList.balanceChanges.blockAccessIndex',
  ],
  [withBlock({ transactions: [sampleTransaction(0, SENDERS), undefined] }), TypeError, 'transaction 1:'],
  [withBlock({ transactions: new Array(2) }), TypeError, 'transaction 0:'],
  [withBlock({ transactions: undefined }), TypeError, "reading 'length'"],
];

describe('executors and fields that are not of their types', function () {
  this.timeout(60_000);
  const database = sampleDatabase(SENDERS);
  const good = sampleBlock(sampleTransactions(COUNT, SENDERS));
  const executors: [string, Executor][] = [];
  let expected: unknown;

  before(async () => {
    executors.push(
      ['serial', await SerialExecutor.create({ vm: 'wasm' })],
      ['serial, ethereumjs', await SerialExecutor.create({ vm: 'ethereumjs' })],
      ['3 threads', await ParallelExecutor.create({ vm: 'wasm', threads: 3 })],
      ['3 threads at once', await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } })],
    );
    expected = comparable(await (executors[0] as [string, Executor])[1].execute(database, good));
  });

  after(async () => {
    for (const [, executor] of executors) await executor.close();
  });

  async function failure(executor: Executor, block: Block): Promise<unknown> {
    return executor.execute(database, block).then(
      () => null,
      (error: unknown) => error,
    );
  }

  for (const [block, kind, text] of MALFORMED) {
    it(`refuses: ${text}`, async () => {
      for (const [name, executor] of executors) {
        const error = await failure(executor, block);
        expect(error, name).to.be.instanceOf(kind);
        expect((error as Error).message, name).to.include(text);
        expect(comparable(await executor.execute(database, good)), `${name}, afterwards`).to.deep.equal(expected);
      }
    });
  }

  it('refuses a block to which transactions were added, or of which some were taken, after it was executed', async () => {
    for (const change of [(of: Transaction[]) => of.pop(), (of: Transaction[]) => of.push(of[0] as Transaction)]) {
      for (const [name, executor] of executors) {
        const transactions = sampleTransactions(COUNT, SENDERS);
        const block = sampleBlock(transactions);
        expect(comparable(await executor.execute(database, block)), name).to.deep.equal(expected);
        change(transactions);
        const error = await failure(executor, block);
        expect(error, name).to.be.instanceOf(TypeError);
        expect((error as Error).message, name).to.include('changed after it was executed');
      }
    }
  });

  it('refuses block hashes that are not 32 bytes long where they are asked for', async () => {
    // SSTORE(CALLER, BLOCKHASH(4)), by the code of an account to be created.
    const data = Uint8Array.of(0x60, 0x04, 0x40, 0x33, 0x55);
    const transactions = [0, 1, 2, 3].map((i) =>
      sampleTransaction(i, SENDERS, { to: null, value: 0n, data, gasLimit: 200_000n }),
    );
    const block = sampleBlock(transactions);
    for (const length of [31, 33]) {
      const environment = { ...block.environment, blockHash: () => bytes(length) };
      for (const [name, executor] of executors) {
        const error = await failure(executor, { ...block, environment });
        expect(error, `${name}, ${length} bytes`).to.be.instanceOf(Error);
        expect((error as Error).message, `${name}, ${length} bytes`).to.match(/blockHash\(\d\): 32 bytes expected/);
      }
    }
  });
});
