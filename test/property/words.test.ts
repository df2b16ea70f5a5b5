/** Arithmetic on 256-bit numbers in words, against BigInt. */
import { expect } from 'chai';
import fc from 'fast-check';
import { addU256, readWords, U256_WORDS, writeWords } from '../../src/primitives/words.js';

const LIMIT = 2n ** 256n;

/** Any number, or one next to where a carry goes from word to word. */
const number = fc.oneof(
  fc.bigInt({ min: 0n, max: LIMIT - 1n }),
  fc
    .tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: -2, max: 2 }))
    .map(([word, more]) => (LIMIT + 2n ** BigInt(32 * word) + BigInt(more)) % LIMIT),
);

describe('256-bit words', () => {
  it('are added as numbers are, modulo 2^256', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        // What stands around the two numbers stays as it is.
        const left = new Uint32Array(U256_WORDS + 2).fill(7);
        const right = new Uint32Array(U256_WORDS + 1).fill(9);
        writeWords(a, left, 1, U256_WORDS);
        writeWords(b, right, 1, U256_WORDS);
        expect(addU256(left, 1, right, 1) === 0, 'nothing added').to.equal(b === 0n);
        expect(readWords(left, 1, U256_WORDS)).to.equal((a + b) % LIMIT);
        expect([left[0], left[U256_WORDS + 1], right[0], readWords(right, 1, U256_WORDS)]).to.deep.equal([7, 7, 9, b]);
      }),
      { numRuns: 5000, seed: 20261122, endOnFailure: false },
    );
  });

  it('carry through all words', () => {
    const words = new Uint32Array(U256_WORDS).fill(0xffffffff);
    addU256(words, 0, Uint32Array.of(1, 0, 0, 0, 0, 0, 0, 0), 0);
    expect([...words]).to.deep.equal(new Array(U256_WORDS).fill(0));
    // The sum of a word is all ones, and the carry from below goes on.
    const sum = Uint32Array.of(0xffffffff, 0x80000000, 0, 0, 0, 0, 0, 0);
    addU256(sum, 0, Uint32Array.of(1, 0x7fffffff, 0, 0, 0, 0, 0, 0), 0);
    expect([...sum]).to.deep.equal([0, 0, 1, 0, 0, 0, 0, 0]);
  });
});
