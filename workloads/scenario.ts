/** A generated block as a scenario of the runner's: signed, it is an official fixture. */

import { word } from '../contracts/abi.js';
import { type Scenario, type ScenarioTransaction, scenarioRules } from '../runners/scenario/scenario.js';
import { concatBytes } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import type { GeneratedTransaction, Workload } from './workload.js';

const TIMESTAMP = 1_000n;
const SPARE_GAS = 30_000_000n;

/** A transaction with the keys in place of the addresses that they belong to. */
export function keyedTransaction(workload: Workload, generated: GeneratedTransaction): ScenarioTransaction {
  const { from, authorities, sender: _, authorizations, ...fields } = generated;
  const { people } = workload;
  return {
    ...fields,
    secretKey: people.secret(from),
    authorizations: authorizations.map(({ chainId, address, nonce }, i) => {
      return { chainId, address, nonce, secretKey: people.secret(authorities[i] as number) };
    }),
  };
}

/**
 * The genesis and the workload's first block under the name `name`. Throws `NoKeysError` where the workload was not
 * asked for keys.
 */
export function workloadScenario(workload: Workload, name: string): Scenario {
  const { fork, coinbase, baseFee, seed } = workload.options;
  const transactions = workload.transactions().map((one) => keyedTransaction(workload, one));
  return {
    name,
    network: fork,
    rules: scenarioRules(fork, TIMESTAMP),
    pre: new Map(workload.accounts()),
    environment: {
      coinbase,
      gasLimit: transactions.reduce((sum, { gasLimit }) => sum + gasLimit, SPARE_GAS),
      timestamp: TIMESTAMP,
      prevRandao: keccak256(concatBytes(word(seed), word(1))),
      baseFee,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: keccak256(concatBytes(word(seed), word(2))),
    },
    transactions,
    withdrawals: [],
  };
}
