/** Blocks and transactions from the few fields that matter to a caller; the rest gets neutral values. */
import { EMPTY_BYTES, type Hex, hexToBytes } from '../primitives/bytes.js';
import type { Fork } from '../primitives/fork.js';
import type { BlockEnvironment } from '../vm/vm.js';
import type { Block, Transaction } from './types.js';

const ZERO_WORD = new Uint8Array(32);

/** Addresses may be given as hex. */
type AddressLike = Uint8Array | Hex;

function addressBytes(address: AddressLike, field: string): Uint8Array {
  const bytes = typeof address === 'string' ? hexToBytes(address) : address;
  if (bytes.length !== 20) throw new RangeError(`${field}: an address has 20 bytes, not ${bytes.length}`);
  return bytes;
}

export interface NewTransaction extends Partial<Omit<Transaction, 'sender' | 'to'>> {
  readonly sender: AddressLike;
  /** Left out or null: creates a contract. */
  readonly to?: AddressLike | null;
}

/**
 * A transaction whose sender is known. Defaults: type 2 (EIP-1559), chain 1, nonce 0, 21,000 gas,
 * fees and value 0, no data and no lists. Throws RangeError on an address that is not 20 bytes long.
 */
export function createTransaction(fields: NewTransaction): Transaction {
  const { sender, to = null, ...rest } = fields;
  return {
    type: 2,
    chainId: 1n,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerBlobGas: 0n,
    blobVersionedHashes: [],
    authorizations: [],
    ...rest,
    to: to === null ? null : addressBytes(to, 'to'),
    sender: addressBytes(sender, 'sender'),
  };
}

export interface NewBlock extends Partial<Omit<Block, 'environment' | 'transactions'>> {
  readonly fork: Fork;
  readonly coinbase: AddressLike;
  readonly transactions: readonly Transaction[];
  readonly environment?: Partial<Omit<BlockEnvironment, 'fork' | 'coinbase'>>;
}

/**
 * A block to execute. Defaults: chain 1, number 1, timestamp 1, 30,000,000 gas, difficulty, base fee and
 * blob base fee 0, no ancestors' hashes, no withdrawals and no ommers; a zero parent hash, beacon root
 * and randomness; all steps of a block (`mode: 'block'`), and room for no blobs: transactions that carry
 * some need `maxBlobGas`. Throws RangeError on a beneficiary that is not 20 bytes long.
 */
export function createBlock(fields: NewBlock): Block {
  const { fork, coinbase, environment, transactions, ...rest } = fields;
  return {
    maxBlobGas: 0n,
    mode: 'block',
    withdrawals: [],
    ommers: [],
    daoFork: false,
    parentHash: ZERO_WORD,
    parentBeaconBlockRoot: ZERO_WORD,
    ...rest,
    transactions,
    environment: {
      chainId: 1n,
      number: 1n,
      timestamp: 1n,
      gasLimit: 30_000_000n,
      difficulty: 0n,
      prevRandao: ZERO_WORD,
      baseFee: 0n,
      blobBaseFee: 0n,
      blockHash: () => null,
      ...environment,
      fork,
      coinbase: addressBytes(coinbase, 'coinbase'),
    },
  };
}
