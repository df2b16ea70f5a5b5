/** Records and the codecs over them: what is written is what is read, by any thread's mapping. */
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeEnvironment, encodeEnvironment } from '../../src/executor/codec.js';
import { FORKS } from '../../src/primitives/fork.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { RecordReader, RecordWriter } from '../../src/state/record.js';
import { TRANSACTION_ERRORS } from '../../src/transition/errors.js';
import {
  packOutcome,
  recordTransactions,
  transactionOfRecord,
  unpackOutcome,
} from '../../src/transition/transaction/index.js';
import type { Transaction, TransactionOutcome } from '../../src/transition/types.js';
import { sampleBlock } from '../support/sample-block.js';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
const address = fc.uint8Array({ minLength: 20, maxLength: 20 });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const blob = fc.uint8Array({ maxLength: 3000 });

const transaction: fc.Arbitrary<Transaction> = fc.record({
  type: fc.constantFrom(0, 1, 2, 3, 4),
  chainId: fc.option(u256),
  nonce: u64,
  gasLimit: u64,
  maxFeePerGas: u256,
  maxPriorityFeePerGas: u256,
  to: fc.option(address),
  value: u256,
  data: blob,
  accessList: fc.array(fc.record({ address, slots: fc.array(hash, { maxLength: 4 }) }), { maxLength: 4 }),
  maxFeePerBlobGas: u256,
  blobVersionedHashes: fc.array(hash, { maxLength: 4 }),
  authorizations: fc.array(fc.record({ chainId: u256, address, nonce: u64, authority: fc.option(address) }), {
    maxLength: 3,
  }),
  sender: address,
});

const outcome: fc.Arbitrary<TransactionOutcome> = fc.oneof(
  fc.record({
    kind: fc.constant('executed' as const),
    success: fc.boolean(),
    gasUsed: u64,
    blobGasUsed: u64,
    logs: fc.array(fc.record({ address, topics: fc.array(hash, { maxLength: 4 }), data: blob }), { maxLength: 5 }),
    output: blob,
    created: fc.option(address),
    halt: fc.option(fc.string({ unit: 'grapheme' })),
    deferredFee: u256,
  }),
  fc.record({
    kind: fc.constant('invalid' as const),
    code: fc.constantFrom(...TRANSACTION_ERRORS),
    detail: fc.string(),
  }),
);

/** A heap to write through and, over the same memory, one that maps late. */
function heaps(): { arena: Arena; reader: SharedHeap } {
  const heap = SharedHeap.create(16, 1024);
  const reader = SharedHeap.attach(heap.memory);
  // Records begin near the end of the reader's mapping.
  heap.reserve(reader.u32.length - 100);
  return { arena: new Arena(heap, 32), reader };
}

describe('state/record', () => {
  it('reads back any sequence of fields', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('word' as const), value: fc.nat({ max: 2 ** 31 - 1 }) }),
      fc.tuple(fc.integer({ min: 1, max: 9 }), u256).map(([count, value]) => ({
        kind: 'integer' as const,
        count,
        value: BigInt.asUintN(32 * count, value),
      })),
      fc.record({ kind: fc.constant('data' as const), value: blob }),
    );
    const { arena, reader } = heaps();
    const writer = new RecordWriter();
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        writer.clear();
        for (const f of fields) {
          if (f.kind === 'word') writer.word(f.value);
          else if (f.kind === 'integer') writer.integer(f.value, f.count);
          else writer.data(f.value);
        }
        const record = new RecordReader(reader, writer.finish(arena));
        for (const f of fields) {
          if (f.kind === 'word') expect(record.word()).to.equal(f.value);
          else if (f.kind === 'integer') expect(record.integer(f.count)).to.equal(f.value);
          else expect(record.data()).to.deep.equal(f.value);
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('refuses an integer that does not fit', () => {
    const writer = new RecordWriter();
    for (const value of [-1n, 2n ** 64n]) expect(() => writer.integer(value, 2)).to.throw(RangeError);
    expect(() => writer.integer(2n ** 64n - 1n, 2)).not.to.throw();
  });

  it('hands out private copies of byte strings', () => {
    const { arena, reader } = heaps();
    const at = new RecordWriter().data(Uint8Array.of(1, 2, 3)).finish(arena);
    const copy = new RecordReader(reader, at).data();
    reader.u8.fill(9, 4 * (at + 1), 4 * (at + 2));
    expect(copy).to.deep.equal(Uint8Array.of(1, 2, 3));
    expect(copy.buffer).not.to.equal(reader.u8.buffer);
  });
});

describe('transition/transaction records', () => {
  it('reads back any transactions of a block', () => {
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 4 }), (transactions) => {
        const { u32, u8, places } = recordTransactions(sampleBlock(transactions));
        const read = Array.from(places, (at) => transactionOfRecord(u32, u8, at));
        expect(read).to.deep.equal(transactions);
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('makes the records of a block once', () => {
    const block = sampleBlock([]);
    expect(recordTransactions(block)).to.equal(recordTransactions(block));
    expect(recordTransactions({ ...block })).not.to.equal(recordTransactions(block));
  });

  it('reads back any outcome, a failed incarnation included, also from a copy of the heap', () => {
    const { arena, reader } = heaps();
    const failed = fc.record({ kind: fc.constant('failed' as const), detail: fc.string() });
    fc.assert(
      fc.property(fc.oneof(outcome, failed), (value) => {
        const at = packOutcome(arena, value);
        reader.refresh();
        expect(unpackOutcome(reader.u32, reader.u8, at)).to.deep.equal(value);
        const copy = reader.u32.slice(0, reader.used);
        expect(unpackOutcome(copy, new Uint8Array(copy.buffer), at)).to.deep.equal(value);
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});

describe('executor/codec', () => {
  it('reads back any environment with the block hashes that BLOCKHASH can reach', () => {
    const { arena, reader } = heaps();
    const writer = new RecordWriter();
    const fields = fc.record({
      fork: fc.constantFrom(...FORKS),
      chainId: u256,
      number: fc.oneof(fc.bigInt(0n, 600n), fc.bigInt(0n, 2n ** 64n - 1n)),
      timestamp: u64,
      coinbase: address,
      gasLimit: u256,
      difficulty: u256,
      prevRandao: hash,
      baseFee: u256,
      blobBaseFee: u256,
    });
    fc.assert(
      fc.property(fields, u256, fc.integer({ min: 1, max: 9 }), (fixed, maxBlobGas, sparse) => {
        const { number } = fixed;
        const blockHash = (n: bigint): Uint8Array | null =>
          n % BigInt(sparse) === 0n ? new Uint8Array(32).fill(Number(n % 256n)) : null;
        const at = encodeEnvironment(writer, arena, { ...fixed, blockHash }, maxBlobGas);
        const decoded = decodeEnvironment(reader, at);
        const { blockHash: read, ...rest } = decoded.environment;
        expect(rest).to.deep.equal(fixed);
        expect(decoded.maxBlobGas).to.equal(maxBlobGas);
        for (let back = 1n; back <= 256n && back <= number; back++) {
          expect(read(number - back)).to.deep.equal(blockHash(number - back));
        }
        expect(read(number)).to.equal(null);
        expect(read(number + 1n)).to.equal(null);
        if (number > 256n) expect(read(number - 257n)).to.equal(null);
      }),
      { numRuns: 40, seed: 4 },
    );
  });
});
