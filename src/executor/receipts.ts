/** Receipts from outcomes: cumulative gas, blooms and order are the block's, not the transaction's (pitfall 29). */
import { BLOOM_BYTES, combineBlooms, logsBloom } from '../transition/block/receipts.js';
import type { Receipt, TransactionOutcome } from '../transition/types.js';

/** What a receipt is made of. */
export interface ReceiptInput {
  readonly type: number;
  readonly outcome: TransactionOutcome;
  /** State root after the transaction, before Byzantium (EIP-658); else null. */
  readonly stateRoot: Uint8Array | null;
}

export function blockReceipts(inputs: readonly ReceiptInput[]): Receipt[] {
  let cumulativeGasUsed = 0n;
  // One buffer for all blooms: a small buffer of its own costs as much as the rest of a receipt.
  const blooms = new Uint8Array(BLOOM_BYTES * inputs.length);
  return inputs.map(({ type, outcome, stateRoot }, index) => {
    if (outcome.kind !== 'executed') throw new TypeError(`transaction ${index} was not executed, so it has no receipt`);
    cumulativeGasUsed += outcome.gasUsed;
    return {
      type,
      status: stateRoot === null ? (outcome.success ? 1 : 0) : null,
      stateRoot,
      cumulativeGasUsed,
      logsBloom: logsBloom(outcome.logs, blooms.subarray(BLOOM_BYTES * index, BLOOM_BYTES * (index + 1))),
      logs: outcome.logs,
    };
  });
}

export function totals(
  outcomes: readonly TransactionOutcome[],
  receipts: readonly Receipt[],
): { gasUsed: bigint; blobGasUsed: bigint; logsBloom: Uint8Array } {
  let blobGasUsed = 0n;
  for (const outcome of outcomes) if (outcome.kind === 'executed') blobGasUsed += outcome.blobGasUsed;
  return {
    gasUsed: receipts.at(-1)?.cumulativeGasUsed ?? 0n,
    blobGasUsed,
    // Most filters of a block of plain transfers are empty.
    logsBloom: combineBlooms(receipts.filter(({ logs }) => logs.length > 0).map((receipt) => receipt.logsBloom)),
  };
}
