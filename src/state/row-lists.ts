/**
 * The rows of a location table in the order in which each thread made them. A row and its cells lie
 * where the thread's arena stood then, so that walking these lists walks memory from front to back;
 * by buckets every row is a miss of the caches once a block's state outgrows them.
 *
 * Each thread fills lists of its own, which hang in one chain: a compare-and-swap of its head puts a
 * new, empty list in front. Entries and their number are plain words. They are read when no thread is
 * inserting any more, by threads that have synchronised with those that wrote them since (the count
 * of workers inside a block, the announcement of the packing).
 */
import { ROW_LIST_COUNT, ROW_LIST_NEXT, ROW_LIST_ROWS } from '../layout.js';
import type { Arena, SharedHeap } from './heap.js';

/** Rows in one list. */
export const ROW_LIST_LENGTH = 254;

export class RowLists {
  /** Word that refers to the first list of the chain. */
  private head = 0;
  /** The list that this thread fills, and how far it is. */
  private list = 0;
  private count = ROW_LIST_LENGTH;

  constructor(
    private readonly heap: SharedHeap,
    private readonly arena: Arena,
  ) {}

  /** Uses the chain whose head is at word `head`. */
  open(head: number): void {
    this.head = head;
    this.list = 0;
    this.count = ROW_LIST_LENGTH;
  }

  /** Enters a row that this thread has inserted. */
  add(row: number): void {
    if (this.count === ROW_LIST_LENGTH) this.begin();
    const { i32 } = this.heap;
    i32[this.list + ROW_LIST_ROWS + this.count++] = row;
    i32[this.list + ROW_LIST_COUNT] = this.count;
  }

  private begin(): void {
    const list = this.arena.alloc(ROW_LIST_ROWS + ROW_LIST_LENGTH);
    const { i32 } = this.heap;
    i32[list + ROW_LIST_COUNT] = 0;
    for (;;) {
      const next = Atomics.load(i32, this.head);
      i32[list + ROW_LIST_NEXT] = next;
      if (Atomics.compareExchange(i32, this.head, next, list) === next) break;
    }
    this.list = list;
    this.count = 0;
  }

  /** The first list, or 0. */
  get first(): number {
    return Atomics.load(this.heap.i32, this.head);
  }

  /** The list after `list`, or 0. */
  after(list: number): number {
    this.heap.map(list + ROW_LIST_ROWS + ROW_LIST_LENGTH);
    return this.heap.i32[list + ROW_LIST_NEXT] as number;
  }

  /** Copies the rows of `list` into `rows`; answers how many there are. */
  read(list: number, rows: Int32Array): number {
    this.heap.map(list + ROW_LIST_ROWS + ROW_LIST_LENGTH);
    const { i32 } = this.heap;
    const count = i32[list + ROW_LIST_COUNT] as number;
    for (let i = 0; i < count; i++) rows[i] = i32[list + ROW_LIST_ROWS + i] as number;
    return count;
  }

  /** The rows of all lists. No thread may be inserting. */
  *rows(): Generator<number> {
    for (let list = this.first; list !== 0; list = this.after(list)) {
      this.heap.map(list + ROW_LIST_ROWS + ROW_LIST_LENGTH);
      const count = this.heap.i32[list + ROW_LIST_COUNT] as number;
      for (let i = 0; i < count; i++) yield this.heap.i32[list + ROW_LIST_ROWS + i] as number;
    }
  }
}
