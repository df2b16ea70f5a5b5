/**
 * Keccak-512 (the submission's padding, as Ethereum uses it) over 32-bit words. Ethash alone needs
 * it, about a million times to build a cache, so that it works in place and allocates nothing.
 */

const ROUNDS = 24;
const LANES = 25;
/** Words of input absorbed at a time: 576 bits. */
const RATE_WORDS = 18;

/** Iota constants as [low, high] words, from the linear feedback shift register of FIPS 202, section 3.2.5. */
const IOTA = new Int32Array(2 * ROUNDS);
/** Rho offsets and pi targets along the cycle that starts at lane (1, 0): FIPS 202, sections 3.2.2 and 3.2.3. */
const RHO = new Uint8Array(LANES - 1);
const PI = new Uint8Array(LANES - 1);

let register = 1;
for (let round = 0; round < ROUNDS; round++) {
  for (let j = 0; j < 7; j++) {
    const bit = (1 << j) - 1;
    if (register & 1) IOTA[2 * round + (bit >> 5)] = (IOTA[2 * round + (bit >> 5)] as number) ^ (1 << (bit & 31));
    register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
  }
}
for (let t = 0, x = 1, y = 0; t < LANES - 1; t++) {
  [x, y] = [y, (2 * x + 3 * y) % 5];
  PI[t] = x + 5 * y;
  RHO[t] = (((t + 1) * (t + 2)) / 2) % 64;
}

const state = new Int32Array(2 * LANES);
const parity = new Int32Array(10);
const row = new Int32Array(14);

function permute(): void {
  for (let round = 0; round < ROUNDS; round++) {
    theta();
    rhoPi();
    chi();
    state[0] = (state[0] as number) ^ (IOTA[2 * round] as number);
    state[1] = (state[1] as number) ^ (IOTA[2 * round + 1] as number);
  }
}

function theta(): void {
  for (let i = 0; i < 10; i++) {
    parity[i] =
      (state[i] as number) ^
      (state[i + 10] as number) ^
      (state[i + 20] as number) ^
      (state[i + 30] as number) ^
      (state[i + 40] as number);
  }
  for (let x = 0; x < 10; x += 2) {
    const before = x === 0 ? 8 : x - 2;
    const after = x === 8 ? 0 : x + 2;
    const low = parity[after] as number;
    const high = parity[after + 1] as number;
    const dLow = (parity[before] as number) ^ ((low << 1) | (high >>> 31));
    const dHigh = (parity[before + 1] as number) ^ ((high << 1) | (low >>> 31));
    for (let y = x; y < 50; y += 10) {
      state[y] = (state[y] as number) ^ dLow;
      state[y + 1] = (state[y + 1] as number) ^ dHigh;
    }
  }
}

function rhoPi(): void {
  let low = state[2] as number;
  let high = state[3] as number;
  for (let t = 0; t < LANES - 1; t++) {
    const target = 2 * (PI[t] as number);
    const offset = RHO[t] as number;
    const nextLow = state[target] as number;
    const nextHigh = state[target + 1] as number;
    const shift = offset & 31;
    // No offset is a multiple of 32, so that both shifts stay within a word.
    const a = offset < 32 ? low : high;
    const b = offset < 32 ? high : low;
    state[target] = (a << shift) | (b >>> (32 - shift));
    state[target + 1] = (b << shift) | (a >>> (32 - shift));
    low = nextLow;
    high = nextHigh;
  }
}

function chi(): void {
  for (let y = 0; y < 50; y += 10) {
    // The row and its first two lanes again, so that no index wraps around.
    for (let i = 0; i < 10; i++) row[i] = state[y + i] as number;
    for (let i = 0; i < 4; i++) row[10 + i] = row[i] as number;
    for (let i = 0; i < 10; i++) {
      state[y + i] = (row[i] as number) ^ (~(row[i + 2] as number) & (row[i + 4] as number));
    }
  }
}

/**
 * Hash of `count` words (little-endian) of `input` at `at`, written as 16 words to `out[to…]`.
 * `count` is below 18: one block. Input and output may overlap.
 */
export function keccak512Words(input: Uint32Array, at: number, count: number, out: Uint32Array, to: number): void {
  if (count >= RATE_WORDS) throw new RangeError(`${count} words do not fit in one block`);
  state.fill(0);
  for (let i = 0; i < count; i++) state[i] = input[at + i] as number;
  state[count] = (state[count] as number) ^ 1;
  state[RATE_WORDS - 1] = (state[RATE_WORDS - 1] as number) ^ (1 << 31);
  permute();
  for (let i = 0; i < 16; i++) out[to + i] = state[i] as number;
}
