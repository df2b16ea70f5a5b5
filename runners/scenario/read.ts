/** A scenario from the fixture that it was written to. */
import { decodeBlock } from '../../src/transition/block/block.js';
import { parseTransaction } from '../../src/transition/transaction/index.js';
import type { BlockchainCase } from '../fixtures/cases.js';
import { blockchainReferences } from '../fixtures/decode-blockchain.js';
import { Field } from '../fixtures/fields.js';
import { hasGenesis } from './block.js';
import {
  type Scenario,
  type ScenarioAuthorization,
  ScenarioError,
  type ScenarioTransaction,
  scenarioRules,
} from './scenario.js';

const ZERO_WORD = new Uint8Array(32);
const PLACE = { source: 'scenario', file: 'scenario.json' } as const;

function refuse(name: string, detail: string): never {
  throw new ScenarioError('NOT_A_SCENARIO', name, detail);
}

function decodeCase(name: string, test: Field): BlockchainCase {
  const [reference] = blockchainReferences({ ...PLACE, test: name, group: '.' }, test);
  if (reference === undefined || reference instanceof Error) throw reference ?? new RangeError('no case');
  return reference.decode() as BlockchainCase;
}

function transactionAt(name: string, bytes: Uint8Array, info: Field, index: number): ScenarioTransaction {
  const keys = info.maybe('secretKeys') ?? refuse(name, '_info holds no secretKeys');
  const tuples = info.maybe('authorizationKeys')?.item(index).items() ?? [];
  const { transaction } = parseTransaction(bytes);
  const authorizations = transaction.authorizations.map((tuple, place) => {
    const key = tuples[place];
    if (key === undefined || key.value === null) return tuple;
    const { chainId, address, nonce } = tuple;
    return { chainId, address, nonce, secretKey: key.word() } satisfies ScenarioAuthorization;
  });
  return { ...transaction, authorizations, secretKey: keys.item(index).word() };
}

/**
 * The scenario of test `name` (left out: the only one) in the content of a fixture file. Throws
 * {@link ScenarioError} where the file was not written by `scenarioFixture`, and `FixtureError` where it is
 * malformed.
 */
export function scenarioOf(content: unknown, name?: string): Scenario {
  const tests = Field.root({ ...PLACE, test: null }, content).entries();
  const found = name === undefined ? (tests.length === 1 ? tests[0] : undefined) : tests.find(([key]) => key === name);
  if (found === undefined) refuse(name ?? 'fixture', `${tests.length} tests, and none is chosen`);
  const [test, field] = found;
  const one = decodeCase(test, Field.root({ ...PLACE, test }, field.value));
  const [block] = one.blocks;
  if (block === undefined || one.blocks.length > 1) refuse(test, `${one.blocks.length} blocks, not one`);
  const { header, transactions, withdrawals } = decodeBlock(block.rlp);
  const info = field.get('_info');
  const scenario: Scenario = {
    name: test,
    network: one.network,
    rules: scenarioRules(one.network, header.timestamp, one.config),
    pre: one.pre,
    environment: {
      coinbase: header.coinbase,
      gasLimit: header.gasLimit,
      timestamp: header.timestamp,
      prevRandao: header.mixHash,
      baseFee: header.baseFeePerGas ?? 0n,
      excessBlobGas: header.excessBlobGas ?? 0n,
      parentBeaconBlockRoot: header.parentBeaconBlockRoot ?? ZERO_WORD,
    },
    transactions: transactions.map((bytes, index) => transactionAt(test, bytes, info, index)),
    withdrawals: withdrawals ?? [],
  };
  if (!hasGenesis(scenario, one.genesisHash)) refuse(test, 'its genesis is not the one that a scenario has');
  return scenario;
}
