/** The parallel executor's life: start, reuse, death of a worker, closing, and two at once. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MessagePort, Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { BlockEngine } from '../../src/executor/block-engine.js';
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor, type ParallelExecutorOptions } from '../../src/executor/parallel.js';
import type { WorkerPool } from '../../src/executor/pool.js';
import type { BlockScope } from '../../src/executor/scope.js';
import { SerialExecutor, type SerialExecutorOptions } from '../../src/executor/serial.js';
import { CONTROL_ACTIVE, DB_LENT, DB_LOCATIONS } from '../../src/layout.js';
import { EXECUTING, stateOf } from '../../src/mvmemory/statuses.js';
import { EMPTY_BYTES, type Hex } from '../../src/primitives/bytes.js';
import { Database } from '../../src/state/database.js';
import { HeapExhaustedError } from '../../src/state/heap.js';
import type { Block, ExecutorResult, Transaction } from '../../src/transition/types.js';
import { threadsOf } from '../support/executors.js';
import { addressHex } from '../support/keys.js';
import { comparable, sampleBlock, sampleDatabase, sampleTransactions } from '../support/sample-block.js';

const SENDERS = 12;
const COUNT = 60;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('no error'),
    (error: unknown) => error,
  );
}

function expectCode(error: unknown, code: string): void {
  expect(error).to.be.instanceOf(ExecutorError);
  expect((error as ExecutorError).code).to.equal(code);
}

/** Contract that loops until its gas is gone: JUMPDEST, PUSH1 0, JUMP. */
const LOOP_INIT = Uint8Array.of(0x5b, 0x60, 0x00, 0x56);

/** Transactions of some hundred milliseconds each, so that whoever took one is still at it when it is killed. */
function slowBlock(): Block {
  const transactions = sampleTransactions(4, SENDERS).map(
    (tx): Transaction => ({ ...tx, to: null, value: 0n, data: LOOP_INIT, gasLimit: 4_000_000n }),
  );
  return sampleBlock(transactions);
}

/** Lets the calling thread join the block only after both workers have taken a transaction, and one was killed. */
function killInTheMiddle(executor: ParallelExecutor, victim: Worker): void {
  const { engine } = executor as unknown as { engine: BlockEngine };
  const run = engine.run.bind(engine);
  engine.run = async (breathe) => {
    const executing = (): number => [0, 1, 2, 3].filter((i) => stateOf(engine.statuses.load(i)) === EXECUTING).length;
    while (executing() < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await victim.terminate();
    engine.run = run;
    return run(breathe);
  };
}

describe('executor/parallel life cycle', function () {
  this.timeout(60_000);
  const database = sampleDatabase(SENDERS);
  const block = sampleBlock(sampleTransactions(COUNT, SENDERS));
  let expected: unknown;
  const open: ParallelExecutor[] = [];

  async function create(threads: number): Promise<ParallelExecutor> {
    const executor = await ParallelExecutor.create({ vm: 'ethereumjs', threads });
    open.push(executor);
    return executor;
  }

  before(async () => {
    const serial = await SerialExecutor.create({ vm: 'ethereumjs' });
    const result = await serial.execute(database, block);
    expect(result.ok).to.equal(true);
    expected = comparable(result);
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((executor) => executor.close()));
    // However a block ended, the database has back what it lent for it.
    expect(database.heap.i32[DB_LENT]).to.equal(0);
  });

  for (const threads of [0, -1, 1.5, Number.NaN]) {
    it(`refuses ${threads} threads`, async () => {
      expect(await failure(ParallelExecutor.create({ vm: 'ethereumjs', threads }))).to.be.instanceOf(RangeError);
    });
  }

  it('refuses machines and pieces of advice that there are not', async () => {
    const options = [{ vm: 'evm' }, { vm: undefined }, { advice: { hint: 'off' } }, { advice: { hints: 'of' } }];
    for (const option of options) {
      const all = { vm: 'wasm', threads: 1, ...option } as unknown as ParallelExecutorOptions;
      expect(await failure(ParallelExecutor.create(all)), JSON.stringify(option)).to.be.instanceOf(RangeError);
    }
    const unknown = { vm: 'evm' } as unknown as SerialExecutorOptions;
    expect(await failure(SerialExecutor.create(unknown))).to.be.instanceOf(RangeError);
  });

  it('gives the serial result at any number of threads, again and again', async () => {
    for (const threads of [1, 2, 4]) {
      const executor = await create(threads);
      for (let run = 0; run < 2; run++)
        expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
    }
  });

  it('runs each transaction exactly once on one thread', async () => {
    const executor = await create(1);
    const { stats } = await executor.execute(database, block);
    expect(stats).to.include({ transactions: COUNT, incarnations: COUNT, aborts: 0, reexecutions: 0, workers: 1 });
  });

  it('runs an empty block and blocks of other databases in turn', async () => {
    const executor = await create(3);
    const other = sampleDatabase(3);
    const small = sampleBlock(sampleTransactions(6, 3));
    const serial = await SerialExecutor.create({ vm: 'ethereumjs' });
    const expectedSmall = comparable(await serial.execute(other, small));
    const empty = await executor.execute(database, sampleBlock([]));
    expect(empty).to.deep.include({ ok: true, gasUsed: 0n, receipts: [] });
    for (let round = 0; round < 2; round++) {
      expect(comparable(await executor.execute(other, small))).to.deep.equal(expectedSmall);
      expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
    }
  });

  it('tells databases apart that bear one number, as those of two copies of the package do', async () => {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
    open.push(executor);
    const later = Database.attach(sampleDatabase(SENDERS).heap.memory, database.identity);
    const first = await executor.execute(database, block);
    expect(comparable(first)).to.deep.equal(expected);
    if (!first.ok) return;
    const apart = Database.from(database.accounts());
    first.applyTo(apart);
    const moved = Database.attach(apart.heap.memory, database.identity);
    const next = sampleBlock(sampleTransactions(2 * COUNT, SENDERS).slice(COUNT));
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const wanted = comparable(await serial.execute(moved, next));
    for (let round = 0; round < 5; round++) {
      expect(comparable(await executor.execute(moved, next)), `round ${round}`).to.deep.equal(wanted);
      expect(comparable(await executor.execute(later, block)), `round ${round}`).to.deep.equal(expected);
    }
  });

  it('sees what was added to a database in the memory of another thread', async () => {
    const owned = sampleDatabase(SENDERS);
    const attached = Database.attach(owned.heap.memory, owned.identity);
    const none = { nonce: 0n, balance: 1n, code: EMPTY_BYTES, storage: new Map<Hex, bigint>() };
    for (let i = 0; i < 20_000; i++) owned.load([[addressHex(0x10_0000 + i), none]]);
    for (const executor of [await create(1), await create(2), await SerialExecutor.create({ vm: 'wasm' })]) {
      expect(comparable(await executor.execute(attached, block))).to.deep.equal(expected);
    }
  });

  it('lets threads have the records of large blocks, also those that missed the blocks before', async () => {
    // Records of 256 KiB and more are posted to the threads. A block of two transactions wakes one of three.
    const large = (count: number, byte: number): Block =>
      sampleBlock(
        sampleTransactions(count, SENDERS).map((tx) => ({
          ...tx,
          data: new Uint8Array(140_000).fill(byte),
          gasLimit: 6_000_000n,
        })),
        { environment: { ...block.environment, gasLimit: 1_000_000_000n } },
      );
    const executor = await create(4);
    const serial = await SerialExecutor.create({ vm: 'ethereumjs' });
    for (const [round, count] of [2, 2, 12, 2, 12, 60, 12].entries()) {
      const of = count === 60 ? block : large(count, round % 2);
      const found = await executor.execute(database, of);
      expect(found.ok, `round ${round}`).to.equal(true);
      expect(comparable(found), `round ${round}`).to.deep.equal(comparable(await serial.execute(database, of)));
      // Nothing keeps them alive until the next block.
      const { engine } = executor as unknown as { readonly engine: BlockEngine };
      expect(engine.recordMemory, `round ${round}`).to.equal(engine.heap);
    }
  });

  it('sends nothing to threads that a block has no work for: what is sent to a sleeping one stays in memory', async () => {
    for (const advice of [{}, { headStart: 'off' }] as const) {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice });
      open.push(executor);
      const { pool } = executor as unknown as { pool: WorkerPool };
      const { threads } = pool as unknown as { threads: { mail: MessagePort }[] };
      let sent = 0;
      for (const { mail } of threads) {
        const post = mail.postMessage.bind(mail);
        mail.postMessage = (message: unknown) => {
          sent++;
          post(message);
        };
      }
      const large = sampleTransactions(1, SENDERS).map((tx) => ({
        ...tx,
        data: new Uint8Array(0x8_0000),
        gasLimit: 9_000_000n,
      }));
      for (const one of [sampleBlock(sampleTransactions(1, SENDERS)), sampleBlock(large)]) {
        const result = await executor.execute(sampleDatabase(SENDERS), one);
        expect(result.ok && result.receipts.length).to.equal(1);
        for await (const _ of executor.stream(sampleDatabase(SENDERS), one));
      }
      expect(sent, 'before anybody was woken').to.equal(0);
      const result = await executor.execute(sampleDatabase(SENDERS), slowBlock());
      expect(result.ok).to.equal(true);
      expect(sent).to.be.greaterThan(0);
    }
  });

  it('sees a database that was moved on between blocks', async () => {
    const executor = await create(3);
    const moving = sampleDatabase(SENDERS);
    const before = moving.stateRoot();
    const first = await executor.execute(moving, block);
    if (!first.ok) throw first.error;
    moving.apply(first.diff);
    const again = await executor.execute(moving, block);
    expect(comparable(again)).to.include({ code: 'TransactionException.NONCE_MISMATCH_TOO_LOW', transactionIndex: 0 });
    moving.revert(first.diff);
    expect(moving.stateRoot()).to.deep.equal(before);
    expect(comparable(await executor.execute(moving, block))).to.deep.equal(expected);
  });

  it('reports a worker killed in the middle of a block, and works again', async () => {
    const executor = await create(3);
    for (let round = 0; round < 2; round++) {
      const [victim] = threadsOf(executor) as [Worker];
      killInTheMiddle(executor, victim);
      const answer = await executor.execute(database, slowBlock()).catch((error: unknown) => error);
      expectCode(answer as Error, 'WORKER_DIED');
      expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
      expect(threadsOf(executor)).to.have.length(2);
      expect(threadsOf(executor).includes(victim)).to.equal(false);
    }
  });

  it('replaces a worker that died between blocks', async () => {
    const executor = await create(3);
    await (threadsOf(executor)[1] as Worker).terminate();
    expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
  });

  it('refuses a second block while one runs', async () => {
    const executor = await create(2);
    const first = executor.execute(database, block);
    expectCode(await failure(executor.execute(database, block)), 'BUSY');
    expect(comparable(await first)).to.deep.equal(expected);
    expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
  });

  it('can be used again after it was given what is no block', async () => {
    for (const executor of [await create(2), await SerialExecutor.create({ vm: 'ethereumjs' })]) {
      for (const nothing of [undefined, null, {}] as unknown as Block[]) {
        expect(await failure(executor.execute(database, nothing))).to.be.instanceOf(TypeError);
        expect(await failure(executor.stream(database, nothing).next())).to.be.instanceOf(TypeError);
      }
      expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
    }
  });

  it('refuses work after it was closed; closing twice is harmless', async () => {
    const executor = await create(3);
    const threads = threadsOf(executor);
    void executor.close();
    // The second one waits for the threads as well.
    await executor.close();
    expect(threads.map(({ threadId }) => threadId)).to.deep.equal([-1, -1]);
    expectCode(await failure(executor.execute(database, block)), 'CLOSED');
  });

  it('refuses work after it was closed, serially too, and gives up the block that is running then', async () => {
    const executor = await SerialExecutor.create({ vm: 'ethereumjs' });
    const running = failure(executor.execute(database, block));
    await executor.close();
    expectCode(await running, 'CLOSED');
    expectCode(await failure(executor.execute(database, block)), 'CLOSED');
    expectCode(await failure(executor.stream(database, block).next()), 'CLOSED');

    const streaming = await SerialExecutor.create({ vm: 'wasm' });
    const stream = streaming.stream(database, block);
    expect((await stream.next()).done).to.equal(false);
    await streaming.close();
    await streaming.close();
    expectCode(await failure(stream.next()), 'CLOSED');
  });

  it('gives the right outcome or none, whenever a serial executor is closed', async () => {
    for (const vm of ['wasm', 'ethereumjs'] as const) {
      const whole = await SerialExecutor.create({ vm });
      const right = comparable(await whole.execute(database, block));
      let outcomes = 0;
      for (let turns = 0; outcomes < 3; turns += 1 + (turns >> 3)) {
        const executor = await SerialExecutor.create({ vm });
        const running = executor.execute(database, block).catch((error: unknown) => error);
        for (let turn = 0; turn < turns; turn++) await null;
        await executor.close();
        const result = (await running) as ExecutorResult | ExecutorError;
        if (result instanceof ExecutorError) expectCode(result, 'CLOSED');
        else {
          outcomes++;
          expect(comparable(result), `${vm}, closed after ${turns} turns`).to.deep.equal(right);
        }
      }
    }
  });

  for (const [name, create] of [
    ['serial', () => SerialExecutor.create({ vm: 'wasm' })],
    ['parallel', () => ParallelExecutor.create({ vm: 'wasm', threads: 2 })],
  ] as const) {
    it(`can be used after memory ran out before its first block began: ${name}`, async () => {
      const executor = await create();
      const { table } = (executor as unknown as { scope: BlockScope }).scope;
      const whole = table.create;
      table.create = () => {
        throw new HeapExhaustedError(1, 2);
      };
      expectCode(await failure(executor.execute(database, block)), 'MEMORY_EXHAUSTED');
      expect(database.heap.i32[DB_LENT]).to.equal(0);
      table.create = whole;
      expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
      await executor.close();
    });
  }

  it('ends a block that is running when it is closed', async () => {
    // In a process of its own, so that a block that never ends cannot keep the test run alive.
    const script = fileURLToPath(new URL('../support/close-while-running.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 8000, killSignal: 'SIGKILL' });
    expect(stdout).to.be.oneOf(['CLOSED', 'ok true']);
  });

  it('lets two executors run at once over one database', async () => {
    const [a, b] = [await create(2), await create(3)];
    for (let run = 0; run < 2; run++) {
      const results = await Promise.all([a.execute(database, block), b.execute(database, block)]);
      for (const result of results) expect(comparable(result)).to.deep.equal(expected);
    }
  });

  it('uses what the database lends, one executor at a time, and again once another has given it back', async () => {
    const { i32 } = database.heap;
    const lent = (): number => i32[DB_LENT] as number;
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const parallel = await create(2);
    const stream = serial.stream(database, block);
    await stream.next();
    expect(lent()).to.equal(1);
    // Whoever comes second does without.
    const base = i32[DB_LOCATIONS];
    expect(comparable(await parallel.execute(database, block))).to.deep.equal(expected);
    expect([lent(), i32[DB_LOCATIONS]]).to.deep.equal([1, base]);
    for (let next = await stream.next(); ; next = await stream.next()) {
      if (!next.done) continue;
      expect(comparable(next.value)).to.deep.equal(expected);
      break;
    }
    expect(lent()).to.equal(0);
    for (const executor of [parallel, serial, parallel]) {
      const before = i32[DB_LOCATIONS] as number;
      expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
      expect(i32[DB_LOCATIONS]).to.be.greaterThan(before);
    }
    // Before Byzantium others may insert locations while a root is made of all that there are.
    const before = i32[DB_LOCATIONS];
    const early = {
      ...block,
      mode: 'block' as const,
      environment: { ...block.environment, fork: 'Homestead' as const },
    };
    await serial.execute(database, early);
    expect(i32[DB_LOCATIONS]).to.equal(before);
  });

  it('gives back what was lent where a thread comes late to a block that all have left', async () => {
    const executor = await create(2);
    const { engine } = executor as unknown as { engine: BlockEngine };
    const { leave } = engine;
    engine.leave = () => {
      Atomics.store(engine.heap.i32, CONTROL_ACTIVE, 1);
      leave.call(engine);
    };
    expect(comparable(await executor.execute(database, block))).to.deep.equal(expected);
    Atomics.store(engine.heap.i32, CONTROL_ACTIVE, 0);
    engine.leave = leave;
    expect(database.heap.i32[DB_LENT]).to.equal(0);
  });

  for (const how of ['close', 'abandon']) {
    it(`leaves no thread that keeps the process alive (${how})`, async () => {
      const script = fileURLToPath(new URL('../support/exit-without-close.js', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [script, how], { timeout: 8000 });
      expect(stdout).to.equal(`ok ${how}`);
    });
  }
});
