/** What a unit of gas costs the sender. */
import type { Transaction } from '../types.js';

/** Price per gas that the sender pays (EIP-1559), wei. */
export function effectiveGasPrice(transaction: Transaction, baseFee: bigint): bigint {
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const wanted = baseFee + maxPriorityFeePerGas;
  if (wanted < maxFeePerGas) return wanted;
  return maxFeePerGas;
}
