/** Block headers of every fork (yellow paper, section 4.3), read strictly from RLP. */
import { bytesToBigInt } from '../../primitives/bytes.js';
import { keccak256 } from '../../primitives/crypto.js';
import { BlockError, type BlockErrorCode } from '../errors.js';
import { listItems, type RlpItem, stringBytes } from './rlp.js';

/** Hashes are 32 bytes, amounts in wei, gas in units of gas, time in seconds since 1970. */
export interface BlockHeader {
  readonly parentHash: Uint8Array;
  readonly ommersHash: Uint8Array;
  /** Beneficiary, 20 bytes. */
  readonly coinbase: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  /** PREVRANDAO from Paris on (EIP-4399). */
  readonly mixHash: Uint8Array;
  /** 8 bytes. */
  readonly nonce: Uint8Array;
  /** EIP-1559; null before London. */
  readonly baseFeePerGas: bigint | null;
  /** EIP-4895; null before Shanghai. */
  readonly withdrawalsRoot: Uint8Array | null;
  /** EIP-4844; null before Cancun, like the two that follow. */
  readonly blobGasUsed: bigint | null;
  readonly excessBlobGas: bigint | null;
  /** EIP-4788. */
  readonly parentBeaconBlockRoot: Uint8Array | null;
  /** EIP-7685; null before Prague. */
  readonly requestsHash: Uint8Array | null;
  /** Every field as it was encoded, in order; those of later forks than the engine knows included. */
  readonly fields: readonly Uint8Array[];
  /** Keccak of the encoding. */
  readonly hash: Uint8Array;
}

/** Numbers of fields that some fork has; later forks only append (Amsterdam: EIP-7928 and EIP-7843). */
const FRONTIER_FIELDS = 15;
const LONDON_FIELDS = 16;
const SHANGHAI_FIELDS = 17;
const CANCUN_FIELDS = 20;
const PRAGUE_FIELDS = 21;
const FIELD_COUNTS: readonly number[] = [FRONTIER_FIELDS, LONDON_FIELDS, SHANGHAI_FIELDS, CANCUN_FIELDS, PRAGUE_FIELDS];

function malformed(code: BlockErrorCode, detail: string): BlockError {
  return new BlockError(`BlockException.${code}`, null, detail);
}

/** `bytes` where it has `length` bytes; throws {@link BlockError} otherwise. */
export function fixedBytes(
  bytes: Uint8Array,
  length: number,
  field: string,
  code: BlockErrorCode = 'RLP_STRUCTURES_ENCODING',
): Uint8Array {
  if (bytes.length !== length) throw malformed(code, `${field} has ${bytes.length} bytes, not ${length}`);
  return bytes;
}

/** Scalar of at most `bits` bits without leading zeros; throws {@link BlockError} otherwise. */
export function scalar(bytes: Uint8Array, bits: 64 | 256, field: string): bigint {
  if (bytes.length * 8 > bits) {
    const code = bits === 64 ? 'RLP_INVALID_FIELD_OVERFLOW_64' : 'RLP_STRUCTURES_ENCODING';
    throw malformed(code, `${field} exceeds ${bits} bits`);
  }
  if (bytes[0] === 0) throw malformed('RLP_STRUCTURES_ENCODING', `${field} has a leading zero`);
  return bytesToBigInt(bytes);
}

/**
 * Header from its RLP item. Which of the optional fields must be there is a question of the fork,
 * answered by `validateHeader`; here their number must be that of some fork.
 * Throws {@link BlockError} or `RlpError`.
 */
export function headerFromItem(item: RlpItem): BlockHeader {
  const fields = listItems(item, 'header').map((entry, index) => stringBytes(entry, `header[${index}]`));
  return headerFromFields(fields, keccak256(item.encoding));
}

/**
 * Header from its fields in header order, RLP-ready (scalars minimal), and its hash.
 * Throws {@link BlockError} where a field is malformed or their number belongs to no fork.
 */
export function headerFromFields(fields: readonly Uint8Array[], hash: Uint8Array): BlockHeader {
  const count = fields.length;
  if (count < FRONTIER_FIELDS) throw malformed('RLP_STRUCTURES_ENCODING', `header of ${count} fields`);
  if (count < PRAGUE_FIELDS && !FIELD_COUNTS.includes(count)) {
    throw malformed('INCORRECT_BLOCK_FORMAT', `no fork has a header of ${count} fields`);
  }
  const bytes = (index: number, length: number, name: string): Uint8Array =>
    fixedBytes(fields[index] as Uint8Array, length, name);
  const uint64 = (index: number, name: string): bigint => scalar(fields[index] as Uint8Array, 64, name);
  const uint256 = (index: number, name: string): bigint => scalar(fields[index] as Uint8Array, 256, name);
  return {
    parentHash: bytes(0, 32, 'parentHash'),
    ommersHash: bytes(1, 32, 'ommersHash'),
    coinbase: fixedBytes(fields[2] as Uint8Array, 20, 'coinbase', 'RLP_INVALID_ADDRESS'),
    stateRoot: bytes(3, 32, 'stateRoot'),
    transactionsRoot: bytes(4, 32, 'transactionsRoot'),
    receiptsRoot: bytes(5, 32, 'receiptsRoot'),
    logsBloom: bytes(6, 256, 'logsBloom'),
    difficulty: uint256(7, 'difficulty'),
    number: uint64(8, 'number'),
    gasLimit: uint64(9, 'gasLimit'),
    gasUsed: uint64(10, 'gasUsed'),
    timestamp: uint64(11, 'timestamp'),
    extraData: fields[12] as Uint8Array,
    mixHash: bytes(13, 32, 'mixHash'),
    nonce: bytes(14, 8, 'nonce'),
    baseFeePerGas: count >= LONDON_FIELDS ? uint256(15, 'baseFeePerGas') : null,
    withdrawalsRoot: count >= SHANGHAI_FIELDS ? bytes(16, 32, 'withdrawalsRoot') : null,
    blobGasUsed: count >= CANCUN_FIELDS ? uint64(17, 'blobGasUsed') : null,
    excessBlobGas: count >= CANCUN_FIELDS ? uint64(18, 'excessBlobGas') : null,
    parentBeaconBlockRoot: count >= CANCUN_FIELDS ? bytes(19, 32, 'parentBeaconBlockRoot') : null,
    requestsHash: count >= PRAGUE_FIELDS ? bytes(20, 32, 'requestsHash') : null,
    fields,
    hash,
  };
}
