/**
 * Packing of a block's changes by all threads at once. The owner opens the table of locations for it
 * once the last step after the transactions has been written; every thread takes ranges of buckets
 * and packs them; the owner waits for all of them and gathers the parts.
 *
 * A worker's records stand in the executor's heap until the owner has copied them, and it leaves
 * codes to the owner, since bytes cannot be handed over in words. Parts hang in a list whose head is
 * swapped when a part is complete; the owner reads it after the last worker has counted itself out.
 */
import {
  CONTROL_PACKED,
  CONTROL_PACKED_FROM,
  CONTROL_VERDICT,
  PART_CHUNKS,
  PART_CHUNKS_LENGTH,
  PART_DEFERRED,
  PART_DEFERRED_LENGTH,
  PART_NEXT,
  PART_WIPES,
  PART_WORDS,
  VERDICT_IDLE,
  VERDICT_PACKING,
} from '../layout.js';
import type { Database } from '../state/database.js';
import { Arena, type SharedHeap } from '../state/heap.js';
import { DiffPacker, type PackedDiff, type PackedPart, packRow, packRows } from '../state/packed-diff.js';
import type { BlockEngine } from './block-engine.js';
import type { BlockScope } from './scope.js';

/** Buckets that a thread takes at once. */
const RANGE = 2048;
/** Words of memory that a worker takes for its records at once; the largest chunk of a packer fits. */
const CHUNK_WORDS = 65536;

/** Transactions from which waking the workers is worth while. */
export const SHARED_PACKING = 256;

function takeRanges(scope: BlockScope, database: Database, into: DiffPacker): void {
  const { heap, table } = scope;
  const tables = scope.tables(database);
  for (;;) {
    const first = Atomics.add(heap.i32, CONTROL_PACKED_FROM, RANGE);
    if (first >= table.bucketCount) return;
    packRows(tables, first, first + RANGE, into);
  }
}

/** A worker's share: packs until no range is left, and publishes its part. */
export function sharePacking(scope: BlockScope, engine: BlockEngine, count: number): void {
  const { heap, state } = scope;
  const { database } = engine;
  if (database === null) return;
  state.begin();
  state.continueFrom(engine.memory.after(count), count);
  const arena = new Arena(heap, CHUNK_WORDS);
  const places: number[] = [];
  const deferred: number[] = [];
  const packer = new DiffPacker((words) => {
    const at = arena.alloc(words);
    places.push(at);
    return heap.u32.subarray(at, at + words);
  }, deferred);
  takeRanges(scope, database, packer);
  publishPart(heap, arena, packer.finish(), places, deferred);
}

function publishPart(
  heap: SharedHeap,
  arena: Arena,
  part: PackedPart,
  places: readonly number[],
  deferred: readonly number[],
): void {
  const chunks = arena.alloc(2 * places.length);
  const later = arena.alloc(deferred.length);
  const node = arena.alloc(PART_WORDS);
  const { i32 } = heap;
  places.forEach((place, i) => {
    i32[chunks + 2 * i] = place;
    i32[chunks + 2 * i + 1] = (part.chunks[i] as Uint32Array).length;
  });
  i32.set(deferred, later);
  i32[node + PART_CHUNKS] = chunks;
  i32[node + PART_CHUNKS_LENGTH] = places.length;
  i32[node + PART_DEFERRED] = later;
  i32[node + PART_DEFERRED_LENGTH] = deferred.length;
  i32[node + PART_WIPES] = part.wipes ? 1 : 0;
  for (;;) {
    const head = Atomics.load(i32, CONTROL_PACKED);
    i32[node + PART_NEXT] = head;
    if (Atomics.compareExchange(i32, CONTROL_PACKED, head, node) === head) return;
  }
}

/**
 * The owner's part: packs with whoever joins. `announce` wakes the workers, `quiesce` waits until none
 * is left inside.
 */
export async function packTogether(
  scope: BlockScope,
  database: Database,
  announce: () => void,
  quiesce: () => Promise<void>,
): Promise<PackedDiff> {
  const { heap } = scope;
  heap.i32[CONTROL_PACKED] = 0;
  heap.i32[CONTROL_PACKED_FROM] = 0;
  Atomics.store(heap.i32, CONTROL_VERDICT, VERDICT_PACKING);
  announce();
  const own = new DiffPacker();
  takeRanges(scope, database, own);
  Atomics.store(heap.i32, CONTROL_VERDICT, VERDICT_IDLE);
  await quiesce();
  heap.refresh();
  const { i32, u32 } = heap;
  const parts: PackedPart[] = [];
  const tables = scope.tables(database);
  for (let node = Atomics.load(i32, CONTROL_PACKED); node !== 0; node = i32[node + PART_NEXT] as number) {
    const chunks = i32[node + PART_CHUNKS] as number;
    const copies: Uint32Array[] = [];
    for (let i = 0; i < (i32[node + PART_CHUNKS_LENGTH] as number); i++) {
      const at = i32[chunks + 2 * i] as number;
      copies.push(u32.slice(at, at + (i32[chunks + 2 * i + 1] as number)));
    }
    const later = i32[node + PART_DEFERRED] as number;
    for (let i = 0; i < (i32[node + PART_DEFERRED_LENGTH] as number); i++) {
      packRow(tables, i32[later + i] as number, own);
    }
    parts.push({ chunks: copies, codes: [], wipes: i32[node + PART_WIPES] === 1 });
  }
  parts.push(own.finish());
  return parts;
}
