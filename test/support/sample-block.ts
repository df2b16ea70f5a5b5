/** A block with conflicts in it: transfers between its own senders, a shared counter, and the coinbase as a recipient. */
import { bigIntToBytes, bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import type { Block, ExecutionResult, Transaction } from '../../src/transition/types.js';
import { addressHex } from './keys.js';

const COUNTER = 0xc0de;
const COINBASE = 0xbeef;
/** SLOAD 0, add 1, SSTORE 0. */
const COUNTER_CODE = hexToBytes('0x60005460010160005500');

function bytes20(value: number): Uint8Array {
  return bigIntToBytes(BigInt(value), 20);
}

export function sampleDatabase(senders: number): Database {
  const accounts: [Hex, AccountState][] = Array.from({ length: senders }, (_, i) => [
    addressHex(0x1000 + i),
    { nonce: 0n, balance: 10n ** 18n, code: EMPTY_BYTES, storage: new Map() },
  ]);
  accounts.push([addressHex(COUNTER), { nonce: 1n, balance: 0n, code: COUNTER_CODE, storage: new Map() }]);
  return Database.from(accounts);
}

export function sampleTransaction(index: number, senders: number, change: Partial<Transaction> = {}): Transaction {
  const kind = index % 4;
  const to = kind === 0 ? COUNTER : kind === 3 && index % 8 === 3 ? COINBASE : 0x1000 + ((index * 7) % senders);
  return {
    type: 2,
    chainId: 1n,
    nonce: BigInt(Math.floor(index / senders)),
    gasLimit: 60_000n,
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: BigInt(index % 3),
    to: bytes20(to),
    value: kind === 0 ? 0n : BigInt(index + 1),
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerBlobGas: 0n,
    blobVersionedHashes: [],
    authorizations: [],
    sender: bytes20(0x1000 + (index % senders)),
    ...change,
  };
}

export function sampleBlock(transactions: readonly Transaction[], change: Partial<Block> = {}): Block {
  return {
    environment: {
      fork: 'Cancun',
      chainId: 1n,
      number: 5n,
      timestamp: 1000n,
      coinbase: bytes20(COINBASE),
      gasLimit: 300_000_000n,
      difficulty: 0n,
      prevRandao: new Uint8Array(32),
      baseFee: 7n,
      blobBaseFee: 1n,
      blockHash: () => null,
    },
    maxBlobGas: 786_432n,
    transactions,
    mode: 'state-test',
    withdrawals: [],
    ommers: [],
    daoFork: false,
    parentHash: new Uint8Array(32),
    parentBeaconBlockRoot: null,
    ...change,
  };
}

/** `count` transactions of `senders` senders, in order of nonce. */
export function sampleTransactions(count: number, senders: number): Transaction[] {
  return Array.from({ length: count }, (_, i) => sampleTransaction(i, senders));
}

/** A result in a form that can be compared whole; what only says how the work was done is left out. */
export function comparable(result: ExecutionResult): unknown {
  const plain = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return bytesToHex(value);
    if (value instanceof Map) return [...value].map(plain);
    if (Array.isArray(value)) return value.map(plain);
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(
        Object.entries(value)
          .filter(([key]) => key !== 'stats' && key !== 'deferredFee')
          .map(([key, inner]) => [key, plain(inner)]),
      );
    }
    return value;
  };
  if (!result.ok) {
    const { code, transactionIndex, message } = result.error;
    return { code, transactionIndex, message };
  }
  return plain(result);
}
