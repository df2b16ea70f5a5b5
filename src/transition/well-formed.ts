/**
 * Whether fields of a block are of their types: numbers that fit, byte strings of their length. Blocks come from callers
 * in all sorts of ways, and are written into words as they are: a number that does not fit would be cut, and bytes
 * too many would end up in the field behind. Looked at once for a block, when its transactions are recorded.
 */
import { FORKS, isFork } from '../primitives/fork.js';
import { MAX_U64, MAX_U256 } from './transaction/rules.js';
import type { AccessListEntry, Authorization, Block, Transaction } from './types.js';

const ADDRESS_BYTES = 20;
const WORD_BYTES = 32;

function checkInteger(value: bigint, most: bigint | null, field: string): void {
  if (typeof value !== 'bigint') throw new TypeError(`${field}: a bigint expected, not ${String(value)}`);
  if (value < 0n) throw new RangeError(`${field} ${value} is negative`);
  if (most !== null && value > most)
    throw new RangeError(`${field} ${value} does not fit in ${most === MAX_U64 ? 64 : 256} bits`);
}

function checkBytes(bytes: Uint8Array, field: string): void {
  // Not `instanceof`: bytes may come from another realm.
  if (bytes?.BYTES_PER_ELEMENT !== 1) throw new TypeError(`${field}: a Uint8Array expected, not ${describe(bytes)}`);
}

function checkLength(bytes: Uint8Array, length: number, field: string): void {
  checkBytes(bytes, field);
  if (bytes.length !== length) throw new RangeError(`${field}: ${length} bytes expected, ${bytes.length} given`);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? 'a string' : Array.isArray(value) ? 'an array' : String(value);
}

function checkEntry({ address, slots }: AccessListEntry): void {
  checkLength(address, ADDRESS_BYTES, 'accessList.address');
  for (const slot of slots) checkLength(slot, WORD_BYTES, 'accessList.slots');
}

function checkAuthorization({ chainId, address, nonce, authority }: Authorization): void {
  checkInteger(chainId, MAX_U256, 'authorizations.chainId');
  checkLength(address, ADDRESS_BYTES, 'authorizations.address');
  // A nonce that does not fit makes the authorization void.
  checkInteger(nonce, null, 'authorizations.nonce');
  if (authority !== null) checkLength(authority, ADDRESS_BYTES, 'authorizations.authority');
}

/** Throws RangeError where a field of `transaction` does not fit, and TypeError where it is something else altogether. */
export function checkTransaction(transaction: Transaction): void {
  const { type, chainId, to } = transaction;
  if (type >>> 0 !== type) throw new RangeError(`type ${type} is not a whole number of 32 bits`);
  if (chainId !== null) checkInteger(chainId, MAX_U256, 'chainId');
  // One that does not fit is too large for a transaction, which is for the rules to say (EIP-2681).
  checkInteger(transaction.nonce, null, 'nonce');
  checkInteger(transaction.gasLimit, MAX_U64, 'gasLimit');
  checkInteger(transaction.maxFeePerGas, MAX_U256, 'maxFeePerGas');
  checkInteger(transaction.maxPriorityFeePerGas, MAX_U256, 'maxPriorityFeePerGas');
  checkInteger(transaction.maxFeePerBlobGas, MAX_U256, 'maxFeePerBlobGas');
  checkInteger(transaction.value, MAX_U256, 'value');
  checkLength(transaction.sender, ADDRESS_BYTES, 'sender');
  if (to !== null) checkLength(to, ADDRESS_BYTES, 'to');
  checkBytes(transaction.data, 'data');
  for (const entry of transaction.accessList) checkEntry(entry);
  for (const hash of transaction.blobVersionedHashes) checkLength(hash, WORD_BYTES, 'blobVersionedHashes');
  for (const authorization of transaction.authorizations) checkAuthorization(authorization);
}

function checkArray(value: unknown, field: string): void {
  if (!Array.isArray(value)) throw new TypeError(`${field}: an array expected, not ${describe(value)}`);
}

/** What is read of a block-level access list. Whether it is true does not matter, and neither does the length of its addresses. */
function checkAccessList(list: NonNullable<Block['accessList']>): void {
  checkArray(list, 'accessList');
  for (const entry of list) {
    checkBytes(entry?.address, 'accessList.address');
    for (const field of ['balanceChanges', 'nonceChanges', 'codeChanges'] as const) {
      checkChanges(entry[field], `accessList.${field}`);
    }
    checkArray(entry.storageChanges, 'accessList.storageChanges');
    for (const slot of entry.storageChanges) checkChanges(slot?.changes, 'accessList.storageChanges.changes');
  }
}

function checkChanges(changes: readonly { readonly blockAccessIndex: number }[], field: string): void {
  checkArray(changes, field);
  for (const change of changes) {
    if (typeof change?.blockAccessIndex !== 'number')
      throw new TypeError(`${field}.blockAccessIndex: a number expected, not ${describe(change?.blockAccessIndex)}`);
  }
}

/** {@link checkTransaction} for what a block has beside its transactions. Hashes of ancestors are looked at when they are asked for. */
export function checkBlock(block: Block): void {
  const { accessList, environment, maxBlobGas, mode, ommers, parentBeaconBlockRoot, withdrawals } = block;
  checkArray(block.transactions, 'transactions');
  const { fork } = environment;
  if (!isFork(fork)) throw new RangeError(`environment.fork is one of ${FORKS.join(', ')}, not ${String(fork)}`);
  const integers = ['chainId', 'number', 'timestamp', 'gasLimit', 'difficulty', 'baseFee', 'blobBaseFee'] as const;
  for (const field of integers) checkInteger(environment[field], MAX_U256, `environment.${field}`);
  checkLength(environment.coinbase, ADDRESS_BYTES, 'environment.coinbase');
  checkLength(environment.prevRandao, WORD_BYTES, 'environment.prevRandao');
  checkInteger(maxBlobGas, MAX_U256, 'maxBlobGas');
  if (mode !== 'block' && mode !== 'state-test')
    throw new RangeError(`mode is block or state-test, not ${String(mode)}`);
  checkLength(block.parentHash, WORD_BYTES, 'parentHash');
  if (parentBeaconBlockRoot !== null) checkLength(parentBeaconBlockRoot, WORD_BYTES, 'parentBeaconBlockRoot');
  checkArray(withdrawals, 'withdrawals');
  for (const { address, amount } of withdrawals) {
    checkLength(address, ADDRESS_BYTES, 'withdrawals.address');
    checkInteger(amount, MAX_U64, 'withdrawals.amount');
  }
  checkArray(ommers, 'ommers');
  for (const { number, coinbase } of ommers) {
    checkInteger(number, MAX_U256, 'ommers.number');
    checkLength(coinbase, ADDRESS_BYTES, 'ommers.coinbase');
  }
  if ((accessList ?? null) !== null) checkAccessList(accessList as NonNullable<typeof accessList>);
}
