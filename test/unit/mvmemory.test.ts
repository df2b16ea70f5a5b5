/** The multi-version memory: versions in order, resets, estimates, and threads that never see a torn or foreign value. */
import { expect } from 'chai';
import {
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  ENTRY_CREDIT,
  ENTRY_WORDS,
  KIND_BASICS,
  KIND_RESET,
  LOCATION_HEAD,
  LOCATION_ORIGIN,
} from '../../src/layout.js';
import { RESOLVED } from '../../src/mvmemory/mvmemory.js';
import { ADDRESS_WORDS, U256_WORDS } from '../../src/primitives/words.js';
import { Database } from '../../src/state/database.js';
import { BASICS_WORDS } from '../../src/state/view.js';
import { EngineWords } from '../support/engine-words.js';
import { hammer } from '../support/hammer.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';
import { versionWord } from '../support/version-word.js';
import type { VersionsData, VersionsResult } from '../support/versions-thread.js';

const ACCOUNT = 0xabc;

function put(engine: EngineWords, row: number, transaction: number, value: number, reset = false): number {
  const cell = engine.memory.newCell(transaction, 0, reset, reset ? 0 : U256_WORDS);
  if (!reset) {
    engine.heap.u32.fill(0, cell + CELL_VALUE, cell + CELL_VALUE + U256_WORDS);
    engine.heap.u32[cell + CELL_VALUE] = value;
  }
  return engine.memory.publish(row, transaction, cell, { cell: 0 });
}

/** The value that a read resolves to, or `blocked by`. */
function get(engine: EngineWords, row: number, transaction: number): number | string {
  const blocked = engine.memory.resolve(row, transaction);
  if (blocked !== RESOLVED) return `blocked by ${blocked}`;
  const { cell } = engine.memory;
  return engine.memory.isReset(cell) ? 0 : (engine.heap.u32[cell + CELL_VALUE] as number);
}

function sample(): { engine: EngineWords; slot: number; reset: number } {
  const database = Database.from([
    [addressHex(ACCOUNT), { nonce: 1n, balance: 5n, code: new Uint8Array(), storage: new Map([[slotHex(1), 9n]]) }],
  ]);
  const engine = EngineWords.create(10, database);
  const slot = engine.table.slot(slotWords(ACCOUNT, 1), 0, ADDRESS_WORDS);
  return { engine, slot, reset: engine.table.account(KIND_RESET, addressWords(ACCOUNT), 0) };
}

describe('mvmemory', () => {
  it('resolves to the highest version below the reader, else to the base', () => {
    const { engine, slot } = sample();
    put(engine, slot, 5, 50);
    put(engine, slot, 2, 20);
    put(engine, slot, 8, 80);
    put(engine, slot, 0, 1);
    expect([0, 1, 2, 3, 5, 6, 8, 9, 10].map((i) => get(engine, slot, i))).to.deep.equal([
      9, 1, 1, 20, 20, 50, 50, 80, 80,
    ]);
  });

  it('loses no version of two that are published at once, above another one or as the first', () => {
    const { engine, slot } = sample();
    const second = EngineWords.attach(engine.heap.memory);
    put(engine, slot, 5, 50);
    // What the first does on its way from looking at the chain to the swap lets the second in.
    const { heap } = engine;
    const map = heap.map.bind(heap);
    let looks = 0;
    heap.map = (end) => {
      map(end);
      if (++looks === 2) put(second, slot, 7, 70);
    };
    put(engine, slot, 9, 90);
    heap.map = map;
    expect([5, 6, 8, 10].map((i) => get(engine, slot, i))).to.deep.equal([9, 50, 70, 90]);

    const fresh = engine.table.slot(slotWords(ACCOUNT, 2), 0, ADDRESS_WORDS);
    const { arena } = engine;
    const alloc = arena.alloc.bind(arena);
    let pieces = 0;
    // The cell comes first, then the entry.
    arena.alloc = (words) => {
      if (++pieces === 2) put(second, fresh, 3, 30);
      return alloc(words);
    };
    put(engine, fresh, 4, 40);
    arena.alloc = alloc;
    expect([3, 4, 5].map((i) => get(engine, fresh, i))).to.deep.equal([0, 30, 40]);
  });

  it('loses no version that is published between the look at an empty location and the swap', () => {
    const { engine, slot } = sample();
    const second = EngineWords.attach(engine.heap.memory);
    const words = new Uint32Array(U256_WORDS).fill(40, 0, 1);
    let met = 0;
    const { compareExchange, store } = Atomics;
    const restore = (): void => void Object.assign(Atomics, { compareExchange, store });
    // The other thread comes before whatever links the entry, be it a swap or not.
    const late = (operation: (...args: number[]) => number) => {
      return (...args: number[]): number => {
        if (args[1] === slot + LOCATION_HEAD) {
          restore();
          met++;
          put(second, slot, 3, 30);
        }
        return operation(...args);
      };
    };
    Object.assign(Atomics, {
      compareExchange: late(compareExchange as never),
      store: late(store as never),
    });
    try {
      engine.memory.publishFirst(slot, 4, U256_WORDS, words, 0);
    } finally {
      restore();
    }
    expect(met).to.equal(1);
    expect([3, 4, 5].map((i) => get(engine, slot, i))).to.deep.equal([9, 30, 40]);
  });

  it('publishes entry and cell of a first incarnation in one piece, wherever they belong', () => {
    const { engine, slot } = sample();
    const { arena, heap, memory } = engine;
    const second = EngineWords.attach(heap.memory);
    const first = (transaction: number, value: number): number =>
      memory.publishFirst(slot, transaction, U256_WORDS, new Uint32Array(1 + U256_WORDS).fill(value, 1, 2), 1);
    const alloc = arena.alloc.bind(arena);
    // Another thread is quicker where the location had no version yet.
    arena.alloc = (words) => {
      put(second, slot, 8, 80);
      return alloc(words);
    };
    const entry = first(5, 50);
    arena.alloc = alloc;
    first(2, 20);
    first(9, 90);
    expect([0, 2, 3, 5, 6, 8, 9, 10].map((i) => get(engine, slot, i))).to.deep.equal([9, 9, 20, 20, 50, 50, 80, 90]);
    expect(memory.entryCell(entry)).to.equal(entry + ENTRY_WORDS);
    expect(memory.incarnationAt(entry)).to.equal(0);
    memory.clear(entry);
    expect(get(engine, slot, 6)).to.equal(20);
  });

  it('knows locations that nobody has touched', () => {
    const { engine, slot, reset } = sample();
    const { fees, heap, memory, table } = engine;
    const origin = (row: number): number => heap.i32[row + LOCATION_ORIGIN] as number;
    const other = table.slot(slotWords(ACCOUNT, 2), 0, ADDRESS_WORDS);
    const basics = table.account(KIND_BASICS, addressWords(ACCOUNT), 0);
    const beneficiary = table.account(KIND_BASICS, addressWords(ACCOUNT + 1), 0);
    fees.open(beneficiary);
    expect(memory.untouched(slot)).to.equal(origin(slot));
    expect(memory.untouched(basics)).to.equal(origin(basics));
    expect(memory.untouched(beneficiary), 'fees are not seen in its chain').to.equal(0);
    put(engine, slot, 5, 50);
    expect(memory.untouched(slot), 'a version').to.equal(0);
    expect(memory.untouched(other)).to.equal(origin(other));
    expect(memory.settle(basics, 0, memory.newCell(0, 0, false, BASICS_WORDS))).to.equal(true);
    expect(memory.untouched(basics), 'another base value').to.equal(0);
    put(engine, reset, 7, 0, true);
    expect(memory.untouched(other), 'the account was reset').to.equal(0);
  });

  it('does not take what nobody can say without looking for an account that was never reset', () => {
    const { engine, reset } = sample();
    const { memory } = engine;
    expect(memory.resolve(reset, 5)).to.equal(RESOLVED);
    expect(memory.cell).to.equal(0);
    expect(memory.stillHolds(reset, 5, 0)).to.equal(true);
    put(engine, reset, 3, 0, true);
    expect(memory.stillHolds(reset, 5, 0)).to.equal(false);
    expect(memory.stillHolds(reset, 3, 0)).to.equal(true);
  });

  it('knows slots of accounts that were reset for good', () => {
    const { engine, slot, reset } = sample();
    const { memory } = engine;
    expect(memory.settle(reset, 0, memory.newCell(0, 0, true, 0))).to.equal(true);
    expect(memory.untouched(slot)).to.equal(0);
    expect(get(engine, slot, 1)).to.equal(0);
  });

  it('overwrites a base value in place where the block has made its cell', () => {
    const { engine, slot } = sample();
    const { memory, heap } = engine;
    const overwrite = (transaction: number, value: number): ReturnType<typeof get> => {
      memory.overwrite(slot, transaction, U256_WORDS, new Uint32Array(1 + U256_WORDS).fill(value, 1, 2), 1);
      return get(engine, slot, transaction + 1);
    };
    const origin = heap.i32[slot + LOCATION_ORIGIN] as number;
    expect(overwrite(1, 5)).to.equal(5);
    const { cell } = memory;
    expect(cell, 'a cell beside the database’s').to.not.equal(origin);
    expect(heap.u32[origin + CELL_VALUE], 'the database’s').to.equal(9);
    expect(overwrite(4, 7)).to.equal(7);
    expect(memory.cell, 'the same cell').to.equal(cell);
    expect(heap.i32[cell + CELL_WRITER]).to.equal(4);
  });

  it('adds credits up to the version below, and folds them in order', () => {
    const { engine } = sample();
    const { memory, table, heap } = engine;
    const row = table.account(KIND_BASICS, addressWords(ACCOUNT), 0);
    const basics = (transaction: number, balance: number, nonce = 0): number => {
      const cell = memory.newCell(transaction, 0, false, BASICS_WORDS);
      heap.u32.fill(0, cell + CELL_VALUE, cell + CELL_VALUE + BASICS_WORDS);
      heap.u32[cell + CELL_VALUE] = 1;
      heap.u32[cell + CELL_VALUE + 1] = nonce;
      heap.u32[cell + CELL_VALUE + 3] = balance;
      return cell;
    };
    const publish = (transaction: number, word: number): number => memory.publish(row, transaction, word, { cell: 0 });
    const read = (transaction: number): readonly number[] | string => {
      const blocked = memory.resolve(row, transaction);
      const at = memory.cell + CELL_VALUE;
      return blocked === RESOLVED ? [heap.u32[at + 1] as number, heap.u32[at + 3] as number] : `blocked by ${blocked}`;
    };
    const first = publish(1, basics(1, 100) | ENTRY_CREDIT);
    publish(3, basics(3, 7, 4));
    const second = publish(5, basics(5, 1000) | ENTRY_CREDIT);
    const third = publish(6, basics(6, 0xffff_ffff) | ENTRY_CREDIT);
    expect(read(1)).to.deep.equal([1, 5]);
    expect(read(2)).to.deep.equal([1, 105]);
    expect(read(4)).to.deep.equal([4, 7]);
    expect(read(6)).to.deep.equal([4, 1007]);
    expect(read(9)).to.deep.equal([4, 1006]);
    expect(heap.u32[memory.cell + CELL_VALUE + 4]).to.equal(1);
    memory.markEstimate(second);
    expect([read(5), read(6), read(9)]).to.deep.equal([[4, 7], 'blocked by 5', 'blocked by 5']);
    publish(5, basics(5, 2000) | ENTRY_CREDIT);
    memory.clear(third);
    expect(read(9)).to.deep.equal([4, 2007]);
    memory.fold(row, first, 1);
    memory.fold(row, second, 5);
    expect(memory.entryCell(second)).to.be.greaterThan(0);
    expect([read(2), read(9)]).to.deep.equal([
      [1, 105],
      [4, 2007],
    ]);
  });

  it('replaces, marks, clears and answers the cell before', () => {
    const { engine, slot } = sample();
    const entry = put(engine, slot, 3, 30);
    const first = engine.memory.entryCell(entry);
    engine.memory.markEstimate(entry);
    expect(get(engine, slot, 4)).to.equal('blocked by 3');
    expect(get(engine, slot, 3)).to.equal(9);
    const previous = { cell: 0 };
    const cell = engine.memory.newCell(3, 1, false, U256_WORDS);
    engine.heap.u32.fill(0, cell + CELL_VALUE, cell + CELL_VALUE + U256_WORDS);
    engine.heap.u32[cell + CELL_VALUE] = 31;
    expect(engine.memory.publish(slot, 3, cell, previous)).to.equal(entry);
    expect(previous.cell & 0x3fffffff).to.equal(first);
    expect(engine.heap.i32[cell + CELL_WRITER]).to.equal(3);
    expect(engine.heap.u32[cell + CELL_TAG]).to.equal(2);
    expect(get(engine, slot, 4)).to.equal(31);
    engine.memory.clear(entry);
    expect(get(engine, slot, 4)).to.equal(9);
    engine.memory.markEstimate(entry);
    expect(get(engine, slot, 4), 'a cleared entry is no estimate').to.equal(9);
  });

  it('lets the later of slot and reset win, and the slot within one transaction', () => {
    const { engine, slot, reset } = sample();
    put(engine, reset, 4, 0, true);
    expect([4, 5].map((i) => get(engine, slot, i))).to.deep.equal([9, 0]);
    put(engine, slot, 2, 20);
    expect([3, 4, 5].map((i) => get(engine, slot, i))).to.deep.equal([20, 20, 0]);
    put(engine, slot, 4, 44);
    expect(get(engine, slot, 5)).to.equal(44);
    put(engine, reset, 6, 0, true);
    expect([6, 7].map((i) => get(engine, slot, i))).to.deep.equal([44, 0]);
  });

  it('blocks on an estimated reset only where it would cover the slot', () => {
    const { engine, slot, reset } = sample();
    engine.memory.markEstimate(put(engine, reset, 3, 0, true));
    expect(get(engine, slot, 4)).to.equal('blocked by 3');
    put(engine, slot, 5, 50);
    expect(get(engine, slot, 6)).to.equal(50);
    expect(get(engine, slot, 5)).to.equal('blocked by 3');
  });

  it('compares values across cells, resets as zero', () => {
    const { engine, slot, reset } = sample();
    const cell = (value: number, transaction: number): number =>
      engine.memory.entryCell(put(engine, slot, transaction, value));
    const seven = cell(7, 1);
    const zero = cell(0, 2);
    const marker = engine.memory.entryCell(put(engine, reset, 3, 0, true));
    const { memory } = engine;
    expect(memory.sameValue(slot, seven, cell(7, 4))).to.equal(true);
    expect(memory.sameValue(slot, seven, cell(8, 5))).to.equal(false);
    expect(memory.sameValue(slot, zero, marker)).to.equal(true);
    expect(memory.sameValue(slot, marker, seven)).to.equal(false);
    expect(memory.sameValue(slot, 0, seven)).to.equal(false);
  });

  it('answers the values after a number of transactions', () => {
    const { engine, slot, reset } = sample();
    put(engine, slot, 1, 11);
    put(engine, reset, 2, 0, true);
    const value = (count: number): number =>
      engine.heap.u32[engine.memory.after(count).current(slot) + CELL_VALUE] as number;
    expect([0, 1, 2, 3].map(value)).to.deep.equal([9, 9, 11, 11]);
    expect([2, 3].map((count) => engine.memory.after(count).wasReset(slot))).to.deep.equal([false, true]);
    const basics = engine.table.account(KIND_BASICS, addressWords(ACCOUNT), 0);
    expect(engine.memory.after(3).wasReset(basics)).to.equal(false);
    expect(engine.heap.u32[engine.memory.after(3).current(basics) + CELL_VALUE + BASICS_WORDS - 8]).to.equal(5);
  });

  for (const threads of [2, 5]) {
    it(`gives ${threads} threads only finished values of lower transactions`, async function () {
      this.timeout(8000);
      const engine = EngineWords.create(24);
      const rows = [0, 1, 2].map((slot) => engine.table.slot(slotWords(ACCOUNT, slot), 0, ADDRESS_WORDS));
      const writers = Math.max(1, threads - 1);
      const data = Array.from(
        { length: threads },
        (_, thread): VersionsData => ({
          memory: engine.heap.memory,
          rows,
          owned: thread < writers ? Array.from({ length: 24 }, (_, i) => i).filter((i) => i % writers === thread) : [],
          transactions: 24,
          milliseconds: 800,
        }),
      );
      const results = await hammer<VersionsData, VersionsResult>('versions-thread', data);
      for (const { errors } of results) expect(errors).to.deep.equal([]);
      expect(results.reduce((sum, { operations }) => sum + operations, 0)).to.be.above(10_000);
      expect(results.some(({ blocked }) => blocked > 0)).to.equal(true);
      const last = new Map(results.flatMap((result) => result.last).map(([row, tx, k]) => [`${row},${tx}`, k]));
      for (const [index, row] of rows.entries()) {
        let expected = 0;
        for (let transaction = 0; transaction <= 24; transaction++) {
          expect(get(engine, row, transaction), `row ${index}, transaction ${transaction}`).to.equal(expected);
          const incarnation = last.get(`${index},${transaction}`) ?? -1;
          if (incarnation >= 0) expected = versionWord(index, transaction, incarnation, 0);
        }
      }
    });
  }
});
