/** A finished block's version chains, read by its owner: who wrote what. All of the heap must be mapped. */
import {
  CELL_WRITER,
  ENTRY_CELL,
  ENTRY_NEXT,
  ENTRY_REFERENCE,
  ENTRY_TRANSACTION,
  LOCATION_BASE,
  LOCATION_HEAD,
  LOCATION_ORIGIN,
} from '../layout.js';
import type { SharedHeap } from '../state/heap.js';

/**
 * The last transaction whose write became the base value, below all entries; what those before it wrote is
 * forgotten. -1 where there is none.
 */
function baseWriter({ i32 }: SharedHeap, row: number): number {
  const base = i32[row + LOCATION_BASE] as number;
  return base === i32[row + LOCATION_ORIGIN] ? -1 : Math.max(-1, i32[base + CELL_WRITER] as number);
}

/**
 * Whether `transaction` wrote the location at `row`. Chains are walked newest first, `most` entries at
 * most; null where that does not tell.
 */
export function wrote(heap: SharedHeap, row: number, transaction: number, most: number): boolean | null {
  const { i32 } = heap;
  let entry = i32[row + LOCATION_HEAD] as number;
  for (let left = most; entry !== 0; left--) {
    const owner = i32[entry + ENTRY_TRANSACTION] as number;
    if (owner <= transaction) return owner === transaction && i32[entry + ENTRY_CELL] !== 0;
    if (left === 0) return null;
    entry = i32[entry + ENTRY_NEXT] as number;
  }
  const last = baseWriter(heap, row);
  return transaction < last ? null : transaction === last;
}

/** Whether any transaction wrote the location at `row`. */
export function transactionWrote(heap: SharedHeap, row: number): boolean {
  return heap.i32[row + LOCATION_HEAD] !== 0 || baseWriter(heap, row) >= 0;
}

/** The cell that `transaction` reads at `row` now that the block is over; 0 where nobody below it wrote, or after `most` entries. */
export function cellBelow(heap: SharedHeap, row: number, transaction: number, most: number): number {
  const { i32 } = heap;
  let entry = i32[row + LOCATION_HEAD] as number;
  for (let left = most; entry !== 0 && left > 0; left--) {
    if ((i32[entry + ENTRY_TRANSACTION] as number) < transaction) {
      const cell = i32[entry + ENTRY_CELL] as number;
      if (cell !== 0) return cell & ENTRY_REFERENCE;
    }
    entry = i32[entry + ENTRY_NEXT] as number;
  }
  const last = baseWriter(heap, row);
  return entry === 0 && last >= 0 && last < transaction ? (i32[row + LOCATION_BASE] as number) : 0;
}

/** Marks in `marks` which of the transactions from `first` on wrote the location (1), from the first byte on. */
export function markWriters(heap: SharedHeap, row: number, first: number, marks: Uint8Array, most: number): void {
  const { i32 } = heap;
  marks.fill(0);
  const last = baseWriter(heap, row) - first;
  if (last >= 0 && last < marks.length) marks[last] = 1;
  let entry = i32[row + LOCATION_HEAD] as number;
  for (let left = most; entry !== 0 && left > 0; left--) {
    const place = (i32[entry + ENTRY_TRANSACTION] as number) - first;
    if (place < 0) return;
    if (place < marks.length && i32[entry + ENTRY_CELL] !== 0) marks[place] = 1;
    entry = i32[entry + ENTRY_NEXT] as number;
  }
}
