/** Smaller scenarios out of a scenario. What is left keeps its meaning: nonces follow the transactions left out. */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { AccountState } from '../fixtures/cases.js';
import { addressOfKey, type Scenario, type ScenarioTransaction } from '../scenario/scenario.js';

/** Address of who signs with the key. */
export function addressOf({ secretKey }: { readonly secretKey: Uint8Array }): Hex {
  return bytesToHex(addressOfKey(secretKey));
}

/** The scenario with only the transactions at `kept`, ascending. Later nonces of the senders of the others are lowered. */
export function keepTransactions(scenario: Scenario, kept: readonly number[]): Scenario {
  const stay = new Set(kept);
  const dropped = new Map<Hex, bigint>();
  const transactions: ScenarioTransaction[] = [];
  for (const [index, transaction] of scenario.transactions.entries()) {
    const sender = addressOf(transaction);
    if (!stay.has(index)) {
      dropped.set(sender, (dropped.get(sender) ?? 0n) + 1n);
      continue;
    }
    transactions.push(lowerNonces(transaction, dropped));
  }
  return { ...scenario, transactions };
}

/** Nonces of sender and signers, each lowered by what `by` has for the account. */
function lowerNonces(transaction: ScenarioTransaction, by: ReadonlyMap<Hex, bigint>): ScenarioTransaction {
  const lower = (nonce: bigint, address: Hex): bigint => {
    const less = by.get(address) ?? 0n;
    return less > nonce ? 0n : nonce - less;
  };
  return {
    ...transaction,
    nonce: lower(transaction.nonce, addressOf(transaction)),
    authorizations: transaction.authorizations.map((tuple) =>
      'secretKey' in tuple ? { ...tuple, nonce: lower(tuple.nonce, addressOf(tuple)) } : tuple,
    ),
  };
}

/** An account that has sent nothing before the block; null where it is so already. */
export function withoutEarlierNonce(scenario: Scenario, address: Hex): Scenario | null {
  const account = scenario.pre.get(address);
  if (account === undefined || account.nonce === 0n) return null;
  const by = new Map([[address, account.nonce]]);
  const transactions = scenario.transactions.map((transaction) => lowerNonces(transaction, by));
  return { ...withAccount(scenario, address, { ...account, nonce: 0n }), transactions };
}

export function withTransaction(scenario: Scenario, index: number, change: Partial<ScenarioTransaction>): Scenario {
  const transactions = scenario.transactions.map((one, i) => (i === index ? { ...one, ...change } : one));
  return { ...scenario, transactions };
}

export function withAccount(scenario: Scenario, address: Hex, account: AccountState): Scenario {
  return { ...scenario, pre: new Map([...scenario.pre].map(([key, one]) => [key, key === address ? account : one])) };
}
