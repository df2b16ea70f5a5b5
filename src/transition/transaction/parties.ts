/** Who is a party to a transaction, as far as the transaction itself tells. */
import { bigIntToBytes, equalBytes } from '../../primitives/bytes.js';
import type { Transaction } from '../types.js';

/** Precompile whose touch outlives a failure (EIP-161 as it came to be on the main chain). */
const RIPEMD160 = bigIntToBytes(3n, 20);

/**
 * True where the beneficiary is a party to the transaction, whose fee is then an ordinary write even
 * if the machine never read it.
 */
export function involves(transaction: Transaction, coinbase: Uint8Array): boolean {
  if (equalBytes(transaction.sender, coinbase)) return true;
  if (transaction.to !== null && equalBytes(transaction.to, coinbase)) return true;
  return transaction.authorizations.some(({ authority }) => authority !== null && equalBytes(authority, coinbase));
}

/**
 * True where the transaction's recipient gets value and, as far as anybody can tell who has not seen its
 * code, nothing else of it is asked or changed: it is another account than sender, beneficiary and authorities. Not
 * RIPEMD-160 either, whose account a failed call deletes where it is empty.
 */
export function credits(transaction: Transaction, coinbase: Uint8Array): boolean {
  const { to, sender, value, authorizations } = transaction;
  if (to === null || value === 0n || authorizations.length > 0) return false;
  return !equalBytes(to, sender) && !equalBytes(to, RIPEMD160) && !involves(transaction, coinbase);
}
