/** Random numbers that a seed and an iteration determine, so that every case can be made again. */

import { mix32 } from '../../workloads/random.js';

/** xoshiro128** (Blackman and Vigna), seeded from two 32-bit numbers. */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number, iteration: number) {
    for (let i = 0; i < 4; i++) this.#state[i] = mix32(mix32(seed + i * 0x9e3779b9) ^ mix32(iteration * 4 + i + 1));
    this.#state[0] = (this.#state[0] as number) | 1;
  }

  u32(): number {
    const s = this.#state;
    const [a, b, c, d] = s as unknown as [number, number, number, number];
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    s[1] = b ^ third;
    s[0] = a ^ fourth;
    s[2] = third ^ (b << 9);
    s[3] = (fourth << 11) | (fourth >>> 21);
    return result;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.u32() / 2 ** 32) * bound);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** One of the items, each as often as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let total = 0;
    for (const [weight] of items) total += weight;
    let at = this.below(total);
    for (const [weight, item] of items) {
      if (at < weight) return item;
      at -= weight;
    }
    throw new RangeError('no items to choose from');
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.u32() >>> 24;
    return out;
  }

  /** Below 2^`bits`. */
  integer(bits: number): bigint {
    let value = 0n;
    for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(this.u32());
    return value & ((1n << BigInt(bits)) - 1n);
  }

  /** Between `low` and `high`, evenly over the orders of magnitude. */
  logarithmic(low: number, high: number): number {
    return Math.floor(low * (high / low) ** (this.u32() / 2 ** 32));
  }

  /** A 256-bit value, mostly at an edge of some operation. */
  word(): bigint {
    switch (this.below(8)) {
      case 0:
        return BigInt(this.below(4));
      case 1:
        return BigInt(this.below(300));
      case 2:
        return this.integer(32);
      case 3: {
        const power = 1n << BigInt(this.below(256));
        return (power + BigInt(this.below(3)) - 1n) & MAX_WORD;
      }
      case 4:
        return MAX_WORD - BigInt(this.below(4));
      case 5: {
        const power = 1n << BigInt(this.below(256));
        return (MAX_WORD ^ power) & MAX_WORD;
      }
      default:
        return this.integer(this.pick([64, 128, 160, 256]));
    }
  }
}

export const MAX_WORD = (1n << 256n) - 1n;
