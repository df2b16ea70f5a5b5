/** Small fixtures of the kinds that the embedded corpus does not hold. */

import type { StateCase } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { closeEngines, createEngines } from '../../runners/job/engine.js';
import { runStateCase } from '../../runners/state/run-state.js';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { UnsignedTransaction } from '../../src/transition/transaction/index.js';
import { decodeTransaction, signTransaction } from '../../src/transition/transaction/index.js';
import { allocation, type CallJson, callJson, genesisJson, rootOf } from './engine-fixture.js';

const SECRET_KEY = `0x${'45'.repeat(32)}` as const;
const CONTRACT = `0x${'c0'.repeat(20)}` as const;
const COINBASE = `0x${'cb'.repeat(20)}` as const;
const ZERO = `0x${'00'.repeat(32)}`;
/** SSTORE(0, 1), LOG1 of no data with topic 7. */
const CODE = '0x600160005560076000600060a10000';

const TRANSACTION: UnsignedTransaction = {
  type: 0,
  chainId: 1n,
  nonce: 0n,
  gasLimit: 100_000n,
  maxFeePerGas: 20n,
  maxPriorityFeePerGas: 20n,
  to: hexToBytes(CONTRACT),
  value: 5n,
  data: new Uint8Array(0),
  accessList: [],
  maxFeePerBlobGas: 0n,
  blobVersionedHashes: [],
  authorizations: [],
};

const quantity = (value: bigint): Hex => `0x${value.toString(16)}`;

function stateTest(change: Partial<UnsignedTransaction>, post: object): object {
  const transaction = { ...TRANSACTION, ...change };
  const txbytes = signTransaction(transaction, hexToBytes(SECRET_KEY));
  const { sender } = decodeTransaction(txbytes, { fork: 'Cancun', chainId: 1n });
  return {
    env: {
      currentCoinbase: COINBASE,
      currentGasLimit: '0x1000000',
      currentNumber: '0x01',
      currentTimestamp: '0x03e8',
      currentRandom: ZERO,
      currentBaseFee: '0x0a',
      currentExcessBlobGas: '0x00',
    },
    pre: {
      [bytesToHex(sender)]: { nonce: '0x00', balance: '0x0de0b6b3a7640000', code: '0x', storage: {} },
      [CONTRACT]: { nonce: '0x01', balance: '0x00', code: CODE, storage: {} },
    },
    transaction: {
      nonce: quantity(transaction.nonce),
      gasPrice: quantity(transaction.maxFeePerGas),
      gasLimit: [quantity(transaction.gasLimit), '0x5208'],
      to: CONTRACT,
      value: [quantity(transaction.value)],
      data: ['0x'],
      sender: bytesToHex(sender),
      secretKey: SECRET_KEY,
    },
    post: {
      Cancun: [
        { indexes: { data: 0, gas: 0, value: 0 }, hash: ZERO, logs: ZERO, txbytes: bytesToHex(txbytes), ...post },
      ],
    },
  };
}

/** What the case comes to now is what its fixture expects: these tests are of the comparison, not of the engine. */
async function filled(test: object): Promise<object> {
  const [one] = decodeFile('s', 'GeneralStateTests/stX/y.json', JSON.stringify({ y: test })).cases;
  const engines = await createEngines('wasm', []);
  const { differences } = await runStateCase(engines, one as StateCase);
  const state: Record<string, object> = {};
  for (const [address, account] of engines.database.accounts()) {
    const storage = Object.fromEntries([...account.storage].map(([slot, value]) => [slot, quantity(value)]));
    const { nonce, balance, code } = account;
    state[address] = { nonce: quantity(nonce), balance: quantity(balance), code: bytesToHex(code), storage };
  }
  await closeEngines(engines);
  const actual = (what: string): string => differences.find((one) => one.what === what)?.actual ?? ZERO;
  const post = (test as { post: { Cancun: object[] } }).post.Cancun[0];
  return { ...test, post: { Cancun: [{ ...post, hash: actual('stateRoot'), logs: actual('logsHash'), state }] } };
}

/** Two state tests: a call that stores and logs, and a transaction with a nonce that is too high. */
export async function stateFile(): Promise<object> {
  return {
    logs: await filled(stateTest({}, {})),
    rejected: await filled(
      stateTest({ nonce: 9n }, { expectException: 'TransactionException.NONCE_MISMATCH_TOO_HIGH' }),
    ),
  };
}

/** By path: suites that ask one function of the engine. */
export function unitFiles(): Record<string, object> {
  const txbytes = signTransaction({ ...TRANSACTION, to: hexToBytes(COINBASE) }, hexToBytes(SECRET_KEY));
  const { sender } = decodeTransaction(txbytes, { fork: 'London', chainId: 1n });
  const valid = { hash: bytesToHex(keccak256(txbytes)), sender: bytesToHex(sender), intrinsicGas: '0x5208' };
  return {
    'RLPTests/rlptest.json': {
      dog: { in: 'dog', out: '0x83646f67' },
      list: { in: [['cat', 5], '#1024'], out: '0xc9c58363617405820400' },
      short: { in: 'INVALID', out: '0x83646f' },
    },
    'TrieTests/trietest.json': {
      single: {
        in: [['A', 'a'.repeat(50)]],
        root: '0xd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab',
      },
    },
    'TrieTests/trietestnextprev.json': {
      neighbours: {
        in: ['cat', 'doge', 'wallace'],
        tests: [
          ['cat', '', 'doge'],
          ['dog', 'cat', 'doge'],
        ],
      },
    },
    'DifficultyTests/dfX/y.json': {
      y: {
        Frontier: {
          first: {
            parentTimestamp: '0x00',
            parentDifficulty: '0x100000',
            currentTimestamp: '0x01',
            currentBlockNumber: '0x01',
            parentUncles: '0x00',
            currentDifficulty: '0x100200',
          },
        },
      },
    },
    'TransactionTests/ttX/y.json': {
      valid: { txbytes: bytesToHex(txbytes), result: { London: valid } },
      invalid: {
        txbytes: '0xc0',
        result: { London: { exception: 'TransactionException.RLP_TOO_FEW_ELEMENTS', intrinsicGas: '0x00' } },
      },
    },
  };
}

/** A call of each outcome: a refused one, an invalid payload and a valid one, which is the head. */
export function engineFile(): object {
  const fork = 'Cancun';
  const pre = allocation({ [COINBASE]: 5n });
  const genesis = genesisJson(fork, pre);
  const parentHash = hexToBytes(genesis.hash as Hex);
  const call = (stateRoot: Uint8Array): CallJson => callJson({ fork, parentHash, stateRoot });
  const valid = call(rootOf(pre));
  const calls = [
    { ...valid, newPayloadVersion: '2', errorCode: '-32602' },
    { ...call(new Uint8Array(32).fill(1)), validationError: 'BlockException.INVALID_STATE_ROOT' },
    valid,
  ];
  return {
    y: {
      network: fork,
      genesisBlockHeader: genesis,
      pre,
      postState: pre,
      lastblockhash: valid.params[0].blockHash,
      engineNewPayloads: calls,
    },
  };
}
