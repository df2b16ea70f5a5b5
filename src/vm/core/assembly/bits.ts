/**
 * Pieces below 256-bit arithmetic: byte order, wide products, and values moved between the big-endian
 * bytes of EVM memory, calldata and code, and the little-endian 32 bytes of a stack item.
 *
 * Everything here moves 64 bits at a time on purpose. A 128-bit load that follows two 64-bit stores to
 * the same place cannot be forwarded from the store buffer and waits for it to drain, and nearly every
 * value moved here was just written limb by limb.
 */

/** The eight bytes of `x` in reverse order. */
@inline
export function bswap64(x: u64): u64 {
  const pairs = ((x >> 8) & 0x00ff00ff00ff00ff) | ((x & 0x00ff00ff00ff00ff) << 8);
  return rotl<u64>(((pairs >> 16) & 0x0000ffff0000ffff) | ((pairs & 0x0000ffff0000ffff) << 16), 32);
}

/** High 64 bits of the product of two 64-bit numbers. */
@inline
export function mulHigh64(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const carry = (middle & 0xffffffff) + aLow * bHigh;
  return aHigh * bHigh + (middle >> 32) + (carry >> 32);
}

/** Writes the four limbs of a 256-bit value, least significant first. */
@inline
export function store256(out: usize, l0: u64, l1: u64, l2: u64, l3: u64): void {
  store<u64>(out, l0);
  store<u64>(out, l1, 8);
  store<u64>(out, l2, 16);
  store<u64>(out, l3, 24);
}

/** Writes a 64-bit number as a 256-bit value. */
@inline
export function storeU64(out: usize, value: u64): void {
  store256(out, value, 0, 0, 0);
}

/** Copies 32 bytes. */
@inline
export function copy32(out: usize, from: usize): void {
  store256(out, load<u64>(from), load<u64>(from, 8), load<u64>(from, 16), load<u64>(from, 24));
}

/** Swaps two 32-byte values. */
@inline
export function swap32(x: usize, y: usize): void {
  const x0 = load<u64>(x);
  const x1 = load<u64>(x, 8);
  const x2 = load<u64>(x, 16);
  const x3 = load<u64>(x, 24);
  copy32(x, y);
  store256(y, x0, x1, x2, x3);
}

/** Clears 32 bytes. */
@inline
export function zero32(out: usize): void {
  store256(out, 0, 0, 0, 0);
}

/** Whether 32 bytes are all zero. */
@inline
export function isZero32(p: usize): bool {
  return (load<u64>(p) | load<u64>(p, 8) | load<u64>(p, 16) | load<u64>(p, 24)) == 0;
}

/** Whether two 32-byte values are equal. */
@inline
export function equal32(x: usize, y: usize): bool {
  return (
    ((load<u64>(x) ^ load<u64>(y)) |
      (load<u64>(x, 8) ^ load<u64>(y, 8)) |
      (load<u64>(x, 16) ^ load<u64>(y, 16)) |
      (load<u64>(x, 24) ^ load<u64>(y, 24))) ==
    0
  );
}

/** Whether a 256-bit value is below 2^64. */
@inline
export function fits64(p: usize): bool {
  return (load<u64>(p, 8) | load<u64>(p, 16) | load<u64>(p, 24)) == 0;
}

/** A 256-bit value as a 64-bit number; everything from 2^64 on becomes 2^64 - 1. */
@inline
export function saturate64(p: usize): u64 {
  return fits64(p) ? load<u64>(p) : u64.MAX_VALUE;
}

/** Copies the low 20 bytes of a 256-bit value and clears the rest: the address that a stack item names. */
@inline
export function maskAddress(out: usize, from: usize): void {
  store256(out, load<u64>(from), load<u64>(from, 8), load<u64>(from, 16) & 0xffffffff, 0);
}

/** Reads 32 big-endian bytes into a 256-bit value (MLOAD). Source and destination may be the same. */
@inline
export function loadBigEndian(from: usize, out: usize): void {
  store256(
    out,
    bswap64(load<u64>(from, 24)),
    bswap64(load<u64>(from, 16)),
    bswap64(load<u64>(from, 8)),
    bswap64(load<u64>(from)),
  );
}

/** Writes a 256-bit value as 32 big-endian bytes (MSTORE). Source and destination may be the same. */
@inline
export function storeBigEndian(from: usize, out: usize): void {
  loadBigEndian(from, out);
}

/** Limb `index` of the number whose `size` big-endian bytes begin at `from`; may read 8 bytes past a short limb's start. */
@inline
function immediateLimb(from: usize, size: u32, index: u32): u64 {
  const end = size - 8 * index;
  if (size <= 8 * index) return 0;
  if (end >= 8) return bswap64(load<u64>(from + end - 8));
  return bswap64(load<u64>(from)) >> (64 - 8 * end);
}

/**
 * Reads the `size` (1 to 32) big-endian bytes at `from` into a 256-bit value (PUSH1 to PUSH32). With a
 * constant `size` this folds into at most four loads. Up to 7 bytes behind the immediate are read and
 * dropped; bytes behind the code's end have to be zero, since an immediate may be cut off there.
 */
@inline
export function loadImmediate(from: usize, size: u32, out: usize): void {
  store256(
    out,
    immediateLimb(from, size, 0),
    immediateLimb(from, size, 1),
    immediateLimb(from, size, 2),
    immediateLimb(from, size, 3),
  );
}

/**
 * Reads 32 big-endian bytes of which only the first `available` exist; the others are zero
 * (CALLDATALOAD near the end of the calldata). `out` may not overlap the source.
 */
export function loadBigEndianPadded(from: usize, available: u32, out: usize): void {
  if (available >= 32) {
    loadBigEndian(from, out);
    return;
  }
  zero32(out);
  for (let i: u32 = 0; i < available; i++) store<u8>(out + 31 - i, load<u8>(from + i));
}

/**
 * Copies `length` bytes from offset `offset` of the `size` bytes at `from` to `out`; what lies behind
 * the source's end is zero (CALLDATACOPY, CODECOPY, EXTCODECOPY). Source and destination may overlap.
 */
export function copyPadded(out: usize, from: usize, size: u32, offset: u64, length: u32): void {
  let present: u32 = 0;
  if (offset < <u64>size) present = min<u32>(size - <u32>offset, length);
  if (present > 0) memory.copy(out, from + <usize>offset, present);
  if (present < length) memory.fill(out + present, 0, length - present);
}
