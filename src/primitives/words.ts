/**
 * 256-bit values, addresses and 64-bit counters as 32-bit words, least significant word first.
 * This is the form in which values cross between shared memory, the host and a machine: plain
 * typed-array traffic, with no allocation and no BigInt.
 *
 * | value             | words |
 * |-------------------|-------|
 * | u256, slot, value | 8     |
 * | address           | 5 (the low 160 bits) |
 * | u64               | 2     |
 */

export const U256_WORDS = 8;
export const ADDRESS_WORDS = 5;

/** One 64-bit value, as words and as the BigInt that they are: half as many BigInts as word by word. */
const pair = new Uint32Array(2);
const pairValue = new BigUint64Array(pair.buffer);

/** Writes `value` (below 2^(32·count)) as `count` words. */
export function writeWords(value: bigint, out: Uint32Array, at: number, count: number): void {
  let rest = value;
  for (let i = 0; i < count; i += 2) {
    // An element takes what is below 2^64.
    pairValue[0] = rest;
    out[at + i] = pair[0] as number;
    if (i + 1 < count) out[at + i + 1] = pair[1] as number;
    rest = rest === 0n ? rest : rest >> 64n;
  }
}

/** Reads `count` words as an unsigned integer. */
export function readWords(words: Uint32Array, at: number, count: number): bigint {
  let top = count - 1;
  while (top > 0 && words[at + top] === 0) top--;
  if (top <= 0) return BigInt(count > 0 ? (words[at] as number) : 0);
  // From the highest even word on.
  let i = top & ~1;
  pair[0] = words[at + i] as number;
  pair[1] = i < top ? (words[at + i + 1] as number) : 0;
  let value = pairValue[0] as bigint;
  for (i -= 2; i >= 0; i -= 2) {
    pair[0] = words[at + i] as number;
    pair[1] = words[at + i + 1] as number;
    value = (value << 64n) | (pairValue[0] as bigint);
  }
  return value;
}

/** Writes big-endian `bytes` (a multiple of four long) as little-endian words. */
export function bytesToWords(bytes: Uint8Array, out: Uint32Array, at: number): void {
  const count = bytes.length >>> 2;
  for (let i = 0; i < count; i++) {
    const b = bytes.length - 4 * i - 4;
    out[at + i] =
      (((bytes[b] as number) << 24) |
        ((bytes[b + 1] as number) << 16) |
        ((bytes[b + 2] as number) << 8) |
        (bytes[b + 3] as number)) >>>
      0;
  }
}

/** Reads `count` words as 4·count big-endian bytes. */
export function wordsToBytes(words: Uint32Array, at: number, count: number): Uint8Array {
  const bytes = new Uint8Array(4 * count);
  for (let i = 0; i < count; i++) {
    const word = words[at + i] as number;
    const b = bytes.length - 4 * i - 4;
    bytes[b] = word >>> 24;
    bytes[b + 1] = word >>> 16;
    bytes[b + 2] = word >>> 8;
    bytes[b + 3] = word;
  }
  return bytes;
}

export function equalWords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}

/** Adds the 256-bit number at `b[bAt]` to the one at `a[aAt]`, modulo 2^256. Answers 0 where that is zero, something else otherwise. */
export function addU256(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  let carry = 0;
  let added = 0;
  for (let i = 0; i < U256_WORDS; i++) {
    const x = a[aAt + i] as number;
    const y = b[bAt + i] as number;
    // Of 32 bits only, for the processor's own addition: the carry out is the majority of the top bits that went in.
    const sum = (x + y + carry) | 0;
    a[aAt + i] = sum;
    carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
    added |= y;
  }
  return added;
}

/** The same words with room for as many again. */
export function enlarged(words: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(2 * words.length);
  twice.set(words);
  return twice;
}
