/** Blocks, read strictly from RLP: header, transactions still encoded, ommers, withdrawals. */
import { keccak256 } from '../../primitives/crypto.js';
import { BlockError } from '../errors.js';
import type { Withdrawal } from '../types.js';
import { type BlockHeader, fixedBytes, headerFromItem, scalar } from './header.js';
import { listItems, RlpError, type RlpItem, readWhole, stringBytes } from './rlp.js';

/** A block as received: well-formed, and not yet judged by the rules of any fork. */
export interface RawBlock {
  readonly header: BlockHeader;
  /** EIP-2718 encodings: a type byte and its payload, or the RLP list of a legacy transaction. */
  readonly transactions: readonly Uint8Array[];
  readonly ommers: readonly BlockHeader[];
  /** Keccak of the encoding of `ommers`. */
  readonly ommersHash: Uint8Array;
  /** EIP-4895; null where the block has no such list. */
  readonly withdrawals: readonly Withdrawal[] | null;
  /** Keccak of the header's encoding. */
  readonly hash: Uint8Array;
  /** Bytes of the whole encoding (EIP-7934). */
  readonly size: number;
}

/** EIP-2718 bytes of a transaction inside a block: a legacy one is a list, a typed one a string. */
function transactionBytes(item: RlpItem, field: string): Uint8Array {
  if (item.isList) return item.encoding;
  const first = item.payload[0];
  if (first === undefined || first > 0x7f) throw new RlpError(field, 'neither a list nor a typed transaction');
  return item.payload;
}

function withdrawalFromItem(item: RlpItem, field: string): Withdrawal {
  const fields = listItems(item, field).map((entry) => stringBytes(entry, field));
  if (fields.length !== 4) throw new RlpError(field, `${fields.length} fields, not 4`);
  const [index, validatorIndex, address, amount] = fields as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  return {
    index: scalar(index, 64, `${field}.index`),
    validatorIndex: scalar(validatorIndex, 64, `${field}.validatorIndex`),
    address: fixedBytes(address, 20, `${field}.address`, 'RLP_INVALID_ADDRESS'),
    amount: scalar(amount, 64, `${field}.amount`),
  };
}

function readBlock(rlp: Uint8Array): RawBlock {
  const parts = listItems(readWhole(rlp, 'block'), 'block');
  const [headerItem, transactions, ommers, withdrawals] = parts;
  if (headerItem === undefined || transactions === undefined || ommers === undefined || parts.length > 4) {
    throw new RlpError('block', `${parts.length} parts, not 3 or 4`);
  }
  const header = headerFromItem(headerItem);
  return {
    header,
    transactions: listItems(transactions, 'transactions').map((item, i) =>
      transactionBytes(item, `transactions[${i}]`),
    ),
    ommers: listItems(ommers, 'ommers').map((item) => headerFromItem(item)),
    ommersHash: keccak256(ommers.encoding),
    withdrawals:
      withdrawals === undefined
        ? null
        : listItems(withdrawals, 'withdrawals').map((item, i) => withdrawalFromItem(item, `withdrawals[${i}]`)),
    hash: header.hash,
    size: rlp.length,
  };
}

/**
 * Decodes a block; throws {@link BlockError} where it is malformed. Transactions stay encoded: they
 * are decoded, and judged, one by one.
 */
export function decodeBlock(rlp: Uint8Array): RawBlock {
  return rejecting(() => readBlock(rlp));
}

/** Decodes a header by itself; throws {@link BlockError} where it is malformed. */
export function decodeHeader(rlp: Uint8Array): BlockHeader {
  return rejecting(() => headerFromItem(readWhole(rlp, 'header')));
}

/** Malformed RLP makes the block invalid: the same verdict as any other broken rule. */
export function rejecting<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RlpError) throw new BlockError(`BlockException.${error.code}`, null, error.message);
    throw error;
  }
}
