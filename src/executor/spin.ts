/** Waiting without falling asleep. */

/**
 * Looks up to `spins` times whether `word` still holds `value`; true where it did at the last look. What is waited for
 * often comes sooner than a sleeping thread would be awake.
 */
export function spinWhile(i32: Int32Array, word: number, value: number, spins: number): boolean {
  for (let left = spins; left > 0; left--) if (Atomics.load(i32, word) !== value) return false;
  return true;
}
