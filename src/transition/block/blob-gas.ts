/** Blob gas and its price: EIP-4844, EIP-7691 (schedules), EIP-7918 (reserve price). */
import { atLeast, type BlobSchedule, type Fork } from '../../primitives/fork.js';
import { GAS_PER_BLOB } from '../transaction/rules.js';

const MIN_BLOB_BASE_FEE = 1n;
/** Execution gas whose price a blob must at least cost (EIP-7918). */
const BLOB_BASE_COST = 8192n;

/** factor · e^(numerator / denominator) by its Taylor series, in integers (EIP-4844). */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let sum = 0n;
  let term = factor * denominator;
  for (let i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * numerator) / (denominator * i);
  }
  return sum / denominator;
}

/**
 * Whether the price of blobs has more than 256 bits, and some to spare. It grows exponentially, so that the series of an
 * excess that merely fits its field would not end.
 */
export function blobFeeOverflows(excessBlobGas: bigint, schedule: BlobSchedule): boolean {
  return excessBlobGas > 256n * schedule.baseFeeUpdateFraction;
}

/** Wei per unit of blob gas. Throws RangeError where {@link blobFeeOverflows}. */
export function blobBaseFee(excessBlobGas: bigint, schedule: BlobSchedule): bigint {
  if (blobFeeOverflows(excessBlobGas, schedule))
    throw new RangeError(`excessBlobGas ${excessBlobGas} gives a blob base fee beyond 256 bits`);
  return fakeExponential(MIN_BLOB_BASE_FEE, excessBlobGas, schedule.baseFeeUpdateFraction);
}

/** Blob gas that a block may use. */
export function maxBlobGas(schedule: BlobSchedule): bigint {
  return BigInt(schedule.max) * GAS_PER_BLOB;
}

/**
 * `excessBlobGas` of the block after `parent`, by the schedule of that block (not of the parent).
 * A parent without blob fields is the last before Cancun, and counts as zeros.
 */
export function nextExcessBlobGas(
  parent: {
    readonly blobGasUsed: bigint | null;
    readonly excessBlobGas: bigint | null;
    readonly baseFeePerGas: bigint | null;
  },
  fork: Fork,
  schedule: BlobSchedule,
): bigint {
  const excess = parent.excessBlobGas ?? 0n;
  const used = parent.blobGasUsed ?? 0n;
  const target = BigInt(schedule.target) * GAS_PER_BLOB;
  if (excess + used < target) return 0n;
  if (atLeast(fork, 'Osaka')) {
    const reserve = BLOB_BASE_COST * (parent.baseFeePerGas ?? 0n);
    // A price beyond 256 bits is above that of any base fee.
    if (!blobFeeOverflows(excess, schedule) && reserve > GAS_PER_BLOB * blobBaseFee(excess, schedule)) {
      return excess + (used * BigInt(schedule.max - schedule.target)) / BigInt(schedule.max);
    }
  }
  return excess + used - target;
}
