/**
 * Chains: transactions each of which is known to wait for the one before it, or for an earlier one (`prior-knowledge.ts`).
 * Where they are light one thread is faster alone: to hand each over to another one takes as long as to run it.
 */
/** How far beyond the next step a chain must reach for other threads to be of no use, transactions. */
const CHAIN_BEYOND = 64;
/** Share of the transactions of a chain that may wait for nobody, where they are tiny: each begins a chain of its own. */
export const GAPS = 1 / 6;
/** Time of a transaction, milliseconds, from which a chain is left to all threads: what each computes before it waits can overlap. */
export const HEAVY_MILLISECONDS = 0.02;
/** Below it, to hand a transaction over to the thread that has run what it waited for takes as long as the transaction. */
export const TINY_MILLISECONDS = 0.004;
/** Share of a block on one path from which other threads cost more than they could save. */
const ON_PATH = 0.8;

/**
 * True where every transaction from `from` on, of the next `step` and some beyond, is known by `hint` to wait for the one
 * before it, but for a share `gaps` of them.
 */
export function isChain(
  hint: (index: number) => number,
  from: number,
  count: number,
  step: number,
  gaps: number,
): boolean {
  const end = Math.min(from + step + CHAIN_BEYOND, count);
  let left = gaps * (end - from);
  for (let i = from; i < end; i++) if (hint(i) !== i - 1 && --left < 0) return false;
  return true;
}

/** What a block's transactions are known to wait for, seen as paths from blocker to blocker. */
export class Paths {
  private lengths = new Int32Array(0);
  private limits = new Float64Array(0);

  /**
   * True where most of the block lies on one path, by the number of its transactions and by their gas limits, so that many
   * threads could take at best no less than {@link ON_PATH} of one thread's time. `hints`: the transaction before each
   * on its path, or -1; `limit`: a transaction's gas limit.
   */
  isOne(hints: Int32Array, limit: (index: number) => number): boolean {
    const count = hints.length;
    if (count > this.lengths.length) {
      this.lengths = new Int32Array(2 * count);
      this.limits = new Float64Array(2 * count);
    }
    const lengths = this.lengths;
    const limits = this.limits;
    let longest = 0;
    for (let index = 0; index < count; index++) {
      const before = hints[index] as number;
      const length = before < 0 ? 1 : 1 + (lengths[before] as number);
      lengths[index] = length;
      if (length > longest) longest = length;
    }
    // In most blocks that is the end, before any transaction was looked at.
    if (longest < ON_PATH * count) return false;
    let heaviest = 0;
    let sum = 0;
    for (let index = 0; index < count; index++) {
      const before = hints[index] as number;
      const own = limit(index);
      const path = before < 0 ? own : own + (limits[before] as number);
      limits[index] = path;
      sum += own;
      if (path > heaviest) heaviest = path;
    }
    return heaviest >= ON_PATH * sum;
  }
}
