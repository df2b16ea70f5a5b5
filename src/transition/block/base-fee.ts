/** Base fee of EIP-1559. */

const ELASTICITY_MULTIPLIER = 2n;
const CHANGE_DENOMINATOR = 8n;

/** Base fee of the first London block, wei. */
const INITIAL_BASE_FEE = 1000000000n;

/** Gas limit that the parent counts with: doubled at the fork block, so that the target stays. */
export function parentGasLimit(parent: { readonly gasLimit: bigint; readonly baseFeePerGas: bigint | null }): bigint {
  return parent.baseFeePerGas === null ? parent.gasLimit * ELASTICITY_MULTIPLIER : parent.gasLimit;
}

/** Base fee (wei per gas) of the block after `parent`; a parent without one is the last before London. */
export function nextBaseFee(parent: {
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly baseFeePerGas: bigint | null;
}): bigint {
  const base = parent.baseFeePerGas;
  if (base === null) return INITIAL_BASE_FEE;
  const target = parent.gasLimit / ELASTICITY_MULTIPLIER;
  if (parent.gasUsed === target) return base;
  if (parent.gasUsed > target) {
    const delta = (base * (parent.gasUsed - target)) / target / CHANGE_DENOMINATOR;
    return base + (delta > 1n ? delta : 1n);
  }
  return base - (base * (target - parent.gasUsed)) / target / CHANGE_DENOMINATOR;
}
