/** Interns the same keys as its siblings in an order of its own. */
import { KIND_BASICS } from '../../src/layout.js';
import { ADDRESS_WORDS } from '../../src/primitives/words.js';
import { Database } from '../../src/state/database.js';
import { Arena, SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import { LocationTable, type TablePlace } from '../../src/state/locations.js';
import { participate, Random } from './hammer.js';
import { slotWords } from './keys.js';

export interface InternData {
  readonly memory: SharedMemory;
  readonly database: SharedMemory;
  readonly table: TablePlace;
  /** (kind, address, slot); the kind -1 stands for a slot. */
  readonly keys: readonly (readonly [number, number, number])[];
}

/** Row of each key, in the order of `keys`. */
participate((data: InternData, thread): number[] => {
  const heap = SharedHeap.attach(data.memory);
  const table = new LocationTable(heap, new Arena(heap, 64));
  table.open(Database.attach(data.database, 1), data.table);
  const rows = new Array<number>(data.keys.length).fill(0);
  const order = new Random(100 + thread).shuffle(data.keys.map((_, i) => i));
  for (const i of order) {
    const [kind, address, slot] = data.keys[i] as readonly [number, number, number];
    const words = slotWords(address, slot);
    rows[i] = kind < KIND_BASICS ? table.slot(words, 0, ADDRESS_WORDS) : table.account(kind, words, 0);
  }
  return rows;
});
