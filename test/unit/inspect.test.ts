/** The view of a finished block's memory, against what a serial run of the same block reads and writes. */
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { explain } from '../../runners/explain/explain.js';
import { ParallelState } from '../../runners/explain/parallel-state.js';
import { SerialAccesses, SerialState } from '../../runners/explain/serial-accesses.js';
import { valueText } from '../../runners/explain/values.js';
import { createWatchedExecutor } from '../../runners/job/engine.js';
import { scenarioBlock, scenarioDatabase } from '../../runners/scenario/block.js';
import { ExecutorError, type InspectedBlock, ParallelExecutor, placeKey } from '../../src/index.js';
import { type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import type { Block } from '../../src/transition/types.js';
import { blockOf, send, sender, senders, stranger, valid } from '../support/conflict-block.js';
import { threadsOf } from '../support/executors.js';
import { scenarioTransaction, smallScenario } from '../support/scenarios.js';

/** Chains of nonces, a counter that all share, transfers and fees. */
function busyBlock(network: string): { readonly database: Database; readonly block: Block } {
  const counters = [0, 1, 2].flatMap((sender) =>
    Array.from({ length: 5 }, (_, nonce) => scenarioTransaction(sender, { nonce: BigInt(nonce) })),
  );
  const scenario = smallScenario(network, { transactions: counters });
  const database = scenarioDatabase(scenario);
  return { database, block: scenarioBlock(scenario, database) };
}

function smallBlock(network: string): { readonly database: Database; readonly block: Block } {
  const scenario = smallScenario(network);
  const database = scenarioDatabase(scenario);
  return { database, block: scenarioBlock(scenario, database) };
}

async function accessesOf(database: Database, block: Block): Promise<SerialAccesses> {
  const accesses = new SerialAccesses();
  const watched = await createWatchedExecutor('wasm', accesses);
  await watched.execute(database, block);
  await watched.close();
  return accesses;
}

/** Values after each transaction that are known on both sides and equal; fails where one differs. */
function agreeing(memory: InspectedBlock, accesses: SerialAccesses): number {
  const parallel = new ParallelState(memory);
  const serial = new SerialState();
  let known = 0;
  for (const [index, one] of accesses.transactions.entries()) {
    serial.before(one);
    for (const { place, value } of memory.transactions[index]?.reads ?? []) {
      const expected = one.reads.get(placeKey(place));
      if (expected !== undefined) expect(valueText(value), placeKey(place)).to.equal(valueText(expected.value));
    }
    serial.after(one);
    for (const { place } of one.writes.values()) {
      const standing = parallel.below(place, index + 1);
      if (standing === null || place.kind === 'reset') continue;
      const expected = serial.value(place);
      if (expected === undefined) throw new Error(`the serial run wrote ${placeKey(place)}`);
      expect(valueText(standing.value), `${placeKey(place)} after ${index}`).to.equal(valueText(expected));
      known++;
    }
  }
  return known;
}

describe('the memory of a finished block', () => {
  for (const [threads, headStart] of [
    [1, 'off'],
    [2, 'off'],
    [4, 'off'],
    [1, 'on'],
    [3, 'false'],
  ] as const) {
    it(`agrees with a serial run after every transaction, with ${threads} threads, head start ${headStart}`, async () => {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart } });
      for (const network of ['Frontier', 'Byzantium', 'London', 'Prague']) {
        for (const { database, block } of [busyBlock(network), smallBlock(network)]) {
          const accesses = await accessesOf(database, block);
          for (let run = 0; run < 3; run++) {
            const outcome = await executor.execute(database, block);
            const memory = executor.inspect();
            if (memory === null || !outcome.ok) throw new Error('the block was executed');
            expect(memory.frontier).to.equal(block.transactions.length);
            expect(memory.transactions.map(({ state }) => state)).to.deep.equal(
              block.transactions.map(() => 'committed'),
            );
            expect(agreeing(memory, accesses)).to.be.greaterThan(3);
            const incarnations = memory.transactions.reduce((sum, one) => sum + one.incarnations, 0);
            // A parked attempt that the lane took over was an incarnation without a run of its own.
            expect(incarnations).to.be.at.least(block.transactions.length);
            for (const [i, one] of memory.transactions.entries()) {
              const result = outcome.transactions[i];
              expect(one.deferredFee).to.equal(result?.kind === 'executed' ? result.deferredFee : null);
              if (threads === 1) expect(one).to.include({ exact: true, incarnations: 1, reads: null });
            }
            // Reading it changes nothing of the outcome.
            expect(outcome.receipts.length).to.equal(block.transactions.length);
          }
        }
      }
      await executor.close();
    });
  }

  it('does not know what the beneficiary was before the last transaction of a thread that was alone', async () => {
    const coinbase = sender(1);
    const free = send(sender(0), stranger(0), { value: 1n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n });
    const paid = send(coinbase, stranger(1), { value: 5n });
    const withdrawal = { index: 0n, validatorIndex: 0n, address: hexToBytes(coinbase), amount: 1n };
    const database = Database.from(Object.entries(senders(2)) as [Hex, AccountState][]);
    const block = blockOf('Shanghai', [free, paid], { mode: 'block', coinbase, withdrawals: [withdrawal] });
    for (const [threads, headStart, forgotten] of [
      [1, 'on', 2],
      [1, 'off', 0],
    ] as const) {
      const executor = await ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart } });
      valid(await executor.execute(database, block));
      const found = executor
        .inspect()
        ?.locations.find(({ place }) => place.kind === 'account' && place.address === coinbase);
      await executor.close();
      expect(found?.forgottenBelow, `head start ${headStart}`).to.equal(forgotten);
      expect(found?.versions.length).to.equal(headStart === 'on' ? 0 : 1);
    }
  });

  it('finds nothing to explain where nothing differs', async () => {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 2, advice: { headStart: 'off' } });
    const { database, block } = busyBlock('Cancun');
    const accesses = await accessesOf(database, block);
    const result = await executor.execute(database, block);
    const memory = executor.inspect();
    await executor.close();
    if (memory === null) throw new Error('the block was executed');
    const comparison = { differences: [], transaction: null };
    const { transaction, reads, writes } = explain({
      block,
      serial: result,
      parallel: result,
      comparison,
      memory,
      accesses,
    });
    expect({ transaction, reads, writes }).to.deep.equal({ transaction: null, reads: [], writes: [] });
  });

  it('is there between blocks only', async () => {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 2, advice: { headStart: 'off' } });
    expect(executor.inspect()).to.equal(null);
    const { database, block } = busyBlock('Cancun');
    const running = executor.execute(database, block);
    expect(() => executor.inspect())
      .to.throw(ExecutorError)
      .with.property('code', 'BUSY');
    await running;
    expect(executor.inspect()?.transactions.length).to.equal(block.transactions.length);
    // A block that cannot even begin takes the memory of the one before, and leaves nothing.
    const endless = { ...block, transactions: block.transactions.map((tx) => ({ ...tx, gasLimit: 1n << 64n })) };
    const failure = await executor.execute(database, endless).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RangeError);
    expect(executor.inspect()).to.equal(null);
    await executor.execute(database, block);
    await executor.close();
    expect(executor.inspect()?.frontier).to.equal(block.transactions.length);
  });

  it('is there once an executor is closed whose stream was dropped', async () => {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 2 });
    const { database, block } = busyBlock('Cancun');
    const stream = executor.stream(database, block);
    await stream.next();
    expect(() => executor.inspect())
      .to.throw(ExecutorError)
      .with.property('code', 'BUSY');
    await executor.close();
    const inspected = executor.inspect();
    expect(inspected?.transactions.length).to.equal(block.transactions.length);
    expect(inspected?.frontier).to.be.at.least(1);
    expect(inspected?.transactions[0]?.state).to.equal('committed');
  });

  it('is not there once a thread has died, nor when the executor is closed after that', async () => {
    const executor = await ParallelExecutor.create({ vm: 'wasm', threads: 3, advice: { headStart: 'off' } });
    const { database, block } = busyBlock('Cancun');
    await executor.execute(database, block);
    expect(executor.inspect()).not.to.equal(null);
    const [victim] = threadsOf(executor) as [Worker];
    await victim.terminate();
    expect(executor.inspect()).to.equal(null);
    await executor.close();
    expect(executor.inspect()).to.equal(null);
  });
});
