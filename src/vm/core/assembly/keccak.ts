/**
 * Keccak-256 as Ethereum uses it (the original padding, not SHA-3's): rate 136 bytes, Keccak-f[1600].
 *
 * The lanes lie in memory, and every round reads one state and writes the other, row by row. In locals
 * they are slower: 25 lanes are twice what the processor has registers for, and V8 orders arithmetic as it
 * likes, except that what a store writes is computed before it.
 *
 * Six lanes are kept complemented over all rounds, which leaves step chi with one complement a row in place
 * of five (the lane complementing transform of "Keccak implementation overview").
 */
import { bswap64, store256 } from './bits';
import { KECCAK_HELD, KECCAK_ODD, KECCAK_STATE } from './scratch';

/** Bytes absorbed per permutation. */
const RATE: u32 = 136;

/** The state between permutations and after every second round: lane (x, y) at 8 (x + 5 y). */
const EVEN: usize = KECCAK_STATE;
/** The state after every other round. */
const ODD: usize = KECCAK_ODD;
/** Where `hold` stores. Nobody reads it. */
const HELD: usize = KECCAK_HELD;

/** Round constants of step iota. */
const ROUND_CONSTANTS = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
  0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
/** Offsets among the constants: behind the last round, of the last but one, and the last one's constant. */
const ROUNDS: usize = 24 << 3;
const LAST_BUT_ONE: usize = 22 << 3;
const LAST_CONSTANT: u64 = 0x8000000080008008;

/** Parity of column `x`. */
@inline
function parity(state: usize, x: usize): u64 {
  const column = state + (x << 3);
  return (
    load<u64>(column) ^ load<u64>(column, 40) ^ load<u64>(column, 80) ^ load<u64>(column, 120) ^ load<u64>(column, 160)
  );
}

/**
 * `value`, which has to be known here: V8 moves sums towards their use, but loads stay before later
 * stores. Without this all 25 loads of a round's parities would come first, and most would be spilled.
 */
@inline
function hold(value: u64): u64 {
  store<u64>(HELD, value);
  return value;
}

/** One round: from the state at `from` to the one at `to`, which must not be the same. */
@inline
function round(from: usize, to: usize, constant: u64): void {
  // theta: every lane takes the parity of two columns beside its own.
  const c0 = hold(parity(from, 0));
  const c2 = hold(parity(from, 2));
  const d1 = c0 ^ rotl<u64>(c2, 1);
  const c4 = hold(parity(from, 4));
  const d3 = c2 ^ rotl<u64>(c4, 1);
  const c1 = hold(parity(from, 1));
  const d0 = c4 ^ rotl<u64>(c1, 1);
  const c3 = parity(from, 3);
  const d2 = c1 ^ rotl<u64>(c3, 1);
  const d4 = c3 ^ rotl<u64>(c0, 1);
  // rho and pi collect a row (lane (x, y) is rotated and moves to (y, 2x + 3y)); chi, and iota on lane
  // (0, 0), write it. Chi's `a ^ (~b & c)` appears as the complemented lanes leave it.
  let b0 = load<u64>(from) ^ d0;
  let b1 = rotl<u64>(load<u64>(from, 48) ^ d1, 44);
  let b2 = rotl<u64>(load<u64>(from, 96) ^ d2, 43);
  let b3 = rotl<u64>(load<u64>(from, 144) ^ d3, 21);
  let b4 = rotl<u64>(load<u64>(from, 192) ^ d4, 14);
  store<u64>(to, b0 ^ (b1 | b2) ^ constant);
  store<u64>(to, b1 ^ (~b2 | b3), 8);
  store<u64>(to, b2 ^ (b3 & b4), 16);
  store<u64>(to, b3 ^ (b4 | b0), 24);
  store<u64>(to, b4 ^ (b0 & b1), 32);
  b0 = rotl<u64>(load<u64>(from, 24) ^ d3, 28);
  b1 = rotl<u64>(load<u64>(from, 72) ^ d4, 20);
  b2 = rotl<u64>(load<u64>(from, 80) ^ d0, 3);
  b3 = rotl<u64>(load<u64>(from, 128) ^ d1, 45);
  b4 = rotl<u64>(load<u64>(from, 176) ^ d2, 61);
  store<u64>(to, b0 ^ (b1 | b2), 40);
  store<u64>(to, b1 ^ (b2 & b3), 48);
  store<u64>(to, b2 ^ (b3 | ~b4), 56);
  store<u64>(to, b3 ^ (b4 | b0), 64);
  store<u64>(to, b4 ^ (b0 & b1), 72);
  b0 = rotl<u64>(load<u64>(from, 8) ^ d1, 1);
  b1 = rotl<u64>(load<u64>(from, 56) ^ d2, 6);
  b2 = rotl<u64>(load<u64>(from, 104) ^ d3, 25);
  b3 = rotl<u64>(load<u64>(from, 152) ^ d4, 8);
  b4 = rotl<u64>(load<u64>(from, 160) ^ d0, 18);
  store<u64>(to, b0 ^ (b1 | b2), 80);
  store<u64>(to, b1 ^ (b2 & b3), 88);
  b3 = ~b3;
  store<u64>(to, b2 ^ (b3 & b4), 96);
  store<u64>(to, b3 ^ (b4 | b0), 104);
  store<u64>(to, b4 ^ (b0 & b1), 112);
  b0 = rotl<u64>(load<u64>(from, 32) ^ d4, 27);
  b1 = rotl<u64>(load<u64>(from, 40) ^ d0, 36);
  b2 = rotl<u64>(load<u64>(from, 88) ^ d1, 10);
  b3 = rotl<u64>(load<u64>(from, 136) ^ d2, 15);
  b4 = rotl<u64>(load<u64>(from, 184) ^ d3, 56);
  store<u64>(to, b0 ^ (b1 & b2), 120);
  store<u64>(to, b1 ^ (b2 | b3), 128);
  b3 = ~b3;
  store<u64>(to, b2 ^ (b3 | b4), 136);
  store<u64>(to, b3 ^ (b4 & b0), 144);
  store<u64>(to, b4 ^ (b0 | b1), 152);
  b0 = rotl<u64>(load<u64>(from, 16) ^ d2, 62);
  b1 = rotl<u64>(load<u64>(from, 64) ^ d3, 55);
  b2 = rotl<u64>(load<u64>(from, 112) ^ d4, 39);
  b3 = rotl<u64>(load<u64>(from, 120) ^ d0, 41);
  b4 = rotl<u64>(load<u64>(from, 168) ^ d1, 2);
  store<u64>(to, b4 ^ (b0 & b1), 192);
  b1 = ~b1;
  store<u64>(to, b0 ^ (b1 & b2), 160);
  store<u64>(to, b1 ^ (b2 | b3), 168);
  store<u64>(to, b2 ^ (b3 & b4), 176);
  store<u64>(to, b3 ^ (b4 | b0), 184);
}

/**
 * The rounds from the first on the state at EVEN. All 24 where `end` is ROUNDS, which leaves their result at
 * EVEN; where `end` is LAST_BUT_ONE all but the last, which leaves it at ODD.
 */
function permute(end: usize): void {
  for (let i: usize = 0; i < ROUNDS; i += 16) {
    round(EVEN, ODD, load<u64>(ROUND_CONSTANTS + i));
    if (i == end) return;
    round(ODD, EVEN, load<u64>(ROUND_CONSTANTS + i, 8));
  }
}

/** Sets the state to all zero lanes, of which six are complemented: (1, 0), (2, 0), (3, 1), (2, 2), (2, 3), (0, 4). */
@inline
function clear(): void {
  store<u64>(EVEN, 0);
  store<u64>(EVEN, ~0, 8);
  store<u64>(EVEN, ~0, 16);
  store<u64>(EVEN, 0, 24);
  store<u64>(EVEN, 0, 32);
  store<u64>(EVEN, 0, 40);
  store<u64>(EVEN, 0, 48);
  store<u64>(EVEN, 0, 56);
  store<u64>(EVEN, ~0, 64);
  store<u64>(EVEN, 0, 72);
  store<u64>(EVEN, 0, 80);
  store<u64>(EVEN, 0, 88);
  store<u64>(EVEN, ~0, 96);
  store<u64>(EVEN, 0, 104);
  store<u64>(EVEN, 0, 112);
  store<u64>(EVEN, 0, 120);
  store<u64>(EVEN, 0, 128);
  store<u64>(EVEN, ~0, 136);
  store<u64>(EVEN, 0, 144);
  store<u64>(EVEN, 0, 152);
  store<u64>(EVEN, ~0, 160);
  store<u64>(EVEN, 0, 168);
  store<u64>(EVEN, 0, 176);
  store<u64>(EVEN, 0, 184);
  store<u64>(EVEN, 0, 192);
}

/** Adds `value` to the lane at `offset`. */
@inline
function addLane(offset: usize, value: u64): void {
  store<u64>(EVEN + offset, load<u64>(EVEN + offset) ^ value);
}

/** Absorbs `length` bytes and does all rounds but the last: the state is at ODD. */
function absorb(from: usize, length: u32): void {
  clear();
  while (length >= RATE) {
    for (let i: usize = 0; i < RATE; i += 8) addLane(i, load<u64>(from + i));
    permute(ROUNDS);
    from += RATE;
    length -= RATE;
  }
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) addLane(i, load<u64>(from + i));
  // Last lane: the remaining bytes (below 8), then the padding's first bit.
  let last: u64 = 0;
  let shift: u64 = 0;
  for (let j = i; j < length; j++, shift += 8) last |= <u64>load<u8>(from + j) << shift;
  addLane(i, last | ((<u64>1) << shift));
  addLane(RATE - 8, 0x8000000000000000);
  permute(LAST_BUT_ONE);
}

/**
 * The last round as far as the hash needs it: the first four lanes, to `out`. As a 256-bit value their
 * bytes are in reverse order, and so are they.
 */
@inline
function squeeze(out: usize, asWord: bool): void {
  const c0 = parity(ODD, 0);
  const c1 = parity(ODD, 1);
  const c2 = parity(ODD, 2);
  const c3 = parity(ODD, 3);
  const c4 = parity(ODD, 4);
  const b0 = load<u64>(ODD) ^ c4 ^ rotl<u64>(c1, 1);
  const b1 = rotl<u64>(load<u64>(ODD, 48) ^ c0 ^ rotl<u64>(c2, 1), 44);
  const b2 = rotl<u64>(load<u64>(ODD, 96) ^ c1 ^ rotl<u64>(c3, 1), 43);
  const b3 = rotl<u64>(load<u64>(ODD, 144) ^ c2 ^ rotl<u64>(c4, 1), 21);
  const b4 = rotl<u64>(load<u64>(ODD, 192) ^ c3 ^ rotl<u64>(c0, 1), 14);
  const e0 = b0 ^ (b1 | b2) ^ LAST_CONSTANT;
  const e1 = ~(b1 ^ (~b2 | b3));
  const e2 = ~(b2 ^ (b3 & b4));
  const e3 = b3 ^ (b4 | b0);
  if (asWord) store256(out, bswap64(e3), bswap64(e2), bswap64(e1), bswap64(e0));
  else store256(out, e0, e1, e2, e3);
}

/** Hash of the `length` bytes at `from` as 32 bytes in their usual order. */
export function keccak256(from: usize, length: u32, out: usize): void {
  absorb(from, length);
  squeeze(out, false);
}

/** Hash of the `length` bytes at `from` as a 256-bit value (little-endian limbs): what KECCAK256 pushes. */
export function keccak256Word(from: usize, length: u32, out: usize): void {
  absorb(from, length);
  squeeze(out, true);
}
