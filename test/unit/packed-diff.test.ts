/** A block's changes as words: what is packed, what is left out, and that nothing is needed later to read them. */
import { expect } from 'chai';
import { ACCOUNT_SLOT_COUNT, CONTROL_END } from '../../src/layout.js';
import { EMPTY_BYTES, hexToBytes } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { applyPacked, revertPacked } from '../../src/state/apply-packed.js';
import { Database } from '../../src/state/database.js';
import { expandDiff } from '../../src/state/expand-diff.js';
import {
  changeWords,
  DiffPacker,
  type PackedDiff,
  packAllRows,
  packDiff,
  packRow,
  packRows,
} from '../../src/state/packed-diff.js';
import { ROW_LIST_LENGTH } from '../../src/state/row-lists.js';
import { BlockSteps } from '../support/block-steps.js';
import { collectDiffDirectly } from '../support/collect-directly.js';
import { addressHex, slotHex } from '../support/keys.js';

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
      while (at < chunk.length) at += changeWords(chunk[at] as number);
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

  it('leaves all codes that changed to whom they are handed on to, and nothing else', () => {
    const steps = new BlockSteps(Database.from([[addressHex(1), account([[1, 11n]], CODE)]]));
    for (let i = 0; i < 40; i++) {
      steps.write(1 + (i % 5), i, BigInt(i));
      steps.code(i, Uint8Array.of(i));
    }
    steps.code(1, CODE);
    const whole = [...expandDiff(packDiff(steps))];
    const deferred: number[] = [];
    const shared = (words: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * words));
    const worker = new DiffPacker(shared, deferred);
    packAllRows(steps, worker);
    // The one that came back to what it was is no change.
    expect(deferred).to.have.length(39);
    const part = worker.finish();
    expect(part.codes).to.deep.equal([]);
    const owner = new DiffPacker();
    for (const row of deferred) packRow(steps, row, owner);
    const parts = [part, owner.finish()];
    expect([...expandDiff(parts)]).to.deep.equal(whole);
    expectMoves(steps.database, parts);
  });

  it('refuses a record that it does not know', () => {
    expect(() => changeWords(77)).to.throw(RangeError, '77');
  });
});
