/** Random blocks: packed and expanded changes are those read off the table directly, and they move the database. */
import { expect } from 'chai';
import fc from 'fast-check';
import { CELL_VALUE, KIND_BASICS, KIND_CODE, KIND_RESET } from '../../src/layout.js';
import { EMPTY_BYTES, type Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { ADDRESS_WORDS, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import type { AccountState } from '../../src/state/account.js';
import { applyPacked, revertPacked } from '../../src/state/apply-packed.js';
import { type BlockTables, leavesAfter } from '../../src/state/collect.js';
import { Database } from '../../src/state/database.js';
import type { StateDiff } from '../../src/state/diff.js';
import { expandDiff } from '../../src/state/expand-diff.js';
import { DiffPacker, type PackedDiff, packDiff, packRows } from '../../src/state/packed-diff.js';
import { stateRoot } from '../../src/state/root.js';
import { ROW_LIST_LENGTH } from '../../src/state/row-lists.js';
import { BASICS_WORDS } from '../../src/state/view.js';
import { BlockSteps, writeBasics } from '../support/block-steps.js';
import { collectDiffDirectly } from '../support/collect-directly.js';
import { EngineWords } from '../support/engine-words.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';

const RUNS = 250;
const SEED = 20261121;

/** One write of a block, or, for the last two, a read and the end of a transaction. */
interface Operation {
  readonly what: 'basics' | 'destroy' | 'create' | 'reset' | 'code' | 'slot' | 'read' | 'next';
  readonly address: number;
  readonly slot: number;
  readonly value: bigint;
}

const operation: fc.Arbitrary<Operation> = fc.record({
  what: fc.constantFrom('basics', 'destroy', 'create', 'reset', 'code', 'slot', 'slot', 'slot', 'read', 'next', 'next'),
  address: fc.nat(6),
  slot: fc.nat(4),
  value: fc.oneof(fc.bigInt(0n, 2n), fc.bigInt(0n, 2n ** 256n - 1n)),
});

/** Accounts 0 to 4 may be in the database; 5 and 6 never are. */
const database: fc.Arbitrary<[Hex, AccountState][]> = fc
  .uniqueArray(
    fc.record({
      address: fc.nat(4),
      nonce: fc.bigInt(0n, 2n),
      balance: fc.bigInt(0n, 2n),
      code: fc.nat(2),
      slots: fc.array(fc.tuple(fc.nat(7), fc.bigInt(0n, 2n)), { maxLength: 6 }),
    }),
    { selector: ({ address }) => address, maxLength: 5 },
  )
  .map((accounts) =>
    accounts.map(({ address, nonce, balance, code, slots }) => [
      addressHex(address),
      { nonce, balance, code: codeOf(code), storage: new Map(slots.map(([slot, value]) => [slotHex(slot), value])) },
    ]),
  );

function codeOf(number: number): Uint8Array {
  return number === 0 ? EMPTY_BYTES : Uint8Array.of(0x60, number);
}

/** What the operations are done to. */
interface Target {
  basics(address: number, nonce: bigint, balance: bigint | null): void;
  code(address: number, bytes: Uint8Array): void;
  reset(address: number): void;
  write(address: number, slot: number, value: bigint): void;
  read(address: number, slot: number): void;
  next(): void;
}

function perform(target: Target, operations: readonly Operation[]): void {
  for (const { what, address, slot, value } of operations) {
    if (what === 'basics') target.basics(address, value % 3n, value);
    else if (what === 'destroy' || what === 'create') {
      target.basics(address, 1n, what === 'destroy' ? null : value);
      target.code(address, codeOf(what === 'destroy' ? 0 : slot % 3));
      target.reset(address);
    } else if (what === 'reset') target.reset(address);
    else if (what === 'code') target.code(address, codeOf(slot % 3));
    else if (what === 'slot') target.write(address, slot, value);
    else if (what === 'read') target.read(address, slot);
    else target.next();
  }
}

/** The same block in multi-version memory, as the parallel executor holds it. */
class Versions implements Target {
  readonly engine: EngineWords;
  private transaction = 0;

  constructor(
    count: number,
    private readonly over: Database,
  ) {
    this.engine = EngineWords.create(count, over, 64);
  }

  tables(): BlockTables {
    const { heap, table, codes, memory } = this.engine;
    return { heap, table, codes, database: this.over, state: memory.after(this.transaction + 1) };
  }

  basics(address: number, nonce: bigint, balance: bigint | null): void {
    const row = this.engine.table.account(KIND_BASICS, addressWords(address), 0);
    writeBasics(this.engine.heap.u32, this.cell(row, false, BASICS_WORDS), nonce, balance);
  }

  code(address: number, bytes: Uint8Array): void {
    const { arena, codes, table } = this.engine;
    const value = this.cell(table.account(KIND_CODE, addressWords(address), 0), false, 2);
    codes.write(arena, value, { bytes, hash: keccak256(bytes) });
  }

  reset(address: number): void {
    this.cell(this.engine.table.account(KIND_RESET, addressWords(address), 0), true, 0);
  }

  write(address: number, slot: number, value: bigint): void {
    const row = this.row(address, slot);
    writeWords(value, this.engine.heap.u32, this.cell(row, false, U256_WORDS), U256_WORDS);
  }

  read(address: number, slot: number): void {
    this.row(address, slot);
  }

  next(): void {
    this.transaction++;
  }

  private row(address: number, slot: number): number {
    return this.engine.table.slot(slotWords(address, slot), 0, ADDRESS_WORDS);
  }

  /** Publishes a cell of this transaction; answers where its value goes. */
  private cell(row: number, reset: boolean, words: number): number {
    const { memory } = this.engine;
    const cell = memory.newCell(this.transaction, 0, reset, words);
    memory.publish(row, this.transaction, cell, { cell: 0 });
    return cell + CELL_VALUE;
  }
}

function inParts(tables: BlockTables, size: number): PackedDiff {
  const { lists } = tables.table;
  const parts: PackedDiff[number][] = [];
  for (let list = lists.first; list !== 0; list = lists.after(list)) {
    for (let first = 0; first < ROW_LIST_LENGTH; first += size) {
      const into = new DiffPacker();
      packRows(tables, list, into, first, first + size);
      parts.push(into.finish());
    }
  }
  return parts;
}

function contents(of: Database): unknown[] {
  return [...of.accounts()]
    .map(([address, { storage, ...rest }]) => [address, rest, [...storage].sort()] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** Changes with their order, of accounts and of slots, which maps compare without. */
function inOrder(diff: StateDiff): unknown[] {
  return [...diff].map(([address, { storage, ...rest }]) => [address, rest, [...storage]]);
}

/** Checks everything about one block's changes; answers how many accounts changed. */
function check(tables: BlockTables, size: number): number {
  const { database: over } = tables;
  const expected = collectDiffDirectly(tables);
  const packed = packDiff(tables);
  const parts = inParts(tables, size);
  const before = contents(over);
  const rootBefore = over.stateRoot();
  const rootAfter = stateRoot(leavesAfter(over, expected));

  over.apply(expected);
  const after = contents(over);
  // The database stands elsewhere now: what was packed must not mind.
  expect(inOrder(expandDiff(packed))).to.deep.equal(inOrder(expected));
  expect(inOrder(expandDiff(parts))).to.deep.equal(inOrder(expected));
  over.revert(expected);
  expect(contents(over)).to.deep.equal(before);

  for (const changes of [packed, parts]) {
    applyPacked(over, changes);
    expect(contents(over)).to.deep.equal(after);
    expect(over.stateRoot()).to.deep.equal(rootAfter);
    revertPacked(over, changes);
    expect(contents(over)).to.deep.equal(before);
    expect(over.stateRoot()).to.deep.equal(rootBefore);
  }
  return expected.size;
}

describe('packed changes of random blocks', function () {
  this.timeout(60_000);

  const block = fc.record({
    accounts: database,
    operations: fc.array(operation, { maxLength: 40, size: 'max' }),
    size: fc.integer({ min: 20, max: 300 }),
  });

  it('are those of the block’s state in order, and move the database', () => {
    let changed = 0;
    fc.assert(
      fc.property(block, ({ accounts, operations, size }) => {
        const steps = new BlockSteps(Database.from(accounts));
        perform(steps, operations);
        changed += check(steps, size);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(changed).to.be.above(RUNS);
  });

  it('are those of the multi-version memory, and move the database', () => {
    let changed = 0;
    fc.assert(
      fc.property(block, ({ accounts, operations, size }) => {
        const versions = new Versions(operations.length + 1, Database.from(accounts));
        perform(versions, operations);
        changed += check(versions.tables(), size);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(changed).to.be.above(RUNS);
  });
});
