/** Keccak-256 of the core: every split into blocks, lanes and bytes, and no trace of the hash before. */
import { expect } from 'chai';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { CoreArithmetic, FREE } from '../support/core-arithmetic.js';

const OUT = FREE;
const DATA = FREE + 64;
/** Static data ends below, and nothing of the arithmetic lies behind the scratch window. */
const SCRATCH = 0x40000;
const SCRATCH_SIZE = 0x10000;

/** Numbers below 2^32, the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state ^ (state >>> 15)) >>> 0;
  }
}

describe('core: Keccak-256', () => {
  let core: CoreArithmetic;
  const random = numbers(11);

  before(async function () {
    this.timeout(60_000);
    core = await CoreArithmetic.build();
  });

  /** The core's hash, as its usual bytes, of `bytes` at `at`. */
  function hash(bytes: Uint8Array, at = DATA): string {
    core.bytes.set(bytes, at);
    core.call('keccak256Word', at, bytes.length, OUT);
    return bytesToHex(core.bytes.slice(OUT, OUT + 32).reverse());
  }
  const message = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.next().value);

  it('agrees with the library for all lengths up to four blocks and more, anywhere in memory', () => {
    for (let length = 0; length <= 600; length++) {
      const bytes = message(length);
      const at = DATA + (random.next().value % 4096);
      core.bytes.fill(0xa7, at + length, at + length + 16);
      expect(hash(bytes, at), `${length} bytes at ${at}`).to.equal(bytesToHex(keccak256(bytes)));
    }
  });

  it('agrees with the library where every lane of the first block is all zeros or all ones', () => {
    for (let lane = 0; lane < 17; lane++) {
      const bytes = new Uint8Array(135).fill(0xff, 8 * lane, 8 * lane + 8);
      const complement = bytes.map((byte) => byte ^ 0xff);
      expect(hash(bytes), `lane ${lane}`).to.equal(bytesToHex(keccak256(bytes)));
      expect(hash(complement), `all but lane ${lane}`).to.equal(bytesToHex(keccak256(complement)));
    }
  });

  it('owes nothing to the hash before, and writes only its result and its scratch', () => {
    const bytes = message(300);
    const wanted = hash(bytes);
    core.bytes.fill(0x5c, SCRATCH, SCRATCH + 0x300);
    core.bytes.fill(0xd3, OUT, OUT + 32);
    core.bytes.set(bytes, DATA);
    const before = core.bytes.slice();
    expect(hash(bytes)).to.equal(wanted);
    const changed = (from: number, to: number): boolean =>
      Buffer.compare(core.bytes.subarray(from, to), before.subarray(from, to)) !== 0;
    expect(changed(0, SCRATCH)).to.equal(false);
    expect(changed(SCRATCH + SCRATCH_SIZE, OUT)).to.equal(false);
    expect(changed(OUT + 32, core.bytes.length)).to.equal(false);
  });
});
