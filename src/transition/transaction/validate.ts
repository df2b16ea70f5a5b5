/**
 * When a transaction may not be in a block. The rules fall into three groups, by what they need:
 * nothing but the block's header, the gas used by the transactions before, and the sender's account.
 * Where several apply, the error reported is the first of: type, number of blobs, admission, fees,
 * limits, blobs and authorizations, sender. The suites were filled by more than one client, and this
 * is the order that agrees with every error they name.
 */
import type { BlockEnvironment, Vm } from '../../vm/vm.js';
import type { TransactionErrorCode } from '../errors.js';
import type { Transaction } from '../types.js';
import { preForkCode } from './decode.js';
import { isDelegation } from './delegation.js';
import { type IntrinsicGas, intrinsicGas } from './intrinsic.js';
import { GAS_PER_BLOB, MAX_U64, type TransactionRules, transactionRules } from './rules.js';

/** Why a transaction is invalid. */
export interface Rejection {
  readonly code: TransactionErrorCode;
  /** For people. */
  readonly detail: string;
}

/** What {@link validateStatic} needs of a block: fees of 0 stand for no block at all. */
export type StaticEnvironment = Pick<BlockEnvironment, 'fork' | 'baseFee' | 'blobBaseFee'>;

/** EIP-3860: twice the limit of EIP-170. */
const MAX_INIT_CODE_BYTES = 49_152;
/** EIP-4844: VERSIONED_HASH_VERSION_KZG. */
const BLOB_HASH_VERSION = 0x01;

/** Prices below this do not overflow 256 bits with any gas limit. */
const SAFE_PRICE = 1n << 192n;

function rejection(code: TransactionErrorCode, detail: string): Rejection {
  return { code, detail };
}

function checkLimits(transaction: Transaction, rules: TransactionRules, gas: IntrinsicGas): Rejection | null {
  const { gasLimit, nonce } = transaction;
  if (gasLimit < gas.intrinsic) {
    return rejection('INTRINSIC_GAS_TOO_LOW', `gas limit ${gasLimit}, intrinsic gas ${gas.intrinsic}`);
  }
  if (gasLimit < gas.floor) {
    return rejection('INTRINSIC_GAS_BELOW_FLOOR_GAS_COST', `gas limit ${gasLimit}, calldata floor ${gas.floor}`);
  }
  // EIP-2681, applied from genesis on.
  if (nonce >= MAX_U64) return rejection('NONCE_IS_MAX', `nonce ${nonce}`);
  if (rules.initCodeRules && transaction.to === null && transaction.data.length > MAX_INIT_CODE_BYTES) {
    return rejection('INITCODE_SIZE_EXCEEDED', `${transaction.data.length} bytes of init code`);
  }
  if (rules.maxGasLimit !== null && gasLimit > rules.maxGasLimit) {
    return rejection('GAS_LIMIT_EXCEEDS_MAXIMUM', `gas limit ${gasLimit}, cap ${rules.maxGasLimit}`);
  }
  return null;
}

function checkBlobCount(transaction: Transaction, rules: TransactionRules, maxBlobGas: bigint): Rejection | null {
  const count = transaction.blobVersionedHashes.length;
  if (BigInt(count) * GAS_PER_BLOB > maxBlobGas) {
    // EIP-7594 gave transactions a limit of their own, and left this name to the block's.
    const code =
      rules.maxBlobs === null ? 'TYPE_3_TX_BLOB_COUNT_EXCEEDED' : 'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED';
    return rejection(code, `${count} blobs in a block with blob gas ${maxBlobGas}`);
  }
  if (rules.maxBlobs !== null && count > rules.maxBlobs) {
    return rejection('TYPE_3_TX_BLOB_COUNT_EXCEEDED', `${count} blobs, at most ${rules.maxBlobs}`);
  }
  return null;
}

function checkFees(transaction: Transaction, environment: StaticEnvironment): Rejection | null {
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (maxPriorityFeePerGas > maxFeePerGas) {
    const detail = `priority fee ${maxPriorityFeePerGas}, max fee ${maxFeePerGas}`;
    return rejection('PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS', detail);
  }
  if (maxFeePerGas < environment.baseFee) {
    return rejection('INSUFFICIENT_MAX_FEE_PER_GAS', `max fee ${maxFeePerGas}, base fee ${environment.baseFee}`);
  }
  return null;
}

function checkBlobs(transaction: Transaction, environment: StaticEnvironment): Rejection | null {
  const hashes = transaction.blobVersionedHashes;
  if (hashes.length === 0) return rejection('TYPE_3_TX_ZERO_BLOBS', 'no blobs');
  const wrong = hashes.findIndex((hash) => hash[0] !== BLOB_HASH_VERSION);
  if (wrong >= 0) {
    return rejection('TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH', `blob hash ${wrong} of version ${hashes[wrong]?.[0]}`);
  }
  if (transaction.maxFeePerBlobGas < environment.blobBaseFee) {
    const detail = `max fee ${transaction.maxFeePerBlobGas}, blob base fee ${environment.blobBaseFee}`;
    return rejection('INSUFFICIENT_MAX_FEE_PER_BLOB_GAS', detail);
  }
  if (transaction.to === null) return rejection('TYPE_3_TX_CONTRACT_CREATION', 'a blob transaction has a recipient');
  return null;
}

/**
 * What can be told without state and without the block's earlier transactions; null where all is well.
 * `maxBlobGas` is what the whole block may use. `gas` spares computing it where the caller has it.
 */
export function validateStatic(
  transaction: Transaction,
  environment: StaticEnvironment,
  maxBlobGas: bigint,
  gas: IntrinsicGas = intrinsicGas(transaction, environment.fork),
): Rejection | null {
  const rules = transactionRules(environment.fork);
  const { type } = transaction;
  if (type > rules.maxType) return rejection(preForkCode(type), `type ${type}`);
  const early =
    (type === 3 ? checkBlobCount(transaction, rules, maxBlobGas) : null) ??
    checkFees(transaction, environment) ??
    checkLimits(transaction, rules, gas);
  if (early !== null) return early;
  if (type === 3) {
    const blobs = checkBlobs(transaction, environment);
    if (blobs !== null) return blobs;
  } else if (type === 4) {
    if (transaction.to === null) return rejection('TYPE_4_TX_CONTRACT_CREATION', 'EIP-7702 asks for a recipient');
    if (transaction.authorizations.length === 0)
      return rejection('TYPE_4_EMPTY_AUTHORIZATION_LIST', 'no authorizations');
  }
  // A gas limit is below 2^64, so a price below 2^192 needs no product.
  if (transaction.maxFeePerGas >= SAFE_PRICE && (transaction.gasLimit * transaction.maxFeePerGas) >> 256n !== 0n) {
    const detail = `${transaction.gasLimit} gas at ${transaction.maxFeePerGas}`;
    return rejection('GASLIMIT_PRICE_PRODUCT_OVERFLOW', detail);
  }
  return null;
}

/**
 * {@link validateStatic}, and what is wrong at any place in the block: more gas than the whole block has. Such a
 * transaction must not run, since nothing bounds it.
 */
export function validateAnywhere(
  transaction: Transaction,
  environment: BlockEnvironment,
  maxBlobGas: bigint,
  gas: IntrinsicGas = intrinsicGas(transaction, environment.fork),
): Rejection | null {
  return validateStatic(transaction, environment, maxBlobGas, gas) ?? checkAllowance(transaction, environment, 0n);
}

function checkAllowance({ gasLimit }: Transaction, environment: BlockEnvironment, used: bigint): Rejection | null {
  if (used + gasLimit <= environment.gasLimit) return null;
  return rejection('GAS_ALLOWANCE_EXCEEDED', `gas limit ${gasLimit} after ${used} of ${environment.gasLimit}`);
}

/**
 * Ordered admission into the block (yellow paper, eq. 58 and EIP-4844): the gas and the blob gas left
 * by the transactions before. Needs the committed prefix, so only the commit lane can decide it.
 */
export function validateAdmission(
  transaction: Transaction,
  environment: BlockEnvironment,
  gasUsedSoFar: bigint,
  blobGasUsedSoFar: bigint,
  maxBlobGas: bigint,
): Rejection | null {
  const unaffordable = checkAllowance(transaction, environment, gasUsedSoFar);
  if (unaffordable !== null) return unaffordable;
  if (transaction.type === 3 && blobGasUsedSoFar + blobGas(transaction) > maxBlobGas) {
    const detail = `${blobGas(transaction)} blob gas after ${blobGasUsedSoFar} of ${maxBlobGas}`;
    return rejection('TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED', detail);
  }
  return null;
}

const BEFORE_ADMISSION: ReadonlySet<TransactionErrorCode> = new Set<TransactionErrorCode>([
  'TYPE_1_TX_PRE_FORK',
  'TYPE_2_TX_PRE_FORK',
  'TYPE_3_TX_PRE_FORK',
  'TYPE_4_TX_PRE_FORK',
  'TYPE_3_TX_BLOB_COUNT_EXCEEDED',
  'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED',
]);

/** True where this error of {@link validateStatic} stands even if {@link validateAdmission} fails too. */
export function precedesAdmission(code: TransactionErrorCode): boolean {
  return BEFORE_ADMISSION.has(code);
}

/** Blob gas that a transaction uses (EIP-4844). */
export function blobGas(transaction: Transaction): bigint {
  return transaction.type === 3 ? BigInt(transaction.blobVersionedHashes.length) * GAS_PER_BLOB : 0n;
}

/** The sender's nonce, funds and code; its account must be loaded in the machine. Null where all is well. */
export function validateSender(transaction: Transaction, environment: BlockEnvironment, vm: Vm): Rejection | null {
  const { sender } = transaction;
  const nonce = vm.nonce(sender);
  if (nonce > transaction.nonce) {
    return rejection('NONCE_MISMATCH_TOO_LOW', `nonce ${transaction.nonce}, the account's is ${nonce}`);
  }
  if (nonce < transaction.nonce) {
    return rejection('NONCE_MISMATCH_TOO_HIGH', `nonce ${transaction.nonce}, the account's is ${nonce}`);
  }
  let due = transaction.gasLimit * transaction.maxFeePerGas + transaction.value;
  if (transaction.type === 3) due += blobGas(transaction) * transaction.maxFeePerBlobGas;
  const balance = vm.balance(sender);
  if (balance < due) return rejection('INSUFFICIENT_ACCOUNT_FUNDS', `balance ${balance}, at most ${due} is due`);
  // EIP-3607, which holds from genesis on.
  const code = vm.code(sender).bytes;
  if (code.length !== 0 && !(transactionRules(environment.fork).delegations && isDelegation(code))) {
    return rejection('SENDER_NOT_EOA', `${code.length} bytes of code`);
  }
  return null;
}
