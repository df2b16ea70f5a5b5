/** A seeded source of numbers: the same seed gives the same workload on every machine. */

/** Finaliser of MurmurHash3: a bijection of 32-bit words that leaves no pattern in them. */
export function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const GOLDEN = 0x9e3779b1;
const TWO_32 = 2 ** 32;

/** A counter under two rounds of {@link mix32}. */
export class Random {
  private counter = 0;
  private readonly key: number;

  constructor(seed: number) {
    this.key = mix32(seed) ^ mix32(Math.floor(seed / TWO_32) ^ GOLDEN);
  }

  /** Uniform in 0 to 2^32 - 1. */
  word(): number {
    this.counter = (this.counter + GOLDEN) >>> 0;
    return mix32(mix32(this.counter ^ this.key) ^ Math.imul(this.key, GOLDEN));
  }

  /** A whole number from 0 on and below `bound`, which is at most 2^32. */
  below(bound: number): number {
    return Math.floor((this.word() / TWO_32) * bound);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.word() < probability * TWO_32;
  }
}

/** Draws items by their weights. */
export class Weighted<T> {
  private readonly sums: number[] = [];

  /** `weights` are positive and there is at least one. */
  constructor(private readonly weights: readonly (readonly [T, number])[]) {
    let sum = 0;
    for (const [, weight] of weights) {
      sum += weight;
      this.sums.push(sum);
    }
  }

  draw(random: Random): T {
    const total = this.sums.at(-1) as number;
    const at = (random.word() / TWO_32) * total;
    const index = this.sums.findIndex((sum) => at < sum);
    return (this.weights[index === -1 ? this.weights.length - 1 : index] as readonly [T, number])[0];
  }
}
