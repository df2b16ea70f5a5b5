/**
 * A mainnet block as `eth_getBlockByNumber(N, true)` returns it. Header and transactions are encoded
 * anew from their fields; what the JSON claims besides (hashes, senders) is kept apart, to be compared.
 */
import { RLP } from '@ethereumjs/rlp';
import { EMPTY_LIST_HASH, keccak256 } from '../../src/primitives/crypto.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import { blobFeeOverflows } from '../../src/transition/block/blob-gas.js';
import type { RawBlock } from '../../src/transition/block/block.js';
import { type BlockHeader, headerFromFields } from '../../src/transition/block/header.js';
import { BlockError } from '../../src/transition/errors.js';
import { encodeTransaction, type SignedAuthorization } from '../../src/transition/transaction/index.js';
import type { AccessListEntry, Transaction, Withdrawal } from '../../src/transition/types.js';
import type { Field } from '../fixtures/fields.js';
import { type HeaderWidth, headerField } from '../fixtures/header-fields.js';
import type { ForkRules } from '../fixtures/networks.js';
import { mainnetRules } from './mainnet.js';

/** What the JSON says and what its other fields must come to; 32 bytes each, senders 20. */
export interface BlockClaims {
  readonly hash: Uint8Array;
  readonly transactionHashes: readonly Uint8Array[];
  readonly senders: readonly Uint8Array[];
}

export interface JsonBlock {
  readonly rules: ForkRules;
  /**
   * Header (its hash recomputed), encoded transactions and withdrawals. `ommers` is empty: the JSON
   * gives only their hashes.
   */
  readonly raw: RawBlock;
  readonly ommerCount: number;
  readonly claims: BlockClaims;
}

type HeaderField = readonly [name: string, width: HeaderWidth, since: Fork];

/** Header fields in RLP order (yellow paper, section 4.4.1) by their names in JSON-RPC, with widths in bytes. */
const HEADER: readonly HeaderField[] = [
  ['parentHash', 32, 'Frontier'],
  ['sha3Uncles', 32, 'Frontier'],
  ['miner', 20, 'Frontier'],
  ['stateRoot', 32, 'Frontier'],
  ['transactionsRoot', 32, 'Frontier'],
  ['receiptsRoot', 32, 'Frontier'],
  ['logsBloom', 256, 'Frontier'],
  ['difficulty', 'quantity', 'Frontier'],
  ['number', 'quantity', 'Frontier'],
  ['gasLimit', 'quantity', 'Frontier'],
  ['gasUsed', 'quantity', 'Frontier'],
  ['timestamp', 'quantity', 'Frontier'],
  ['extraData', 'bytes', 'Frontier'],
  ['mixHash', 32, 'Frontier'],
  ['nonce', 8, 'Frontier'],
  ['baseFeePerGas', 'quantity', 'London'],
  ['withdrawalsRoot', 32, 'Shanghai'],
  ['blobGasUsed', 'quantity', 'Cancun'],
  ['excessBlobGas', 'quantity', 'Cancun'],
  ['parentBeaconBlockRoot', 32, 'Cancun'],
  ['requestsHash', 32, 'Prague'],
];

/** Header fields of forks that the engine does not know (EIP-7928, EIP-7843). */
const LATER_FIELDS = ['blockAccessListHash', 'slotNumber'];

function rulesOf(block: Field): ForkRules {
  return mainnetRules(block.get('number').quantity(), block.get('timestamp').quantity());
}

/** Header from its JSON, and its hash from its fields. Throws `FixtureError`. */
export function headerFromJson(block: Field, rules: ForkRules = rulesOf(block)): BlockHeader {
  const fields: Uint8Array[] = [];
  for (const [name, width, since] of HEADER) {
    if (atLeast(rules.fork, since)) fields.push(headerField(block.get(name), width));
    else if (block.maybe(name) !== null) throw block.get(name).error(`present in a block of ${rules.label}`);
  }
  for (const name of LATER_FIELDS) {
    const field = block.maybe(name);
    if (field !== null) throw field.error('a field of a fork after Osaka, which this version does not know');
  }
  try {
    return headerFromFields(fields, keccak256(RLP.encode(fields)));
  } catch (error) {
    if (error instanceof BlockError) throw block.error(error.message);
    throw error;
  }
}

function word(field: Field, bits = 256): bigint {
  const value = field.quantity();
  if (value >> BigInt(bits) !== 0n) throw field.error(`does not fit in ${bits} bits`);
  return value;
}

function accessList(transaction: Field): AccessListEntry[] {
  return transaction
    .get('accessList')
    .items()
    .map((entry) => ({
      address: entry.get('address').fixed(20),
      slots: entry
        .get('storageKeys')
        .items()
        .map((key) => key.fixed(32)),
    }));
}

function authorizationList(transaction: Field): SignedAuthorization[] {
  return transaction
    .get('authorizationList')
    .items()
    .map((tuple) => ({
      chainId: word(tuple.get('chainId')),
      address: tuple.get('address').fixed(20),
      nonce: word(tuple.get('nonce'), 64),
      yParity: word(tuple.maybe('yParity') ?? tuple.get('v'), 8),
      r: word(tuple.get('r')),
      s: word(tuple.get('s')),
    }));
}

/** EIP-2718 bytes of a transaction. A wrong field makes bytes of another hash; a malformed one throws `FixtureError`. */
function transactionFromJson(transaction: Field): Uint8Array {
  const type = transaction.maybe('type')?.integer() ?? 0;
  if (type > 4) throw transaction.get('type').error(`type ${type}, which this version does not know`);
  const maxFeePerGas = word(transaction.get(type >= 2 ? 'maxFeePerGas' : 'gasPrice'));
  const v = type === 0 ? transaction.get('v') : (transaction.maybe('yParity') ?? transaction.get('v'));
  return encodeTransaction(
    {
      type: type as Transaction['type'],
      chainId: type === 0 ? null : word(transaction.get('chainId')),
      nonce: word(transaction.get('nonce'), 64),
      gasLimit: word(transaction.get('gas'), 64),
      maxFeePerGas,
      maxPriorityFeePerGas: type >= 2 ? word(transaction.get('maxPriorityFeePerGas')) : maxFeePerGas,
      to: transaction.maybe('to')?.fixed(20) ?? null,
      value: word(transaction.get('value')),
      data: transaction.get('input').bytes(),
      accessList: type >= 1 ? accessList(transaction) : [],
      maxFeePerBlobGas: type === 3 ? word(transaction.get('maxFeePerBlobGas')) : 0n,
      blobVersionedHashes:
        type === 3
          ? transaction
              .get('blobVersionedHashes')
              .items()
              .map((hash) => hash.fixed(32))
          : [],
      authorizations: type === 4 ? authorizationList(transaction) : [],
    },
    { v: word(v), r: word(transaction.get('r')), s: word(transaction.get('s')) },
  );
}

function withdrawalFromJson(withdrawal: Field): Withdrawal {
  return {
    index: word(withdrawal.get('index'), 64),
    validatorIndex: word(withdrawal.get('validatorIndex'), 64),
    address: withdrawal.get('address').fixed(20),
    amount: word(withdrawal.get('amount'), 64),
  };
}

/** Throws where the block could not be executed: nothing holds its excess blob gas against that of its parent. */
function checkBlobFee(block: Field, { excessBlobGas }: BlockHeader, { blobSchedule }: ForkRules): void {
  if (excessBlobGas === null || blobSchedule === null || !blobFeeOverflows(excessBlobGas, blobSchedule)) return;
  throw block.get('excessBlobGas').error('gives a blob base fee beyond 256 bits');
}

/** Reads a block; throws `FixtureError` for what is missing or malformed. Nothing is compared yet. */
export function blockFromJson(block: Field): JsonBlock {
  const rules = rulesOf(block);
  const header = headerFromJson(block, rules);
  checkBlobFee(block, header, rules);
  const transactions = block.get('transactions').items();
  const withdrawals = atLeast(rules.fork, 'Shanghai') ? block.get('withdrawals').items().map(withdrawalFromJson) : null;
  return {
    rules,
    raw: {
      header,
      transactions: transactions.map(transactionFromJson),
      ommers: [],
      ommersHash: EMPTY_LIST_HASH,
      withdrawals,
      hash: header.hash,
      size: block.maybe('size')?.integer() ?? 0,
    },
    ommerCount: block.get('uncles').items().length,
    claims: {
      hash: block.get('hash').fixed(32),
      transactionHashes: transactions.map((transaction) => transaction.get('hash').fixed(32)),
      senders: transactions.map((transaction) => transaction.get('from').fixed(20)),
    },
  };
}
