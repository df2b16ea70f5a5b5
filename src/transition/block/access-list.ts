/** Block-level access lists (EIP-7928), read from RLP as the engine API hands them over. */
import { bytesToBigInt } from '../../primitives/bytes.js';
import type { BlockAccessListEntry } from '../types.js';
import { rejecting } from './block.js';
import { fixedBytes, scalar } from './header.js';
import { listItems, RlpError, type RlpItem, readWhole, stringBytes } from './rlp.js';

/** Items of a list that must have `count` of them. */
function tuple(item: RlpItem, count: number, field: string): RlpItem[] {
  const items = listItems(item, field);
  if (items.length !== count) throw new RlpError(field, `${items.length} items, not ${count}`);
  return items;
}

/** A number of up to 256 bits. Drafts of the EIP differ in whether it is padded to 32 bytes, so either is read. */
function wide(item: RlpItem, field: string): bigint {
  const bytes = stringBytes(item, field);
  if (bytes.length > 32) throw new RlpError(field, `${bytes.length} bytes, more than 32`);
  return bytesToBigInt(bytes);
}

/** Changes of one thing: (block access index, value) each. */
function changes<T>(item: RlpItem, field: string, make: (blockAccessIndex: number, value: RlpItem) => T): T[] {
  return listItems(item, field).map((entry, i) => {
    const [index, value] = tuple(entry, 2, `${field}[${i}]`) as [RlpItem, RlpItem];
    const place = `${field}[${i}].blockAccessIndex`;
    return make(Number(scalar(stringBytes(index, place), 64, place)), value);
  });
}

function accountFromItem(item: RlpItem, at: string): BlockAccessListEntry {
  const [address, storage, reads, balances, nonces, codes] = tuple(item, 6, at) as [
    RlpItem,
    RlpItem,
    RlpItem,
    RlpItem,
    RlpItem,
    RlpItem,
  ];
  return {
    address: fixedBytes(stringBytes(address, `${at}.address`), 20, `${at}.address`, 'RLP_INVALID_ADDRESS'),
    storageChanges: listItems(storage, `${at}.storageChanges`).map((entry, i) => {
      const field = `${at}.storageChanges[${i}]`;
      const [slot, written] = tuple(entry, 2, field) as [RlpItem, RlpItem];
      return {
        slot: wide(slot, `${field}.slot`),
        changes: changes(written, `${field}.changes`, (blockAccessIndex, value) => ({
          blockAccessIndex,
          newValue: wide(value, `${field}.newValue`),
        })),
      };
    }),
    storageReads: listItems(reads, `${at}.storageReads`).map((slot) => wide(slot, `${at}.storageReads`)),
    balanceChanges: changes(balances, `${at}.balanceChanges`, (blockAccessIndex, value) => ({
      blockAccessIndex,
      postBalance: wide(value, `${at}.postBalance`),
    })),
    nonceChanges: changes(nonces, `${at}.nonceChanges`, (blockAccessIndex, value) => ({
      blockAccessIndex,
      newNonce: scalar(stringBytes(value, `${at}.newNonce`), 64, `${at}.newNonce`),
    })),
    codeChanges: changes(codes, `${at}.codeChanges`, (blockAccessIndex, value) => ({
      blockAccessIndex,
      newCode: stringBytes(value, `${at}.newCode`),
    })),
  };
}

/**
 * Decodes a block access list: a list of (address, storage changes, storage reads, balance changes, nonce
 * changes, code changes), changes being (block access index, value). Throws `BlockError` where it
 * is malformed. Whether it is true of the block is not looked at.
 */
export function decodeBlockAccessList(rlp: Uint8Array): BlockAccessListEntry[] {
  return rejecting(() =>
    listItems(readWhole(rlp, 'accessList'), 'accessList').map((item, i) => accountFromItem(item, `accessList[${i}]`)),
  );
}
