/** A scenario and its result as an official blockchain test, signed and with every root. */
import { type NestedUint8Array, RLP } from '@ethereumjs/rlp';
import { bytesToHex } from '../../src/primitives/bytes.js';
import { orderedTrieRoot } from '../../src/state/trie.js';
import { encodeWithdrawal } from '../../src/transition/block/body.js';
import { receiptsRoot } from '../../src/transition/block/receipts.js';
import {
  parseTransaction,
  type SignedAuthorization,
  signAuthorization,
  signTransaction,
  type UnsignedTransaction,
} from '../../src/transition/transaction/index.js';
import type { ExecutionResult } from '../../src/transition/types.js';
import { blockHeaderOf, scenarioDatabase } from './block.js';
import { genesisHeader } from './genesis.js';
import {
  accountsJson,
  configJson,
  headerJson,
  type Json,
  type JsonObject,
  transactionJson,
  withdrawalJson,
} from './json.js';
import { addressOfKey, type Scenario, type ScenarioTransaction } from './scenario.js';

function signed(tuple: ScenarioTransaction['authorizations'][number]): SignedAuthorization {
  return 'secretKey' in tuple ? signAuthorization(tuple, tuple.secretKey) : tuple;
}

/** EIP-2718 bytes of a scenario's transaction; signatures are deterministic (RFC 6979). */
function signScenarioTransaction({ secretKey, authorizations, ...fields }: ScenarioTransaction): Uint8Array {
  const unsigned: UnsignedTransaction = { ...fields, authorizations: authorizations.map(signed) };
  return signTransaction(unsigned, secretKey);
}

/** A legacy transaction stands in a block as the list that it is, a typed one as a string. */
function bodyItem(bytes: Uint8Array): Uint8Array | NestedUint8Array {
  return (bytes[0] as number) >= 0xc0 ? RLP.decode(bytes) : bytes;
}

function keysJson({ transactions }: Scenario): JsonObject {
  const tuples = transactions.map(
    ({ authorizations }): Json =>
      authorizations.map((tuple) => ('secretKey' in tuple ? bytesToHex(tuple.secretKey) : null)),
  );
  return {
    secretKeys: transactions.map(({ secretKey }) => bytesToHex(secretKey)),
    ...(transactions.some(({ type }) => type === 4) ? { authorizationKeys: tuples } : {}),
  };
}

/**
 * Content of a fixture file with one test, the scenario's, that expects `result`: what the serial executor made of
 * the scenario's block. A rejected block expects the exception by its name. `info` is added to the test's `_info`,
 * where the secret keys are, so that `scenarioOf` reads the scenario back.
 */
export function scenarioFixture(scenario: Scenario, result: ExecutionResult, info: JsonObject = {}): JsonObject {
  const { name, network, withdrawals } = scenario;
  const database = scenarioDatabase(scenario);
  const genesis = genesisHeader(scenario, database.stateRoot());
  const bytes = scenario.transactions.map(signScenarioTransaction);
  if (result.ok) database.apply(result.diff);
  const header = blockHeaderOf(scenario, genesis, {
    transactionsRoot: orderedTrieRoot(bytes),
    ...(result.ok
      ? {
          stateRoot: database.stateRoot(),
          receiptsRoot: receiptsRoot(result.receipts),
          logsBloom: result.logsBloom,
          gasUsed: result.gasUsed,
          blobGasUsed: result.blobGasUsed,
          requests: result.requests ?? [],
        }
      : {}),
  });
  const hasWithdrawals = header.withdrawalsRoot !== null;
  const body = [[...header.fields], bytes.map(bodyItem), []];
  const rlp = RLP.encode(
    hasWithdrawals ? [...body, withdrawals.map((one) => RLP.decode(encodeWithdrawal(one)))] : body,
  );
  const decoded: JsonObject = {
    blockHeader: headerJson(header),
    transactions: bytes.map((encoded, index) => {
      const { transaction, signature } = parseTransaction(encoded);
      const { secretKey } = scenario.transactions[index] as ScenarioTransaction;
      return transactionJson(transaction, signature, addressOfKey(secretKey));
    }),
    uncleHeaders: [],
    ...(hasWithdrawals ? { withdrawals: withdrawals.map(withdrawalJson) } : {}),
    blocknumber: '1',
  };
  const genesisBody = hasWithdrawals ? [[...genesis.fields], [], [], []] : [[...genesis.fields], [], []];
  const test: JsonObject = {
    _info: { generator: 'lockstep', ...info, ...keysJson(scenario) },
    network,
    sealEngine: 'NoProof',
    config: configJson(scenario),
    genesisBlockHeader: headerJson(genesis),
    genesisRLP: bytesToHex(RLP.encode(genesisBody)),
    pre: accountsJson(scenario.pre),
    blocks: [
      result.ok
        ? { rlp: bytesToHex(rlp), ...decoded }
        : { rlp: bytesToHex(rlp), expectException: result.error.code, rlp_decoded: decoded },
    ],
    lastblockhash: bytesToHex(result.ok ? header.hash : genesis.hash),
    postState: accountsJson(database.accounts()),
  };
  return { [name]: test };
}
