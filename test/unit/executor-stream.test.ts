/** Results handed out while the block runs: order, promptness, ending early, errors, recovery. */
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { assemble } from '../../corpus/assemble.js';
import type { BlockEngine } from '../../src/executor/block-engine.js';
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import type { BlockSetUp } from '../../src/executor/set-up.js';
import { sliceEnd } from '../../src/executor/slices.js';
import { CONTROL_ACTIVE, DB_LENT } from '../../src/layout.js';
import { EXECUTING, isFinished, READY, stateOf, statusWord } from '../../src/mvmemory/statuses.js';
import { hexToBytes } from '../../src/primitives/bytes.js';
import type { Database } from '../../src/state/database.js';
import type {
  Block,
  ExecutorResult,
  Receipt,
  Transaction,
  TransactionOutcome,
  TransactionResult,
} from '../../src/transition/types.js';
import { ChainBuilder, chainDatabase } from '../support/chain.js';
import { SharedExecutors, threadsOf } from '../support/executors.js';
import { canonical } from '../support/outcome.js';
import { sampleBlock, sampleDatabase, sampleTransaction, sampleTransactions } from '../support/sample-block.js';

const SENDERS = 10;
const COUNT = 150;

type Stream = AsyncGenerator<TransactionResult, ExecutorResult, undefined>;

interface Streamed {
  readonly yielded: TransactionResult[];
  readonly result: ExecutorResult;
}

async function drain(stream: Stream, yielded: TransactionResult[] = []): Promise<Streamed> {
  for (;;) {
    const next = await stream.next();
    if (next.done === true) return { yielded, result: next.value };
    yielded.push(next.value);
  }
}

/** Receipts and outcomes as text; where a fee was written is no part of what a transaction did. */
function text(receipts: readonly Receipt[], outcomes: readonly TransactionOutcome[]): string[] {
  return receipts.map((receipt, i) =>
    JSON.stringify([receipt, { ...outcomes[i], deferredFee: null }], (_key, value: unknown) => {
      if (typeof value === 'bigint') return value.toString();
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    }),
  );
}

const textOf = (yielded: readonly TransactionResult[]): string[] =>
  text(
    yielded.map(({ receipt }) => receipt),
    yielded.map(({ outcome }) => outcome),
  );

function expectWhole({ yielded, result }: Streamed, expected: ExecutorResult): void {
  expect(canonical(result)).to.equal(canonical(expected));
  expect(yielded.map(({ index }) => index)).to.deep.equal(yielded.map((_, i) => i));
  if (!expected.ok) return;
  expect(textOf(yielded)).to.deep.equal(text(expected.receipts, expected.transactions));
}

async function code(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => expect.fail('no error'),
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(ExecutorError);
  return (error as ExecutorError).code;
}

/** Init code that counts down from `rounds`: some hundred milliseconds of arithmetic, and no state. */
function loop(rounds: number): Uint8Array {
  return hexToBytes(assemble(`${rounds} loop: 1 SWAP1 SUB DUP1 @loop JUMPI STOP`));
}

/** A creation that burns nearly 20 million gas. */
function heavy(index: number): Transaction {
  return sampleTransaction(index, SENDERS, { to: null, value: 0n, gasLimit: 20_000_000n, data: loop(690_000) });
}

/** Looks inside: how far the block has come, and whether it is decided. */
function engineOf(executor: ParallelExecutor): BlockEngine {
  return (executor as unknown as { engine: BlockEngine }).engine;
}

describe('executor streams', function () {
  this.timeout(60_000);
  const database = sampleDatabase(SENDERS);
  const block = sampleBlock(sampleTransactions(COUNT, SENDERS));
  let expected: ExecutorResult;
  const shared = new SharedExecutors();
  const own: ParallelExecutor[] = [];

  const parallel = async (threads: number): Promise<ParallelExecutor> => (await shared.of(threads)) as ParallelExecutor;

  /** An executor that the test may ruin. */
  async function create(threads: number): Promise<ParallelExecutor> {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
    own.push(executor);
    return executor;
  }

  async function serially(from: Database, which: Block): Promise<ExecutorResult> {
    return (await shared.of(0)).execute(from, which);
  }

  before(async () => {
    expected = await serially(database, block);
    expect(expected.ok).to.equal(true);
  });

  afterEach(async () => {
    await Promise.all(own.splice(0).map((executor) => executor.close()));
    // However a block ended, the database has back what it lent for it.
    expect(database.heap.i32[DB_LENT]).to.equal(0);
  });

  after(async () => {
    await shared.close();
  });

  const name = (threads: number): string => (threads === 0 ? 'serial' : `${threads} threads`);

  for (const threads of [0, 1, 2, 4]) {
    for (const vm of ['wasm', 'ethereumjs'] as const) {
      it(`yields in order what execute answers: ${name(threads)}, ${vm}`, async () => {
        const executor = await shared.of(threads, vm);
        for (let run = 0; run < 2; run++) {
          expectWhole(await drain(executor.stream(database, block)), expected);
          expect(canonical(await executor.execute(database, block))).to.equal(canonical(expected));
        }
      });
    }

    it(`streams blocks whose changes are packed together, and keeps what was yielded: ${name(threads)}`, async () => {
      const executor = await shared.of(threads);
      const state = chainDatabase();
      const builder = new ChainBuilder(300);
      const kept: { yielded: TransactionResult[]; early: string[] }[] = [];
      for (let i = 0; i < 3; i++) {
        const next = builder.next();
        const streamed = await drain(executor.stream(state, next));
        expectWhole(streamed, await serially(state, next));
        kept.push({ yielded: streamed.yielded, early: textOf(streamed.yielded) });
        if (!streamed.result.ok) throw streamed.result.error;
        state.apply(streamed.result.diff);
      }
      for (const { yielded, early } of kept) expect(textOf(yielded)).to.deep.equal(early);
    });

    it(`streams an empty block: ${name(threads)}`, async () => {
      const { yielded, result } = await drain((await shared.of(threads)).stream(database, sampleBlock([])));
      expect(yielded).to.deep.equal([]);
      expect(result).to.deep.include({ ok: true, gasUsed: 0n, receipts: [] });
    });

    it(`yields what stands before an invalid transaction: ${name(threads)}`, async () => {
      const executor = await shared.of(threads);
      for (const bad of [0, 1, 77, COUNT - 1]) {
        const transactions = block.transactions.map((tx, i) => (i === bad ? { ...tx, nonce: 99n } : tx));
        const invalid = sampleBlock(transactions);
        const streamed = await drain(executor.stream(database, invalid));
        expect(streamed.result).to.include({ ok: false });
        expectWhole(streamed, await serially(database, invalid));
        expect(streamed.yielded).to.have.length(bad);
        if (expected.ok) {
          const before = text(expected.receipts, expected.transactions).slice(0, bad);
          expect(textOf(streamed.yielded)).to.deep.equal(before);
        }
      }
      expectWhole(await drain(executor.stream(database, block)), expected);
    });

    it(`gives receipts with state roots before Byzantium: ${name(threads)}`, async () => {
      const old = sampleBlock(
        sampleTransactions(40, SENDERS).map((tx) => ({
          ...tx,
          type: 0 as const,
          chainId: null,
          maxPriorityFeePerGas: tx.maxFeePerGas,
        })),
        {
          mode: 'block',
          environment: { ...block.environment, fork: 'Homestead', difficulty: 131_072n, baseFee: 0n },
        },
      );
      const streamed = await drain((await shared.of(threads)).stream(database, old));
      expectWhole(streamed, await serially(database, old));
      const roots = streamed.yielded.map(({ receipt }) => Buffer.from(receipt.stateRoot ?? []).toString('hex'));
      expect(new Set(roots).size).to.equal(40);
      expect(roots.every((root) => root.length === 64)).to.equal(true);
    });

    it(`ends early and can be used again at once: ${name(threads)}`, async () => {
      const executor = await shared.of(threads);
      for (const stop of [0, 5, 64, COUNT - 1]) {
        for await (const { index } of executor.stream(database, block)) if (index === stop) break;
        expect(canonical(await executor.execute(database, block))).to.equal(canonical(expected));
        // An error of the consumer ends it too.
        const failing = async (): Promise<void> => {
          for await (const { index } of executor.stream(database, block)) if (index === stop) throw new Error('mine');
        };
        expect(String(await failing().catch((error: unknown) => error))).to.equal('Error: mine');
        expectWhole(await drain(executor.stream(database, block)), expected);
      }
      // A stream that was never asked for anything has begun nothing.
      const idle = executor.stream(database, block);
      expectWhole(await drain(executor.stream(database, block)), expected);
      expect(await idle.return(expected)).to.deep.include({ done: true });
      expectWhole(await drain(executor.stream(database, block)), expected);
    });

    it(`is busy until the stream has ended: ${name(threads)}`, async () => {
      const executor = await shared.of(threads);
      const stream = executor.stream(database, block);
      await stream.next();
      expect(await code(executor.execute(database, block))).to.equal('BUSY');
      expect(await code(executor.stream(database, block).next())).to.equal('BUSY');
      const { yielded } = await drain(stream);
      expect(yielded).to.have.length(COUNT - 1);
      const second = executor.stream(database, block);
      const running = executor.execute(database, block);
      expect(await code(second.next())).to.equal('BUSY');
      expect(canonical(await running)).to.equal(canonical(expected));
    });

    it(`lets timers run while it streams: ${name(threads)}`, async () => {
      const executor = await shared.of(threads);
      let turns = 0;
      let streaming = true;
      const count = (): void => {
        turns++;
        if (streaming) setImmediate(count);
      };
      setImmediate(count);
      await drain(executor.stream(database, block));
      streaming = false;
      expect(turns).to.be.greaterThan(0);
    });
  }

  for (const threads of [1, 2, 4]) {
    it(`yields everything before a heavy last transaction while that is not committed: ${name(threads)}`, async () => {
      const executor = await parallel(threads);
      const light = 100;
      const heavyBlock = sampleBlock([...sampleTransactions(light, SENDERS), heavy(light)]);
      const stream = executor.stream(database, heavyBlock);
      const { scheduler } = engineOf(executor);
      const frontiers: number[] = [];
      const yielded: TransactionResult[] = [];
      for (let i = 0; i < light; i++) {
        const next = await stream.next();
        if (next.done === true) expect.fail('the stream ended early');
        yielded.push(next.value);
        frontiers.push(scheduler.running() ? scheduler.frontier() : -1);
      }
      // One thread does nothing while the consumer has the turn. Others go on meanwhile, but need a
      // hundred times as long for the last transaction as for all others together.
      const certain = threads === 1 ? light : 1;
      for (const [i, frontier] of frontiers.slice(0, certain).entries()) expect(frontier).to.be.within(i + 1, light);
      const streamed = await drain(stream, yielded);
      expect(streamed.yielded).to.have.length(light + 1);
      const { outcome } = streamed.yielded[light] as TransactionResult;
      expect(outcome).to.include({ kind: 'executed', success: true });
      expect(outcome.kind === 'executed' && outcome.gasUsed > 15_000_000n).to.equal(true);
      expectWhole(streamed, await serially(database, heavyBlock));
    });

    it(`yields what is committed while another thread is at the next one: ${name(threads)}`, async () => {
      const executor = await parallel(threads);
      const engine = engineOf(executor);
      const held = 100;
      // The part of the other thread is the test's: it takes a transaction when the block begins, and gives
      // it back only after everything before it has been yielded.
      const { setUp } = executor as unknown as { setUp: BlockSetUp };
      const write = setUp.write.bind(setUp);
      // The block stands in memory then, and nobody has been told of it.
      setUp.write = (plan) => {
        write(plan);
        setUp.write = write;
        engine.statuses.open();
        expect(engine.statuses.change(held, statusWord(0, READY), statusWord(0, EXECUTING))).to.equal(true);
      };
      const stream = executor.stream(database, block);
      const yielded: TransactionResult[] = [];
      while (yielded.length < held) yielded.push((await stream.next()).value as TransactionResult);
      expect(engine.scheduler.frontier()).to.equal(held);
      expect(engine.running()).to.equal(true);
      expect(engine.statuses.change(held, statusWord(0, EXECUTING), statusWord(0, READY))).to.equal(true);
      engine.scheduler.retry(held);
      expectWhole(await drain(stream, yielded), expected);
    });
  }

  it('ends a block in slices where one thread does everything', async () => {
    const executor = await parallel(1);
    const { scheduler } = engineOf(executor);
    const first = sliceEnd(block, 0);
    expect(first).to.be.within(2, 64);
    let index = 0;
    for await (const result of executor.stream(database, block)) {
      expect(result.index).to.equal(index++);
      // Nothing beyond the slice in which the result was made has been committed.
      expect(scheduler.frontier()).to.be.within(index, index + 64);
      if (index <= first) expect(scheduler.frontier()).to.equal(first);
    }
    expect(index).to.equal(COUNT);
  });

  it('cuts slices by number and by gas limit', () => {
    const of = (...limits: number[]): Block =>
      sampleBlock(limits.map((limit, i) => sampleTransaction(i, SENDERS, { gasLimit: BigInt(limit) })));
    expect(sliceEnd(sampleBlock(Array.from({ length: 100 }, (_, i) => sampleTransaction(i, 100))), 0)).to.equal(33);
    expect(sliceEnd(of(...new Array<number>(100).fill(21_000)), 0)).to.equal(64);
    expect(sliceEnd(of(...new Array<number>(100).fill(21_000)), 64)).to.equal(100);
    expect(sliceEnd(of(21_000, 20_000_000, 21_000), 0)).to.equal(1);
    expect(sliceEnd(of(21_000, 20_000_000, 21_000), 1)).to.equal(2);
    expect(sliceEnd(of(1_000_000, 1_000_000, 1), 0)).to.equal(2);
  });

  it('gives a block up in the middle of heavy transactions', async () => {
    for (const threads of [1, 3]) {
      const executor = await parallel(threads);
      const transactions = Array.from({ length: 9 }, (_, i) => (i === 0 ? sampleTransaction(0, SENDERS) : heavy(i)));
      for await (const { index } of executor.stream(database, sampleBlock(transactions))) {
        expect(index).to.equal(0);
        const { statuses } = engineOf(executor);
        // Other threads, where there are any, are in the middle of it.
        while (threads > 1 && ![1, 2, 3].some((i) => stateOf(statuses.load(i)) === EXECUTING)) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        break;
      }
      // Nobody has gone on to the block's end.
      expect(engineOf(executor).scheduler.frontier()).to.be.lessThan(transactions.length);
      expectWhole(await drain(executor.stream(database, block)), expected);
    }
  });

  /**
   * A stream after its first result, both workers at one of the heavy transactions, this thread at none. Begun anew where
   * they had finished before this thread came to look.
   */
  async function atTwo(executor: ParallelExecutor, busy: Block, heavyOnes: readonly number[]): Promise<Stream> {
    for (;;) {
      const stream = executor.stream(database, busy);
      const { value } = await stream.next();
      expect(value).to.include({ index: 0 });
      const { statuses } = engineOf(executor);
      for (;;) {
        const words = heavyOnes.map((index) => statuses.load(index));
        if (words.filter((word) => stateOf(word) === EXECUTING).length === 2) return stream;
        if (words.filter(isFinished).length > heavyOnes.length - 2) break;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await drain(stream);
    }
  }

  it('rejects when a worker dies, and works again', async () => {
    const executor = await create(3);
    for (let round = 0; round < 2; round++) {
      const transactions = [sampleTransaction(0, SENDERS), heavy(1), heavy(2), heavy(3), sampleTransaction(4, SENDERS)];
      const stream = await atTwo(executor, sampleBlock(transactions), [1, 2, 3]);
      const victim = threadsOf(executor)[round] as Worker;
      await victim.terminate();
      expect(await code(drain(stream))).to.equal('WORKER_DIED');
      expect(await stream.next()).to.deep.equal({ done: true, value: undefined });
      // The others have been ended: from here on the caller may change the database.
      expect(threadsOf(executor)).to.deep.equal([]);
      expectWhole(await drain(executor.stream(database, block)), expected);
      expect(threadsOf(executor)).to.have.length(2);
      expect(threadsOf(executor).includes(victim)).to.equal(false);
      expect(canonical(await executor.execute(database, block))).to.equal(canonical(expected));
    }
  });

  it('keeps what the database has lent as long as threads are at a block that was closed', async () => {
    const executor = await create(3);
    const transactions = [sampleTransaction(0, SENDERS), heavy(1), heavy(2), heavy(3)];
    const stream = await atTwo(executor, sampleBlock(transactions), [1, 2, 3]);
    const { i32 } = engineOf(executor).heap;
    const closing = executor.close();
    expect(await code(drain(stream))).to.equal('CLOSED');
    // Read in this order: who is inside now was so before.
    const lent = database.heap.i32[DB_LENT];
    const inside = Atomics.load(i32, CONTROL_ACTIVE);
    expect(lent === 1 || inside === 0, `${inside} threads inside, lent ${lent}`).to.equal(true);
    await closing;
    expect(database.heap.i32[DB_LENT]).to.equal(0);
  });

  for (const threads of [1, 3]) {
    it(`ends with CLOSED when the executor is closed between two results: ${name(threads)}`, async () => {
      const executor = await create(threads);
      const stream = executor.stream(database, block);
      await stream.next();
      await executor.close();
      expect(await code(drain(stream))).to.equal('CLOSED');
      expect(await code(executor.stream(database, block).next())).to.equal('CLOSED');
    });

    it(`ends with CLOSED when the executor is closed while a result is awaited: ${name(threads)}`, async () => {
      const executor = await create(threads);
      const stream = executor.stream(database, block);
      await stream.next();
      const rest = code(drain(stream));
      await executor.close();
      expect(await rest).to.equal('CLOSED');
    });
  }

  for (const threads of [0, 1, 3]) {
    it(`gives back what was lent when it is closed and the stream was dropped: ${name(threads)}`, async () => {
      for (const vm of threads === 0 ? (['wasm', 'ethereumjs'] as const) : (['wasm'] as const)) {
        for (const taken of [1, 5, COUNT]) {
          const executor = await (threads === 0
            ? SerialExecutor.create({ vm })
            : ParallelExecutor.create({ vm, threads, advice: { headStart: 'off' } }));
          const stream = executor.stream(database, block);
          for (let result = 0; result < taken; result++) await stream.next();
          expect(database.heap.i32[DB_LENT]).to.equal(1);
          await executor.close();
          expect(database.heap.i32[DB_LENT], `${vm}, after ${taken} results`).to.equal(0);
          // Whoever asks again all the same finds no block of which a part is gone.
          expect(await code(drain(stream)), `${vm}, after ${taken} results`).to.equal('CLOSED');
          expect(database.heap.i32[DB_LENT]).to.equal(0);
        }
      }
    });
  }

  it('hands results to two streams of two executors in turn', async () => {
    const streams = [(await parallel(2)).stream(database, block), (await shared.of(0)).stream(database, block)];
    const all = await Promise.all(streams.map((stream) => drain(stream)));
    for (const streamed of all) expectWhole(streamed, expected);
  });
});
