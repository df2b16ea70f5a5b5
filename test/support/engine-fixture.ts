/**
 * Engine API fixtures as JSON, with headers hashed by @ethereumjs/block: an independent answer to
 * what the runner makes of a payload.
 */
import { createBlockHeader } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { EMPTY_TRIE_ROOT } from '../../src/primitives/crypto.js';
import { Database } from '../../src/state/database.js';
import { orderedTrieRoot } from '../../src/state/trie.js';
import { withdrawalsRoot } from '../../src/transition/block/body.js';
import { requestsHash } from '../../src/transition/block/requests.js';

export type EngineFork = 'Paris' | 'Shanghai' | 'Cancun' | 'Prague';
export type Json = Record<string, unknown>;

export interface TestWithdrawal {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Uint8Array;
  readonly amount: bigint;
}

const HARDFORKS = {
  Paris: Hardfork.Paris,
  Shanghai: Hardfork.Shanghai,
  Cancun: Hardfork.Cancun,
  Prague: Hardfork.Prague,
} as const;
const ORDER: readonly EngineFork[] = ['Paris', 'Shanghai', 'Cancun', 'Prague'];
const since = (fork: EngineFork, first: EngineFork): boolean => ORDER.indexOf(fork) >= ORDER.indexOf(first);
const quantity = (value: bigint): Hex => `0x${value.toString(16)}`;
const ZERO = new Uint8Array(32);
const GAS_LIMIT = 0x100_0000n;

/** The system contracts that a Prague block must have (EIP-7002, EIP-7251): they stop, and ask for nothing. */
const SYSTEM_CONTRACTS: readonly Hex[] = [
  '0x00000961ef480eb55e80d19ad83579a64c007002',
  '0x0000bbddc7ce488642fb579f8b00f3a590007251',
];

const account = (balance: bigint, nonce = 0n, code = '0x') => ({
  nonce: quantity(nonce),
  balance: quantity(balance),
  code,
  storage: {},
});

/** `pre` or `postState` as JSON, from balances, or balance and nonce, by address. */
export function allocation(balances: Record<Hex, bigint | readonly [bigint, bigint]>): Json {
  const accounts: Json = {};
  for (const address of SYSTEM_CONTRACTS) accounts[address] = account(0n, 1n, '0x00');
  for (const [address, value] of Object.entries(balances)) {
    accounts[address] = typeof value === 'bigint' ? account(value) : account(...(value as [bigint, bigint]));
  }
  return accounts;
}

export function rootOf(accounts: Json): Uint8Array {
  const loaded = Object.entries(accounts as Record<Hex, ReturnType<typeof account>>).map(
    ([address, { nonce, balance, code }]) =>
      [
        address as Hex,
        { nonce: BigInt(nonce), balance: BigInt(balance), code: hexToBytes(code), storage: new Map() },
      ] as const,
  );
  return Database.from(loaded).stateRoot();
}

interface HeaderValues {
  readonly fork: EngineFork;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactions: readonly Uint8Array[];
  readonly receiptsRoot: Uint8Array;
  readonly gasUsed: bigint;
  readonly blobGasUsed: bigint;
  readonly withdrawals: readonly TestWithdrawal[];
  readonly requests: readonly Uint8Array[];
}

function headerHash(values: HeaderValues, extraData: Uint8Array): Uint8Array {
  const { fork } = values;
  const common = new Common({ chain: Mainnet, hardfork: HARDFORKS[fork] });
  const header = createBlockHeader(
    {
      parentHash: values.parentHash,
      stateRoot: values.stateRoot,
      transactionsTrie: orderedTrieRoot(values.transactions),
      receiptTrie: values.receiptsRoot,
      number: values.number,
      timestamp: values.timestamp,
      gasLimit: GAS_LIMIT,
      gasUsed: values.gasUsed,
      extraData,
      baseFeePerGas: 7n,
      ...(since(fork, 'Shanghai') && { withdrawalsRoot: withdrawalsRoot(values.withdrawals) }),
      ...(since(fork, 'Cancun') && {
        blobGasUsed: values.blobGasUsed,
        excessBlobGas: 0n,
        parentBeaconBlockRoot: ZERO,
      }),
      ...(since(fork, 'Prague') && { requestsHash: requestsHash(values.requests) }),
    },
    { common, freeze: false, skipConsensusFormatValidation: true },
  );
  return header.hash();
}

const EMPTY = {
  transactions: [],
  receiptsRoot: EMPTY_TRIE_ROOT,
  gasUsed: 0n,
  blobGasUsed: 0n,
  withdrawals: [],
  requests: [],
} as const;

/** A genesis header as fixtures write it, its hash included. */
export function genesisJson(fork: EngineFork, pre: Json): Json {
  const stateRoot = rootOf(pre);
  const values = { ...EMPTY, fork, number: 0n, timestamp: 0n, parentHash: ZERO, stateRoot };
  return {
    parentHash: bytesToHex(ZERO),
    uncleHash: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    coinbase: `0x${'00'.repeat(20)}`,
    stateRoot: bytesToHex(stateRoot),
    transactionsTrie: bytesToHex(EMPTY_TRIE_ROOT),
    receiptTrie: bytesToHex(EMPTY_TRIE_ROOT),
    bloom: `0x${'00'.repeat(256)}`,
    difficulty: '0x00',
    number: '0x00',
    gasLimit: quantity(GAS_LIMIT),
    gasUsed: '0x00',
    timestamp: '0x00',
    extraData: '0x00',
    mixHash: bytesToHex(ZERO),
    nonce: '0x0000000000000000',
    baseFeePerGas: '0x07',
    ...(since(fork, 'Shanghai') && { withdrawalsRoot: bytesToHex(EMPTY_TRIE_ROOT) }),
    ...(since(fork, 'Cancun') && {
      blobGasUsed: '0x00',
      excessBlobGas: '0x00',
      parentBeaconBlockRoot: bytesToHex(ZERO),
    }),
    ...(since(fork, 'Prague') && { requestsHash: bytesToHex(requestsHash([])) }),
    hash: bytesToHex(headerHash(values, Uint8Array.of(0))),
  };
}

/** A genesis as an environment, which the runner makes the same header from. */
export const GENESIS_ENVIRONMENT: Json = {
  currentCoinbase: `0x${'00'.repeat(20)}`,
  currentGasLimit: quantity(GAS_LIMIT),
  currentNumber: '0x00',
  currentTimestamp: '0x00',
  currentRandom: '0x00',
  currentDifficulty: '0x00',
  currentBaseFee: '0x07',
  currentExcessBlobGas: '0x00',
  currentBlobGasUsed: '0x00',
  parentBeaconBlockRoot: bytesToHex(ZERO),
};

export interface CallJson {
  readonly params: [Json, ...unknown[]];
  readonly newPayloadVersion: string;
  readonly forkchoiceUpdatedVersion: string;
  readonly validationError?: string;
  readonly errorCode?: string;
}

/** A call of `engine_newPayload` as the fork asks for it, the header's hash in it. */
export function callJson(
  values: Pick<HeaderValues, 'fork' | 'parentHash' | 'stateRoot'> & Partial<HeaderValues>,
  versionedHashes: readonly Uint8Array[] = [],
): CallJson {
  const all: HeaderValues = { ...EMPTY, number: 1n, timestamp: 12n, ...values };
  const { fork } = all;
  const payload: Json = {
    parentHash: bytesToHex(all.parentHash),
    feeRecipient: `0x${'00'.repeat(20)}`,
    stateRoot: bytesToHex(all.stateRoot),
    receiptsRoot: bytesToHex(all.receiptsRoot),
    logsBloom: `0x${'00'.repeat(256)}`,
    blockNumber: quantity(all.number),
    gasLimit: quantity(GAS_LIMIT),
    gasUsed: quantity(all.gasUsed),
    timestamp: quantity(all.timestamp),
    extraData: '0x',
    prevRandao: bytesToHex(ZERO),
    baseFeePerGas: '0x7',
    blockHash: bytesToHex(headerHash(all, new Uint8Array(0))),
    transactions: all.transactions.map((bytes) => bytesToHex(bytes)),
    ...(since(fork, 'Shanghai') && {
      withdrawals: all.withdrawals.map(({ index, validatorIndex, address, amount }) => ({
        index: quantity(index),
        validatorIndex: quantity(validatorIndex),
        address: bytesToHex(address),
        amount: quantity(amount),
      })),
    }),
    ...(since(fork, 'Cancun') && { blobGasUsed: quantity(all.blobGasUsed), excessBlobGas: '0x0' }),
  };
  const params: [Json, ...unknown[]] = [payload];
  if (since(fork, 'Cancun'))
    params.push(
      versionedHashes.map((hash) => bytesToHex(hash)),
      bytesToHex(ZERO),
    );
  if (since(fork, 'Prague')) params.push(all.requests.map((request) => bytesToHex(request)));
  const version = 1 + ORDER.indexOf(fork);
  return { params, newPayloadVersion: `${version}`, forkchoiceUpdatedVersion: `${Math.min(version, 3)}` };
}

/** The call's payload with some fields changed; undefined takes one out. */
export function withPayload(call: CallJson, change: Json): CallJson {
  const [payload, ...rest] = call.params;
  const changed = Object.fromEntries(
    Object.entries({ ...payload, ...change }).filter(([, value]) => value !== undefined),
  );
  return { ...call, params: [changed, ...rest] };
}
