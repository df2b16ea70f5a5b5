/**
 * Roots of Merkle Patricia tries (yellow paper, appendix D) from their leaves alone.
 *
 * The leaves are sorted by key and the trie is folded from them recursively: no node is ever stored,
 * so a root costs one hash per node and nothing else.
 */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, compareBytes, concatBytes } from '../primitives/bytes.js';
import { EMPTY_TRIE_ROOT, keccak256 } from '../primitives/crypto.js';

/** Key (any bytes; one key may be a prefix of another) and value (not empty). */
export type TrieEntry = readonly [key: Uint8Array, value: Uint8Array];

/** RLP of a byte string. */
function encodeString(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return bytes;
  return concatBytes(header(0x80, bytes.length), bytes);
}

function header(offset: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(offset + length);
  const size = bigIntToMinimalBytes(BigInt(length));
  return concatBytes(Uint8Array.of(offset + 55 + size.length), size);
}

function encodeList(items: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length += item.length;
  return concatBytes(header(0xc0, length), ...items);
}

const EMPTY_STRING = Uint8Array.of(0x80);

function nibbleAt(key: Uint8Array, index: number): number {
  const byte = key[index >> 1] as number;
  return index % 2 === 0 ? byte >> 4 : byte & 15;
}

/** Hex-prefix encoding of nibbles `from`..`to` of a key. */
function hexPrefix(key: Uint8Array, from: number, to: number, leaf: boolean): Uint8Array {
  const odd = (to - from) % 2;
  const out = new Uint8Array((to - from - odd) / 2 + 1);
  out[0] = (leaf ? 0x20 : 0) | (odd ? 0x10 | nibbleAt(key, from) : 0);
  for (let i = from + odd, at = 1; i < to; i += 2, at++) out[at] = (nibbleAt(key, i) << 4) | nibbleAt(key, i + 1);
  return out;
}

/** RLP of the node that holds `entries[from..to)`, which share their first `depth` nibbles. */
function node(entries: readonly TrieEntry[], from: number, to: number, depth: number): Uint8Array {
  const first = (entries[from] as TrieEntry)[0];
  if (to - from === 1) {
    return encodeList([
      encodeString(hexPrefix(first, depth, 2 * first.length, true)),
      encodeString((entries[from] as TrieEntry)[1]),
    ]);
  }
  // Sorted, so what the first and the last share, all share.
  const last = (entries[to - 1] as TrieEntry)[0];
  const limit = 2 * Math.min(first.length, last.length);
  let shared = depth;
  while (shared < limit && nibbleAt(first, shared) === nibbleAt(last, shared)) shared++;
  if (shared > depth) {
    return encodeList([
      encodeString(hexPrefix(first, depth, shared, false)),
      reference(branch(entries, from, to, shared)),
    ]);
  }
  return branch(entries, from, to, depth);
}

function branch(entries: readonly TrieEntry[], from: number, to: number, depth: number): Uint8Array {
  const items: Uint8Array[] = new Array(17).fill(EMPTY_STRING);
  let at = from;
  const first = entries[at] as TrieEntry;
  if (2 * first[0].length === depth) {
    // A key that ends here: it sorts before every key that goes on.
    items[16] = encodeString(first[1]);
    at++;
  }
  while (at < to) {
    const nibble = nibbleAt((entries[at] as TrieEntry)[0], depth);
    let end = at + 1;
    while (end < to && nibbleAt((entries[end] as TrieEntry)[0], depth) === nibble) end++;
    items[nibble] = reference(node(entries, at, end, depth + 1));
    at = end;
  }
  return encodeList(items);
}

/** A node stands in its parent as itself where it is shorter than a hash, else as its hash. */
function reference(encoded: Uint8Array): Uint8Array {
  return encoded.length < 32 ? encoded : encodeString(keccak256(encoded));
}

/** Root of the trie that holds exactly `entries`, whose keys are distinct. */
export function trieRoot(entries: readonly TrieEntry[]): Uint8Array {
  if (entries.length === 0) return EMPTY_TRIE_ROOT;
  const sorted = [...entries].sort((a, b) => compareBytes(a[0], b[0]));
  return keccak256(node(sorted, 0, sorted.length, 0));
}

/** Root of the trie from RLP(index) to value: transactions, receipts, withdrawals (yellow paper, section 4.3). */
export function orderedTrieRoot(values: readonly Uint8Array[]): Uint8Array {
  return trieRoot(values.map((value, index) => [RLP.encode(index), value] as const));
}
