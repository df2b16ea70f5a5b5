/** A small scenario on any fork: nonce chains, a counter that all share, a creation, transfers to the coinbase. */

import {
  addressOfKey,
  type Scenario,
  type ScenarioTransaction,
  scenarioRules,
} from '../../runners/scenario/scenario.js';
import { withSystemContracts } from '../../runners/scenario/system-contracts.js';
import { bigIntToBytes, EMPTY_BYTES, hexToBytes } from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import { addressHex } from './keys.js';

/** Adds one to its slot 0 and logs it: SLOAD 0, ADD 1, SSTORE 0, LOG0. */
const COUNTER = hexToBytes('600054600101600055602060006000a000');
export const COUNTER_ADDRESS = bigIntToBytes(0xc0den, 20);
export const COINBASE = bigIntToBytes(0xfeen, 20);

export function secretKey(number: number): Uint8Array {
  return bigIntToBytes(BigInt(number) + 1n, 32);
}

function account(fields: Partial<AccountState>): AccountState {
  return { nonce: 0n, balance: 0n, code: EMPTY_BYTES, storage: new Map(), ...fields };
}

/** A transaction of sender `sender` that calls the counter, unless `fields` say otherwise. */
export function scenarioTransaction(sender: number, fields: Partial<ScenarioTransaction> = {}): ScenarioTransaction {
  const type = fields.type ?? 0;
  return {
    type,
    chainId: type === 0 ? null : 1n,
    nonce: 0n,
    gasLimit: 200_000n,
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: type === 0 || type === 1 ? 100n : 5n,
    to: COUNTER_ADDRESS,
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerBlobGas: type === 3 ? 1000n : 0n,
    blobVersionedHashes: [],
    authorizations: [],
    ...fields,
    secretKey: secretKey(sender),
  };
}

function typedTransactions(fork: Fork): ScenarioTransaction[] {
  const some: ScenarioTransaction[] = [];
  const accessList = [{ address: COUNTER_ADDRESS, slots: [new Uint8Array(32)] }];
  if (atLeast(fork, 'Berlin')) some.push(scenarioTransaction(2, { type: 1, accessList }));
  if (atLeast(fork, 'London')) some.push(scenarioTransaction(2, { type: 2, nonce: 1n, accessList }));
  if (atLeast(fork, 'Cancun')) {
    const hash = new Uint8Array(32);
    hash[0] = 1;
    some.push(scenarioTransaction(2, { type: 3, nonce: 2n, blobVersionedHashes: [hash] }));
  }
  if (atLeast(fork, 'Prague')) {
    const tuple = { chainId: 1n, address: COUNTER_ADDRESS, nonce: 0n, secretKey: secretKey(7) };
    const broken = { chainId: 0n, address: COINBASE, nonce: 3n, yParity: 1n, r: 5n, s: 7n };
    some.push(scenarioTransaction(2, { type: 4, nonce: 3n, authorizations: [tuple, broken] }));
  }
  return some;
}

/** The scenario; `fields` take the place of its own. */
export function smallScenario(network: string, fields: Partial<Scenario> = {}): Scenario {
  const rules = scenarioRules(network, 1000n);
  const { fork } = rules;
  const funded = [0, 1, 2].map((sender) => [addressOfKey(secretKey(sender)), 10n ** 18n] as const);
  const pre = new Map(
    funded.map(([address, balance]) => [
      addressHex(BigInt(`0x${Buffer.from(address).toString('hex')}`)),
      account({ balance }),
    ]),
  );
  pre.set(addressHex(0xc0den), account({ code: COUNTER, storage: new Map([[addressSlot(0), 41n]]) }));
  const legacyChain = atLeast(fork, 'EIP158') ? 1n : null;
  return {
    name: `small on ${network}`,
    network,
    rules,
    pre: withSystemContracts(pre, fork),
    environment: {
      coinbase: COINBASE,
      gasLimit: 30_000_000n,
      timestamp: 1000n,
      prevRandao: bigIntToBytes(77n, 32),
      baseFee: 7n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: bigIntToBytes(78n, 32),
    },
    transactions: [
      scenarioTransaction(0, { chainId: legacyChain }),
      scenarioTransaction(0, { nonce: 1n }),
      scenarioTransaction(1, { to: COINBASE, value: 5n, gasLimit: 21_000n }),
      scenarioTransaction(1, { nonce: 1n, to: null, data: hexToBytes('600160005500') }),
      ...typedTransactions(fork),
    ],
    withdrawals: atLeast(fork, 'Shanghai') ? [{ index: 1n, validatorIndex: 2n, address: COINBASE, amount: 3n }] : [],
    ...fields,
  };
}

function addressSlot(value: number): `0x${string}` {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
