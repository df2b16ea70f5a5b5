/**
 * A Merkle Patricia trie (yellow paper, appendix D) of which only some nodes are known, as proofs and
 * execution witnesses give them. Every known node is found by its hash, from the root down, so that
 * whatever is read has been proved; what would need an unknown node throws.
 */
import { RLP } from '@ethereumjs/rlp';
import { bytesToHex, concatBytes, EMPTY_BYTES, equalBytes, type Hex } from '../../src/primitives/bytes.js';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { listItems, RlpError, type RlpItem, readWhole, stringBytes } from '../../src/transition/block/rlp.js';

/** A node that is needed and not known, or bytes that are no node. */
export class TrieError extends Error {
  override readonly name = 'TrieError';
  constructor(
    readonly code: 'UNKNOWN_NODE' | 'MALFORMED_NODE',
    /** Hash of the node, 32 bytes hex; null where it stands in its parent. */
    readonly node: Hex | null,
    detail: string,
  ) {
    super(detail);
  }
}

/** Encodings of nodes by their hash. */
export type NodeStore = ReadonlyMap<Hex, Uint8Array>;

/** Nodes by hash; later tries share it. */
export function nodeStore(nodes: Iterable<Uint8Array>): Map<Hex, Uint8Array> {
  const store = new Map<Hex, Uint8Array>();
  for (const node of nodes) store.set(bytesToHex(keccak256(node)), node);
  return store;
}

type Nibbles = readonly number[];

/** A node, or the hash under which it may be found. */
type Node =
  | { readonly kind: 'hash'; readonly hash: Uint8Array }
  | { readonly kind: 'leaf'; readonly path: Nibbles; readonly value: Uint8Array }
  | { readonly kind: 'extension'; readonly path: Nibbles; readonly child: Node }
  | { readonly kind: 'branch'; readonly children: readonly (Node | null)[] };

const HASH_BYTES = 32;
const BRANCH_WIDTH = 16;

function nibblesOf(key: Uint8Array): number[] {
  return [...key].flatMap((byte) => [byte >> 4, byte & 15]);
}

/** The path of a leaf or an extension and which of the two it is. */
function readPath(encoded: Uint8Array, store: Hex | null): { path: number[]; leaf: boolean } {
  const flags = (encoded[0] ?? 0xff) >> 4;
  if (flags > 3) throw new TrieError('MALFORMED_NODE', store, 'the path of a trie node is malformed');
  const nibbles = nibblesOf(encoded);
  return { path: nibbles.slice(flags % 2 === 1 ? 1 : 2), leaf: flags >= 2 };
}

function writePath(path: Nibbles, leaf: boolean): Uint8Array {
  const odd = path.length % 2 === 1;
  const flags = (leaf ? 2 : 0) + (odd ? 1 : 0);
  const nibbles = odd ? [flags, ...path] : [flags, 0, ...path];
  return Uint8Array.from(
    { length: nibbles.length / 2 },
    (_, i) => ((nibbles[2 * i] as number) << 4) | (nibbles[2 * i + 1] as number),
  );
}

function readNode(item: RlpItem, hash: Hex | null): Node {
  const items = listItems(item, 'node');
  if (items.length === BRANCH_WIDTH + 1) {
    if (stringBytes(items[BRANCH_WIDTH] as RlpItem, 'node').length > 0) {
      throw new TrieError('MALFORMED_NODE', hash, 'a branch with a value, where all keys are of one length');
    }
    return { kind: 'branch', children: items.slice(0, BRANCH_WIDTH).map((child) => readReference(child, hash)) };
  }
  if (items.length !== 2) throw new TrieError('MALFORMED_NODE', hash, `a trie node of ${items.length} items`);
  const [encodedPath, second] = items as [RlpItem, RlpItem];
  const { path, leaf } = readPath(stringBytes(encodedPath, 'node'), hash);
  if (leaf) return { kind: 'leaf', path, value: stringBytes(second, 'node') };
  const child = readReference(second, hash);
  if (child === null) throw new TrieError('MALFORMED_NODE', hash, 'an extension of nothing');
  return { kind: 'extension', path, child };
}

/** What stands for a node in its parent: nothing, its hash, or itself where it is shorter. */
function readReference(item: RlpItem, parent: Hex | null): Node | null {
  if (item.isList) return readNode(item, null);
  if (item.payload.length === 0) return null;
  if (item.payload.length === HASH_BYTES) return { kind: 'hash', hash: item.payload };
  throw new TrieError('MALFORMED_NODE', parent, 'a reference that is neither a hash nor a node');
}

function commonPrefix(a: Nibbles, b: Nibbles): number {
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  return shared;
}

/** `node` under a path in front of it; nothing is added where the path is empty. */
function prefixed(path: Nibbles, node: Node): Node {
  if (path.length === 0) return node;
  if (node.kind === 'leaf') return { ...node, path: [...path, ...node.path] };
  if (node.kind === 'extension') return { ...node, path: [...path, ...node.path] };
  return { kind: 'extension', path, child: node };
}

export class PartialTrie {
  #root: Node | null;

  /** The trie with this root (32 bytes) whose known nodes are in `store`. */
  constructor(
    root: Uint8Array,
    private readonly store: NodeStore,
  ) {
    this.#root = equalBytes(root, EMPTY_TRIE_ROOT) ? null : { kind: 'hash', hash: root };
  }

  /** Value at `key`, or null where there is none: either is proved. Throws {@link TrieError}. */
  get(key: Uint8Array): Uint8Array | null {
    let node = this.#root;
    let path: Nibbles = nibblesOf(key);
    while (node !== null) {
      node = this.resolve(node);
      if (node.kind === 'branch') {
        node = node.children[path[0] as number] ?? null;
        path = path.slice(1);
        continue;
      }
      const matches = commonPrefix(node.path, path) === node.path.length;
      if (node.kind === 'leaf') return matches && node.path.length === path.length ? node.value : null;
      if (!matches) return null;
      path = path.slice(node.path.length);
      node = node.child;
    }
    return null;
  }

  /** Sets the value at `key`; an empty one removes it. All keys are of one length. Throws {@link TrieError}. */
  set(key: Uint8Array, value: Uint8Array): void {
    const path = nibblesOf(key);
    this.#root = value.length === 0 ? this.remove(this.#root, path) : this.put(this.#root, path, value);
  }

  /** Root of the trie as it is now, 32 bytes. */
  root(): Uint8Array {
    const root = this.#root;
    if (root === null) return EMPTY_TRIE_ROOT;
    return root.kind === 'hash' ? root.hash : keccak256(encodeNode(root));
  }

  /** Keys (as nibbles joined to bytes) and values of all leaves that known nodes lead to. */
  *leaves(): Generator<readonly [Uint8Array, Uint8Array]> {
    if (this.#root !== null) yield* this.leavesOf(this.#root, []);
  }

  private *leavesOf(reference: Node, above: Nibbles): Generator<readonly [Uint8Array, Uint8Array]> {
    const node = reference.kind === 'hash' ? this.known(reference.hash) : reference;
    if (node === null) return;
    if (node.kind === 'branch') {
      for (const [nibble, child] of node.children.entries()) {
        if (child !== null) yield* this.leavesOf(child, [...above, nibble]);
      }
    } else if (node.kind === 'extension') yield* this.leavesOf(node.child, [...above, ...node.path]);
    else if (node.kind === 'leaf') {
      const path = [...above, ...node.path];
      yield [
        Uint8Array.from(
          { length: path.length / 2 },
          (_, i) => ((path[2 * i] as number) << 4) | (path[2 * i + 1] as number),
        ),
        node.value,
      ];
    }
  }

  private known(hash: Uint8Array): Exclude<Node, { kind: 'hash' }> | null {
    const name = bytesToHex(hash);
    const encoded = this.store.get(name);
    if (encoded === undefined) return null;
    try {
      return readNode(readWhole(encoded, 'node'), name) as Exclude<Node, { kind: 'hash' }>;
    } catch (error) {
      if (error instanceof RlpError) throw new TrieError('MALFORMED_NODE', name, `trie node ${name}: ${error.message}`);
      throw error;
    }
  }

  private resolve(node: Node): Exclude<Node, { kind: 'hash' }> {
    if (node.kind !== 'hash') return node;
    const found = this.known(node.hash);
    if (found !== null) return found;
    const name = bytesToHex(node.hash);
    throw new TrieError('UNKNOWN_NODE', name, `trie node ${name} is needed and not known`);
  }

  private put(reference: Node | null, path: Nibbles, value: Uint8Array): Node {
    if (reference === null) return { kind: 'leaf', path, value };
    const node = this.resolve(reference);
    if (node.kind === 'branch') {
      const at = path[0] as number;
      return withChild(node.children, at, this.put(node.children[at] ?? null, path.slice(1), value));
    }
    const shared = commonPrefix(node.path, path);
    if (node.kind === 'leaf' && shared === path.length) return { ...node, value };
    if (node.kind === 'extension' && shared === node.path.length) {
      return { ...node, child: this.put(node.child, path.slice(shared), value) };
    }
    const children: (Node | null)[] = new Array(BRANCH_WIDTH).fill(null);
    const rest = node.path.slice(shared + 1);
    children[node.path[shared] as number] = node.kind === 'leaf' ? { ...node, path: rest } : prefixed(rest, node.child);
    children[path[shared] as number] = { kind: 'leaf', path: path.slice(shared + 1), value };
    return prefixed(path.slice(0, shared), { kind: 'branch', children });
  }

  private remove(reference: Node | null, path: Nibbles): Node | null {
    if (reference === null) return null;
    const node = this.resolve(reference);
    if (node.kind === 'branch') {
      const at = path[0] as number;
      const before = node.children[at] ?? null;
      const after = this.remove(before, path.slice(1));
      // Nothing was there: the node stays the one that was proved.
      if (after === before) return reference;
      return after === null ? this.collapse(node.children, at) : withChild(node.children, at, after);
    }
    const matches = commonPrefix(node.path, path) === node.path.length;
    if (node.kind === 'leaf') return matches ? null : reference;
    if (!matches) return reference;
    const child = this.remove(node.child, path.slice(node.path.length));
    if (child === node.child) return reference;
    return child === null ? null : prefixed(node.path, child);
  }

  /** A branch without its child at `gone`; a single child that is left takes the branch's place. */
  private collapse(children: readonly (Node | null)[], gone: number): Node {
    const left = [...children.keys()].filter((at) => at !== gone && children[at] !== null);
    if (left.length !== 1) return withChild(children, gone, null);
    const at = left[0] as number;
    // Its own path grows by a nibble, so that its hash is not enough.
    return prefixed([at], this.resolve(children[at] as Node));
  }
}

function withChild(children: readonly (Node | null)[], at: number, child: Node | null): Node {
  return { kind: 'branch', children: children.map((other, i) => (i === at ? child : other)) };
}

function encodeNode(node: Exclude<Node, { kind: 'hash' }>): Uint8Array {
  if (node.kind === 'leaf') return encodeList([RLP.encode(writePath(node.path, true)), RLP.encode(node.value)]);
  if (node.kind === 'extension') return encodeList([RLP.encode(writePath(node.path, false)), referenceTo(node.child)]);
  return encodeList([...node.children.map(referenceTo), RLP.encode(EMPTY_BYTES)]);
}

/** RLP of what stands for a node in its parent. */
function referenceTo(node: Node | null): Uint8Array {
  if (node === null) return RLP.encode(EMPTY_BYTES);
  if (node.kind === 'hash') return RLP.encode(node.hash);
  const encoded = encodeNode(node);
  return encoded.length < HASH_BYTES ? encoded : RLP.encode(keccak256(encoded));
}

/** RLP list of items that are encoded already. */
function encodeList(items: readonly Uint8Array[]): Uint8Array {
  const payload = concatBytes(...items);
  if (payload.length <= 55) return concatBytes(Uint8Array.of(0xc0 + payload.length), payload);
  const length: number[] = [];
  for (let rest = payload.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return concatBytes(Uint8Array.of(0xf7 + length.length, ...length), payload);
}
