/**
 * Keccak-256 as Ethereum uses it (the original padding, not SHA-3's): rate 136 bytes, Keccak-f[1600].
 */
import { bswap64, store256 } from './bits';
import { KECCAK_STATE } from './scratch';

/** Bytes absorbed per permutation. */
const RATE: u32 = 136;

/** Round constants of step iota. */
const ROUND_CONSTANTS = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
  0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);

/** Step chi for one lane: its row's next two lanes decide which bits flip. */
@inline
function chi(lane: u64, next: u64, afterNext: u64): u64 {
  return lane ^ (~next & afterNext);
}

/**
 * Keccak-f[1600] on the 25 lanes at KECCAK_STATE. Lane (x, y) is `a` + (x + 5y); all 25 stay in locals
 * over the 24 rounds.
 */
function permute(): void {
  let a0 = load<u64>(KECCAK_STATE);
  let a1 = load<u64>(KECCAK_STATE, 8);
  let a2 = load<u64>(KECCAK_STATE, 16);
  let a3 = load<u64>(KECCAK_STATE, 24);
  let a4 = load<u64>(KECCAK_STATE, 32);
  let a5 = load<u64>(KECCAK_STATE, 40);
  let a6 = load<u64>(KECCAK_STATE, 48);
  let a7 = load<u64>(KECCAK_STATE, 56);
  let a8 = load<u64>(KECCAK_STATE, 64);
  let a9 = load<u64>(KECCAK_STATE, 72);
  let a10 = load<u64>(KECCAK_STATE, 80);
  let a11 = load<u64>(KECCAK_STATE, 88);
  let a12 = load<u64>(KECCAK_STATE, 96);
  let a13 = load<u64>(KECCAK_STATE, 104);
  let a14 = load<u64>(KECCAK_STATE, 112);
  let a15 = load<u64>(KECCAK_STATE, 120);
  let a16 = load<u64>(KECCAK_STATE, 128);
  let a17 = load<u64>(KECCAK_STATE, 136);
  let a18 = load<u64>(KECCAK_STATE, 144);
  let a19 = load<u64>(KECCAK_STATE, 152);
  let a20 = load<u64>(KECCAK_STATE, 160);
  let a21 = load<u64>(KECCAK_STATE, 168);
  let a22 = load<u64>(KECCAK_STATE, 176);
  let a23 = load<u64>(KECCAK_STATE, 184);
  let a24 = load<u64>(KECCAK_STATE, 192);
  for (let round: usize = 0; round < 24 << 3; round += 8) {
    // theta: every lane takes the parity of two columns beside its own.
    const c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
    const c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
    const c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
    const c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
    const c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
    const d0 = c4 ^ rotl<u64>(c1, 1);
    const d1 = c0 ^ rotl<u64>(c2, 1);
    const d2 = c1 ^ rotl<u64>(c3, 1);
    const d3 = c2 ^ rotl<u64>(c4, 1);
    const d4 = c3 ^ rotl<u64>(c0, 1);
    // rho and pi: lane (x, y) is rotated and moves to (y, 2x + 3y).
    const b0 = a0 ^ d0;
    const b1 = rotl<u64>(a6 ^ d1, 44);
    const b2 = rotl<u64>(a12 ^ d2, 43);
    const b3 = rotl<u64>(a18 ^ d3, 21);
    const b4 = rotl<u64>(a24 ^ d4, 14);
    const b5 = rotl<u64>(a3 ^ d3, 28);
    const b6 = rotl<u64>(a9 ^ d4, 20);
    const b7 = rotl<u64>(a10 ^ d0, 3);
    const b8 = rotl<u64>(a16 ^ d1, 45);
    const b9 = rotl<u64>(a22 ^ d2, 61);
    const b10 = rotl<u64>(a1 ^ d1, 1);
    const b11 = rotl<u64>(a7 ^ d2, 6);
    const b12 = rotl<u64>(a13 ^ d3, 25);
    const b13 = rotl<u64>(a19 ^ d4, 8);
    const b14 = rotl<u64>(a20 ^ d0, 18);
    const b15 = rotl<u64>(a4 ^ d4, 27);
    const b16 = rotl<u64>(a5 ^ d0, 36);
    const b17 = rotl<u64>(a11 ^ d1, 10);
    const b18 = rotl<u64>(a17 ^ d2, 15);
    const b19 = rotl<u64>(a23 ^ d3, 56);
    const b20 = rotl<u64>(a2 ^ d2, 62);
    const b21 = rotl<u64>(a8 ^ d3, 55);
    const b22 = rotl<u64>(a14 ^ d4, 39);
    const b23 = rotl<u64>(a15 ^ d0, 41);
    const b24 = rotl<u64>(a21 ^ d1, 2);
    // chi, and iota on lane (0, 0).
    a0 = chi(b0, b1, b2) ^ load<u64>(ROUND_CONSTANTS + round);
    a1 = chi(b1, b2, b3);
    a2 = chi(b2, b3, b4);
    a3 = chi(b3, b4, b0);
    a4 = chi(b4, b0, b1);
    a5 = chi(b5, b6, b7);
    a6 = chi(b6, b7, b8);
    a7 = chi(b7, b8, b9);
    a8 = chi(b8, b9, b5);
    a9 = chi(b9, b5, b6);
    a10 = chi(b10, b11, b12);
    a11 = chi(b11, b12, b13);
    a12 = chi(b12, b13, b14);
    a13 = chi(b13, b14, b10);
    a14 = chi(b14, b10, b11);
    a15 = chi(b15, b16, b17);
    a16 = chi(b16, b17, b18);
    a17 = chi(b17, b18, b19);
    a18 = chi(b18, b19, b15);
    a19 = chi(b19, b15, b16);
    a20 = chi(b20, b21, b22);
    a21 = chi(b21, b22, b23);
    a22 = chi(b22, b23, b24);
    a23 = chi(b23, b24, b20);
    a24 = chi(b24, b20, b21);
  }
  store<u64>(KECCAK_STATE, a0);
  store<u64>(KECCAK_STATE, a1, 8);
  store<u64>(KECCAK_STATE, a2, 16);
  store<u64>(KECCAK_STATE, a3, 24);
  store<u64>(KECCAK_STATE, a4, 32);
  store<u64>(KECCAK_STATE, a5, 40);
  store<u64>(KECCAK_STATE, a6, 48);
  store<u64>(KECCAK_STATE, a7, 56);
  store<u64>(KECCAK_STATE, a8, 64);
  store<u64>(KECCAK_STATE, a9, 72);
  store<u64>(KECCAK_STATE, a10, 80);
  store<u64>(KECCAK_STATE, a11, 88);
  store<u64>(KECCAK_STATE, a12, 96);
  store<u64>(KECCAK_STATE, a13, 104);
  store<u64>(KECCAK_STATE, a14, 112);
  store<u64>(KECCAK_STATE, a15, 120);
  store<u64>(KECCAK_STATE, a16, 128);
  store<u64>(KECCAK_STATE, a17, 136);
  store<u64>(KECCAK_STATE, a18, 144);
  store<u64>(KECCAK_STATE, a19, 152);
  store<u64>(KECCAK_STATE, a20, 160);
  store<u64>(KECCAK_STATE, a21, 168);
  store<u64>(KECCAK_STATE, a22, 176);
  store<u64>(KECCAK_STATE, a23, 184);
  store<u64>(KECCAK_STATE, a24, 192);
}

/** Adds the eight bytes at `from` to lane `offset` / 8 of the state. */
@inline
function absorbLane(from: usize, offset: usize): void {
  store<u64>(KECCAK_STATE + offset, load<u64>(KECCAK_STATE + offset) ^ load<u64>(from + offset));
}

/** Leaves the hash of `length` bytes in the first four lanes of the state. */
function absorb(from: usize, length: u32): void {
  for (let i: usize = 0; i < 200; i += 8) store<u64>(KECCAK_STATE + i, 0);
  while (length >= RATE) {
    for (let i: usize = 0; i < RATE; i += 8) absorbLane(from, i);
    permute();
    from += RATE;
    length -= RATE;
  }
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) absorbLane(from, i);
  // Last lane: the remaining bytes (below 8), then the padding's first bit.
  let last: u64 = 0;
  let shift: u64 = 0;
  for (let j = i; j < length; j++, shift += 8) last |= <u64>load<u8>(from + j) << shift;
  last |= (<u64>1) << shift;
  store<u64>(KECCAK_STATE + i, load<u64>(KECCAK_STATE + i) ^ last);
  store<u64>(KECCAK_STATE, load<u64>(KECCAK_STATE, RATE - 8) ^ 0x8000000000000000, RATE - 8);
  permute();
}

/** Hash of the `length` bytes at `from` as 32 bytes in their usual order. */
export function keccak256(from: usize, length: u32, out: usize): void {
  absorb(from, length);
  store256(
    out,
    load<u64>(KECCAK_STATE),
    load<u64>(KECCAK_STATE, 8),
    load<u64>(KECCAK_STATE, 16),
    load<u64>(KECCAK_STATE, 24),
  );
}

/** Hash of the `length` bytes at `from` as a 256-bit value (little-endian limbs): what KECCAK256 pushes. */
export function keccak256Word(from: usize, length: u32, out: usize): void {
  absorb(from, length);
  store256(
    out,
    bswap64(load<u64>(KECCAK_STATE, 24)),
    bswap64(load<u64>(KECCAK_STATE, 16)),
    bswap64(load<u64>(KECCAK_STATE, 8)),
    bswap64(load<u64>(KECCAK_STATE)),
  );
}
