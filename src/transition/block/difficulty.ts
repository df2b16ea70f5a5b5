/** Difficulty of a proof-of-work block (yellow paper 4.3.4; EIP-2, EIP-100 and the bomb delays). */
import { atLeast, type Fork } from '../../primitives/fork.js';

const MINIMUM_DIFFICULTY = 131072n;
const BOUND_DIVISOR = 2048n;
/** The bomb doubles once per period, in blocks. */
const BOMB_PERIOD = 100000n;

/** Blocks by which the bomb was set back, latest first (EIP-5133, 4345, 3554, 2384, 1234, 649). */
const BOMB_DELAYS: readonly (readonly [Fork, bigint])[] = [
  ['GrayGlacier', 11400000n],
  ['ArrowGlacier', 10700000n],
  ['London', 9700000n],
  ['MuirGlacier', 9000000n],
  ['Constantinople', 5000000n],
  ['Byzantium', 3000000n],
];

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Steps of 1/2048 of the parent's difficulty, up or down. */
function adjustment(fork: Fork, elapsed: bigint, parentHasOmmers: boolean): bigint {
  // EIP-100: counts the parent's ommers, so that they do not lower the issuance rate unnoticed.
  if (atLeast(fork, 'Byzantium')) return max((parentHasOmmers ? 2n : 1n) - elapsed / 9n, -99n);
  if (atLeast(fork, 'Homestead')) return max(1n - elapsed / 10n, -99n);
  return elapsed < 13n ? 1n : -1n;
}

/** Times that the bomb has doubled; negative before it is there. */
function doublings(fork: Fork, number: bigint): bigint {
  const delay = BOMB_DELAYS.find(([since]) => atLeast(fork, since))?.[1] ?? 0n;
  // EIP-649 takes the delay off the parent's number plus one, and never goes below zero.
  return max(number - delay, 0n) / BOMB_PERIOD - 2n;
}

function bomb(fork: Fork, number: bigint): bigint {
  const exponent = doublings(fork, number);
  return exponent >= 0n ? 1n << exponent : 0n;
}

/**
 * Whether the bomb alone has more than 256 bits, so that no header has room for the difficulty. With a number that merely
 * fits its field it would have some 2^47 of them.
 */
export function difficultyOverflows(fork: Fork, number: bigint): boolean {
  return doublings(fork, number) >= 256n;
}

/** What a block's difficulty depends on; times in seconds. */
export interface DifficultyInput {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly parentTimestamp: bigint;
  readonly parentDifficulty: bigint;
  readonly parentHasOmmers: boolean;
}

/** Difficulty that a block of a fork before Paris must have. Throws RangeError where {@link difficultyOverflows}. */
export function blockDifficulty(fork: Fork, input: DifficultyInput): bigint {
  if (difficultyOverflows(fork, input.number))
    throw new RangeError(`block ${input.number} of ${fork} has a difficulty beyond 256 bits`);
  const step = input.parentDifficulty / BOUND_DIVISOR;
  const elapsed = input.timestamp - input.parentTimestamp;
  const base = input.parentDifficulty + step * adjustment(fork, elapsed, input.parentHasOmmers);
  // The floor applies before the bomb is added.
  return max(base, MINIMUM_DIFFICULTY) + bomb(fork, input.number);
}
