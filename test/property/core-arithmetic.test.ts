/** Every operation of the core's arithmetic against BigInt, at the edges and at random. */
import { expect } from 'chai';
import fc from 'fast-check';
import { CoreArithmetic, FREE } from '../support/core-arithmetic.js';

const WORD = 1n << 256n;
const SIGN = 1n << 255n;
const u256 = (value: bigint): bigint => BigInt.asUintN(256, value);
const i256 = (value: bigint): bigint => BigInt.asIntN(256, value);
const bit = (condition: boolean): bigint => (condition ? 1n : 0n);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % WORD;
    square = (square * square) % WORD;
  }
  return result;
}

const length = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** Operations that leave a word at `out`: name, operands, meaning. */
const WORDS: readonly (readonly [name: string, operands: 1 | 2 | 3, (x: bigint, y: bigint, m: bigint) => bigint])[] = [
  ['add256', 2, (x, y) => x + y],
  ['sub256', 2, (x, y) => x - y],
  ['negate256', 1, (x) => -x],
  ['mul256', 2, (x, y) => x * y],
  ['div256', 2, (x, y) => (y === 0n ? 0n : x / y)],
  ['mod256', 2, (x, y) => (y === 0n ? 0n : x % y)],
  ['sdiv256', 2, (x, y) => (y === 0n ? 0n : i256(x) / i256(y))],
  ['smod256', 2, (x, y) => (y === 0n ? 0n : i256(x) % i256(y))],
  ['addmod256', 3, (x, y, m) => (m === 0n ? 0n : (x + y) % m)],
  ['mulmod256', 3, (x, y, m) => (m === 0n ? 0n : (x * y) % m)],
  ['exp256', 2, power],
  ['signextend256', 2, (i, x) => (i > 30n ? x : BigInt.asIntN(8 * (Number(i) + 1), x))],
  ['and256', 2, (x, y) => x & y],
  ['or256', 2, (x, y) => x | y],
  ['xor256', 2, (x, y) => x ^ y],
  ['not256', 1, (x) => ~x],
  ['shl256', 2, (n, x) => (n > 255n ? 0n : x << n)],
  ['shr256', 2, (n, x) => (n > 255n ? 0n : x >> n)],
  ['sar256', 2, (n, x) => i256(x) >> (n > 255n ? 255n : n)],
];

/** Operations that answer a number. */
const NUMBERS: readonly (readonly [name: string, operands: 1 | 2, (x: bigint, y: bigint) => bigint])[] = [
  ['lt256', 2, (x, y) => bit(x < y)],
  ['gt256', 2, (x, y) => bit(x > y)],
  ['slt256', 2, (x, y) => bit(i256(x) < i256(y))],
  ['sgt256', 2, (x, y) => bit(i256(x) > i256(y))],
  ['eq256', 2, (x, y) => bit(x === y)],
  ['iszero256', 1, (x) => bit(x === 0n)],
  ['byte256', 2, (i, x) => (i > 31n ? 0n : (x >> (8n * (31n - i))) & 0xffn)],
  ['clz256', 1, (x) => BigInt(256 - length(x))],
  ['byteLength256', 1, (x) => BigInt(Math.ceil(length(x) / 8))],
  ['saturate64', 1, (x) => (x >> 64n === 0n ? x : 2n ** 64n - 1n)],
  ['fits64', 1, (x) => bit(x >> 64n === 0n)],
  ['isZero32', 1, (x) => bit(x === 0n)],
];

/** Values at which carries, digits, signs and shifts change their behaviour. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 30n, 31n, 32n, 63n, 64n, 127n, 128n, 191n, 192n, 255n, 256n, 257n],
  ...[32n, 64n, 96n, 128n, 160n, 192n, 224n, 255n].flatMap((n) => [2n ** n - 1n, 2n ** n, 2n ** n + 1n]),
  ...[2n ** 64n + 31n, 10n ** 18n, SIGN + 12345n, WORD - 2n ** 128n, WORD - 2n ** 64n, WORD - 2n, WORD - 1n],
  // Moduli of the curves that contracts compute with.
  0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n,
  0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
];

/** Digits of 32 bits that are often 0, 1, half or full: what long division's corrections depend on. */
const digit = fc.oneof(
  fc.constantFrom(0n, 1n, 0x7fffffffn, 0x80000000n, 0x80000001n, 0xfffffffen, 0xffffffffn),
  fc.bigInt({ min: 0n, max: 0xffffffffn }),
);
const word = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.bigInt({ min: 0n, max: WORD - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc
    .array(digit, { minLength: 1, maxLength: 8 })
    .map((digits) => digits.reduce((sum, value) => (sum << 32n) | value, 0n)),
);

const X = FREE;
const Y = FREE + 32;
const M = FREE + 64;
const OUT = FREE + 96;

describe('core arithmetic', () => {
  let core: CoreArithmetic;

  before(async function () {
    this.timeout(60_000);
    core = await CoreArithmetic.build();
  });

  function expectWord(at: number, wanted: bigint, what: () => string): void {
    const found = core.read(at);
    if (found !== wanted) expect.fail(`${what()} = 0x${found.toString(16)}, wanted 0x${wanted.toString(16)}`);
  }

  /** Runs one operation with the result beside its operands and over each of them. */
  function checkWord(name: string, operands: number, values: readonly bigint[], wanted: bigint): void {
    const places = [X, Y, M].slice(0, operands);
    for (const out of [OUT, ...places]) {
      for (const [i, at] of places.entries()) core.write(at, values[i] as bigint);
      core.write(OUT, 0x5a5an);
      core.call(name, ...places, out);
      const what = (): string =>
        `${name}(${values.slice(0, operands).map((v) => `0x${v.toString(16)}`)}) at ${out - X}`;
      expectWord(out, wanted, what);
      for (const [i, at] of places.entries()) if (at !== out) expectWord(at, values[i] as bigint, what);
    }
  }

  for (const [name, operands, meaning] of WORDS) {
    it(`${name} is what BigInt says`, function () {
      this.timeout(20_000);
      for (const x of EDGES) {
        for (const y of operands > 1 ? EDGES : [0n]) {
          const moduli = operands > 2 ? [0n, 1n, 2n ** 64n, 2n ** 128n - 1n, SIGN, WORD - 1n, x, y] : [0n];
          for (const m of moduli) checkWord(name, operands, [x, y, m], u256(meaning(x, y, m)));
        }
      }
      fc.assert(
        fc.property(word, word, word, (x, y, m) => checkWord(name, operands, [x, y, m], u256(meaning(x, y, m)))),
        { numRuns: 2000, seed: 256 },
      );
    });
  }

  it('one operand may be both operands', () => {
    for (const [name, operands, meaning] of WORDS) {
      if (operands !== 2) continue;
      for (const x of EDGES) {
        core.write(X, x);
        core.call(name, X, X, X);
        expectWord(X, u256(meaning(x, x, 0n)), () => `${name}(0x${x.toString(16)}) of itself`);
      }
    }
  });

  for (const [name, operands, meaning] of NUMBERS) {
    it(`${name} is what BigInt says`, () => {
      const check = (x: bigint, y: bigint): void => {
        core.write(X, x);
        core.write(Y, y);
        const found = BigInt.asUintN(64, BigInt(core.call(name, ...[X, Y].slice(0, operands)) as number | bigint));
        if (found !== meaning(x, y)) expect.fail(`${name}(0x${x.toString(16)}, 0x${y.toString(16)}) = ${found}`);
      };
      for (const x of EDGES) for (const y of EDGES) check(x, y);
      fc.assert(fc.property(word, word, check), { numRuns: 2000, seed: 256 });
    });
  }

  it('divides right where the first guess of a digit is two or one too large', () => {
    // Knuth 4.3.1, exercise 22, with 32-bit digits: steps D3 and D6 both have work to do.
    const cases: readonly (readonly [bigint, bigint])[] = [
      [0x7fffffff_80000000_00000000_00000000n, 0x80000000_00000000_00000001n],
      [0x7fffffff_ffffffff_00000000_00000000_00000000n, 0x80000000_00000000_ffffffffn],
      [0x80000000_00000000_00000000_00000003n, 0x20000000_00000000_00000001n],
      [0xffffffff_00000000_00000000n << 128n, 0xffffffff_ffffffffn],
    ];
    for (const [x, y] of cases) {
      checkWord('div256', 2, [x, y], x / y);
      checkWord('mod256', 2, [x, y], x % y);
    }
  });
});
