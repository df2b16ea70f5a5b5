/** A blockchain test in the terms of anvil: geth's genesis, transactions as the network sends them. */
import { RLP } from '@ethereumjs/rlp';
import {
  bigIntToBytes,
  bytesToBigInt,
  bytesToHex,
  concatBytes,
  equalBytes,
  type Hex,
  hexToBytes,
} from '../src/primitives/bytes.js';
import { atLeast, type Fork } from '../src/primitives/fork.js';
import { BLOB_HASHES, COMMITMENTS } from '../workloads/blobs.js';

export type HeaderJson = Readonly<Record<string, Hex>>;
type StateJson = Readonly<Record<Hex, { nonce: Hex; balance: Hex; code: Hex; storage: Readonly<Record<Hex, Hex>> }>>;

/** What is read of a blockchain test. */
export interface FixtureTest {
  readonly network: Fork;
  readonly genesisBlockHeader: HeaderJson;
  readonly pre: StateJson;
  readonly blocks: readonly {
    readonly rlp: Hex;
    readonly blockHeader?: HeaderJson;
    readonly expectException?: string;
  }[];
}

/** The two oracles do not agree. */
export class OracleMismatch extends Error {
  override readonly name = 'OracleMismatch';
  readonly code = 'ORACLES_DIFFER';
}

const BLOB_TYPE = 3;
/** Place of the versioned hashes among a blob transaction's fields. */
const HASHES_FIELD = 10;
const FIELD_ELEMENTS = 4096;
const CELLS_PER_BLOB = 128;
/** Every proof about a constant polynomial: the compressed point at infinity. */
const INFINITY = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xc0 : 0));
const GWEI = 10n ** 9n;

/** 32 bytes, big-endian. */
export function word(value: bigint): Hex {
  return bytesToHex(bigIntToBytes(value, 32));
}

/** Geth's format. The node takes the excess blob gas as that of its first block, not of the genesis. */
export function genesisOf({ genesisBlockHeader: header, pre, blocks }: FixtureTest): object {
  const first = blocks[0]?.blockHeader;
  const alloc = Object.entries(pre).map(([address, { nonce, balance, code, storage }]) => {
    const slots = Object.entries(storage).map(([slot, value]) => [word(BigInt(slot)), word(BigInt(value))]);
    return [address, { nonce: word(BigInt(nonce)), balance, code, storage: Object.fromEntries(slots) }];
  });
  return {
    config: { chainId: 1 },
    nonce: '0x0',
    timestamp: header.timestamp,
    extraData: '0x',
    gasLimit: header.gasLimit,
    difficulty: '0x0',
    mixHash: header.mixHash,
    coinbase: header.coinbase,
    ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
    ...(header.excessBlobGas === undefined ? {} : { excessBlobGas: first?.excessBlobGas, blobGasUsed: '0x0' }),
    alloc: Object.fromEntries(alloc),
  };
}

/** Transactions of a block's RLP, as they stand there: EIP-2718 bytes. */
export function transactionsOf(rlp: Hex): Uint8Array[] {
  const [, transactions] = RLP.decode(hexToBytes(rlp)) as unknown as [unknown, (Uint8Array | Uint8Array[])[]];
  return transactions.map((one) => (one instanceof Uint8Array ? one : RLP.encode(one)));
}

export function isBlobTransaction(transaction: Uint8Array): boolean {
  return transaction[0] === BLOB_TYPE;
}

/** Which of the generator's blobs a blob transaction carries, by their places in `BLOB_HASHES`; -1 for another's. */
export function blobsOf(transaction: Uint8Array): number[] {
  const fields = RLP.decode(transaction.subarray(1)) as unknown as Uint8Array[][];
  return (fields[HASHES_FIELD] ?? []).map((hash) => BLOB_HASHES.findIndex((known) => equalBytes(known, hash)));
}

/** A blob transaction with its blobs, as the network sends it: EIP-4844, and EIP-7594 from Osaka on. */
export function withBlobs(transaction: Uint8Array, fork: Fork): Uint8Array {
  const fields = RLP.decode(transaction.subarray(1)) as Uint8Array[];
  const numbers = blobsOf(transaction);
  const blobs = numbers.map((index) => {
    const element = hexToBytes(word(BigInt(index + 1)));
    return concatBytes(...Array.from({ length: FIELD_ELEMENTS }, () => element));
  });
  const commitments = numbers.map((index) => COMMITMENTS[index] as Uint8Array);
  const cells = atLeast(fork, 'Osaka');
  const proofs = Array.from({ length: blobs.length * (cells ? CELLS_PER_BLOB : 1) }, () => INFINITY);
  const wrapped = cells ? [fields, Uint8Array.of(1), blobs, commitments, proofs] : [fields, blobs, commitments, proofs];
  return concatBytes(Uint8Array.of(BLOB_TYPE), RLP.encode(wrapped));
}

/** Withdrawals (EIP-4895) of a block's RLP, in wei. */
export function withdrawalsOf(rlp: Hex): [Hex, bigint][] {
  const items = RLP.decode(hexToBytes(rlp)) as unknown as Uint8Array[][][];
  return (items[3] ?? []).map(([, , address, amount]) => {
    return [bytesToHex(address as Uint8Array), bytesToBigInt(amount as Uint8Array) * GWEI];
  });
}
