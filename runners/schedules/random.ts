/** Pseudo-random numbers that are the same on every machine. */

/** Mixes two 32-bit numbers into one that is not 0 (murmur3's finalisation). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ b;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x9e3779b1);
  h ^= h >>> 15;
  return h | 0 || 1;
}

/** The state after `state` (xorshift32, Marsaglia); neither is 0. */
export function nextState(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x | 0;
}

/** A generator of its own, for what is drawn before a schedule begins. */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = mix(seed, 0x51ed270b);
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = nextState(this.#state);
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * bound);
  }

  /** One of `values`. */
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** A whole number from `low` to `high`, small ones as likely as large ones: each power of two as often as the next. */
  scale(low: number, high: number): number {
    const exponent = (this.below(2 ** 20) / 2 ** 20) * Math.log2(high / low);
    return Math.min(high, Math.round(low * 2 ** exponent));
  }

  word(): number {
    this.#state = nextState(this.#state);
    return this.#state;
  }
}
