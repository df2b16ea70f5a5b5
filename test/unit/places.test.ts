/** The short way to a location, by the place that the database has for it. */
import { expect } from 'chai';
import { DB_LOCATIONS, KIND_BASICS, KIND_STORAGE } from '../../src/layout.js';
import { ADDRESS_WORDS } from '../../src/primitives/words.js';
import { Database, slotHash } from '../../src/state/database.js';
import { Arena, HEAP_MAXIMUM_WORDS, SharedHeap } from '../../src/state/heap.js';
import { LocationTable } from '../../src/state/locations.js';
import { Places } from '../../src/state/places.js';
import { collision } from '../support/collision.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';

const EMPTY = new Uint8Array();

function databaseOf(accounts: readonly (readonly [bigint, readonly bigint[]])[]): Database {
  return Database.from(
    accounts.map(([address, slots]) => [
      addressHex(address),
      { nonce: 1n, balance: 7n, code: EMPTY, storage: new Map(slots.map((slot) => [slotHex(slot), slot + 1n])) },
    ]),
  );
}

/** The location table of an executor's next block over `database`. */
class Block {
  readonly base: number;
  readonly heap = SharedHeap.create(256, 1024);
  readonly table = new LocationTable(this.heap, new Arena(this.heap, 64));

  constructor(private readonly database: Database) {
    this.base = database.lend();
    this.table.create(database, 16, this.base);
  }

  end(): void {
    this.table.close();
    this.database.takeBack(this.base, this.heap.used);
  }
}

describe('state/places', () => {
  it('are lent to one at a time, each with a base that nothing before it reaches', () => {
    const database = databaseOf([[1n, []]]);
    const first = new Block(database);
    expect(first.base).to.equal(1);
    expect(database.lend()).to.equal(0);
    expect(database.lend()).to.equal(0);
    first.end();
    const second = new Block(database);
    expect(second.base).to.equal(1 + first.heap.used);
    expect(database.lend()).to.equal(0);
    second.end();
  });

  it('stay with whoever has them when the database is cleared', () => {
    const database = databaseOf([[1n, []]]);
    const first = new Block(database);
    database.clear();
    // As after the death of a thread, when the block has not ended for the others.
    expect(database.lend()).to.equal(0);
    first.end();
    expect(database.lend()).to.equal(1 + first.heap.used);
  });

  it('begin anew before a base leaves no room for references', () => {
    const database = databaseOf([[1n, [2n]]]);
    const { heap } = database;
    const words = slotWords(1, 2);
    const last = 2 ** 31 - HEAP_MAXIMUM_WORDS;
    for (const [set, base] of [
      [last, last],
      [last + 1, 1],
      [2 ** 31, 1],
      [7, 7],
      [0, 1],
    ] as const) {
      heap.i32[DB_LOCATIONS] = set;
      const block = new Block(database);
      expect(block.base).to.equal(base);
      // What stands in the places is of a block before, however large that base was.
      const slot = block.table.slot(words, 0, ADDRESS_WORDS);
      expect(block.table.kind(slot)).to.equal(KIND_STORAGE);
      expect(block.table.slot(words, 0, ADDRESS_WORDS)).to.equal(slot);
      expect([...block.table.rows()].includes(slot)).to.equal(true);
      block.end();
    }
  });

  it('tell accounts apart whose hashes are equal, and slots', () => {
    const database = Database.create();
    const [one, other] = collision((value) => database.accountHash(addressWords(value), 0));
    const of = database.accountHash(addressWords(one), 0);
    const [first, second] = collision((value) => slotHash(of, slotWords(0, value), ADDRESS_WORDS));
    const storage = new Map([first, second].map((slot) => [slotHex(slot), slot]));
    // In the second round the last account is known to the database, and so are all slots of it.
    for (const known of [[one], [one, other]]) {
      database.load(known.map((address) => [addressHex(address), { nonce: 1n, balance: 7n, code: EMPTY, storage }]));
      const block = new Block(database);
      const rows = (): number[] =>
        [one, other].flatMap((address) => [
          block.table.account(KIND_BASICS, addressWords(address), 0),
          ...[first, second].map((slot) => block.table.slot(slotWords(address, slot), 0, ADDRESS_WORDS)),
        ]);
      const found = rows();
      expect(new Set(found).size).to.equal(6);
      expect(rows()).to.deep.equal(found);
      block.end();
    }
  });

  it('finds what the block knows, and nothing that it has not met', () => {
    const database = databaseOf([[1n, [2n, 3n]]]);
    const before = new Block(database);
    before.table.slot(slotWords(1, 3), 0, ADDRESS_WORDS);
    before.end();
    const { table } = new Block(database);
    for (const slot of [2, 3, 4]) expect(table.slotIfKnown(slotWords(1, slot), 0, ADDRESS_WORDS)).to.equal(0);
    const row = table.slot(slotWords(1, 2), 0, ADDRESS_WORDS);
    const unheard = table.slot(slotWords(1, 4), 0, ADDRESS_WORDS);
    const slots = [2, 3, 4].map((slot) => table.slotIfKnown(slotWords(1, slot), 0, ADDRESS_WORDS));
    expect(slots).to.deep.equal([row, 0, unheard]);
  });

  it('keep the row that was published first', () => {
    const database = databaseOf([[1n, []]]);
    const rows = SharedHeap.create(256, 1024);
    const base = database.lend();
    const [one, other] = [new Places(rows), new Places(rows)];
    const hash = database.accountHash(addressWords(1), 0);
    for (const places of [one, other]) {
      places.open(database.heap, base);
      expect(places.account(hash, addressWords(1), 0)).to.equal(0);
    }
    expect(one.found).to.equal(other.found);
    expect(one.storedRow).to.equal(database.findAccount(addressWords(1), 0));
    expect(one.publish(one.found, 300)).to.equal(300);
    expect(other.publish(other.found, 400)).to.equal(300);
  });
});
