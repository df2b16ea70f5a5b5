/**
 * Long division: Knuth's algorithm D (TAOCP volume 2, 4.3.1) with 32-bit digits, so that a digit's
 * product and two digits of a numerator fit 64 bits. Numbers are little-endian digits in memory.
 */
import { copy32, zero32 } from './bits';
import { DIV_DIVISOR, DIV_NUMERATOR, DIV_QUOTIENT, DIV_REMAINDER } from './scratch';

/** Digits that a number of at most `most` digits has without its leading zeros. */
@inline
function significantDigits(number: usize, most: u32): u32 {
  let count = most;
  while (count > 0 && load<u32>(number + ((count - 1) << 2)) == 0) count--;
  return count;
}

/** out = number << bits (below 32) in `count` digits; answers the digit that was shifted out. */
@inline
function shiftDigits(number: usize, count: u32, bits: u64, out: usize): u32 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const wide = (<u64>load<u32>(number + i) << bits) | carry;
    store<u32>(out + i, <u32>wide);
    carry = wide >> 32;
  }
  return <u32>carry;
}

/** Quotient and remainder of the numerator by one digit. */
function divideByDigit(numerator: usize, count: u32, divisor: u64): void {
  let remainder: u64 = 0;
  for (let i = <usize>count << 2; i != 0; ) {
    i -= 4;
    const part = (remainder << 32) | <u64>load<u32>(numerator + i);
    const digit = part / divisor;
    remainder = part - digit * divisor;
    store<u32>(DIV_QUOTIENT + i, <u32>digit);
  }
  store<u64>(DIV_REMAINDER, remainder);
}

/**
 * Step D4: subtracts digit * divisor from the `count` + 1 digits at `at`; answers whether the result
 * went below zero, which means that the digit was one too large.
 */
@inline
function subtractProduct(at: usize, digit: u64, count: u32): bool {
  const end = <usize>count << 2;
  let carry: u64 = 0;
  let borrow: i64 = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const product = digit * <u64>load<u32>(DIV_DIVISOR + i) + carry;
    carry = product >> 32;
    const rest = <i64>load<u32>(at + i) + borrow - <i64>(product & 0xffffffff);
    store<u32>(at + i, <u32>rest);
    borrow = rest >> 32;
  }
  const rest = <i64>load<u32>(at + end) + borrow - <i64>carry;
  store<u32>(at + end, <u32>rest);
  return rest < 0;
}

/** Step D6: adds the divisor back to the `count` + 1 digits at `at`, dropping the carry out. */
function addBack(at: usize, count: u32): void {
  const end = <usize>count << 2;
  let carry: u64 = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const sum = <u64>load<u32>(at + i) + <u64>load<u32>(DIV_DIVISOR + i) + carry;
    store<u32>(at + i, <u32>sum);
    carry = sum >> 32;
  }
  store<u32>(at + end, load<u32>(at + end) + <u32>carry);
}

/**
 * Divides a number of at most `most` (up to 16) digits by the 256-bit number at `divisor`. Afterwards
 * DIV_QUOTIENT holds the quotient's low 256 bits and DIV_REMAINDER the remainder; both are 0 where the
 * divisor is. Neither operand is changed.
 */
export function divide(numerator: usize, most: u32, divisor: usize): void {
  zero32(DIV_QUOTIENT);
  zero32(DIV_REMAINDER);
  const n = significantDigits(divisor, 8);
  if (n == 0) return;
  const m = significantDigits(numerator, most);
  if (m < n) {
    // Fewer digits than the divisor: at most 7, and the rest of the 32 bytes are zeros.
    copy32(DIV_REMAINDER, numerator);
    return;
  }
  if (n == 1) {
    divideByDigit(numerator, m, <u64>load<u32>(divisor));
    return;
  }
  // D1: shift both until the divisor's first digit has its highest bit set.
  const shift = <u64>clz<u32>(load<u32>(divisor + ((n - 1) << 2)));
  shiftDigits(divisor, n, shift, DIV_DIVISOR);
  store<u32>(DIV_NUMERATOR + (m << 2), shiftDigits(numerator, m, shift, DIV_NUMERATOR));
  const first = <u64>load<u32>(DIV_DIVISOR + ((n - 1) << 2));
  const second = <u64>load<u32>(DIV_DIVISOR + ((n - 2) << 2));
  for (let j = <i32>(m - n); j >= 0; j--) {
    const at = DIV_NUMERATOR + (<usize>j << 2);
    const top = at + ((n - 2) << 2);
    // D3: guess the digit from the two first digits, correct it by the third: then it is right or one
    // too large.
    const part = load<u64>(top, 4);
    let digit = part / first;
    let rest = part - digit * first;
    const third = <u64>load<u32>(top);
    while (digit > 0xffffffff || digit * second > ((rest << 32) | third)) {
      digit--;
      rest += first;
      if (rest > 0xffffffff) break;
    }
    if (subtractProduct(at, digit, n)) {
      digit--;
      addBack(at, n);
    }
    store<u32>(DIV_QUOTIENT + (<usize>j << 2), <u32>digit);
  }
  // D8: the remainder is what is left of the numerator, shifted back.
  for (let i: usize = 0; i < <usize>n << 2; i += 4) {
    store<u32>(DIV_REMAINDER + i, <u32>(load<u64>(DIV_NUMERATOR + i) >> shift));
  }
}

/** out = the quotient of the last division, modulo 2^256. */
@inline
export function quotientInto(out: usize): void {
  copy32(out, DIV_QUOTIENT);
}

/** out = the remainder of the last division. */
@inline
export function remainderInto(out: usize): void {
  copy32(out, DIV_REMAINDER);
}
