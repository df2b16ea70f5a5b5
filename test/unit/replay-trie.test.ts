import { createMerkleProof, createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { expect } from 'chai';
import { nodeStore, PartialTrie, TrieError } from '../../runners/replay/partial-trie.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { type TrieEntry, trieRoot } from '../../src/state/trie.js';

const key = (i: number): Uint8Array => keccak256(Uint8Array.of(i >> 8, i & 255));
/** Short ones too: such leaves stand in their parents. */
const value = (i: number): Uint8Array => new Uint8Array(1 + (i % 40)).fill(1 + (i % 200));

async function oracle(count: number): Promise<MerklePatriciaTrie> {
  const trie = await createMPT();
  for (let i = 0; i < count; i++) await trie.put(key(i), value(i));
  return trie;
}

async function nodesOf(trie: MerklePatriciaTrie, keys: readonly number[]): Promise<Uint8Array[]> {
  return (await Promise.all(keys.map((i) => createMerkleProof(trie, key(i))))).flat();
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const rootOf = (entries: ReadonlyMap<number, Uint8Array>): string =>
  bytesToHex(trieRoot([...entries].map(([i, content]): TrieEntry => [key(i), content])));

describe('a partial trie', () => {
  it('reads what is there, proves what is not, and finds all leaves', async () => {
    const trie = await oracle(300);
    const partial = new PartialTrie(trie.root(), nodeStore(await nodesOf(trie, range(0, 300))));
    for (const i of range(0, 300)) expect(partial.get(key(i)), String(i)).to.deep.equal(value(i));
    for (const i of range(300, 400)) expect(partial.get(key(i)), String(i)).to.equal(null);
    const leaves = new Map([...partial.leaves()].map(([at, content]) => [bytesToHex(at), bytesToHex(content)]));
    expect(leaves).to.deep.equal(new Map(range(0, 300).map((i) => [bytesToHex(key(i)), bytesToHex(value(i))])));
    expect(bytesToHex(partial.root())).to.equal(bytesToHex(trie.root()));
  });

  it('has the root of its content after any change', async () => {
    const trie = await oracle(120);
    const partial = new PartialTrie(trie.root(), nodeStore(await nodesOf(trie, range(0, 120))));
    const content = new Map(range(0, 120).map((i) => [i, value(i)]));
    const change = (i: number, to: Uint8Array): void => {
      partial.set(key(i), to);
      if (to.length === 0) content.delete(i);
      else content.set(i, to);
    };
    for (let step = 0; step < 600; step++) {
      const i = (step * 37) % 200;
      change(i, step % 3 === 0 ? new Uint8Array(0) : value(i + step));
      if (step % 29 === 0) expect(bytesToHex(partial.root()), `step ${step}`).to.equal(rootOf(content));
    }
    expect(bytesToHex(partial.root())).to.equal(rootOf(content));
    for (const i of range(0, 200)) change(i, new Uint8Array(0));
    expect(bytesToHex(partial.root())).to.equal(bytesToHex(EMPTY_TRIE_ROOT));
    for (const i of range(0, 20)) change(i, value(i));
    expect(bytesToHex(partial.root())).to.equal(rootOf(content));
  });

  it('leaves a node that it need not look into as it was', async () => {
    const trie = await oracle(300);
    const partial = new PartialTrie(trie.root(), nodeStore(await nodesOf(trie, [5])));
    partial.set(key(5), value(77));
    const changed = new Map(range(0, 300).map((i) => [i, value(i)]));
    changed.set(5, value(77));
    expect(bytesToHex(partial.root())).to.equal(rootOf(changed));
  });

  it('says which node it lacks', async () => {
    const trie = await oracle(300);
    const nodes = await nodesOf(trie, [5]);
    const partial = new PartialTrie(trie.root(), nodeStore(nodes));
    const other = range(0, 300).find((i) => (key(i)[0] as number) >> 4 !== (key(5)[0] as number) >> 4) as number;
    expect(() => partial.get(key(other))).to.throw(TrieError, /trie node 0x[0-9a-f]{64} is needed and not known/);
    expect(() => new PartialTrie(keccak256(key(1)), nodeStore(nodes)).get(key(5))).to.throw(TrieError);
  });

  it('refuses what is no node', () => {
    for (const bytes of ['c0', 'c20102', 'c3810102', '8101', 'c3203000', 'ff']) {
      const node = Uint8Array.from(Buffer.from(bytes, 'hex'));
      const partial = new PartialTrie(keccak256(node), nodeStore([node]));
      expect(() => partial.set(key(1), value(1)), bytes).to.throw(TrieError);
    }
  });
});
