/** Keys that one hash does not tell apart. */

/** Two numbers of which `hash` makes the same; they differ in two words, since a hash of one word is no other word's. */
export function collision(hash: (value: bigint) => number): [bigint, bigint] {
  const seen = new Map<number, bigint>();
  for (let i = 1n; i < 1_000_000n; i++) {
    const value = (i * 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n);
    const of = hash(value);
    const before = seen.get(of);
    if (before !== undefined) return [before, value];
    seen.set(of, value);
  }
  throw new Error('no two hashes are equal');
}
