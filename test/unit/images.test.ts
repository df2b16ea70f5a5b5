/** Suspension and read checkpoints, step by step, with two workers that the test moves itself. */
import { expect } from 'chai';
import { HotLocations, Images, reserveHotLocations } from '../../src/executor/images.js';
import type { SpeculativeView } from '../../src/executor/speculative-view.js';
import {
  CONTROL_FRONTIER,
  IMAGE_PREVIOUS,
  IMAGE_READ_COUNT,
  IMAGE_READS,
  IMAGE_SUSPENDED,
  KIND_BASICS,
  STAT_CHECKPOINTS,
  STAT_RESTORES,
  STAT_RESUMPTIONS,
  STAT_SUSPENSIONS,
  TX_IMAGES,
} from '../../src/layout.js';
import { PARKED, stateOf } from '../../src/mvmemory/statuses.js';
import type { Hex } from '../../src/primitives/bytes.js';
import type { RecordedExecution } from '../../src/transition/transaction/index.js';
import type { Block, Transaction } from '../../src/transition/types.js';
import type { Vm } from '../../src/vm/vm.js';
import {
  type Allocation,
  blockOf,
  busy,
  contract,
  place,
  send,
  sender,
  senders,
  words,
} from '../support/conflict-block.js';
import { EngineWords } from '../support/engine-words.js';
import { TwoWorkers } from '../support/two-workers.js';

/** Answers its slot 0, or sets it to the word of calldata. */
const HOLDER: Hex = place(1);
const holder = contract('CALLDATASIZE @set JUMPI 0 SLOAD 0 MSTORE 0x20 0 RETURN set: 0 CALLDATALOAD 0 SSTORE', {
  storage: { 0: 5n },
});
const FIRST: Hex = place(20);

/** Assembly: what the holder answers. */
const ask = (to: Hex): string => `0x20 0x40 0 0 0 ${to} GAS CALL POP 0x40 MLOAD`;

/**
 * Contracts that call one another, `depth` deep below {@link FIRST}; the last one takes about a millisecond and asks
 * the holder. Each logs, writes storage, transient storage and memory before and after.
 */
function callers(depth: number): Allocation {
  const accounts: Record<Hex, ReturnType<typeof contract>> = {};
  for (let level = 0; level <= depth; level++) {
    const below = level === depth ? `${busy()} ${ask(HOLDER)}` : ask(place(20 + level + 1));
    accounts[place(20 + level)] = contract(
      `${0x1234 + level} 0x60 MSTORE  3 SLOAD 1 ADD 3 SSTORE  0x20 0x60 LOG0  ${level + 1} 5 TSTORE ` +
        `${below} 0x60 MLOAD ADD 5 TLOAD ADD DUP1 7 SSTORE 0 MSTORE 0x20 0 LOG0 0x20 0 RETURN`,
      { storage: { 3: 1n } },
    );
  }
  return accounts;
}

/** Transaction 1 writes what transaction 2 reads, deep within calls, after a while. */
function conflicting(depth: number): [Allocation, Block] {
  const block = blockOf('Cancun', [
    send(sender(0), sender(3), { value: 1n }),
    send(sender(1), HOLDER, { data: words(9n) }),
    send(sender(2), FIRST, { gasLimit: 2_000_000n }),
  ]);
  return [{ ...senders(4), [HOLDER]: holder, ...callers(depth) }, block];
}

const count = (workers: TwoWorkers, which: number): number =>
  (workers.first.stats[which] as number) + (workers.second.stats[which] as number);

/** Transaction 1 has been aborted and is run again, while 2, which the second worker runs, comes to its read. */
function meetEstimate(workers: TwoWorkers): void {
  const { first, second } = workers;
  workers.take(first, 0);
  workers.take(second, 1);
  second.speculate(1);
  workers.abort(second, 1);
  workers.take(first, 1);
  workers.take(second, 2);
  second.speculate(2);
}

describe('suspension and read checkpoints', () => {
  for (const depth of [0, 1, 4]) {
    it(`goes on with a suspended transaction in another worker, ${depth + 1} calls deep`, async () => {
      const workers = await TwoWorkers.open(...conflicting(depth));
      const { first } = workers;
      meetEstimate(workers);
      expect(stateOf(first.statuses.load(2))).to.equal(PARKED);
      expect(count(workers, STAT_SUSPENSIONS)).to.equal(1);
      // The machine is free for another transaction, of another block even.
      first.speculate(1);
      workers.take(first, 2);
      first.speculate(2);
      expect(count(workers, STAT_RESUMPTIONS)).to.equal(1);
      first.speculate(0);
      await workers.finish(first);
      expect(count(workers, STAT_RESUMPTIONS)).to.equal(1);
    });

    it(`goes on from a checkpoint in the lane, ${depth + 1} calls deep`, async () => {
      const workers = await TwoWorkers.open(...conflicting(depth));
      const { first, second } = workers;
      workers.heat();
      workers.take(first, 0);
      workers.take(first, 1);
      workers.take(second, 2);
      second.speculate(2);
      expect(count(workers, STAT_CHECKPOINTS)).to.be.within(1, 4);
      first.speculate(1);
      first.speculate(0);
      await workers.finish(first);
      expect(first.stats[STAT_RESTORES]).to.equal(1);
    });
  }

  it('answers for what a suspended transaction had read before', async () => {
    const [accounts, block] = conflicting(1);
    // Writes what the outermost frame of the last one reads.
    const writer = send(sender(0), FIRST, { gasLimit: 2_000_000n });
    const workers = await TwoWorkers.open(accounts, {
      ...block,
      transactions: [writer, ...block.transactions.slice(1)],
    });
    const { first } = workers;
    meetEstimate(workers);
    first.speculate(1);
    workers.take(first, 2);
    first.speculate(2);
    expect(count(workers, STAT_RESUMPTIONS)).to.equal(1);
    first.speculate(0);
    await workers.finish(first);
  });

  it('resumes a parked transaction in the lane, whose waking was lost', async () => {
    const workers = await TwoWorkers.open(...conflicting(2), { wakeUps: 'off' });
    const { first } = workers;
    meetEstimate(workers);
    first.speculate(1);
    first.speculate(0);
    await workers.finish(first);
    expect(first.stats[STAT_RESUMPTIONS]).to.equal(1);
  });

  const earlier: readonly (readonly [what: string, transaction: Transaction, restored: number])[] = [
    // The very first read: the sender's account.
    ['starts over where a read before all images', send(sender(0), sender(2), { value: 1n }), 0],
    // A slot of the outermost frame.
    [
      'goes on from an earlier image where a read before a later one',
      send(sender(0), FIRST, { gasLimit: 2_000_000n }),
      1,
    ],
  ];
  for (const [what, transaction, restored] of earlier) {
    it(`${what} has changed`, async () => {
      const [accounts, block] = conflicting(1);
      const workers = await TwoWorkers.open(accounts, {
        ...block,
        transactions: [transaction, ...block.transactions.slice(1)],
      });
      const { first, second } = workers;
      workers.heat();
      workers.take(first, 0);
      workers.take(first, 1);
      workers.take(second, 2);
      second.speculate(2);
      expect(count(workers, STAT_CHECKPOINTS)).to.be.greaterThan(0);
      first.speculate(1);
      first.speculate(0);
      await workers.finish(second);
      // Whether there is an earlier image depends on how long the first reads took.
      expect(count(workers, STAT_RESTORES)).to.be.at.most(restored);
    });
  }

  for (const [piece, counts] of [
    ['suspension', [STAT_SUSPENSIONS, STAT_RESUMPTIONS]],
    ['checkpoints', [STAT_CHECKPOINTS, STAT_RESTORES]],
  ] as const) {
    it(`makes no images where ${piece} is off`, async () => {
      const workers = await TwoWorkers.open(...conflicting(1), { [piece]: 'off' });
      const { first } = workers;
      workers.heat();
      meetEstimate(workers);
      first.speculate(1);
      first.speculate(0);
      await workers.finish(first);
      for (const which of counts) expect(count(workers, which)).to.equal(0);
    });
  }

  it('follows images into parts of the heap that it has not mapped', () => {
    const engine = EngineWords.create(2);
    const other = EngineWords.attach(engine.heap.memory);
    const images = new Images({ ...parts(other), vm: {} as Vm });
    const row = engine.table.account(KIND_BASICS, new Uint32Array(5), 0);
    const newest = engine.heap.reserve(8192);
    other.heap.map(newest + 8192);
    // The older image lies behind what the other thread has mapped.
    engine.heap.reserve(other.heap.u32.length - engine.heap.used);
    const older = engine.heap.reserve(8192);
    const { i32 } = engine.heap;
    expect(other.heap.u32.length).to.be.at.most(older);
    for (const [image, previous, reads] of [
      [newest, older, 1],
      [older, 0, 0],
    ] as const) {
      i32[image + IMAGE_PREVIOUS] = previous;
      i32[image + IMAGE_SUSPENDED] = 0;
      i32[image + IMAGE_READ_COUNT] = reads;
    }
    i32[newest + IMAGE_READS] = row;
    // A cell that the location has never had.
    i32[newest + IMAGE_READS + 1] = engine.memory.newCell(0, 3, false, 11);
    engine.heap.u32.fill(
      7,
      (i32[newest + IMAGE_READS + 1] as number) + 2,
      (i32[newest + IMAGE_READS + 1] as number) + 13,
    );
    i32[engine.statuses.words(1) + TX_IMAGES] = newest;
    expect(images.find(1)).to.equal(older);
    expect(images.isSuspended(older)).to.equal(false);
    expect(i32[engine.statuses.words(1) + TX_IMAGES]).to.equal(older);
  });

  it('uses the room of an image again once its transaction is committed, and no sooner', () => {
    const { engine, images, keep } = imagesOf(MOST_IMAGES + 2);
    const rooms = Array.from({ length: MOST_IMAGES }, (_, index) => keep(index));
    expect(new Set(rooms).size).to.equal(MOST_IMAGES);
    expect(rooms).not.to.include(0);
    expect(keep(MOST_IMAGES)).to.equal(0);
    expect(images.find(0)).to.equal(rooms[0]);
    engine.heap.i32[CONTROL_FRONTIER] = 1;
    expect(keep(MOST_IMAGES)).to.equal(rooms[0]);
    expect(keep(MOST_IMAGES + 1)).to.equal(0);
  });

  it('takes room of its own in each block', () => {
    const { engine, images, keep } = imagesOf(2);
    expect(keep(0)).to.be.greaterThan(0);
    images.open();
    const { used } = engine.heap;
    expect(keep(1)).to.be.at.least(used);
  });

  it('makes no image of a run that was shown a recipient without a balance', () => {
    const { keep } = imagesOf(2);
    expect(keep(0, { credited: 77 })).to.equal(0);
    expect(keep(0, { credited: 0 })).to.be.greaterThan(0);
  });

  it('remembers hot locations for all threads, and none where nobody asks', () => {
    const engine = EngineWords.create(1);
    const set = reserveHotLocations(engine.heap);
    const [one, two, none] = [engine.heap, EngineWords.attach(engine.heap.memory).heap, engine.heap].map(
      (heap) => new HotLocations(heap),
    ) as [HotLocations, HotLocations, HotLocations];
    one.open(set);
    two.open(set);
    none.open(0);
    one.add(1234);
    none.add(99);
    expect([one.has(1234), two.has(1234), none.has(1234), one.has(99)]).to.deep.equal([true, true, false, false]);
  });
});

function parts(words: EngineWords): Omit<ConstructorParameters<typeof Images>[0], 'vm'> {
  const { heap, statuses, memory, scheduler, codes } = words;
  return { heap, recordMemory: heap, statuses, memory, scheduler, codes };
}

/** What a thread keeps at once. */
const MOST_IMAGES = 64;

/** One thread's images of `transactions` transactions. `keep` makes one without reads, and answers its reference, or 0. */
function imagesOf(transactions: number) {
  const engine = EngineWords.create(transactions);
  const images = new Images({ ...parts(engine), vm: {} as Vm });
  images.open();
  const execution = { save: () => 1 } as unknown as RecordedExecution;
  const keep = (index: number, fields: { credited?: number } = {}): number => {
    const view = { credited: 0, readCount: 0, reads: new Int32Array(0), ...fields } as unknown as SpeculativeView;
    const made = images.checkpoint(index, execution, view);
    const image = engine.heap.i32[engine.statuses.words(index) + TX_IMAGES] as number;
    expect(made).to.equal(image !== 0);
    return image;
  };
  return { engine, images, keep };
}
