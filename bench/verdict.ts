/** Promises of the project (bench/README.md, "Bars"), and whether a measurement keeps them. */
import type { Spread } from './measure.js';

export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly relation: '>=' | '<=';
  readonly limit: number;
  readonly unit: 'x' | 'us' | 's' | 'GB';
  readonly met: boolean;
  /** Whether every round says so, not only the median. */
  readonly clear: boolean;
}

/** What blocks are promised, by what they are; see {@link verdict} for the units. */
export const BARS = {
  oneThread: 0.85,
  /** Blocks of one transaction and less, microseconds above serial execution. */
  smallBlock: 50,
  /** Cost of a transaction in a block of 100,000 over that in one of 1,000. */
  growth: 1.3,
  independent: 1.7,
  chain: 0.9,
  /** Seconds of 500,000 ERC-20 transfers. */
  hugeSerial: 2.5,
  hugeParallel: 1.4,
  /** Serial execution over @ethereumjs/vm `runBlock`. */
  runBlock: 50,
  runBlockMainnet: 30,
  /** GB of the process with a block of 100,000 transactions. */
  memory: 1,
} as const;

/** Threads that speed-ups are judged at, and the least size of a block for that. */
export const JUDGED_THREADS = 2;
export const JUDGED_SIZE = 1000;

export function verdict(
  what: string,
  { median, min, max }: Spread,
  relation: Verdict['relation'],
  limit: number,
  unit: Verdict['unit'],
): Verdict {
  const holds = (value: number): boolean => (relation === '>=' ? value >= limit : value <= limit);
  const met = holds(median);
  return { what, value: median, relation, limit, unit, met, clear: holds(min) === met && holds(max) === met };
}

export function scaled({ median, min, max }: Spread, factor: number): Spread {
  return { median: median * factor, min: min * factor, max: max * factor };
}
