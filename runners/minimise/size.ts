/** How large a scenario is, in the things that are shrunk. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { Scenario } from '../scenario/scenario.js';
import { amount } from '../verdict/amount.js';

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

/** One line, for people. */
export function describeSize({ pre, transactions }: Scenario): string {
  const accounts = [...pre.values()];
  const senders = new Set(transactions.map(({ secretKey }) => bytesToHex(secretKey))).size;
  return [
    `${amount(transactions.length, 'transaction')} of ${amount(senders, 'sender')}`,
    amount(accounts.length, 'account'),
    amount(sum(accounts.map(({ storage }) => storage.size)), 'slot'),
    `${amount(sum(accounts.map(({ code }) => code.length)), 'byte')} of code`,
    `${amount(sum(transactions.map(({ data }) => data.length)), 'byte')} of calldata`,
  ].join(', ');
}
