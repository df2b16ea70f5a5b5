/** What a word of the engine's heap is, for whoever watches accesses to it. */
import { CONTROL_COUNT, CONTROL_TRANSACTIONS, TX_STATUS, TX_WORDS } from '../../src/layout.js';

/** The transaction whose status word stands at `index` of the heap that `words` shows; -1 where it is another word. */
export function statusOwner(words: Int32Array, index: number): number {
  const offset = index - (words[CONTROL_TRANSACTIONS] as number);
  const owned = offset >= 0 && offset < (words[CONTROL_COUNT] as number) * TX_WORDS && offset % TX_WORDS === TX_STATUS;
  return owned ? offset / TX_WORDS : -1;
}
