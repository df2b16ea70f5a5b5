/** A block's changes as words: what is packed, what is left out, and that nothing is needed later to read them. */
import { expect } from 'chai';
import { ACCOUNT_CODE, ACCOUNT_SLOT_COUNT, CONTROL_END, HEAP_NEXT } from '../../src/layout.js';
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { AccountState } from '../../src/state/account.js';
import { applyPacked, revertPacked } from '../../src/state/apply-packed.js';
import { Database } from '../../src/state/database.js';
import { expandDiff } from '../../src/state/expand-diff.js';
import { HEAP_MAXIMUM_WORDS, HeapExhaustedError } from '../../src/state/heap.js';
import { changeWords, DiffPacker, type PackedDiff, packDiff, packRows } from '../../src/state/packed-diff.js';
import { ROW_LIST_LENGTH } from '../../src/state/row-lists.js';
import { BlockSteps } from '../support/block-steps.js';
import { collectDiffDirectly } from '../support/collect-directly.js';
import { addressHex, addressWords, slotHex } from '../support/keys.js';

const CODE = hexToBytes('0x6001');
const OTHER_CODE = hexToBytes('0x60026003');

function account(storage: readonly (readonly [number, bigint])[] = [], code: Uint8Array = EMPTY_BYTES): AccountState {
  return { nonce: 1n, balance: 5n, code, storage: new Map(storage.map(([slot, value]) => [slotHex(slot), value])) };
}

function packedWords(packed: PackedDiff): number {
  return packed.flatMap(({ chunks }) => chunks).reduce((sum, { length }) => sum + length, 0);
}

/** All accounts, those of no consequence included, with their storage in order of slot. */
function contents(database: Database): unknown[] {
  for (const row of database.accountRows()) {
    // Whether an account has storage is asked of this number alone (EIP-7610).
    expect(database.heap.u32[row + ACCOUNT_SLOT_COUNT], 'slots').to.equal([...database.slotsOf(row)].length);
  }
  return [...database.accounts()]
    .map(([address, { storage, ...rest }]) => [address, rest, [...storage].sort()] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

function expectMoves(database: Database, packed: PackedDiff): void {
  const before = contents(database);
  const root = database.stateRoot();
  const diff = expandDiff(packed);
  database.apply(diff);
  const after = contents(database);
  database.revert(diff);
  applyPacked(database, packed);
  expect(contents(database)).to.deep.equal(after);
  revertPacked(database, packed);
  expect(contents(database)).to.deep.equal(before);
  expect(database.stateRoot()).to.deep.equal(root);
}

describe('state/packed-diff', () => {
  it('packs nothing where every value came back', () => {
    const steps = new BlockSteps(Database.from([[addressHex(1), account([[1, 11n]], CODE)]]));
    steps.read(1, 2);
    steps.write(1, 1, 12n);
    steps.basics(1, 2n, 6n);
    steps.code(1, OTHER_CODE);
    steps.next();
    steps.write(1, 1, 11n);
    steps.basics(1, 1n, 5n);
    steps.code(1, CODE);
    // An absent account stays absent, whatever its other words are.
    steps.basics(2, 7n, null);
    expect(packedWords(packDiff(steps))).to.equal(0);
  });

  it('keeps the basics of an account of which only slots changed', () => {
    const steps = new BlockSteps(Database.from([[addressHex(1), account([[1, 11n]])]]));
    steps.write(1, 1, 12n);
    steps.write(2, 1, 13n);
    expect([...expandDiff(packDiff(steps))]).to.deep.equal([
      [
        addressHex(1),
        {
          before: { nonce: 1n, balance: 5n },
          after: { nonce: 1n, balance: 5n },
          storage: new Map([[slotHex(1), { before: 11n, after: 12n }]]),
        },
      ],
      [addressHex(2), { before: null, after: null, storage: new Map([[slotHex(1), { before: 0n, after: 13n }]]) }],
    ]);
  });

  it('holds a slot that a reset wiped and the block set to its old value again', () => {
    const database = Database.from([
      [
        addressHex(1),
        account([
          [1, 11n],
          [2, 22n],
          [3, 33n],
        ]),
      ],
    ]);
    const steps = new BlockSteps(database);
    steps.reset(1);
    steps.next();
    steps.write(1, 1, 11n);
    steps.read(1, 2);
    const packed = packDiff(steps);
    const storage = expandDiff(packed).get(addressHex(1))?.storage;
    expect([...(storage ?? [])]).to.deep.equal([
      [slotHex(2), { before: 22n, after: 0n }],
      [slotHex(3), { before: 33n, after: 0n }],
    ]);
    applyPacked(database, packed);
    expect([1, 2, 3].map((slot) => database.storage(addressHex(1), slotHex(slot)))).to.deep.equal([11n, 0n, 0n]);
    revertPacked(database, packed);
    expect([1, 2, 3].map((slot) => database.storage(addressHex(1), slotHex(slot)))).to.deep.equal([11n, 22n, 33n]);
  });

  it('can be undone with no memory to spare, where that ran out half-way', () => {
    const make = (): Database => Database.from([[addressHex(1), account([[1, 11n]], CODE)]]);
    let thrown = 0;
    for (let spare = 0; spare < 12_000; spare += 1000) {
      const database = make();
      const steps = new BlockSteps(database);
      steps.basics(1, 2n, 6n);
      steps.write(1, 1, 12n);
      for (let i = 2; i < 200; i++) {
        steps.basics(i, 1n, 9n);
        steps.code(i, hexToBytes(`0x60${i.toString(16).padStart(2, '0')}`));
        steps.write(i, 1, 13n);
      }
      const packed = packDiff(steps);
      const before = contents(database);
      const root = database.stateRoot();
      // So many words are left besides the rest of the chunk that the database has begun.
      Atomics.store(database.heap.i32, HEAP_NEXT, HEAP_MAXIMUM_WORDS - spare);
      try {
        applyPacked(database, packed);
      } catch (error) {
        if (!(error instanceof HeapExhaustedError)) throw error;
        thrown++;
      }
      revertPacked(database, packed);
      expect(contents(database), `${spare} words`).to.deep.equal(before);
      expect(database.stateRoot()).to.deep.equal(root);
    }
    expect(thrown).to.be.above(6);
  });

  it('needs neither the block nor the database later', () => {
    const database = Database.from([
      [addressHex(1), account([[1, 11n]], CODE)],
      [addressHex(2), account([[1, 21n]])],
    ]);
    const steps = new BlockSteps(database);
    steps.basics(1, 0n, null);
    steps.code(1, EMPTY_BYTES);
    steps.reset(1);
    steps.write(2, 2, 22n);
    steps.basics(3, 1n, 9n);
    steps.code(3, OTHER_CODE);
    const expected = collectDiffDirectly(steps);
    const packed = packDiff(steps);
    steps.heap.reset(CONTROL_END);
    steps.heap.u32.fill(0xffffffff, CONTROL_END);
    database.clear();
    database.load([[addressHex(1), account([[9, 9n]])]]);
    expect([...expandDiff(packed)]).to.deep.equal([...expected]);
    expect([...expected.keys()]).to.deep.equal([1, 2, 3].map(addressHex));
    expect(expected.get(addressHex(3))?.code).to.deep.equal({ before: EMPTY_BYTES, after: OTHER_CODE });
  });

  it('packs many slots of many accounts, whose order in the table means nothing', () => {
    const accounts = Array.from({ length: 150 }, (_, i) => [addressHex(i * 7919), account([[1, 1n]])] as const);
    const steps = new BlockSteps(Database.from(accounts), 4096);
    for (let i = 0; i < 150; i++) {
      for (let slot = 0; slot < 10; slot++) steps.write(i * 7919, slot, BigInt(i + slot));
      if (i % 3 === 0) steps.basics(i * 7919, 2n, 1n << BigInt(i % 256));
    }
    const packed = packDiff(steps);
    const { chunks } = packed[0] as PackedDiff[number];
    expect(chunks.length).to.be.above(5);
    for (const chunk of chunks) {
      let at = 0;
      while (at < chunk.length) at += changeWords(chunk, at);
      expect(at).to.equal(chunk.length);
    }
    expect([...expandDiff(packed)]).to.deep.equal([...collectDiffDirectly(steps)]);
    expectMoves(steps.database, packed);
  });

  it('holds a location that its thread has made but not entered in its list yet', () => {
    const steps = new BlockSteps(Database.from([[addressHex(1), account([[1, 11n]])]]));
    const { lists } = steps.table;
    // Receipts before Byzantium get their state roots while other threads insert: one of them was stopped here.
    lists.add = () => undefined;
    steps.write(1, 1, 12n);
    steps.basics(1, 1n, 6n);
    const diff = expandDiff(packDiff(steps));
    expect([...diff]).to.deep.equal([...collectDiffDirectly(steps)]);
    expect(diff.get(addressHex(1))?.after?.balance).to.equal(6n);
    expect(diff.get(addressHex(1))?.storage.get(slotHex(1))).to.deep.equal({ before: 11n, after: 12n });
  });

  it('gives the same whether rows are packed together or in parts, into memory of the caller', () => {
    const steps = new BlockSteps(Database.from([[addressHex(1), account([[1, 11n]], CODE)]]));
    for (let i = 0; i < 400; i++) steps.write(1 + (i % 5), i, BigInt(i));
    steps.reset(1);
    for (let i = 0; i < 40; i++) steps.code(i, Uint8Array.of(i));
    const whole = [...expandDiff(packDiff(steps))];
    expect(whole).to.deep.equal([...collectDiffDirectly(steps)]);
    const { lists } = steps.table;
    for (const size of [1, 37, ROW_LIST_LENGTH]) {
      const parts: PackedDiff[number][] = [];
      for (let list = lists.first; list !== 0; list = lists.after(list)) {
        for (let first = 0; first < ROW_LIST_LENGTH; first += size) {
          const into = new DiffPacker((words) => new Uint32Array(new SharedArrayBuffer(4 * words)));
          packRows(steps, list, into, first, first + size);
          parts.unshift(into.finish());
        }
      }
      expect([...expandDiff(parts)], `parts of ${size} rows`).to.deep.equal(whole);
      expectMoves(steps.database, parts);
    }
  });

  it('holds codes of every length, before and after, and nothing of a code that came back', () => {
    const steps = new BlockSteps(
      Database.from([
        [addressHex(1), account([[1, 11n]], CODE)],
        [addressHex(2), account([], CODE)],
        [addressHex(3), account([], CODE)],
      ]),
    );
    // The last one is longer than the longest chunk: before EIP-170 only gas bounded a code.
    const lengths = [0, 1, 2, 3, 4, 5, 24_576, 300_001];
    const codes = lengths.map((length) => new Uint8Array(length).map((_, i) => (length + 7 * i) % 251));
    codes.forEach((code, i) => {
      steps.write(4, i, BigInt(i));
      steps.code(10 + i, code);
    });
    steps.code(1, OTHER_CODE);
    steps.code(2, EMPTY_BYTES);
    steps.code(3, OTHER_CODE);
    steps.code(3, CODE);
    const packed = packDiff(steps);
    const diff = expandDiff(packed);
    expect([...diff]).to.deep.equal([...collectDiffDirectly(steps)]);
    codes.forEach((code, i) => {
      const change = diff.get(addressHex(10 + i))?.code;
      expect(change, `${code.length} bytes`).to.deep.equal(
        code.length === 0 ? undefined : { before: EMPTY_BYTES, after: code },
      );
    });
    expect(diff.get(addressHex(1))?.code).to.deep.equal({ before: CODE, after: OTHER_CODE });
    expect(diff.get(addressHex(2))?.code).to.deep.equal({ before: CODE, after: EMPTY_BYTES });
    expect(diff.has(addressHex(3))).to.equal(false);
    expectMoves(steps.database, packed);
  });

  it('moves a database to the same code record where that is known, and to the same hash where it is new', () => {
    const steps = new BlockSteps(Database.from([[addressHex(1), account([], CODE)]]));
    steps.code(2, CODE);
    steps.code(3, OTHER_CODE);
    applyPacked(steps.database, packDiff(steps));
    // Rows stand in the order of the changes, which is that of hashes: it depends on how many databases there were before.
    const codeAt = (address: number): unknown[] => {
      const row = steps.database.findAccount(addressWords(address), 0);
      return [steps.database.heap.u32[row + ACCOUNT_CODE], bytesToHex(steps.database.codeHashOf(row))];
    };
    expect(codeAt(2)).to.deep.equal(codeAt(1));
    expect(codeAt(3)[1]).to.equal(bytesToHex(keccak256(OTHER_CODE)));
  });

  it('refuses a record that it does not know', () => {
    expect(() => changeWords(Uint32Array.of(0, 77), 1)).to.throw(RangeError, '77');
  });
});
