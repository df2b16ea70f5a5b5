/**
 * Hashes of keys made of words. Seeded, because slot keys are chosen by whoever writes a contract. Against one who does
 * not know the seed that keeps lists short; it is no cryptographic hash.
 */

/**
 * Places that are looked at, at most, in an open table of what is no more than advice: its keys are chosen by others, who may
 * let hashes collide, and what is not found so soon is left out.
 */
export const MOST_PROBES = 64;

/**
 * Mixes `count` words of `words` from `at` into `seed`. Two lanes take every other word, so that the
 * processor can multiply in both at once; each step is a bijection of its lane for any given word. Both begin with the
 * seed: words of a lane that began with a constant could be chosen so that they collide whatever the seed is.
 */
export function hashWords(words: Uint32Array, at: number, count: number, seed: number): number {
  let a = seed | 0;
  let b = seed ^ 0x3c6ef372;
  const pairs = at + (count & -2);
  for (let i = at; i < pairs; i += 2) {
    a = Math.imul(a ^ (words[i] as number), 0xcc9e2d51);
    a ^= a >>> 15;
    b = Math.imul(b ^ (words[i + 1] as number), 0x1b873593);
    b ^= b >>> 14;
  }
  if ((count & 1) !== 0) {
    a = Math.imul(a ^ (words[pairs] as number), 0xcc9e2d51);
    a ^= a >>> 15;
  }
  return (Math.imul(a, 0x2c1b3c6d) + b) | 0;
}

/** Final avalanche; the result is a signed 32-bit number, which V8 keeps without an allocation. */
export function finishHash(hash: number): number {
  let h = hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h;
}
