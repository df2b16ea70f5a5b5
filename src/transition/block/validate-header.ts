/** A header against its parent (yellow paper 4.3.4), by the rules of the block's fork. */
import { equalBytes } from '../../primitives/bytes.js';
import { EMPTY_LIST_HASH } from '../../primitives/crypto.js';
import { atLeast, type BlobSchedule, type Fork } from '../../primitives/fork.js';
import { BlockError, type BlockErrorCode } from '../errors.js';
import { nextBaseFee, parentGasLimit } from './base-fee.js';
import { blobFeeOverflows, nextExcessBlobGas } from './blob-gas.js';
import { DAO_EXTRA_DATA, DAO_EXTRA_DATA_BLOCKS } from './dao.js';
import { blockDifficulty, difficultyOverflows } from './difficulty.js';
import type { BlockHeader } from './header.js';

/** What the chain says about one block; on networks that change forks the caller picks them per block. */
export interface HeaderRules {
  readonly fork: Fork;
  /** Schedule of this block's fork; needed from Cancun on. */
  readonly blobSchedule: BlobSchedule | null;
  /** Number of the DAO fork block where the chain has one. */
  readonly daoForkBlock: bigint | null;
  /** Whether the proof of work of a header is good; left out where the chain asks for none (`NoProof`). */
  readonly verifySeal?: (header: BlockHeader) => boolean;
}

const GAS_LIMIT_BOUND_DIVISOR = 1024n;
const MINIMUM_GAS_LIMIT = 5000n;
/** EIP-1985 in effect: clients hold gas limits in signed 64 bits. */
const MAXIMUM_GAS_LIMIT = (1n << 63n) - 1n;
const MAXIMUM_EXTRA_DATA = 32;

function reject(code: BlockErrorCode, detail: string): never {
  throw new BlockError(`BlockException.${code}`, null, detail);
}

/**
 * Throws {@link BlockError} for the first rule that `header` breaks, in the order of
 * execution-specs, save that the gas limit is judged first, ahead of gas used and of the fork's
 * fields: where several rules are broken, that is the one the suites name. `blobGasUsed`
 * is compared with the transactions' after execution, as execution-specs do.
 */
export function validateHeader(header: BlockHeader, parent: BlockHeader, rules: HeaderRules): void {
  if (!equalBytes(header.parentHash, parent.hash)) reject('UNKNOWN_PARENT', 'parentHash is not the hash of the parent');
  validateGas(header, parent, rules.fork);
  validateForkFields(header, rules.fork);
  if (header.excessBlobGas !== null) validateExcessBlobGas(header.excessBlobGas, parent, rules);
  if (header.baseFeePerGas !== null) {
    const expected = nextBaseFee(parent);
    if (header.baseFeePerGas !== expected) {
      reject('INVALID_BASEFEE_PER_GAS', `${header.baseFeePerGas} instead of ${expected}`);
    }
  }
  if (header.timestamp <= parent.timestamp) {
    reject('INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT', `${header.timestamp} after ${parent.timestamp}`);
  }
  if (header.number !== parent.number + 1n) {
    reject('INVALID_BLOCK_NUMBER', `${header.number} after ${parent.number}`);
  }
  validateExtraData(header, rules.daoForkBlock);
  if (atLeast(rules.fork, 'Paris')) validateProofOfStake(header, parent);
  else validateProofOfWork(header, parent, rules);
}

/** Bounds of gas limit and gas used; at the London block the parent's limit counts twice (EIP-1559). */
function validateGas(header: BlockHeader, parent: BlockHeader, fork: Fork): void {
  const { gasLimit, gasUsed } = header;
  if (gasLimit > MAXIMUM_GAS_LIMIT) reject('GASLIMIT_TOO_BIG', `gas limit ${gasLimit}`);
  const from = atLeast(fork, 'London') ? parentGasLimit(parent) : parent.gasLimit;
  const distance = gasLimit > from ? gasLimit - from : from - gasLimit;
  if (distance >= from / GAS_LIMIT_BOUND_DIVISOR || gasLimit < MINIMUM_GAS_LIMIT) {
    reject('INVALID_GASLIMIT', `gas limit ${gasLimit} after ${from}`);
  }
  if (gasUsed > gasLimit) reject('GAS_USED_OVERFLOW', `gas used ${gasUsed} exceeds the gas limit ${gasLimit}`);
}

function validateForkFields(header: BlockHeader, fork: Fork): void {
  const fields = [
    ['baseFeePerGas', header.baseFeePerGas, 'London'],
    ['withdrawalsRoot', header.withdrawalsRoot, 'Shanghai'],
    ['blobGasUsed', header.blobGasUsed, 'Cancun'],
    ['excessBlobGas', header.excessBlobGas, 'Cancun'],
    ['parentBeaconBlockRoot', header.parentBeaconBlockRoot, 'Cancun'],
    ['requestsHash', header.requestsHash, 'Prague'],
  ] as const;
  for (const [name, value, since] of fields) {
    const due = atLeast(fork, since);
    if (due && value === null) reject('INCORRECT_BLOCK_FORMAT', `${name} is missing in a block of ${fork}`);
    if (!due && value !== null) reject('INCORRECT_BLOCK_FORMAT', `${name} in a block of ${fork}`);
  }
  const known = 15 + fields.filter(([, value]) => value !== null).length;
  if (header.fields.length > known) {
    reject('INCORRECT_BLOCK_FORMAT', `${header.fields.length} fields in a block of ${fork}, which has ${known}`);
  }
}

function validateExcessBlobGas(excess: bigint, parent: BlockHeader, rules: HeaderRules): void {
  if (rules.blobSchedule === null) throw new TypeError(`header rules of ${rules.fork} without a blob schedule`);
  const expected = nextExcessBlobGas(parent, rules.fork, rules.blobSchedule);
  if (excess !== expected) reject('INCORRECT_EXCESS_BLOB_GAS', `${excess} instead of ${expected}`);
  // After a genesis of such an excess only, which no rule holds down.
  if (blobFeeOverflows(excess, rules.blobSchedule))
    reject('INCORRECT_EXCESS_BLOB_GAS', `${excess} gives a blob base fee beyond 256 bits`);
}

function validateExtraData(header: BlockHeader, daoForkBlock: bigint | null): void {
  if (header.extraData.length > MAXIMUM_EXTRA_DATA) {
    reject('EXTRA_DATA_TOO_BIG', `${header.extraData.length} bytes of extra data`);
  }
  if (daoForkBlock === null) return;
  const marked = header.number >= daoForkBlock && header.number < daoForkBlock + DAO_EXTRA_DATA_BLOCKS;
  if (marked && !equalBytes(header.extraData, DAO_EXTRA_DATA)) {
    reject('EXTRA_DATA_INVALID_DAO', `block ${header.number} must carry the DAO fork's extra data (EIP-779)`);
  }
}

/** EIP-3675: the fields of proof of work are constants. */
function validateProofOfStake(header: BlockHeader, parent: BlockHeader): void {
  if (header.difficulty !== 0n) {
    // After a proof-of-stake parent it is merely a wrong value; otherwise work goes on past the merge.
    const code =
      parent.difficulty === 0n ? 'IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS' : 'IMPORT_IMPOSSIBLE_PARIS_WRONG_POW';
    reject(code, `difficulty ${header.difficulty} after the merge`);
  }
  if (header.nonce.some((byte) => byte !== 0)) reject('INCORRECT_BLOCK_FORMAT', 'nonce is not zero after the merge');
  if (!equalBytes(header.ommersHash, EMPTY_LIST_HASH)) {
    reject('IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS', 'ommersHash is not that of an empty list after the merge');
  }
}

/** Null where no header has room for it, which only a chain from a genesis of a very high number comes to. */
function dueDifficulty(header: BlockHeader, parent: BlockHeader, fork: Fork): bigint | null {
  if (difficultyOverflows(fork, header.number)) return null;
  return blockDifficulty(fork, {
    number: header.number,
    timestamp: header.timestamp,
    parentTimestamp: parent.timestamp,
    parentDifficulty: parent.difficulty,
    parentHasOmmers: !equalBytes(parent.ommersHash, EMPTY_LIST_HASH),
  });
}

function validateProofOfWork(header: BlockHeader, parent: BlockHeader, rules: HeaderRules): void {
  const { fork, verifySeal } = rules;
  const expected = dueDifficulty(header, parent, fork);
  if (header.difficulty !== expected) {
    // From London on the merge lies ahead, and zero marks a proof-of-stake block that comes too early.
    if (header.difficulty === 0n && atLeast(fork, 'London')) {
      reject('IMPORT_IMPOSSIBLE_PARIS_WRONG_POS', 'difficulty 0 before the merge');
    }
    reject('INVALID_DIFFICULTY', `${header.difficulty} instead of ${expected ?? 'one beyond 256 bits'}`);
  }
  if (verifySeal?.(header) === false) reject('INVALID_POW', 'mixHash and nonce do not seal the header');
}
