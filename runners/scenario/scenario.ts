/**
 * A scenario: a genesis and one block over it, all of whose senders' secret keys are known. It is what blocks that
 * are made (fused, minimised, put under schedules) have in common, and it can be written as an official
 * blockchain test without loss and read back.
 */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { addressOfSecretKey } from '../../src/primitives/crypto.js';
import type { SignedAuthorization } from '../../src/transition/transaction/index.js';
import type { Transaction, Withdrawal } from '../../src/transition/types.js';
import type { Allocation } from '../fixtures/cases.js';
import { type ForkRules, network } from '../fixtures/networks.js';

/** Rules of a block, and the chain that it belongs to. */
export interface ScenarioRules extends ForkRules {
  readonly chainId: bigint;
}

/** The block's header as far as it is chosen: number 1 over the genesis, the rest follows. */
export interface ScenarioEnvironment {
  /** 20 bytes. */
  readonly coinbase: Uint8Array;
  /** Of the genesis too; 5,000 to 2^63 - 1. */
  readonly gasLimit: bigint;
  /** Seconds, at least 1: the genesis stands at 0. */
  readonly timestamp: bigint;
  /** 32 bytes; left out of the block before Paris. */
  readonly prevRandao: Uint8Array;
  /** Wei; left out before London, like the next two before Cancun. */
  readonly baseFee: bigint;
  readonly excessBlobGas: bigint;
  /** 32 bytes. */
  readonly parentBeaconBlockRoot: Uint8Array;
}

/** An authorization (EIP-7702) that is to be signed with a key of 32 bytes. */
export interface ScenarioAuthorization extends Pick<SignedAuthorization, 'chainId' | 'address' | 'nonce'> {
  readonly secretKey: Uint8Array;
}

/** A transaction with the key (32 bytes) of its sender. Tuples whose key nobody knows stand as they were signed. */
export interface ScenarioTransaction extends Omit<Transaction, 'sender' | 'authorizations'> {
  readonly secretKey: Uint8Array;
  readonly authorizations: readonly (ScenarioAuthorization | SignedAuthorization)[];
}

export interface Scenario {
  /** Name of the test in the fixture. */
  readonly name: string;
  /** One fork by its official name, never a transition. */
  readonly network: string;
  readonly rules: ScenarioRules;
  /** State of the genesis, system contracts included. */
  readonly pre: Allocation;
  readonly environment: ScenarioEnvironment;
  readonly transactions: readonly ScenarioTransaction[];
  /** Empty before Shanghai. */
  readonly withdrawals: readonly Withdrawal[];
}

export type ScenarioErrorCode =
  /** The fork knows no such block or transaction, or no genesis leads to the environment. */
  | 'IMPOSSIBLE'
  /** A fixture that no scenario was written to: keys are missing, or the genesis is another. */
  | 'NOT_A_SCENARIO';

/** A scenario that cannot be built, or a fixture that holds none; `name` names it. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  constructor(
    readonly code: ScenarioErrorCode,
    readonly scenario: string,
    detail: string,
  ) {
    super(`${scenario}: ${detail}`);
  }
}

/** Number of the block; its parent is the genesis. */
export const SCENARIO_NUMBER = 1n;
/** Chain of the official suites where nothing else is said. */
export const DEFAULT_CHAIN_ID = 1n;

/** Rules of the scenario's block on the network `name`; throws `UnknownNetworkError`. `config` as in fixtures. */
export function scenarioRules(
  name: string,
  timestamp: bigint,
  config: Parameters<typeof network>[1] = null,
): ScenarioRules {
  const rules = network(name, config).forkAt({ number: SCENARIO_NUMBER, timestamp, parentTotalDifficulty: 0n });
  return { ...rules, chainId: config?.chainId ?? DEFAULT_CHAIN_ID };
}

const senders = new Map<Hex, Uint8Array>();
/** Keys whose address is kept: those of one process come from few tests at a time. */
const KEPT_SENDERS = 4096;

/** Address (20 bytes) of a secret key; remembers the latest few thousand. */
export function addressOfKey(secretKey: Uint8Array): Uint8Array {
  const key = bytesToHex(secretKey);
  const known = senders.get(key);
  if (known !== undefined) return known;
  if (senders.size >= KEPT_SENDERS) senders.clear();
  const address = addressOfSecretKey(secretKey);
  senders.set(key, address);
  return address;
}
