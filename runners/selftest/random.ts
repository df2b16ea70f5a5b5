/** Choices that depend on a seed and a name alone, so that a self-test can be repeated. */
import { createHash } from 'node:crypto';

export class Random {
  #state: number;

  constructor(...seed: readonly string[]) {
    this.#state = createHash('sha256').update(seed.join('\n')).digest().readUInt32LE(0);
  }

  /** A whole number from 0 to `bound` - 1 (Mulberry32). */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  /** One of them; null where there is none. */
  pick<T>(choices: readonly T[]): T | null {
    return choices.length === 0 ? null : (choices[this.below(choices.length)] as T);
  }
}
