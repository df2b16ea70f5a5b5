/** Whether a transaction may stand in the block at its place; the same words for both executors. */
import { BlockError } from '../transition/errors.js';
import { precedesAdmission, type Rejection, validateAdmission } from '../transition/transaction/index.js';
import type { Transaction, TransactionOutcome } from '../transition/types.js';
import type { BlockEnvironment } from '../vm/vm.js';

/**
 * Judges `outcome` after a committed prefix that used `gasUsed` and `blobGasUsed`. Gas admission is
 * ordered (pitfall 26) and stands between the checks that need no state and those of the sender.
 * Null where the transaction is valid.
 */
export function judge(
  tx: Transaction,
  environment: BlockEnvironment,
  maxBlobGas: bigint,
  gasUsed: bigint,
  blobGasUsed: bigint,
  outcome: TransactionOutcome,
): Rejection | null {
  const invalid = outcome.kind === 'invalid' ? outcome : null;
  if (invalid !== null && precedesAdmission(invalid.code)) return invalid;
  return validateAdmission(tx, environment, gasUsed, blobGasUsed, maxBlobGas) ?? invalid;
}

/** The block's error for a rejected transaction. */
export function rejectionError(index: number, rejection: Rejection): BlockError {
  return new BlockError(`TransactionException.${rejection.code}`, index, rejection.detail);
}
