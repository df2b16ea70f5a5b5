/** A block's RLP against the JSON that a fixture writes beside it. */
import { bytesToBigInt, bytesToHex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { listItems, RlpError, type RlpItem, readWhole } from '../../src/transition/block/rlp.js';
import type { Receipt, Transaction } from '../../src/transition/types.js';
import type { Log } from '../../src/vm/vm.js';
import type { StatedBlock, StatedField } from '../fixtures/cases.js';
import type { RlpValue } from '../fixtures/unit-cases.js';
import { expectEqual } from '../units/expect-equal.js';
import { spelled } from '../units/rlp.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';

/** Places of a block's parts in its RLP. */
const HEADER = 0;
const TRANSACTIONS = 1;
const OMMERS = 2;
const WITHDRAWALS = 3;

const WHERE = 'block';
/** First byte of a legacy transaction inside a block: a list. */
const LEGACY = 0xc0;

/** Place of `v` in a legacy transaction, and its least value that tells a chain (EIP-155). */
const LEGACY_V = 6;
const FIRST_PROTECTED_V = 35n;

/** What became of a block. */
interface Processed {
  /** As far as they were decoded. */
  readonly transactions: readonly Pick<Transaction, 'sender'>[];
  /** Null where the block was not executed to its end. */
  readonly receipts: readonly Receipt[] | null;
}

const NOT_PROCESSED: Processed = { transactions: [], receipts: null };

/** Null where the RLP is malformed: nobody could have written the JSON from it. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RlpError) return null;
    throw error;
  }
}

/**
 * True for byte strings that differ in leading zeros alone: JSON writes a value that is too long for its field as a
 * number, which has none. That the RLP has none where it may not is judged by the block's own decoder.
 */
function sameNumber(stated: RlpValue, actual: RlpValue): boolean {
  if (!(stated instanceof Uint8Array && actual instanceof Uint8Array) || stated.length === actual.length) return false;
  return bytesToBigInt(stated) === bytesToBigInt(actual);
}

function contentOf(item: RlpItem): RlpValue {
  return item.isList ? listItems(item, WHERE).map(contentOf) : item.payload;
}

/** The items of a list; null where it is none, or holds what is malformed. */
function contentsOf(list: RlpItem | undefined): RlpValue[] | null {
  return list === undefined ? null : readable(() => listItems(list, WHERE).map(contentOf));
}

function malformed(out: Difference[], at: string): void {
  out.push({ what: at, expected: 'as in the JSON', actual: 'malformed RLP' });
}

function compareFields(
  out: Difference[],
  at: string,
  stated: readonly StatedField[],
  actual: readonly RlpValue[],
): void {
  expectEqual(out, `${at}: number of fields`, stated.length, actual.length);
  for (const [index, { name, value }] of stated.entries()) {
    const found = actual[index];
    if (found !== undefined && !sameNumber(value, found)) {
      expectEqual(out, `${at}.${name}`, spelled(value), spelled(found));
    }
  }
}

/** Compares a list, entry by entry, with `entry`; a part that the block lacks is an empty list. */
function compareList<T>(
  out: Difference[],
  at: string,
  stated: readonly T[] | null,
  part: RlpItem | undefined,
  entry: (at: string, stated: T, item: RlpItem) => void,
): void {
  if (stated === null) return;
  const items = part === undefined ? [] : readable(() => listItems(part, WHERE));
  if (items === null) {
    malformed(out, at);
    return;
  }
  expectEqual(out, `${at}: number of entries`, stated.length, items.length);
  for (const [index, one] of stated.entries()) {
    const item = items[index];
    if (item !== undefined) entry(`${at}[${index}]`, one, item);
  }
}

/** The type of a transaction inside a block, and its fields; null where it is malformed. */
function transactionOf(item: RlpItem): { readonly type: number; readonly fields: RlpValue[] } | null {
  const type = item.isList ? 0 : item.payload[0];
  if (type === undefined || type >= LEGACY) return null;
  const fields = item.isList
    ? contentsOf(item)
    : readable(() => contentsOf(readWhole(item.payload.subarray(1), WHERE)));
  return fields === null ? null : { type, fields };
}

/**
 * Header, transactions, uncles and withdrawals of block `index`, field by field, with the hashes, senders and
 * receipts that the JSON gives besides. Throws `CaseFailure` where JSON and RLP
 * differ.
 */
export function checkStated(
  rlp: Uint8Array,
  stated: StatedBlock,
  index: number,
  { transactions, receipts }: Processed = NOT_PROCESSED,
): void {
  const out: Difference[] = [];
  const parts = readable(() => listItems(readWhole(rlp, WHERE), WHERE));
  if (parts === null) malformed(out, WHERE);
  else compareParts(out, parts, stated);
  for (const [place, { sender }] of transactions.entries()) {
    const said = stated.transactions?.[place]?.sender ?? null;
    if (said !== null) expectEqual(out, `transactions[${place}].sender`, said, sender);
  }
  if (out.length > 0) nonconformant("the block's RLP differs from the JSON beside it", out, index);
  const first = receipts === null ? null : compareReceipts(out, stated.receipts, receipts);
  if (out.length > 0) nonconformant('the receipts differ from the fixture', out, index, first);
}

function spelledLogs(logs: readonly Log[]): string {
  return logs
    .map(
      ({ address, topics, data }) =>
        `${bytesToHex(address)} [${topics.map(bytesToHex).join(', ')}] ${bytesToHex(data)}`,
    )
    .join('; ');
}

/** Answers the first transaction whose receipt differs; null where none does. */
function compareReceipts(
  out: Difference[],
  stated: StatedBlock['receipts'],
  actual: readonly Receipt[],
): number | null {
  if (stated === null) return null;
  let first: number | null = null;
  expectEqual(out, 'receipts: number of entries', stated.length, actual.length);
  for (const [index, one] of stated.entries()) {
    const found = actual[index];
    if (found === undefined) continue;
    const at = `receipts[${index}]`;
    const before = out.length;
    // Not their status: fixtures of execution-spec-tests say of failed transactions that they succeeded, against their own
    // header, whose receipts root holds the status.
    if (one.cumulativeGasUsed !== null) {
      expectEqual(out, `${at}.cumulativeGasUsed`, one.cumulativeGasUsed, found.cumulativeGasUsed);
    }
    if (one.logs !== null) expectEqual(out, `${at}.logs`, spelledLogs(one.logs), spelledLogs(found.logs));
    if (out.length > before) first ??= index;
  }
  return first;
}

/** A legacy transaction is bound to a chain by its `v`, or to none. */
function compareChain(out: Difference[], at: string, stated: bigint, v: RlpValue | undefined): void {
  if (!(v instanceof Uint8Array)) return;
  const number = bytesToBigInt(v);
  if (number < FIRST_PROTECTED_V) return;
  expectEqual(out, `${at}.chainId`, stated, (number - FIRST_PROTECTED_V) / 2n);
}

function compareParts(out: Difference[], parts: readonly RlpItem[], stated: StatedBlock): void {
  const compareEntry = (at: string, one: readonly StatedField[], item: RlpItem | undefined): void => {
    const contents = contentsOf(item);
    if (contents === null) malformed(out, at);
    else compareFields(out, at, one, contents);
  };
  const header = parts[HEADER];
  compareEntry('blockHeader', stated.header, header);
  if (stated.hash !== null && header !== undefined) {
    expectEqual(out, 'blockHeader.hash', stated.hash, keccak256(header.encoding));
  }
  compareList(out, 'transactions', stated.transactions, parts[TRANSACTIONS], (at, one, item) => {
    const transaction = transactionOf(item);
    if (transaction === null) {
      malformed(out, at);
      return;
    }
    expectEqual(out, `${at}.type`, one.type, transaction.type);
    if (one.type === transaction.type) compareFields(out, at, one.fields, transaction.fields);
    if (one.chainId !== null) compareChain(out, at, one.chainId, transaction.fields[LEGACY_V]);
    if (one.hash !== null) {
      expectEqual(out, `${at}.hash`, one.hash, keccak256(item.isList ? item.encoding : item.payload));
    }
  });
  compareList(out, 'uncleHeaders', stated.ommers, parts[OMMERS], (at, one, item) => {
    compareEntry(at, one.fields, item);
    if (one.hash !== null) expectEqual(out, `${at}.hash`, one.hash, keccak256(item.encoding));
  });
  compareList(out, 'withdrawals', stated.withdrawals, parts[WITHDRAWALS], compareEntry);
}
