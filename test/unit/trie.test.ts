/** Trie roots against the official vectors (ethereum/tests, TrieTests) and @ethereumjs/mpt. */
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import { bigIntToBytes, bigIntToMinimalBytes, bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { stateRoot, storageRoot } from '../../src/state/root.js';
import { orderedTrieRoot, type TrieEntry, trieRoot } from '../../src/state/trie.js';

function text(value: string): Uint8Array {
  return value.startsWith('0x') ? hexToBytes(value) : new TextEncoder().encode(value);
}

async function oracle(entries: readonly TrieEntry[]): Promise<string> {
  const trie = new MerklePatriciaTrie();
  for (const [key, value] of entries) await trie.put(key, value);
  return bytesToHex(trie.root());
}

/** TrieTests/trieanyorder.json: keys and values as they stand there. */
const ANY_ORDER: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string]>> = {
  singleItem: [{ A: 'a'.repeat(50) }, '0xd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab'],
  dogs: [
    { doe: 'reindeer', dog: 'puppy', dogglesworth: 'cat' },
    '0x8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3',
  ],
  puppy: [
    { do: 'verb', horse: 'stallion', doge: 'coin', dog: 'puppy' },
    '0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84',
  ],
  foo: [{ foo: 'bar', food: 'bass' }, '0x17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3'],
  smallValues: [
    { be: 'e', dog: 'puppy', bed: 'd' },
    '0x3f67c7a47520f79faa29255d2d3c084a7a6df0453116ed7232ff10277a8be68b',
  ],
  testy: [{ test: 'test', te: 'testy' }, '0x8452568af70d8d140f58d941338542f645fcca50094b20f3c3d8c3df49337928'],
  hex: [
    { '0x0045': '0x0123456789', '0x4500': '0x9876543210' },
    '0x285505fcabe84badc8aa310e2aae17eddc7d120aabec8a476902c8184b3a3503',
  ],
};

/** TrieTests/hex_encoded_securetrie_test.json, test1. */
const SECURE: readonly (readonly [string, string])[] = [
  [
    '0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b',
    '0xf848018405f446a7a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  ],
  [
    '0x095e7baea6a6c7c4c2dfeb977efac326af552d87',
    '0xf8440101a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421a004bccc5d94f4d1f99aab44369a910179931772f2a5c001c3229f57831c102769',
  ],
  [
    '0xd2571607e241ecf590ed94b12d87c94babe36db6',
    '0xf8440180a0ba4b47865c55a341a4a78759bb913cd15c3ee8eaf30a62fa8d1c8863113d84e8a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  ],
  [
    '0x62c01474f089b07dae603491675dc5b5748f7049',
    '0xf8448080a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  ],
  [
    '0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba',
    '0xf8478083019a59a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  ],
];

describe('state/trie', () => {
  for (const [name, [entries, root]] of Object.entries(ANY_ORDER)) {
    it(`TrieTests trieanyorder ${name}, in both orders`, () => {
      const pairs = Object.entries(entries).map(([key, value]): TrieEntry => [text(key), text(value)]);
      expect(bytesToHex(trieRoot(pairs))).to.equal(root);
      expect(bytesToHex(trieRoot(pairs.reverse()))).to.equal(root);
    });
  }

  it('TrieTests hex_encoded_securetrie test1', () => {
    const pairs = SECURE.map(([key, value]): TrieEntry => [keccak256(hexToBytes(key)), hexToBytes(value)]);
    expect(bytesToHex(trieRoot(pairs))).to.equal('0x730a444e08ab4b8dee147c9b232fc52d34a223d600031c1e9d25bfc985cbd797');
  });

  it('of nothing is the empty root', () => {
    expect(trieRoot([])).to.deep.equal(EMPTY_TRIE_ROOT);
    expect(orderedTrieRoot([])).to.deep.equal(EMPTY_TRIE_ROOT);
  });

  it('agrees with @ethereumjs/mpt where keys are prefixes of one another', async () => {
    const bytes = fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xff);
    const key = fc.array(bytes, { minLength: 1, maxLength: 5 }).map((list) => Uint8Array.from(list));
    const value = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const entries = fc.uniqueArray(fc.tuple(key, value), {
      minLength: 1,
      maxLength: 40,
      selector: ([k]) => bytesToHex(k),
    });
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        expect(bytesToHex(trieRoot(list))).to.equal(await oracle(list));
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('agrees with @ethereumjs/mpt on hashed keys', async () => {
    const entries = fc.uniqueArray(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 100 })), {
      minLength: 1,
      maxLength: 120,
      selector: ([n]) => n,
    });
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const hashed = list.map(([n, value]): TrieEntry => [keccak256(bigIntToBytes(BigInt(n), 32)), value]);
        expect(bytesToHex(trieRoot(hashed))).to.equal(await oracle(hashed));
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  for (const count of [1, 2, 127, 128, 129, 300]) {
    it(`gives the ordered root of ${count} values`, async () => {
      const values = Array.from({ length: count }, (_, i) => new Uint8Array(1 + (i % 50)).fill(1 + (i % 255)));
      const entries = values.map((value, i): TrieEntry => [RLP.encode(i), value]);
      expect(bytesToHex(orderedTrieRoot(values))).to.equal(await oracle(entries));
    });
  }
});

describe('state/trie with large values', () => {
  for (const length of [55, 56, 255, 256, 65_535, 65_536, 300_000]) {
    it(`agrees with @ethereumjs/mpt on values of about ${length} bytes`, async () => {
      const values = [length - 40, length - 3, length, length + 1].map((n, i) => new Uint8Array(n).fill(200 + i));
      const keys = [[0x12, 0x34], [0x12], [0x12, 0x35], [0x77]];
      const entries = values.map((value, i): TrieEntry => [Uint8Array.from(keys[i] as number[]), value]);
      expect(bytesToHex(trieRoot(entries))).to.equal(await oracle(entries));
    });
  }
});

describe('state/root', () => {
  it('writes scalars of every length as RLP has them', async () => {
    const values = [1n, 127n, 128n, 255n, 256n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n, 2n ** 192n, 2n ** 256n - 1n];
    for (const value of values) {
      const slot = bigIntToBytes(value, 32);
      const entry: TrieEntry = [keccak256(slot), RLP.encode(bigIntToMinimalBytes(value))];
      const root = await oracle([entry]);
      expect(bytesToHex(storageRoot([[slot, value]])), `slot ${value}`).to.equal(root);
      const address = bigIntToBytes(value % 2n ** 160n, 20);
      const nonce = value % 2n ** 64n;
      const leaf = [nonce, value].map(bigIntToMinimalBytes).concat(hexToBytes(root), EMPTY_CODE_HASH);
      const account = { address, nonce, balance: value, codeHash: EMPTY_CODE_HASH, storage: [[slot, value]] as const };
      const expected = await oracle([[keccak256(address), RLP.encode(leaf)]]);
      expect(bytesToHex(stateRoot([account])), `balance ${value}`).to.equal(expected);
    }
  });

  it('hashes more keys than it keeps', () => {
    const slots = Array.from({ length: 40_000 }, (_, i) => [bigIntToBytes(BigInt(i + 1), 32), BigInt(i + 1)] as const);
    const entries = slots.map(([k, v]): TrieEntry => [keccak256(k), RLP.encode(bigIntToMinimalBytes(v))]);
    const expected = bytesToHex(trieRoot(entries));
    expect(bytesToHex(storageRoot(slots))).to.equal(expected);
    expect(bytesToHex(storageRoot(slots.reverse()))).to.equal(expected);
  });

  it('agrees with @ethereumjs/mpt on random states', async () => {
    const u256 = fc.bigInt({ min: 1n, max: 2n ** 256n - 1n });
    const account = fc.record({
      address: fc.uint8Array({ minLength: 20, maxLength: 20 }),
      nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      balance: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      code: fc.uint8Array({ maxLength: 10 }),
      slots: fc.uniqueArray(fc.tuple(u256, fc.oneof(u256, fc.bigInt(1n, 300n))), {
        maxLength: 8,
        selector: ([slot]) => slot,
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(account, { maxLength: 15, selector: ({ address }) => bytesToHex(address) }),
        async (accounts) => {
          const leaves = accounts.map(({ slots, code, ...basics }) => ({
            ...basics,
            codeHash: code.length === 0 ? EMPTY_CODE_HASH : keccak256(code),
            storage: slots.map(([slot, value]) => [bigIntToBytes(slot, 32), value] as const),
          }));
          const entries: TrieEntry[] = [];
          for (const { address, nonce, balance, codeHash, storage } of leaves) {
            const slots = storage.map(([k, v]): TrieEntry => [keccak256(k), RLP.encode(bigIntToMinimalBytes(v))]);
            const root = slots.length === 0 ? bytesToHex(EMPTY_TRIE_ROOT) : await oracle(slots);
            expect(bytesToHex(storageRoot(storage))).to.equal(root);
            const leaf = [bigIntToMinimalBytes(nonce), bigIntToMinimalBytes(balance), hexToBytes(root), codeHash];
            entries.push([keccak256(address), RLP.encode(leaf)]);
          }
          const expected = entries.length === 0 ? bytesToHex(EMPTY_TRIE_ROOT) : await oracle(entries);
          expect(bytesToHex(stateRoot(leaves))).to.equal(expected);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });
});
