/** The state root after a block, from a witness of the state before it and what the block changed. */
import { EMPTY_BYTES, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { AccountDiff, StateDiff } from '../../src/state/diff.js';
import { ABSENT, readAccount, writeAccount, writeSlot } from './account-leaf.js';
import { type NodeStore, nodeStore, PartialTrie } from './partial-trie.js';
import type { Witness } from './state-json.js';

function storageRootAfter(before: Uint8Array, change: AccountDiff, store: NodeStore): Uint8Array {
  if (change.storage.size === 0) return before;
  const trie = new PartialTrie(before, store);
  // Removals come last: what was inserted may keep a branch, which else would need its last child's node.
  const slots = [...change.storage].sort(([, a], [, b]) => Number(a.after === 0n) - Number(b.after === 0n));
  for (const [slot, { after }] of slots) trie.set(keccak256(hexToBytes(slot)), writeSlot(after));
  return trie.root();
}

/**
 * Root after the block, 32 bytes. Holds from Cancun on, when an account that had storage before the
 * block keeps it (EIP-6780). Throws `TrieError` where the witness lacks a node that is needed.
 */
export function stateRootAfter(witness: Witness, diff: StateDiff): Uint8Array {
  const store = nodeStore(witness.nodes);
  const state = new PartialTrie(witness.stateRoot, store);
  const changes = [...diff].sort(([, a], [, b]) => Number(a.after === null) - Number(b.after === null));
  for (const [address, change] of changes) {
    const key = keccak256(hexToBytes(address));
    if (change.after === null) {
      state.set(key, EMPTY_BYTES);
      continue;
    }
    const leaf = state.get(key);
    const before = leaf === null ? ABSENT : readAccount(leaf);
    state.set(
      key,
      writeAccount({
        ...change.after,
        storageRoot: storageRootAfter(before.storageRoot, change, store),
        codeHash: change.code === undefined ? before.codeHash : keccak256(change.code.after),
      }),
    );
  }
  return state.root();
}
