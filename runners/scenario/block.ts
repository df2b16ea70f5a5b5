/** From a scenario to the block that the executors take. */
import { equalBytes } from '../../src/primitives/bytes.js';
import { Database } from '../../src/state/database.js';
import { withdrawalsRoot } from '../../src/transition/block/body.js';
import { executableBlock } from '../../src/transition/block/environment.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { GAS_PER_BLOB, recoverAuthorization } from '../../src/transition/transaction/index.js';
import { transactionRules } from '../../src/transition/transaction/rules.js';
import type { Authorization, Block, Transaction } from '../../src/transition/types.js';
import { genesisHeader, type HeaderContent, scenarioDifficulty, scenarioHeader } from './genesis.js';
import { addressOfKey, SCENARIO_NUMBER, type Scenario, ScenarioError, type ScenarioTransaction } from './scenario.js';

/** A database that holds the state of the scenario's genesis. */
export function scenarioDatabase(scenario: Scenario): Database {
  return Database.from(scenario.pre);
}

function authorization(tuple: ScenarioTransaction['authorizations'][number]): Authorization {
  if (!('secretKey' in tuple)) return recoverAuthorization(tuple);
  const { chainId, address, nonce, secretKey } = tuple;
  return { chainId, address, nonce, authority: addressOfKey(secretKey) };
}

function transactionOf(scenario: Scenario, transaction: ScenarioTransaction, index: number): Transaction {
  const { fork, chainId } = scenario.rules;
  const { secretKey, authorizations, ...fields } = transaction;
  if (transaction.type > transactionRules(fork).maxType) {
    const detail = `transaction ${index} is of type ${transaction.type}, which ${fork} does not know`;
    throw new ScenarioError('IMPOSSIBLE', scenario.name, detail);
  }
  const isProtected = transaction.chainId !== null;
  if (isProtected ? transaction.chainId !== chainId : transaction.type !== 0) {
    throw new ScenarioError('IMPOSSIBLE', scenario.name, `transaction ${index} is for another chain than ${chainId}`);
  }
  if (isProtected && transaction.type === 0 && !transactionRules(fork).replayProtection) {
    throw new ScenarioError('IMPOSSIBLE', scenario.name, `transaction ${index} is protected (EIP-155) in ${fork}`);
  }
  return { ...fields, authorizations: authorizations.map(authorization), sender: addressOfKey(secretKey) };
}

/** Blob gas of all transactions of the scenario. */
function scenarioBlobGas({ transactions }: Scenario): bigint {
  return transactions.reduce((sum, one) => sum + BigInt(one.blobVersionedHashes.length) * GAS_PER_BLOB, 0n);
}

/** The header's content as far as it is known before the block is executed; `content` adds the rest. */
export function blockHeaderOf(
  scenario: Scenario,
  genesis: BlockHeader,
  content: Partial<HeaderContent> = {},
): BlockHeader {
  const { environment, withdrawals } = scenario;
  return scenarioHeader(scenario, {
    ...environment,
    parentHash: genesis.hash,
    stateRoot: genesis.stateRoot,
    difficulty: scenarioDifficulty(scenario),
    number: SCENARIO_NUMBER,
    gasUsed: 0n,
    blobGasUsed: scenarioBlobGas(scenario),
    withdrawalsRoot: withdrawalsRoot(withdrawals),
    ...content,
  });
}

/**
 * The scenario's block, ready to execute over `database`, which must hold the scenario's `pre` and nothing else.
 * Nothing is signed and nothing recovered: a sender is its key's address. Throws {@link ScenarioError} where the
 * fork knows no such block, and `BlockError` where a field of the environment does not fit its place.
 */
export function scenarioBlock(scenario: Scenario, database: Database = scenarioDatabase(scenario)): Block {
  const { rules, withdrawals } = scenario;
  const genesis = genesisHeader(scenario, database.stateRoot());
  const header = blockHeaderOf(scenario, genesis);
  const transactions = scenario.transactions.map((one, index) => transactionOf(scenario, one, index));
  const raw = { header, transactions: [], ommers: [], ommersHash: header.ommersHash, hash: header.hash, size: 0 };
  return executableBlock({ ...raw, withdrawals }, transactions, {
    fork: rules.fork,
    chainId: rules.chainId,
    blobSchedule: rules.blobSchedule,
    blockHash: (number) => (number === 0n ? genesis.hash : null),
  });
}

/** True where both blocks have the same parent: the genesis that the scenario has. */
export function hasGenesis(scenario: Scenario, hash: Uint8Array): boolean {
  return equalBytes(genesisHeader(scenario, scenarioDatabase(scenario).stateRoot()).hash, hash);
}
