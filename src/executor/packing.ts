/**
 * Packing of a block's changes, by one thread or by all at once. The records go to the executor's heap
 * of outcomes and stay there with them, so that nothing is copied unless somebody holds the outcome
 * when the heap is needed again.
 *
 * Together: the owner opens the location table once the last step after the transactions has been
 * written; every thread takes lists of rows and packs them; the owner waits for all of them and
 * gathers the parts.
 * Parts hang in a list whose head is swapped when a part is complete; the owner reads it after the
 * last worker has counted itself out.
 */
import {
  CONTROL_PACKED,
  CONTROL_PACKED_FROM,
  CONTROL_VERDICT,
  PART_CHUNKS,
  PART_CHUNKS_LENGTH,
  PART_NEXT,
  PART_WIPES,
  PART_WORDS,
  VERDICT_FAILED,
  VERDICT_IDLE,
  VERDICT_PACKING,
} from '../layout.js';
import type { Database } from '../state/database.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { DiffPacker, type PackedDiff, packAllRows, packRows } from '../state/packed-diff.js';
import { type BlockEngine, verdictFailure } from './block-engine.js';
import type { BlockScope } from './scope.js';

/** Transactions from which waking the workers is worth while where they have worked on the block. */
export const SHARED_PACKING = 256;

/** A part of the changes in the heap of outcomes. */
export interface StoredPart {
  /** (place, words) of each chunk of records, one after the other. */
  readonly places: readonly number[];
  readonly wipes: boolean;
}

/** The changes that stand in `words`, the heap of outcomes or a copy of it. */
export function storedDiff(words: Uint32Array, parts: readonly StoredPart[]): PackedDiff {
  return parts.map(({ places, wipes }) => {
    const chunks: Uint32Array[] = [];
    for (let i = 0; i < places.length; i += 2) {
      const at = places[i] as number;
      chunks.push(words.subarray(at, at + (places[i + 1] as number)));
    }
    return { chunks, wipes };
  });
}

/** A packer whose chunks are taken from `arena`. */
class StoringPacker {
  readonly packer: DiffPacker;
  private readonly starts: number[] = [];

  constructor(arena: Arena) {
    this.packer = new DiffPacker((words) => {
      const at = arena.alloc(words);
      this.starts.push(at);
      return arena.heap.u32.subarray(at, at + words);
    });
  }

  finish(): StoredPart {
    const { chunks, wipes } = this.packer.finish();
    const places = this.starts.flatMap((at, i) => [at, (chunks[i] as Uint32Array).length]);
    return { places, wipes };
  }
}

/** Packs the block's changes on this thread. */
export function packAlone(scope: BlockScope, database: Database): StoredPart[] {
  const into = new StoringPacker(scope.outcomeArena);
  packAllRows(scope.tables(database), into.packer);
  return [into.finish()];
}

function takeLists(scope: BlockScope, database: Database, into: DiffPacker): void {
  const { heap, table } = scope;
  const tables = scope.tables(database);
  // The chain does not change any more, so that the next list is the same for whoever takes this one.
  for (let list = Atomics.load(heap.i32, CONTROL_PACKED_FROM); list !== 0; ) {
    const next = table.lists.after(list);
    const seen = Atomics.compareExchange(heap.i32, CONTROL_PACKED_FROM, list, next);
    if (seen === list) packRows(tables, list, into);
    list = seen === list ? Atomics.load(heap.i32, CONTROL_PACKED_FROM) : seen;
  }
}

/** A worker's share: packs until no list is left, and publishes its part. */
export function sharePacking(scope: BlockScope, engine: BlockEngine, count: number): void {
  const { database } = engine;
  if (database === null) return;
  scope.state.begin();
  scope.state.continueFrom(engine.memory.after(count, true), count);
  const into = new StoringPacker(scope.outcomeArena);
  takeLists(scope, database, into.packer);
  publishPart(scope.heap, scope.arena, into.finish());
}

function publishPart(heap: SharedHeap, arena: Arena, part: StoredPart): void {
  const chunks = arena.alloc(part.places.length);
  const node = arena.alloc(PART_WORDS);
  const { i32 } = heap;
  i32.set(part.places, chunks);
  i32[node + PART_CHUNKS] = chunks;
  i32[node + PART_CHUNKS_LENGTH] = part.places.length;
  i32[node + PART_WIPES] = part.wipes ? 1 : 0;
  for (;;) {
    const head = Atomics.load(i32, CONTROL_PACKED);
    i32[node + PART_NEXT] = head;
    if (Atomics.compareExchange(i32, CONTROL_PACKED, head, node) === head) return;
  }
}

/**
 * The owner's part: packs with whoever joins. `announce` wakes the workers, `quiesce` waits until none
 * is left inside. Throws {@link ExecutorError} where one of them has failed.
 */
export async function packTogether(
  scope: BlockScope,
  database: Database,
  announce: () => void,
  quiesce: () => Promise<void>,
): Promise<StoredPart[]> {
  const { heap } = scope;
  heap.i32[CONTROL_PACKED] = 0;
  heap.i32[CONTROL_PACKED_FROM] = scope.table.lists.first;
  Atomics.store(heap.i32, CONTROL_VERDICT, VERDICT_PACKING);
  announce();
  let own: StoringPacker;
  let verdict: number;
  try {
    own = new StoringPacker(scope.outcomeArena);
    takeLists(scope, database, own.packer);
  } finally {
    // Where this fails too: nobody may be at these heaps when they are used for another block. A worker's failure stays: it
    // lets nobody in either, and is whole once that worker has left.
    Atomics.compareExchange(heap.i32, CONTROL_VERDICT, VERDICT_PACKING, VERDICT_IDLE);
    await quiesce();
    verdict = Atomics.exchange(heap.i32, CONTROL_VERDICT, VERDICT_IDLE);
  }
  heap.refresh();
  if (verdict === VERDICT_FAILED) throw verdictFailure(heap);
  const { i32 } = heap;
  const parts: StoredPart[] = [];
  for (let node = Atomics.load(i32, CONTROL_PACKED); node !== 0; node = i32[node + PART_NEXT] as number) {
    const chunks = i32[node + PART_CHUNKS] as number;
    const places = [...i32.subarray(chunks, chunks + (i32[node + PART_CHUNKS_LENGTH] as number))];
    parts.push({ places, wipes: i32[node + PART_WIPES] === 1 });
  }
  parts.push(own.finish());
  return parts;
}
