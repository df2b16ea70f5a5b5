/**
 * The transaction graph from prior knowledge: edges known before anything runs. They order work and
 * never decide correctness. Today: a sender's transactions follow one another (the nonce), and a
 * transfer runs before the first transaction that its recipient sends.
 */
import { bytesToHex } from '../primitives/bytes.js';

interface Edge {
  readonly sender: Uint8Array;
  readonly to: Uint8Array | null;
  readonly value: bigint;
}

/** For each transaction the nearest lower one that should run first, or -1. */
export function hintsOf(transactions: readonly Edge[]): Int32Array {
  const hints = new Int32Array(transactions.length).fill(-1);
  /** Last transaction so far that changes what a sender's next transaction needs. */
  const last = new Map<string, number>();
  transactions.forEach((tx, index) => {
    const sender = bytesToHex(tx.sender);
    hints[index] = last.get(sender) ?? -1;
    last.set(sender, index);
    if (tx.to !== null && tx.value > 0n) last.set(bytesToHex(tx.to), index);
  });
  return hints;
}
