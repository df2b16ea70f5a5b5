/** Shifts of 256-bit words (EIP-145). Pointers and byte order as in u256.ts; `out` may be an operand. */
import { fits64, store256 } from './bits';

/** out = value << shift, 0 from a shift of 256 on (SHL). */
export function shl256(shift: usize, value: usize, out: usize): void {
  const count = load<u64>(shift);
  if (!fits64(shift) || count > 255) {
    store256(out, 0, 0, 0, 0);
    return;
  }
  let v0 = load<u64>(value);
  let v1 = load<u64>(value, 8);
  let v2 = load<u64>(value, 16);
  let v3 = load<u64>(value, 24);
  if ((count & 64) != 0) {
    v3 = v2;
    v2 = v1;
    v1 = v0;
    v0 = 0;
  }
  if ((count & 128) != 0) {
    v3 = v1;
    v2 = v0;
    v1 = 0;
    v0 = 0;
  }
  const bits = count & 63;
  if (bits != 0) {
    const rest = 64 - bits;
    v3 = (v3 << bits) | (v2 >> rest);
    v2 = (v2 << bits) | (v1 >> rest);
    v1 = (v1 << bits) | (v0 >> rest);
    v0 <<= bits;
  }
  store256(out, v0, v1, v2, v3);
}

/** out = value >> shift with `fill` (all zeros or all ones) coming in from the left. */
@inline
function shiftRight(shift: usize, value: usize, fill: u64, out: usize): void {
  const count = load<u64>(shift);
  if (!fits64(shift) || count > 255) {
    store256(out, fill, fill, fill, fill);
    return;
  }
  let v0 = load<u64>(value);
  let v1 = load<u64>(value, 8);
  let v2 = load<u64>(value, 16);
  let v3 = load<u64>(value, 24);
  if ((count & 64) != 0) {
    v0 = v1;
    v1 = v2;
    v2 = v3;
    v3 = fill;
  }
  if ((count & 128) != 0) {
    v0 = v2;
    v1 = v3;
    v2 = fill;
    v3 = fill;
  }
  const bits = count & 63;
  if (bits != 0) {
    const rest = 64 - bits;
    v0 = (v0 >> bits) | (v1 << rest);
    v1 = (v1 >> bits) | (v2 << rest);
    v2 = (v2 >> bits) | (v3 << rest);
    v3 = (v3 >> bits) | (fill << rest);
  }
  store256(out, v0, v1, v2, v3);
}

/** out = value >> shift, unsigned, 0 from a shift of 256 on (SHR). */
export function shr256(shift: usize, value: usize, out: usize): void {
  shiftRight(shift, value, 0, out);
}

/** out = value >> shift in two's complement, 0 or -1 from a shift of 256 on (SAR). */
export function sar256(shift: usize, value: usize, out: usize): void {
  shiftRight(shift, value, <u64>(<i64>load<u64>(value, 24) >> 63), out);
}
