/** What a thread keeps of the contracts' codes, from block to block and from one database to the next. */
import { expect } from 'chai';
import { CODE_CELL_HEAP, CODE_CELL_REFERENCE, CODE_CELL_WORDS, CODE_HASH, CONTROL_END } from '../../src/layout.js';
import { CodeReader, KEPT_CODE_BYTES, MOST_KEPT_BYTES } from '../../src/state/codes.js';
import { Database } from '../../src/state/database.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { CODE_IN_DATABASE } from '../../src/state/locations.js';

const heap = SharedHeap.create(CONTROL_END, 1024);
const arena = new Arena(heap, 256);

/** Place of the value of a code cell that stands for the database's code record at `reference`. */
function cellOf(reference: number): number {
  const value = arena.alloc(CODE_CELL_WORDS);
  heap.u32[value + CODE_CELL_HEAP] = CODE_IN_DATABASE;
  heap.u32[value + CODE_CELL_REFERENCE] = reference;
  return value;
}

/** A database of one code, and the cell of that. */
function databaseOf(code: Uint8Array): { database: Database; cell: number } {
  const database = Database.create();
  return { database, cell: cellOf(database.storeCode(code)) };
}

const filled = (byte: number, length = 100): Uint8Array => new Uint8Array(length).fill(byte);

describe('state/codes', () => {
  it('keeps no more of one database either, once the block that needs it is over', () => {
    const reader = new CodeReader(heap);
    const { database, cell: first } = databaseOf(filled(1, MOST_KEPT_BYTES / 2));
    const cells = [first, ...[2, 3].map((byte) => cellOf(database.storeCode(filled(byte, MOST_KEPT_BYTES / 2))))];
    reader.open(database);
    const [code] = cells.map((cell) => reader.read(cell));
    expect(reader.read(first)).to.equal(code);
    reader.open(database);
    const again = reader.read(first);
    expect(again).not.to.equal(code);
    // Little is kept of the block before now.
    reader.open(database);
    expect(reader.read(first)).to.equal(again);
  });

  it('keeps small codes for what the objects around them take', () => {
    const reader = new CodeReader(heap);
    const database = Database.create();
    const most = Math.ceil(MOST_KEPT_BYTES / KEPT_CODE_BYTES);
    const small = (i: number): Uint8Array => Uint8Array.of(1, i >> 16, i >> 8, i);
    const first = cellOf(database.storeCode(small(0)));
    reader.open(database);
    const code = reader.read(first);
    for (let i = 1; i <= most; i++) reader.read(cellOf(database.storeCode(small(i))));
    reader.open(database);
    expect(reader.read(first)).not.to.equal(code);
  });

  it('knows a code again in another database, and the same one after it was cleared', () => {
    const reader = new CodeReader(heap);
    const first = databaseOf(filled(1));
    const second = databaseOf(filled(1));
    reader.open(first.database);
    const code = reader.read(first.cell);
    expect(code.bytes).to.deep.equal(filled(1));
    reader.open(second.database);
    expect(reader.read(second.cell)).to.equal(code);
    second.database.clear();
    const other = cellOf(second.database.storeCode(filled(2)));
    const again = cellOf(second.database.storeCode(filled(1)));
    reader.open(second.database);
    expect(reader.read(other).bytes).to.deep.equal(filled(2));
    expect(reader.read(again)).to.equal(code);
  });

  it('tells codes apart whose hashes begin alike', () => {
    const reader = new CodeReader(heap);
    const [first, second] = [databaseOf(filled(1)), databaseOf(filled(2))];
    // No two codes are known whose hashes share a word, so one record says what another's hash begins with.
    const begin = (cell: number): number => (heap.u32[cell + CODE_CELL_REFERENCE] as number) + CODE_HASH;
    second.database.heap.u32[begin(second.cell)] = first.database.heap.u32[begin(first.cell)] as number;
    for (const { database, cell } of [first, second, first]) {
      reader.open(database);
      expect(reader.read(cell).bytes[0]).to.equal(database === first.database ? 1 : 2);
    }
  });

  it('keeps no more than it may, and no code that is larger than that', () => {
    const reader = new CodeReader(heap);
    const half = MOST_KEPT_BYTES / 2;
    const parts = [databaseOf(filled(1, half)), databaseOf(filled(2, half)), databaseOf(filled(3, 1))] as const;
    const [first] = parts;
    const codes = parts.map(({ database, cell }) => {
      reader.open(database);
      return reader.read(cell);
    });
    reader.open(parts[2].database);
    expect(reader.read(parts[2].cell)).to.equal(codes[2]);
    // The third had no room beside the others.
    reader.open(first.database);
    const copied = reader.read(first.cell);
    expect(copied).not.to.equal(codes[0]);
    expect(copied.bytes.length).to.equal(half);
    const large = databaseOf(filled(4, MOST_KEPT_BYTES + 1));
    reader.open(large.database);
    reader.read(large.cell);
    reader.open(first.database);
    expect(reader.read(first.cell)).to.equal(copied);
  });
});
