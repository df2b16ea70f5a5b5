import { keccak_512 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import { createEthashModule, HEAP_START } from '../../runners/blockchain/ethash-module.js';

const ROW = 64;

/** FNV-mixed dataset item as appendix J.3.3 spells it out, word by word. */
function itemOf(cache: Uint8Array, rows: number, index: number): Uint8Array {
  const fnv = (a: number, b: number): number => (Math.imul(a, 0x01000193) ^ b) >>> 0;
  const row = (n: number): DataView => new DataView(cache.buffer, cache.byteOffset + (n % rows) * ROW, ROW);
  let mix = new DataView(new ArrayBuffer(ROW));
  for (let i = 0; i < 16; i++) mix.setUint32(4 * i, row(index).getUint32(4 * i, true), true);
  mix.setUint32(0, mix.getUint32(0, true) ^ index, true);
  mix = new DataView(keccak_512(new Uint8Array(mix.buffer)).slice().buffer);
  for (let j = 0; j < 256; j++) {
    const parent = row(fnv(index ^ j, mix.getUint32(4 * (j % 16), true)));
    for (let i = 0; i < 16; i++) {
      mix.setUint32(4 * i, fnv(mix.getUint32(4 * i, true), parent.getUint32(4 * i, true)), true);
    }
  }
  return keccak_512(new Uint8Array(mix.buffer));
}

describe('ethash module', () => {
  const module = createEthashModule(300 * ROW);
  const memory = new Uint8Array(module.memory.buffer);
  const at = (row: number): Uint8Array => memory.slice(HEAP_START + row * ROW, HEAP_START + (row + 1) * ROW);

  it('hashes 64 bytes as Keccak-512 does', () => {
    for (let seed = 0; seed < 100; seed++) {
      const input = Uint8Array.from({ length: ROW }, (_, i) => (seed * 97 + i * i * 31) & 255);
      memory.set(input, HEAP_START);
      module.keccak512(HEAP_START, HEAP_START + ROW);
      expect(at(1)).to.deep.equal(keccak_512(input));
      expect(at(0)).to.deep.equal(input);
    }
  });

  it('builds a cache and the items of its dataset', () => {
    const rows = 211;
    memory.fill(5, HEAP_START, HEAP_START + ROW);
    module.fill(HEAP_START, rows);
    const expected = [at(0)];
    for (let i = 1; i < rows; i++) expected.push(keccak_512(expected[i - 1] as Uint8Array));
    module.mix(HEAP_START, rows);
    for (let i = 0; i < rows; i++) {
      const before = expected[(i + rows - 1) % rows] as Uint8Array;
      const word = new DataView((expected[i] as Uint8Array).slice().buffer).getUint32(0, true);
      const other = expected[word % rows] as Uint8Array;
      expected[i] = keccak_512(before.map((byte, k) => byte ^ (other[k] as number)));
      expect(at(i), `row ${i}`).to.deep.equal(expected[i]);
    }
    const cache = memory.slice(HEAP_START, HEAP_START + rows * ROW);
    for (const index of [0, 1, 210, 211, 123_456_789, 2 ** 31 - 1]) {
      const out = HEAP_START + rows * ROW;
      module.item(HEAP_START, rows, index, out);
      expect(at(rows), `item ${index}`).to.deep.equal(itemOf(cache, rows, index));
    }
  });
});
