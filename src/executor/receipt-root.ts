/** State roots that receipts carry (before Byzantium; EIP-658 ended it), worked out as transactions are committed. */
import { TX_ROOT } from '../layout.js';
import { atLeast } from '../primitives/fork.js';
import { bytesToWords } from '../primitives/words.js';
import { collectDiff, leavesAfter } from '../state/collect.js';
import { stateRoot } from '../state/root.js';
import type { Block } from '../transition/types.js';
import type { BlockEngine } from './block-engine.js';

/** Words of a root. */
export const ROOT_WORDS = 8;

/** Whether the block's receipts carry state roots. */
export function hasReceiptRoots({ environment, mode }: Block): boolean {
  return mode === 'block' && !atLeast(environment.fork, 'Byzantium');
}

/** Stores the state root after transaction `index`, below which and with which everything is committed. */
export function storeReceiptRoot(engine: BlockEngine, index: number): void {
  const { heap, arena, table, codes, memory, statuses, database } = engine;
  if (database === null) return;
  const state = memory.after(index + 1);
  const root = stateRoot(leavesAfter(database, collectDiff({ heap, table, codes, database, state })));
  const at = arena.alloc(ROOT_WORDS);
  bytesToWords(root, heap.u32, at);
  heap.i32[statuses.words(index) + TX_ROOT] = at;
}
