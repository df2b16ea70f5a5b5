import { expect } from 'chai';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { CoreArithmetic, FREE } from '../support/core-arithmetic.js';

const DATA = FREE + 64;
const OUT = FREE;

/** The same bytes in every run. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const number = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

describe('core: bytes and hashes', () => {
  let core: CoreArithmetic;

  before(async function () {
    this.timeout(60_000);
    core = await CoreArithmetic.build();
  });

  function place(bytes: Uint8Array, at = DATA): void {
    core.bytes.set(bytes, at);
  }
  const out = (length = 32): Uint8Array => core.bytes.slice(OUT, OUT + length);

  it('keccak256 agrees with the library for every length around the rate, in both byte orders', () => {
    for (const length of [...Array(301).keys(), 407, 408, 409, 1000, 4096, 24576]) {
      for (const start of [0, 3]) {
        const bytes = noise(length, length + 1);
        place(bytes, DATA + start);
        // What lies behind the input must not matter.
        core.bytes.fill(0xa7, DATA + start + length, DATA + start + length + 16);
        const wanted = bytesToHex(keccak256(bytes));
        core.call('keccak256', DATA + start, length, OUT);
        expect(bytesToHex(out()), `${length} bytes`).to.equal(wanted);
        core.call('keccak256Word', DATA + start, length, OUT);
        expect(bytesToHex(out().reverse()), `${length} bytes, as a word`).to.equal(wanted);
      }
    }
  });

  it('keccak256 may write over its input and reads nothing behind the end of memory', () => {
    const bytes = noise(77, 5);
    const at = core.bytes.length - bytes.length;
    place(bytes, at);
    const wanted = bytesToHex(keccak256(bytes));
    core.call('keccak256', at, bytes.length, at);
    expect(bytesToHex(core.bytes.slice(at, at + 32))).to.equal(wanted);
  });

  it('loads and stores big-endian words, in place too', () => {
    const bytes = noise(32, 1);
    place(bytes);
    core.call('loadBigEndian', DATA, OUT);
    expect(core.read(OUT)).to.equal(number(bytes));
    core.call('storeBigEndian', OUT, OUT);
    expect(bytesToHex(out())).to.equal(bytesToHex(bytes));
  });

  it('loads immediates of 1 to 32 bytes', () => {
    const bytes = noise(48, 2);
    place(bytes);
    for (let size = 1; size <= 32; size++) {
      core.call('loadImmediate', DATA, size, OUT);
      expect(core.read(OUT), `PUSH${size}`).to.equal(number(bytes.subarray(0, size)));
    }
  });

  it('fills what a word lacks at its end with zeros', () => {
    const bytes = noise(40, 3);
    place(bytes);
    for (let available = 0; available <= 33; available++) {
      core.call('loadBigEndianPadded', DATA, available, OUT);
      const padded = new Uint8Array(32);
      padded.set(bytes.subarray(0, Math.min(available, 32)));
      expect(core.read(OUT), `${available} bytes`).to.equal(number(padded));
    }
  });

  it('copies with zeros behind the source, whatever the offset', () => {
    const source = noise(20, 4);
    place(source);
    const copy = core.functions.copyPadded as unknown as (...args: (number | bigint)[]) => void;
    for (const offset of [0n, 1n, 19n, 20n, 21n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 64n - 1n]) {
      for (const length of [0, 1, 19, 20, 21, 40]) {
        core.bytes.fill(0xee, OUT, OUT + 48);
        copy(OUT, DATA, source.length, offset, length);
        const wanted = new Uint8Array(48).fill(0xee);
        wanted.fill(0, 0, length);
        if (offset < 20n) wanted.set(source.subarray(Number(offset)).subarray(0, length));
        expect(bytesToHex(out(48)), `${length} bytes from ${offset}`).to.equal(bytesToHex(wanted));
      }
    }
  });

  it('copies, swaps, clears, compares and masks words', () => {
    const [x, y] = [number(noise(32, 6)), number(noise(32, 7))];
    const [a, b] = [FREE, FREE + 32];
    core.write(a, x);
    core.write(b, y);
    expect(core.call('equal32', a, b)).to.equal(0);
    core.call('swap32', a, b);
    expect([core.read(a), core.read(b)]).to.deep.equal([y, x]);
    core.call('maskAddress', b, b);
    expect(core.read(b)).to.equal(BigInt.asUintN(160, x));
    core.call('copy32', a, b);
    expect(core.call('equal32', a, b)).to.equal(1);
    core.call('zero32', a);
    expect(core.read(a)).to.equal(0n);
    expect(core.read(b)).to.equal(BigInt.asUintN(160, x));
  });
});
