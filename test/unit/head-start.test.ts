/** How a block begins: alone, until waking the other threads pays. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { BlockEngine } from '../../src/executor/block-engine.js';
import { ExecutorError } from '../../src/executor/errors.js';
import { ParallelExecutor } from '../../src/executor/parallel.js';

import type { Precedent } from '../../src/executor/precedent.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { CONTROL_ACTIVE, CONTROL_EXEC_CURSOR, CONTROL_GENERATION } from '../../src/layout.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { HeapExhaustedError } from '../../src/state/heap.js';
import type { Block, Transaction } from '../../src/transition/types.js';
import { VM_NAMES } from '../../src/vm/name.js';
import { randomBlock } from '../property/random-block.js';
import { blockOf, busy, contract, place, send, sender, senders, stranger } from '../support/conflict-block.js';
import { onWake, type Wake } from '../support/on-wake.js';
import { canonical } from '../support/outcome.js';

const THREADS = 4;
const HEAVY = place(1);
const COUNTER = place(2);
const HOARD = place(3);
const WATCHER = place(4);
/** In one block. */
const MOST_LOOKS = 100_000;

/** As many transfers as wanted, each from another sender to another recipient. */
const independent = (count: number): Transaction[] =>
  Array.from({ length: count }, (_, n) => send(sender(n), stranger(n), { value: 1n, gasLimit: 21_000n }));

/** Transfers of one sender. */
const chain = (count: number): Transaction[] =>
  Array.from({ length: count }, (_, n) =>
    send(sender(0), stranger(n), { value: 1n, gasLimit: 21_000n, nonce: BigInt(n) }),
  );

/** A counter in storage, a wallet that keeps what it is sent, and a contract that looks at the beneficiary. */
const CALLED = {
  [COUNTER]: contract('1 0 SLOAD ADD 0 SSTORE'),
  [HOARD]: contract('STOP'),
  [WATCHER]: contract('COINBASE BALANCE ORIGIN SSTORE'),
};

/** As many calls of `to`, each from another sender. */
const calls = (count: number, to: Hex, value = 0n): Transaction[] =>
  Array.from({ length: count }, (_, n) => send(sender(n), to, { value, data: Uint8Array.of(1), gasLimit: 100_000n }));

const block = (transactions: Transaction[]): Block => blockOf('Cancun', transactions);

/** Says it is `step` milliseconds later every time that it is asked, or that which `step` answers, as long as `run` takes. */
async function withClock<T>(step: number | ((look: number) => number), run: () => Promise<T>): Promise<T> {
  const { now } = performance;
  let time = 0;
  let looks = 0;
  performance.now = () => {
    // Whoever does nothing but look would never end.
    if (++looks > MOST_LOOKS) throw new RangeError('too many looks at the clock');
    time += typeof step === 'number' ? step : step(looks);
    return time;
  };
  try {
    return await run();
  } finally {
    performance.now = now;
  }
}

describe('head start', function () {
  this.timeout(60_000);
  const database = Database.create();
  let serial: SerialExecutor;
  let executor: ParallelExecutor;
  /** Where the frontier stood when the workers were woken for transactions, and how many. */
  let woken: Wake[] = [];

  before(async () => {
    database.load(Object.entries({ ...senders(400), [HEAVY]: contract(busy(1)), ...CALLED }) as [Hex, AccountState][]);
    serial = await SerialExecutor.create({ vm: 'wasm' });
    executor = await ParallelExecutor.create({ vm: 'wasm', threads: THREADS });
    onWake(executor, (wake) => woken.push(wake));
  });

  after(async () => {
    await serial.close();
    await executor.close();
  });

  /** When the workers were woken in that block, by a clock that goes on by `step` milliseconds a look. */
  async function wokenIn(transactions: Transaction[], step: Parameters<typeof withClock>[0]): Promise<typeof woken> {
    woken = [];
    // As of a block of which nothing is known.
    (executor as unknown as { precedent: Precedent }).precedent.forget();
    const of = block(transactions);
    const result = await withClock(step, () => executor.execute(database, of));
    expect(canonical(result)).to.equal(canonical(await serial.execute(database, of)));
    return woken;
  }

  it('is the whole of a block that is soon over', async () => {
    expect(await wokenIn(independent(40), 0.01)).to.deep.equal([]);
  });

  it('takes less for granted from the first transactions, which find nothing in the caches', async () => {
    const slowAtFirst = (look: number): number => (look === 4 ? 0.1 : 0.01);
    // At the pace of the first eight the other 92 would take 1.15 ms, and 392 would take 4.9 ms.
    expect(await wokenIn(independent(100), slowAtFirst)).to.deep.equal([]);
    expect(await wokenIn(independent(400), slowAtFirst)).to.deep.equal([{ frontier: 8, threads: THREADS - 1 }]);
  });

  it('ends after the first transactions of a block that is not', async () => {
    expect(await wokenIn(independent(400), 0.1)).to.deep.equal([{ frontier: 8, threads: THREADS - 1 }]);
  });

  it('ends where a block turns out to take longer than it seemed', async () => {
    const heavy = send(sender(50), HEAVY, { gasLimit: 1_000_001n });
    const transactions = [...independent(20), heavy, heavy].map((tx, n) => (n < 21 ? tx : { ...tx, nonce: 1n }));
    expect(await wokenIn(transactions, 0)).to.deep.equal([{ frontier: 16, threads: THREADS - 1 }]);
  });

  it('is none where the first transaction may take long', async () => {
    const heavy = send(sender(0), HEAVY, { gasLimit: 1_000_001n });
    expect(await wokenIn([heavy, send(sender(1), HEAVY)], 0)).to.deep.equal([{ frontier: 0, threads: 1 }]);
  });

  it('is the whole of a chain of light transactions, however long', async () => {
    expect(await wokenIn(chain(400), 0.05)).to.deep.equal([]);
    expect(await wokenIn(chain(400), 10), 'heavy ones').to.deep.equal([{ frontier: 16, threads: THREADS - 1 }]);
  });

  it('is the whole of a chain of tiny transactions that begins anew now and then', async () => {
    // Each pays the next one's sender, but for one of ten or of five.
    const gapped = (every: number): Transaction[] =>
      Array.from({ length: 399 }, (_, n) =>
        send(sender(n), n % every === 0 ? stranger(n) : sender(n + 1), { value: 1n, gasLimit: 21_000n }),
      );
    const steps = [8, 8, 16, 32, 64, 128];
    // After three looks that come before the first transaction, one after each step.
    const paced =
      (milliseconds: number) =>
      (look: number): number =>
        look < 4 ? 0.001 : milliseconds * (steps[look - 4] ?? 256);
    const afterTwo = [{ frontier: 16, threads: THREADS - 1 }];
    expect(await wokenIn(gapped(10), paced(0.003))).to.deep.equal([]);
    expect(await wokenIn(gapped(5), paced(0.003)), 'too often').to.deep.equal(afterTwo);
    expect(await wokenIn(gapped(10), paced(0.005)), 'not tiny').to.deep.equal(afterTwo);
  });

  it('is not ended by one slow step of a chain, in which the thread may have been kept from running', async () => {
    const hiccup =
      (at: number) =>
      (look: number): number =>
        look === at ? 50 : 0.001;
    // The first three looks come before the first transaction.
    for (const at of [4, 5, 6]) expect(await wokenIn(chain(400), hiccup(at)), `look ${at}`).to.deep.equal([]);
  });

  it('ends where a chain does', async () => {
    const tail = independent(201).slice(1);
    expect(await wokenIn([...chain(100), ...tail], 0.05)).to.deep.equal([{ frontier: 32, threads: THREADS - 1 }]);
  });

  it('is the whole of a block most of which is one path, whatever stands beside it', async () => {
    const heavy = send(sender(50), HEAVY, { gasLimit: 1_500_000n });
    // 379 transactions of one sender, and 21 of others between them.
    const transactions = [heavy, ...chain(379)];
    for (let n = 0; n < 20; n++) {
      const other = send(sender(100 + n), stranger(500 + n), { value: 1n, gasLimit: 21_000n });
      transactions.splice(5 + 7 * n, 0, other);
    }
    expect(await wokenIn(transactions, 0.05)).to.deep.equal([]);
    // Where the path turns out to be heavy, the others may compute ahead what comes before the wait.
    expect(await wokenIn(transactions, 10), 'heavy ones').to.deep.equal([{ frontier: 16, threads: THREADS - 1 }]);
    // By the number of transactions most is one path, by their gas limits it is not.
    const large = send(sender(50), HEAVY, { gasLimit: 3_000_000n });
    expect(await wokenIn([large, ...chain(379)], 0.05)).to.deep.equal([{ frontier: 0, threads: THREADS - 1 }]);
    // And the other way round.
    const wide = chain(300).map((tx) => ({ ...tx, gasLimit: 90_000n }));
    expect(await wokenIn([...wide.slice(0, 8), ...independent(100).slice(1), ...wide.slice(8)], 0.05)).to.have.lengthOf(
      1,
    );
  });

  it('is the whole of a block of light transactions in which each turns out to read what the one before it wrote', async () => {
    const learnsNothing = { hintSources: { learnt: 'off' as const } };
    executor.advise(learnsNothing);
    try {
      expect(await wokenIn(calls(400, COUNTER), 0.15), 'a slot').to.deep.equal([]);
      expect(await wokenIn(calls(400, WATCHER), 0.15), 'the beneficiary').to.deep.equal([]);
      expect(await wokenIn(calls(400, HOARD, 1n), 0.15), 'a balance').to.deep.equal([]);
      const tail = independent(400).slice(100);
      const woken = await wokenIn([...calls(100, COUNTER), ...tail], 0.15);
      // The next step, from 64 to 128, would have 28 plain transfers in it.
      expect(woken, 'where that ends').to.deep.equal([{ frontier: 64, threads: THREADS - 1 }]);
      const mixed = independent(400).map((tx, n) => (n % 4 === 0 ? tx : (calls(400, COUNTER)[n] as Transaction)));
      expect(await wokenIn(mixed, 0.15), 'three of four').to.deep.equal([{ frontier: 8, threads: THREADS - 1 }]);
    } finally {
      executor.advise({});
    }
  });

  it('is no longer for one recipient of all, who can be credited', async () => {
    const gifts = Array.from({ length: 400 }, (_, n) => send(sender(n), stranger(0), { value: 1n, gasLimit: 21_000n }));
    expect(await wokenIn(gifts, 0.05)).to.deep.equal([{ frontier: 8, threads: THREADS - 1 }]);
  });

  it('keeps out threads that wake up meanwhile', async () => {
    const { engine } = executor as unknown as { engine: BlockEngine };
    const { lane, heap } = engine;
    const { advance } = lane;
    const seen: number[] = [];
    lane.advance = () => {
      Atomics.add(heap.i32, CONTROL_GENERATION, 1);
      Atomics.notify(heap.i32, CONTROL_GENERATION);
      // Time enough for all of them to look, and to take something if they could.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
      seen.push(Atomics.load(heap.i32, CONTROL_ACTIVE), Atomics.load(heap.i32, CONTROL_EXEC_CURSOR));
      return advance.call(lane);
    };
    try {
      expect(await wokenIn(independent(16), 0)).to.deep.equal([]);
    } finally {
      lane.advance = advance;
    }
    expect(seen).to.deep.equal(new Array(seen.length).fill(0)).and.to.have.length.greaterThan(2);
  });

  it('ends the block where no memory is left for those who are let in, and the next one is whole', async () => {
    const { engine } = executor as unknown as { engine: BlockEngine };
    const reserve = engine.heap.reserve.bind(engine.heap);
    const of = block(independent(400));
    const letIn = executor as unknown as { letIn(...args: unknown[]): void };
    const before = letIn.letIn;
    letIn.letIn = (...args) => {
      engine.heap.reserve = () => {
        throw new HeapExhaustedError(8, 16);
      };
      try {
        before.apply(executor, args);
      } finally {
        engine.heap.reserve = reserve;
      }
    };
    let failure: unknown;
    try {
      await withClock(0.1, () => executor.execute(database, of)).catch((error: unknown) => {
        failure = error;
      });
    } finally {
      letIn.letIn = before;
    }
    expect(failure).to.be.instanceOf(ExecutorError).with.property('code', 'MEMORY_EXHAUSTED');
    expect(await wokenIn(independent(400), 0.1)).to.deep.equal([{ frontier: 8, threads: THREADS - 1 }]);
  });

  it('ends after any number of transactions where the advice about it is false', async () => {
    executor.advise({ headStart: 'false', seed: 9 });
    const frontiers = new Set<number>();
    try {
      for (let round = 0; round < 20; round++) {
        for (const { frontier } of await wokenIn(independent(12), 0)) frontiers.add(frontier);
      }
    } finally {
      executor.advise({});
    }
    expect(frontiers.size).to.be.greaterThan(4);
    executor.advise({ headStart: 'off' });
    expect(await wokenIn(independent(12), 0)).to.deep.equal([{ frontier: 0, threads: THREADS - 1 }]);
    executor.advise({});
  });

  it('gives the error of an invalid block', async () => {
    for (const at of [3, 30]) {
      const transactions = independent(40).map((tx, n) => (n === at ? { ...tx, nonce: 5n } : tx));
      expect(await wokenIn(transactions, 0)).to.deep.equal([]);
    }
  });

  for (const vm of VM_NAMES) {
    it(`changes no outcome of random blocks, whenever it ends (${vm})`, async () => {
      const alone = await SerialExecutor.create({ vm });
      const several = await ParallelExecutor.create({ vm, threads: 3 });
      const state = Database.create();
      await fc.assert(
        fc.asyncProperty(
          randomBlock(30),
          fc.constantFrom(0, 0.05, 0.2, 1, 20),
          async ({ accounts, block: random }, step) => {
            state.clear();
            state.load(accounts);
            const result = await withClock(step, () => several.execute(state, random));
            expect(canonical(result)).to.equal(canonical(await alone.execute(state, random)));
          },
        ),
        { numRuns: vm === 'wasm' ? 300 : 60, seed: 20261122, endOnFailure: false },
      );
      await several.close();
      await alone.close();
    });
  }
});
