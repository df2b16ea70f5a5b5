/** How large a scenario is, in the things that are shrunk. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { Scenario } from '../scenario/scenario.js';

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** One line, for people. */
export function describeSize({ pre, transactions }: Scenario): string {
  const accounts = [...pre.values()];
  const senders = new Set(transactions.map(({ secretKey }) => bytesToHex(secretKey))).size;
  return [
    `${count(transactions.length, 'transaction')} of ${count(senders, 'sender')}`,
    count(accounts.length, 'account'),
    count(sum(accounts.map(({ storage }) => storage.size)), 'slot'),
    `${count(sum(accounts.map(({ code }) => code.length)), 'byte')} of code`,
    `${count(sum(transactions.map(({ data }) => data.length)), 'byte')} of calldata`,
  ].join(', ');
}
