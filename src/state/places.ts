/**
 * The short way to a location: where the database holds an account or a slot, the place that its own table has for it says
 * which row of the location table stands for it in the block that runs. The place is looked at anyway, to find the value
 * from before the block, so that nothing else need be; in a large state a bucket of the location table is one more
 * miss of the caches for each location.
 *
 * A place's word ({@link PLACE_LOCATION}) is the row's reference plus the `base` for which the database was lent
 * (`Database.lend`). Bases grow by more than any reference in between, so whatever is below belongs to an earlier block,
 * and nobody has to clear the words. One compare-and-swap of the word publishes a row that is already complete: whoever
 * sees the row sees its contents. The word is not changed again while the block runs, so there is no ABA.
 */
import {
  ACCOUNT_ADDRESS,
  ACCOUNT_ROW_WORDS,
  DB_ACCOUNT_MASK,
  DB_ACCOUNT_TABLE,
  DB_SLOT_MASK,
  DB_SLOT_TABLE,
  LOCATION_RESET,
  PLACE_HASH,
  PLACE_LOCATION,
  PLACE_ROW,
  PLACE_WORDS,
  ROW_ADDRESS,
  ROW_SLOT,
  SLOT_ACCOUNT,
  SLOT_KEY,
} from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import type { SharedHeap } from './heap.js';

export class Places {
  /** Place of what was looked for last, if the database has it; else 0. */
  found = 0;
  private base = 0;
  /** The database's. */
  private stored: SharedHeap | null = null;

  /** `rows` is the heap of the location table. */
  constructor(private readonly rows: SharedHeap) {}

  /** Uses the places of the database in `stored`, which has lent them for `base`; 0: it has not. */
  open(stored: SharedHeap | null, base: number): void {
    this.stored = base === 0 ? null : stored;
    this.base = base;
    this.found = 0;
  }

  /** Ends the use of places. */
  close(): void {
    this.open(null, 0);
  }

  /** Whether places are used at all. */
  get lent(): boolean {
    return this.base !== 0;
  }

  /** The database's row at {@link found}. */
  get storedRow(): number {
    return (this.stored as SharedHeap).u32[this.found + PLACE_ROW] as number;
  }

  /** Row of the account with `hash` whose address is 5 words at `words[at]`, or 0 where its place names none; {@link found} is that place. */
  account(hash: number, words: Uint32Array, at: number): number {
    const { i32, u32 } = this.stored as SharedHeap;
    const mask = u32[DB_ACCOUNT_MASK] as number;
    const table = u32[DB_ACCOUNT_TABLE] as number;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const place = table + PLACE_WORDS * i;
      const stored = u32[place + PLACE_ROW] as number;
      if (stored === 0) break;
      if (i32[place + PLACE_HASH] !== hash) continue;
      // The key stands in both rows: the one that is needed in any case is looked at.
      const row = this.rowAt(i32, place);
      if (row !== 0) {
        if (equalWords(this.rows.u32, row + ROW_ADDRESS, words, at, ADDRESS_WORDS)) return row;
      } else if (equalWords(u32, stored + ACCOUNT_ADDRESS, words, at, ADDRESS_WORDS)) {
        this.found = place;
        return 0;
      }
    }
    this.found = 0;
    return 0;
  }

  /**
   * {@link account} for a slot, whose key is 8 words at `words[at]`: `account` is the database's row of its account, and
   * `reset` the location of that account's storage reset.
   */
  slot(hash: number, account: number, reset: number, words: Uint32Array, at: number): number {
    const { i32, u32 } = this.stored as SharedHeap;
    const mask = u32[DB_SLOT_MASK] as number;
    const table = u32[DB_SLOT_TABLE] as number;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const place = table + PLACE_WORDS * i;
      const stored = u32[place + PLACE_ROW] as number;
      if (stored === 0) break;
      if (i32[place + PLACE_HASH] !== hash) continue;
      const row = this.rowAt(i32, place);
      if (row !== 0) {
        const rows = this.rows.u32;
        if (rows[row + LOCATION_RESET] === reset && equalWords(rows, row + ROW_SLOT, words, at, U256_WORDS)) return row;
      } else if (u32[stored + SLOT_ACCOUNT] === account && equalWords(u32, stored + SLOT_KEY, words, at, U256_WORDS)) {
        this.found = place;
        return 0;
      }
    }
    this.found = 0;
    return 0;
  }

  /** Makes `row`, which is complete, the one of the place `place`; answers it, or the one that another thread published before. */
  publish(place: number, row: number): number {
    const { i32 } = this.stored as SharedHeap;
    const word = place + PLACE_LOCATION;
    for (;;) {
      const seen = Atomics.load(i32, word);
      if (seen >= this.base) return this.mapped(seen - this.base);
      if (Atomics.compareExchange(i32, word, seen, this.base + row) === seen) return row;
    }
  }

  /** The row that a place names, or 0. */
  private rowAt(i32: Int32Array, place: number): number {
    // A plain look is enough to see that there was none; who has missed one finds it in publish.
    if ((i32[place + PLACE_LOCATION] as number) < this.base) return 0;
    // The word stays as it is from then on. Loaded like this it makes what was stored before it visible.
    return this.mapped(Atomics.load(i32, place + PLACE_LOCATION) - this.base);
  }

  private mapped(row: number): number {
    this.rows.map(row + ACCOUNT_ROW_WORDS);
    return row;
  }
}
