/**
 * Arithmetic of the EVM's 256-bit words (yellow paper, appendix H.2) on values in linear memory.
 *
 * A value is 32 bytes, little-endian: four 64-bit limbs, least significant first. Functions take
 * pointers; the result goes to `out`, which may be the same place as any operand.
 */
import { copy32, fits64, isZero32, mulHigh64, store256, storeU64, zero32 } from './bits';
import { divide, quotientInto, remainderInto } from './divide';
import { EXP_POWER, EXP_RESULT, SIGNED_X, SIGNED_Y, WIDE } from './scratch';

/** out = x + y mod 2^256 (ADD). */
@inline
export function add256(x: usize, y: usize, out: usize): void {
  const x0 = load<u64>(x);
  const x1 = load<u64>(x, 8);
  const x2 = load<u64>(x, 16);
  const r0 = x0 + load<u64>(y);
  const s1 = x1 + load<u64>(y, 8);
  const s2 = x2 + load<u64>(y, 16);
  const c0 = <u64>(r0 < x0);
  const r1 = s1 + c0;
  const c1 = <u64>(s1 < x1) | <u64>(r1 < c0);
  const r2 = s2 + c1;
  const c2 = <u64>(s2 < x2) | <u64>(r2 < c1);
  store256(out, r0, r1, r2, load<u64>(x, 24) + load<u64>(y, 24) + c2);
}

/** out = x - y mod 2^256 (SUB). */
@inline
export function sub256(x: usize, y: usize, out: usize): void {
  const x0 = load<u64>(x);
  const x1 = load<u64>(x, 8);
  const x2 = load<u64>(x, 16);
  const y0 = load<u64>(y);
  const y1 = load<u64>(y, 8);
  const y2 = load<u64>(y, 16);
  const b0 = <u64>(x0 < y0);
  const s1 = x1 - y1;
  const b1 = <u64>(x1 < y1) | <u64>(s1 < b0);
  const s2 = x2 - y2;
  const b2 = <u64>(x2 < y2) | <u64>(s2 < b1);
  store256(out, x0 - y0, s1 - b0, s2 - b1, load<u64>(x, 24) - load<u64>(y, 24) - b2);
}

/** out = -x mod 2^256. */
export function negate256(x: usize, out: usize): void {
  const r0 = 0 - load<u64>(x);
  const c0 = <u64>(r0 == 0);
  const r1 = ~load<u64>(x, 8) + c0;
  const c1 = c0 & <u64>(r1 == 0);
  const r2 = ~load<u64>(x, 16) + c1;
  const c2 = c1 & <u64>(r2 == 0);
  store256(out, r0, r1, r2, ~load<u64>(x, 24) + c2);
}

/** out = x * y mod 2^256 (MUL). */
export function mul256(x: usize, y: usize, out: usize): void {
  const x0 = load<u64>(x);
  const x1 = load<u64>(x, 8);
  const x2 = load<u64>(x, 16);
  const x3 = load<u64>(x, 24);
  const y0 = load<u64>(y);
  const y1 = load<u64>(y, 8);
  const y2 = load<u64>(y, 16);
  const y3 = load<u64>(y, 24);
  const r0 = x0 * y0;
  let r1 = mulHigh64(x0, y0);
  if ((x1 | x2 | x3 | y1 | y2 | y3) == 0) {
    store256(out, r0, r1, 0, 0);
    return;
  }
  // Column by column: each partial product's low half goes to its own column, its high half and the
  // carry to the next. A high half is at most 2^64 - 2, so adding one carry to it cannot overflow.
  let low = x1 * y0;
  r1 += low;
  let high = mulHigh64(x1, y0) + <u64>(r1 < low);
  let r2 = high;
  let r3: u64 = 0;
  low = x0 * y1;
  r1 += low;
  high = mulHigh64(x0, y1) + <u64>(r1 < low);
  r2 += high;
  r3 = <u64>(r2 < high);
  low = x2 * y0;
  r2 += low;
  r3 += mulHigh64(x2, y0) + <u64>(r2 < low);
  if ((x1 | y1 | y2) != 0) {
    low = x1 * y1;
    r2 += low;
    r3 += mulHigh64(x1, y1) + <u64>(r2 < low);
    low = x0 * y2;
    r2 += low;
    r3 += mulHigh64(x0, y2) + <u64>(r2 < low);
  }
  r3 += x0 * y3 + x1 * y2 + x2 * y1 + x3 * y0;
  store256(out, r0, r1, r2, r3);
}

/** out = x / y, unsigned; 0 for y = 0 (DIV). */
export function div256(x: usize, y: usize, out: usize): void {
  if (fits64(x) && fits64(y)) {
    const divisor = load<u64>(y);
    storeU64(out, divisor == 0 ? 0 : load<u64>(x) / divisor);
    return;
  }
  divide(x, 8, y);
  quotientInto(out);
}

/** out = x mod y, unsigned; 0 for y = 0 (MOD). */
export function mod256(x: usize, y: usize, out: usize): void {
  if (fits64(x) && fits64(y)) {
    const divisor = load<u64>(y);
    storeU64(out, divisor == 0 ? 0 : load<u64>(x) % divisor);
    return;
  }
  divide(x, 8, y);
  remainderInto(out);
}

/** Whether a value read as two's complement is below zero. */
@inline
function isNegative(x: usize): bool {
  return <i64>load<u64>(x, 24) < 0;
}

/** out = |x| of a value read as two's complement; -2^255 stays 2^255. */
@inline
function magnitude(x: usize, out: usize): void {
  if (isNegative(x)) negate256(x, out);
  else copy32(out, x);
}

/** out = x / y in two's complement, rounded towards zero; 0 for y = 0, and -2^255 / -1 = -2^255 (SDIV). */
export function sdiv256(x: usize, y: usize, out: usize): void {
  const negative = isNegative(x) != isNegative(y);
  magnitude(x, SIGNED_X);
  magnitude(y, SIGNED_Y);
  div256(SIGNED_X, SIGNED_Y, out);
  if (negative) negate256(out, out);
}

/** out = x mod y in two's complement, with the sign of x; 0 for y = 0 (SMOD). */
export function smod256(x: usize, y: usize, out: usize): void {
  const negative = isNegative(x);
  magnitude(x, SIGNED_X);
  magnitude(y, SIGNED_Y);
  mod256(SIGNED_X, SIGNED_Y, out);
  if (negative) negate256(out, out);
}

/** out = (x + y) mod m without overflow; 0 for m = 0 (ADDMOD). */
export function addmod256(x: usize, y: usize, m: usize, out: usize): void {
  const x0 = load<u64>(x);
  const x1 = load<u64>(x, 8);
  const x2 = load<u64>(x, 16);
  const x3 = load<u64>(x, 24);
  const r0 = x0 + load<u64>(y);
  const s1 = x1 + load<u64>(y, 8);
  const s2 = x2 + load<u64>(y, 16);
  const s3 = x3 + load<u64>(y, 24);
  const c0 = <u64>(r0 < x0);
  const r1 = s1 + c0;
  const c1 = <u64>(s1 < x1) | <u64>(r1 < c0);
  const r2 = s2 + c1;
  const c2 = <u64>(s2 < x2) | <u64>(r2 < c1);
  const r3 = s3 + c2;
  const c3 = <u64>(s3 < x3) | <u64>(r3 < c2);
  store256(WIDE, r0, r1, r2, r3);
  store<u64>(WIDE, c3, 32);
  if (ltBool(x, m) && ltBool(y, m)) {
    // Both operands are reduced (the usual case in field arithmetic): one subtraction reduces the sum.
    if (c3 != 0 || !ltBool(WIDE, m)) sub256(WIDE, m, out);
    else copy32(out, WIDE);
    return;
  }
  divide(WIDE, 10, m);
  remainderInto(out);
}

/** out = (x * y) mod m of the whole 512-bit product; 0 for m = 0 (MULMOD). */
export function mulmod256(x: usize, y: usize, m: usize, out: usize): void {
  if (fits64(x) && fits64(y)) {
    const x0 = load<u64>(x);
    const y0 = load<u64>(y);
    store256(WIDE, x0 * y0, mulHigh64(x0, y0), 0, 0);
    mod256(WIDE, m, out);
    return;
  }
  wideProduct(x, y);
  divide(WIDE, 16, m);
  remainderInto(out);
}

/** WIDE = x * y, all 512 bits: schoolbook rows of 32-bit digits, so that a digit's product and two carries fit 64 bits. */
function wideProduct(x: usize, y: usize): void {
  zero32(WIDE);
  zero32(WIDE + 32);
  for (let i: usize = 0; i < 32; i += 4) {
    const digit = <u64>load<u32>(x + i);
    if (digit == 0) continue;
    const row = WIDE + i;
    let carry: u64 = 0;
    for (let j: usize = 0; j < 32; j += 4) {
      const sum = digit * <u64>load<u32>(y + j) + <u64>load<u32>(row + j) + carry;
      store<u32>(row + j, <u32>sum);
      carry = sum >> 32;
    }
    store<u32>(row, <u32>carry, 32);
  }
}

/** out = base ^ exponent mod 2^256, with 0 ^ 0 = 1 (EXP). */
export function exp256(base: usize, exponent: usize, out: usize): void {
  if (fits64(base) && popcnt<u64>(load<u64>(base)) == 1) {
    expPowerOfTwo(<u32>ctz<u64>(load<u64>(base)), exponent, out);
    return;
  }
  // Squares and multiplies from the exponent's lowest bit up; it is read bit by bit, so `out` waits.
  const bits: u32 = 256 - clz256(exponent);
  copy32(EXP_POWER, base);
  storeU64(EXP_RESULT, 1);
  for (let i: u32 = 0; i < bits; i++) {
    if (((load<u8>(exponent + (i >> 3)) >> <u8>(i & 7)) & 1) != 0) mul256(EXP_RESULT, EXP_POWER, EXP_RESULT);
    if (i + 1 < bits) mul256(EXP_POWER, EXP_POWER, EXP_POWER);
  }
  copy32(out, EXP_RESULT);
}

/** out = (2 ^ log) ^ exponent: scaling by powers of 2 and 256 is most of what contracts use EXP for. */
function expPowerOfTwo(log: u32, exponent: usize, out: usize): void {
  const count = load<u64>(exponent);
  const inRange = log == 0 || (fits64(exponent) && count < 256);
  const shift = <u64>log * count;
  zero32(out);
  if (!inRange || (log != 0 && shift > 255)) return;
  const bit = log == 0 ? 0 : <u32>shift;
  store<u64>(out + ((bit >> 6) << 3), (<u64>1) << <u64>(bit & 63));
}

/** out = value with the sign bit of its byte `index` (0 is the lowest) copied to all higher bits (SIGNEXTEND). */
export function signextend256(index: usize, value: usize, out: usize): void {
  const at = load<u64>(index);
  if (!fits64(index) || at > 30) {
    copy32(out, value);
    return;
  }
  const limb = <u32>(at >> 3);
  const shift = 56 - ((at & 7) << 3);
  const extended = <u64>((<i64>(load<u64>(value + (limb << 3)) << shift)) >> <i64>shift);
  const sign = <u64>(<i64>extended >> 63);
  const v0 = load<u64>(value);
  const v1 = load<u64>(value, 8);
  const v2 = load<u64>(value, 16);
  store256(
    out,
    limb == 0 ? extended : v0,
    limb == 1 ? extended : limb < 1 ? sign : v1,
    limb == 2 ? extended : limb < 2 ? sign : v2,
    limb == 3 ? extended : sign,
  );
}

@inline
function ltBool(x: usize, y: usize): bool {
  const x3 = load<u64>(x, 24);
  const y3 = load<u64>(y, 24);
  if (x3 != y3) return x3 < y3;
  return ltLow(x, y);
}

/** Whether the low 192 bits of x are below those of y. */
@inline
function ltLow(x: usize, y: usize): bool {
  const x2 = load<u64>(x, 16);
  const y2 = load<u64>(y, 16);
  if (x2 != y2) return x2 < y2;
  const x1 = load<u64>(x, 8);
  const y1 = load<u64>(y, 8);
  if (x1 != y1) return x1 < y1;
  return load<u64>(x) < load<u64>(y);
}

/** 1 where x < y, unsigned, else 0 (LT). */
@inline
export function lt256(x: usize, y: usize): u64 {
  return <u64>ltBool(x, y);
}

/** 1 where x > y, unsigned, else 0 (GT). */
@inline
export function gt256(x: usize, y: usize): u64 {
  return <u64>ltBool(y, x);
}

/** 1 where x < y in two's complement, else 0 (SLT). */
@inline
export function slt256(x: usize, y: usize): u64 {
  const x3 = <i64>load<u64>(x, 24);
  const y3 = <i64>load<u64>(y, 24);
  return <u64>(x3 != y3 ? x3 < y3 : ltLow(x, y));
}

/** 1 where x > y in two's complement, else 0 (SGT). */
@inline
export function sgt256(x: usize, y: usize): u64 {
  return slt256(y, x);
}

/** 1 where x = y, else 0 (EQ). */
@inline
export function eq256(x: usize, y: usize): u64 {
  const difference =
    (load<u64>(x) ^ load<u64>(y)) |
    (load<u64>(x, 8) ^ load<u64>(y, 8)) |
    (load<u64>(x, 16) ^ load<u64>(y, 16)) |
    (load<u64>(x, 24) ^ load<u64>(y, 24));
  return <u64>(difference == 0);
}

/** 1 where x = 0, else 0 (ISZERO). */
@inline
export function iszero256(x: usize): u64 {
  return <u64>isZero32(x);
}

/** out = x & y (AND). */
@inline
export function and256(x: usize, y: usize, out: usize): void {
  store256(
    out,
    load<u64>(x) & load<u64>(y),
    load<u64>(x, 8) & load<u64>(y, 8),
    load<u64>(x, 16) & load<u64>(y, 16),
    load<u64>(x, 24) & load<u64>(y, 24),
  );
}

/** out = x | y (OR). */
@inline
export function or256(x: usize, y: usize, out: usize): void {
  store256(
    out,
    load<u64>(x) | load<u64>(y),
    load<u64>(x, 8) | load<u64>(y, 8),
    load<u64>(x, 16) | load<u64>(y, 16),
    load<u64>(x, 24) | load<u64>(y, 24),
  );
}

/** out = x ^ y (XOR). */
@inline
export function xor256(x: usize, y: usize, out: usize): void {
  store256(
    out,
    load<u64>(x) ^ load<u64>(y),
    load<u64>(x, 8) ^ load<u64>(y, 8),
    load<u64>(x, 16) ^ load<u64>(y, 16),
    load<u64>(x, 24) ^ load<u64>(y, 24),
  );
}

/** out = ~x (NOT). */
@inline
export function not256(x: usize, out: usize): void {
  store256(out, ~load<u64>(x), ~load<u64>(x, 8), ~load<u64>(x, 16), ~load<u64>(x, 24));
}

/** Byte `index` of a value, counted from the most significant; 0 from 32 on (BYTE). */
@inline
export function byte256(index: usize, value: usize): u64 {
  const at = load<u64>(index);
  return fits64(index) && at < 32 ? <u64>load<u8>(value + 31 - <usize>at) : 0;
}

/** Number of zero bits above the highest set bit; 256 for 0 (CLZ, EIP-7939). */
export function clz256(x: usize): u32 {
  const x3 = load<u64>(x, 24);
  if (x3 != 0) return <u32>clz<u64>(x3);
  const x2 = load<u64>(x, 16);
  if (x2 != 0) return 64 + <u32>clz<u64>(x2);
  const x1 = load<u64>(x, 8);
  if (x1 != 0) return 128 + <u32>clz<u64>(x1);
  return 192 + <u32>clz<u64>(load<u64>(x));
}

/** Bytes that a value needs, 0 for 0: what EXP is charged by. */
@inline
export function byteLength256(x: usize): u32 {
  return (263 - clz256(x)) >> 3;
}
