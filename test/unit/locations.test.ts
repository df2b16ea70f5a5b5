/** The location table: one row per key whoever inserts it, with the database's value as its base. */
import { expect } from 'chai';
import {
  CELL_FROM_DATABASE,
  CELL_VALUE,
  CELL_WRITER,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  KIND_STORAGE,
  LOCATION_BASE,
  LOCATION_ORIGIN,
  LOCATION_RESET,
} from '../../src/layout.js';
import { hexToBytes } from '../../src/primitives/bytes.js';
import { ADDRESS_WORDS, readWords, U256_WORDS } from '../../src/primitives/words.js';
import { CodeReader } from '../../src/state/codes.js';
import { Database } from '../../src/state/database.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { accountOf, LocationTable, type TablePlace } from '../../src/state/locations.js';
import { ROW_LIST_LENGTH } from '../../src/state/row-lists.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE } from '../../src/state/view.js';
import { hammer, Random } from '../support/hammer.js';
import type { InternData } from '../support/intern-thread.js';
import { addressHex, addressWords, slotHex, slotWords } from '../support/keys.js';

const CODE = hexToBytes('0x600160020160005500');

function sampleDatabase(): Database {
  return Database.from(
    Array.from({ length: 20 }, (_, i) => [
      addressHex(i),
      {
        nonce: BigInt(i),
        balance: 10n ** 30n + BigInt(i),
        code: i % 2 === 0 ? CODE : new Uint8Array(),
        storage: new Map(i % 4 === 0 ? [[slotHex(3), BigInt(1000 + i)]] : []),
      },
    ]),
  );
}

/** The rows in the table's lists. */
function listed({ lists }: LocationTable): number[] {
  const rows = new Int32Array(ROW_LIST_LENGTH);
  const found: number[] = [];
  for (let list = lists.first; list !== 0; list = lists.after(list)) {
    found.push(...rows.subarray(0, lists.read(list, rows)));
  }
  return found;
}

/** An empty table over `database`, which has lent its places for `lent`, or not (0). */
function emptyTable(
  database: Database,
  mask: number,
  lent: number,
): { heap: SharedHeap; arena: Arena; table: LocationTable; place: TablePlace } {
  const heap = SharedHeap.create(256, 1024);
  const arena = new Arena(heap, 64);
  const table = new LocationTable(heap, arena);
  const buckets = heap.reserve(mask + 2);
  heap.u32.fill(0, buckets, buckets + mask + 2);
  const place = { buckets, mask, lent };
  table.open(database, place);
  return { heap, arena, table, place };
}

/** Without places, with those of a database that was never lent, and with such as earlier blocks have left something in. */
const LENT: readonly (readonly [string, (database: Database) => number])[] = [
  ['in buckets', () => 0],
  ['at the places of the database', (database) => database.lend()],
  [
    'at places that another block has used',
    (database) => {
      const { heap, table } = emptyTable(database, 255, database.lend());
      for (let n = 0; n < 20; n += 3) table.slot(slotWords(n, 3), 0, ADDRESS_WORDS);
      database.takeBack(1, heap.used);
      return database.lend();
    },
  ],
];

for (const [where, lendOf] of LENT) {
  describe(`state/locations, ${where}`, () => {
    it('fills the base from the database, by kind', () => {
      const database = sampleDatabase();
      const { heap, table } = emptyTable(database, 255, lendOf(database));
      const codes = new CodeReader(heap);
      codes.open(database);
      const base = (row: number): number => (heap.i32[row + LOCATION_BASE] as number) + CELL_VALUE;
      const words = slotWords(8, 3);
      const basics = base(table.account(KIND_BASICS, words, 0));
      expect(heap.u32[basics + BASICS_EXISTS]).to.equal(1);
      expect(readWords(heap.u32, basics + BASICS_NONCE, 2)).to.equal(8n);
      expect(readWords(heap.u32, basics + BASICS_BALANCE, U256_WORDS)).to.equal(10n ** 30n + 8n);
      expect(codes.read(base(table.account(KIND_CODE, words, 0))).bytes).to.deep.equal(CODE);
      expect(heap.u32[base(table.account(KIND_PRESENCE, words, 0))]).to.equal(1);
      const slot = table.slot(words, 0, ADDRESS_WORDS);
      expect(readWords(heap.u32, base(slot), U256_WORDS)).to.equal(1008n);
      expect(heap.i32[base(slot) - CELL_VALUE + CELL_WRITER]).to.equal(CELL_FROM_DATABASE);
      expect(heap.i32[slot + LOCATION_ORIGIN]).to.equal(heap.i32[slot + LOCATION_BASE]);
      const reset = table.account(KIND_RESET, words, 0);
      expect(heap.i32[slot + LOCATION_RESET]).to.equal(reset);
      expect(heap.i32[reset + LOCATION_BASE]).to.equal(0);
    });

    it('reads an absent account and slot as zeros', () => {
      const database = sampleDatabase();
      const { heap, table } = emptyTable(database, 255, lendOf(database));
      const absent = slotWords(10n ** 40n, 3);
      for (const kind of [KIND_BASICS, KIND_CODE, KIND_PRESENCE]) {
        const cell = heap.i32[table.account(kind, absent, 0) + LOCATION_BASE] as number;
        expect(heap.u32[cell + CELL_VALUE]).to.equal(0);
      }
      for (const words of [absent, slotWords(8, 4), slotWords(1, 3)]) {
        const cell = (heap.i32[table.slot(words, 0, ADDRESS_WORDS) + LOCATION_BASE] as number) + CELL_VALUE;
        expect(readWords(heap.u32, cell, U256_WORDS)).to.equal(0n);
      }
    });

    it('tells kinds, addresses and slots apart in a single bucket', () => {
      const database = sampleDatabase();
      const { table } = emptyTable(database, 0, lendOf(database));
      const rows = new Set<number>();
      for (const kind of [KIND_BASICS, KIND_CODE, KIND_RESET, KIND_PRESENCE]) {
        for (const address of [1, 2]) rows.add(table.account(kind, addressWords(address), 0));
      }
      for (const address of [1, 2]) {
        for (const slot of [0, 1, 2]) rows.add(table.slot(slotWords(address, slot), 0, ADDRESS_WORDS));
      }
      expect(rows.size).to.equal(14);
      expect(new Set(table.rows())).to.deep.equal(rows);
      // An account stands in the lists once, by its basics.
      expect(listed(table)).to.deep.equal(
        [...rows].filter((row) => [KIND_BASICS, KIND_STORAGE].includes(table.kind(row))),
      );
      expect([...rows].filter((row) => table.kind(row) === KIND_STORAGE)).to.have.length(6);
      expect(rows.has(table.slot(slotWords(2, 1), 0, ADDRESS_WORDS))).to.equal(true);
    });

    it('takes the row of a location that another thread inserts between the look for it and the swap', () => {
      const database = sampleDatabase();
      const { heap, arena, table, place } = emptyTable(database, 0, lendOf(database));
      const theirs = SharedHeap.attach(heap.memory);
      const second = new LocationTable(theirs, new Arena(theirs, 64));
      second.open(database, place);
      const alloc = arena.alloc.bind(arena);
      // Slots and accounts, of the database and new to it.
      const words = [slotWords(8, 3), slotWords(8, 4), slotWords(10n ** 40n, 3)];
      const looks = [
        ...words.map((key) => (one: LocationTable) => one.account(KIND_BASICS, key, 0)),
        ...words.map((key) => (one: LocationTable) => one.slot(key, 0, ADDRESS_WORDS)),
      ];
      let met = 0;
      for (const look of looks) {
        let inserted = 0;
        // The row is made after the look, and before the swap.
        arena.alloc = (count) => {
          arena.alloc = alloc;
          inserted = look(second);
          met++;
          return alloc(count);
        };
        const row = look(table);
        arena.alloc = alloc;
        if (inserted !== 0) expect(row).to.equal(inserted);
        expect(look(second)).to.equal(row);
      }
      // The first two keys are of one account.
      expect(met).to.equal(looks.length - 1);
    });

    for (const mask of [0, 3, 255]) {
      it(`gives one row per key to six threads over ${mask + 1} bucket(s)`, async function () {
        this.timeout(8000);
        const database = sampleDatabase();
        const { heap, table, place } = emptyTable(database, mask, lendOf(database));
        const random = new Random(mask + 1);
        const seen = new Map<string, [number, number, number]>();
        for (let i = 0; i < (mask === 0 ? 250 : 1200); i++) {
          const kind =
            random.next(5) < 3 ? -1 : ([KIND_BASICS, KIND_CODE, KIND_PRESENCE, KIND_RESET][random.next(4)] as number);
          const key: [number, number, number] = [kind, random.next(30), kind === -1 ? random.next(40) : 0];
          seen.set(key.join(), key);
        }
        const keys = [...seen.values()];
        const data: InternData = { memory: heap.memory, database: database.heap.memory, table: place, keys };
        const answers = await hammer<InternData, number[]>('intern-thread', new Array<InternData>(6).fill(data));
        const rows = answers[0] as number[];
        for (const other of answers) expect(other).to.deep.equal(rows);
        expect(new Set(rows).size).to.equal(keys.length);
        const reachable = [...table.rows()];
        expect(new Set(reachable).size).to.equal(reachable.length);
        for (const row of rows) expect(reachable.includes(row)).to.equal(true);
        // Each row stands once in the lists, whichever thread inserted it.
        const heads = reachable.filter((row) => [KIND_BASICS, KIND_STORAGE].includes(table.kind(row)));
        expect(listed(table).sort((a, b) => a - b)).to.deep.equal(heads.sort((a, b) => a - b));
        for (const [i, [kind, address, slot]] of keys.entries()) {
          const words = slotWords(address, slot);
          const row = kind < 0 ? table.slot(words, 0, ADDRESS_WORDS) : table.account(kind, words, 0);
          expect(row).to.equal(rows[i]);
          if (kind >= 0) continue;
          const value = readWords(heap.u32, (heap.i32[row + LOCATION_BASE] as number) + CELL_VALUE, U256_WORDS);
          expect(value).to.equal(database.storage(addressHex(address), slotHex(slot)));
        }
        // Beside the keys themselves only the other locations of their accounts exist.
        const accounts = new Set(rows.map((row) => accountOf(heap.u32, row)));
        for (const row of reachable) expect(accounts.has(accountOf(heap.u32, row))).to.equal(true);
      });
    }
  });
}
