/**
 * Roots of Merkle Patricia tries (yellow paper, appendix D) from their leaves alone.
 *
 * The leaves are sorted by key and the trie is folded from them recursively: no node is ever stored,
 * so a root costs one hash per node and nothing else. All nodes of a root are written into one
 * buffer that is kept from root to root; a node leaves its reference there where it stood itself.
 */
import { RLP } from '@ethereumjs/rlp';
import { compareBytes } from '../primitives/bytes.js';
import { EMPTY_TRIE_ROOT, keccak256 } from '../primitives/crypto.js';

/** Key (any bytes; one key may be a prefix of another) and value (not empty). */
export type TrieEntry = readonly [key: Uint8Array, value: Uint8Array];

const EMPTY_STRING = 0x80;
const LIST = 0xc0;
const HASH_BYTES = 32;
/** RLP of a length that needs no bytes of its own. */
const SHORT_LENGTH = 55;
/** Room in front of a node's payload for the header that is known only after it. */
const HEADER_BYTES = 5;
/** Header, sixteen references and the header of a value: what a node takes besides keys and values. */
const NODE_BYTES = HEADER_BYTES + 16 * (1 + HASH_BYTES) + HEADER_BYTES;

function nibbleAt(key: Uint8Array, index: number): number {
  const byte = key[index >> 1] as number;
  return index % 2 === 0 ? byte >> 4 : byte & 15;
}

/** Bytes of an RLP header for `length` bytes of payload. */
function headerBytes(length: number): number {
  if (length <= SHORT_LENGTH) return 1;
  if (length < 0x100) return 2;
  if (length < 0x10000) return 3;
  return length < 0x1000000 ? 4 : 5;
}

/** The fold of one root at a time: leaves in, nodes written and hashed in place. */
class Fold {
  #bytes = new Uint8Array(1 << 16);
  #entries: readonly TrieEntry[] = [];

  /** Root over entries that are sorted by key; at least one. */
  root(entries: readonly TrieEntry[]): Uint8Array {
    this.#entries = entries;
    try {
      const end = this.#node(0, entries.length, 0, 0);
      return keccak256(this.#bytes.subarray(this.#start, end));
    } finally {
      this.#entries = [];
    }
  }

  /** Where the node that was written last begins. */
  #start = 0;

  /** Makes room for `count` bytes from `at` on. */
  #reserve(at: number, count: number): void {
    if (at + count <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (at + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /**
   * Writes the RLP of the node that holds entries `from` to `to`, which share their first `depth`
   * nibbles, somewhere after `at`; answers its end and leaves its beginning in `#start`.
   */
  #node(from: number, to: number, depth: number, at: number): number {
    const first = (this.#entries[from] as TrieEntry)[0];
    if (to - from === 1) return this.#leaf(this.#entries[from] as TrieEntry, depth, at);
    // Sorted, so what the first and the last share, all share.
    const last = (this.#entries[to - 1] as TrieEntry)[0];
    const limit = 2 * Math.min(first.length, last.length);
    let shared = depth;
    while (shared < limit && nibbleAt(first, shared) === nibbleAt(last, shared)) shared++;
    if (shared === depth) return this.#branch(from, to, depth, at);
    this.#reserve(at, NODE_BYTES + first.length);
    const payload = at + HEADER_BYTES;
    const path = this.#hexPrefix(first, depth, shared, false, payload);
    const end = this.#reference(this.#branch(from, to, shared, path), path);
    return this.#close(payload, end);
  }

  #leaf(entry: TrieEntry, depth: number, at: number): number {
    const [key, value] = entry;
    this.#reserve(at, NODE_BYTES + key.length + value.length);
    const payload = at + HEADER_BYTES;
    const path = this.#hexPrefix(key, depth, 2 * key.length, true, payload);
    return this.#close(payload, this.#string(value, path));
  }

  #branch(from: number, to: number, depth: number, at: number): number {
    const entries = this.#entries;
    const first = entries[from] as TrieEntry;
    // A key that ends here: it sorts before every key that goes on.
    const value = 2 * first[0].length === depth ? first[1] : null;
    const payload = at + HEADER_BYTES;
    let end = payload;
    let next = value === null ? from : from + 1;
    for (let nibble = 0; nibble < 16; nibble++) {
      const begin = next;
      while (next < to && nibbleAt((entries[next] as TrieEntry)[0], depth) === nibble) next++;
      this.#reserve(end, NODE_BYTES);
      if (begin === next) this.#bytes[end++] = EMPTY_STRING;
      else end = this.#reference(this.#node(begin, next, depth + 1, end), end);
    }
    this.#reserve(end, HEADER_BYTES + (value === null ? 0 : value.length));
    if (value === null) this.#bytes[end++] = EMPTY_STRING;
    else end = this.#string(value, end);
    return this.#close(payload, end);
  }

  /** Puts the list's header in front of the payload that ends at `end`. */
  #close(payload: number, end: number): number {
    const length = end - payload;
    this.#start = payload - headerBytes(length);
    this.#header(LIST, length, this.#start);
    return end;
  }

  /**
   * Replaces the node that was written last, and ends at `end`, by what stands for it in its parent,
   * at `at`: itself where it is shorter than a hash, else its hash. Answers where that ends.
   */
  #reference(end: number, at: number): number {
    const start = this.#start;
    const length = end - start;
    if (length < HASH_BYTES) {
      this.#bytes.copyWithin(at, start, end);
      return at + length;
    }
    const hash = keccak256(this.#bytes.subarray(start, end));
    this.#bytes[at] = EMPTY_STRING + HASH_BYTES;
    this.#bytes.set(hash, at + 1);
    return at + 1 + HASH_BYTES;
  }

  /** RLP of the hex-prefix encoding of nibbles `from`..`to` of a key. */
  #hexPrefix(key: Uint8Array, from: number, to: number, leaf: boolean, at: number): number {
    const bytes = this.#bytes;
    const odd = (to - from) % 2;
    const length = (to - from - odd) / 2 + 1;
    // One byte of it is below 0x80, and then RLP of itself.
    let out = length === 1 ? at : this.#header(EMPTY_STRING, length, at);
    bytes[out++] = (leaf ? 0x20 : 0) | (odd ? 0x10 | nibbleAt(key, from) : 0);
    if ((from + odd) % 2 === 0) {
      for (let i = (from + odd) / 2; i < to / 2; i++) bytes[out++] = key[i] as number;
    } else {
      for (let i = from + odd; i < to; i += 2) bytes[out++] = (nibbleAt(key, i) << 4) | nibbleAt(key, i + 1);
    }
    return out;
  }

  /** RLP of a byte string. */
  #string(value: Uint8Array, at: number): number {
    if (value.length === 1 && (value[0] as number) < EMPTY_STRING) {
      this.#bytes[at] = value[0] as number;
      return at + 1;
    }
    const start = this.#header(EMPTY_STRING, value.length, at);
    this.#bytes.set(value, start);
    return start + value.length;
  }

  /** RLP header of a string or list of `length` bytes; answers where its payload begins. */
  #header(offset: number, length: number, at: number): number {
    const size = headerBytes(length);
    if (size === 1) {
      this.#bytes[at] = offset + length;
      return at + 1;
    }
    this.#bytes[at] = offset + SHORT_LENGTH + size - 1;
    for (let i = 1; i < size; i++) this.#bytes[at + i] = length >>> (8 * (size - 1 - i));
    return at + size;
  }
}

const fold = new Fold();

/** The entries as a walk through the trie meets them: by key, and a key before those that it is a prefix of. */
export function inTrieOrder(entries: readonly TrieEntry[]): TrieEntry[] {
  return [...entries].sort((a, b) => compareBytes(a[0], b[0]));
}

/** Root of the trie that holds exactly `entries`, whose keys are distinct. */
export function trieRoot(entries: readonly TrieEntry[]): Uint8Array {
  if (entries.length === 0) return EMPTY_TRIE_ROOT;
  return fold.root(entries.length === 1 ? entries : inTrieOrder(entries));
}

/** Root of the trie from RLP(index) to value: transactions, receipts, withdrawals (yellow paper, section 4.3). */
export function orderedTrieRoot(values: readonly Uint8Array[]): Uint8Array {
  return trieRoot(values.map((value, index) => [RLP.encode(index), value] as const));
}
