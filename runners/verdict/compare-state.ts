/** A database against the accounts that a fixture expects, in both directions. */
import { bytesToHex, equalBytes, type Hex } from '../../src/primitives/bytes.js';
import type { AccountState, Allocation } from '../fixtures/cases.js';
import { DIFFERENCE_LIMIT } from './compare.js';
import type { Difference } from './verdict.js';

/** Every account that differs, is missing, or is there and should not be; at most `DIFFERENCE_LIMIT` entries. */
export function compareAccounts(expected: Allocation, actual: Iterable<readonly [Hex, AccountState]>): Difference[] {
  const differences: Difference[] = [];
  const seen = new Set<Hex>();
  for (const [address, account] of actual) {
    if (differences.length >= DIFFERENCE_LIMIT) return differences;
    seen.add(address);
    const wanted = expected.get(address);
    if (wanted === undefined) {
      differences.push({ what: `account ${address}`, expected: 'absent', actual: describe(account) });
    } else {
      compareAccount(differences, address, wanted, account);
    }
  }
  for (const [address, account] of expected) {
    if (!seen.has(address)) {
      differences.push({ what: `account ${address}`, expected: describe(account), actual: 'absent' });
    }
  }
  return differences.slice(0, DIFFERENCE_LIMIT);
}

function compareAccount(out: Difference[], address: Hex, expected: AccountState, actual: AccountState): void {
  const at = `account ${address}`;
  if (expected.nonce !== actual.nonce) {
    out.push({ what: `${at} nonce`, expected: String(expected.nonce), actual: String(actual.nonce) });
  }
  if (expected.balance !== actual.balance) {
    out.push({ what: `${at} balance`, expected: String(expected.balance), actual: String(actual.balance) });
  }
  if (!equalBytes(expected.code, actual.code)) {
    out.push({ what: `${at} code`, expected: bytesToHex(expected.code), actual: bytesToHex(actual.code) });
  }
  for (const slot of new Set([...expected.storage.keys(), ...actual.storage.keys()])) {
    const wanted = expected.storage.get(slot) ?? 0n;
    const found = actual.storage.get(slot) ?? 0n;
    if (wanted !== found) {
      out.push({
        what: `${at} storage ${slot}`,
        expected: `0x${wanted.toString(16)}`,
        actual: `0x${found.toString(16)}`,
      });
    }
  }
}

function describe(account: AccountState): string {
  const { nonce, balance, code, storage } = account;
  return `nonce ${nonce}, balance ${balance}, ${code.length} bytes of code, ${storage.size} slots`;
}
