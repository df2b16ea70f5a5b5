/**
 * Roots by the builder that makes the engine's state, storage, transaction and receipt roots. It
 * builds a trie from its leaves at once and never changes one, so changes are made to the leaves;
 * what an iterator would be asked is asked of the order in which it folds them.
 */
import { bytesToHex, compareBytes } from '../../src/primitives/bytes.js';
import { hashedKey } from '../../src/state/root.js';
import { inTrieOrder, type TrieEntry, trieRoot } from '../../src/state/trie.js';
import type { TrieCase, TrieChange, TrieNeighbours } from '../fixtures/unit-cases.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';
import { expectEqual } from './expect-equal.js';

const PLAIN = new Uint8Array(0);

function rootAfter(changes: readonly TrieChange[], secure: boolean): Uint8Array {
  const leaves = new Map<string, TrieEntry>();
  for (const { key, value } of changes) {
    const name = bytesToHex(key);
    // Set anew and not in its old place: the builder must not depend on that order either.
    leaves.delete(name);
    if (value !== null) leaves.set(name, [secure ? hashedKey(key) : key, value]);
  }
  return trieRoot([...leaves.values()]);
}

/** Neighbours of a key among those of a trie, by the order of its leaves. */
function neighboursOf(key: Uint8Array, keys: readonly Uint8Array[]): Pick<TrieNeighbours, 'previous' | 'next'> {
  const ordered = inTrieOrder(keys.map((one) => [one, PLAIN] as const)).map(([one]) => one);
  const first = ordered.findIndex((one) => compareBytes(one, key) >= 0);
  const from = first < 0 ? ordered.length : first;
  const next = ordered.slice(from).find((one) => compareBytes(one, key) > 0);
  return { previous: ordered[from - 1] ?? null, next: next ?? null };
}

/** Throws `CaseFailure` where a root, or the order of the leaves, is not the fixture's. */
export function checkTrie({ check, secure }: TrieCase): void {
  const differences: Difference[] = [];
  if (check.of === 'neighbours') {
    const named = (key: Uint8Array): Uint8Array => (secure ? hashedKey(key) : key);
    const keys = check.keys.map(named);
    for (const { key, previous, next } of check.queries) {
      const found = neighboursOf(named(key), keys);
      const at = `of ${bytesToHex(key)}`;
      expectEqual(differences, `previous ${at}`, previous && named(previous), found.previous);
      expectEqual(differences, `next ${at}`, next && named(next), found.next);
    }
    if (differences.length > 0) nonconformant('the order of the leaves differs from the fixture', differences);
    return;
  }
  expectEqual(differences, 'root', check.root, rootAfter(check.changes, secure));
  if (check.anyOrder) {
    expectEqual(differences, 'root, in reverse order', check.root, rootAfter([...check.changes].reverse(), secure));
  }
  if (differences.length > 0) nonconformant('the root differs from the fixture', differences);
}
