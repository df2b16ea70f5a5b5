/**
 * Edges from a block-level access list (EIP-7928), which names the writers of every location by their
 * block access index. Whoever gives the list may be wrong or lie: its edges order work, nothing more.
 */
import { RECORD_CREATES, RECORD_DATA_LENGTH, RECORD_FLAGS, RECORD_TO } from '../layout.js';
import { equalBytes } from '../primitives/bytes.js';
import { ADDRESS_WORDS, bytesToWords, equalWords } from '../primitives/words.js';

/** 0 is what comes before the transactions, 1 to n are the transactions, n + 1 is what comes after. */
export interface IndexedChange {
  readonly blockAccessIndex: number;
}

/** The part of an account's entry that says who wrote what. */
export interface AccountWriters {
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly storageChanges: readonly { readonly changes: readonly IndexedChange[] }[];
  readonly balanceChanges: readonly IndexedChange[];
  readonly nonceChanges: readonly IndexedChange[];
  readonly codeChanges: readonly IndexedChange[];
}

/** Makes each of the transactions in `changes` wait for the one before it, where that is a later one than it waits for. */
function chain(changes: readonly IndexedChange[], hints: Int32Array, waits: (transaction: number) => boolean): void {
  let before = -1;
  for (const { blockAccessIndex } of changes) {
    const transaction = blockAccessIndex - 1;
    // Neither steps nor what no block has: fractions, numbers below zero and beyond the block.
    if (!(transaction >= 0 && transaction < hints.length) || !Number.isInteger(transaction)) continue;
    if (before >= 0 && before < transaction && before > (hints[transaction] as number) && waits(transaction)) {
      hints[transaction] = before;
    }
    before = transaction;
  }
}

const always = (): boolean => true;

/**
 * Raises `hints` (the nearest lower transaction that should run first, or -1) by the edges of `list`: a
 * transaction that writes a location runs after the last earlier one that does. Left out are the
 * beneficiary's balance, whose fees are deferred, and plain payments, which only add to what they find.
 */
export function blockListHints(
  list: readonly AccountWriters[],
  coinbase: Uint8Array,
  words: Uint32Array,
  places: Uint32Array,
  hints: Int32Array,
): void {
  const address = new Uint32Array(ADDRESS_WORDS);
  for (const account of list) {
    for (const { changes } of account.storageChanges) chain(changes, hints, always);
    const own = [account.balanceChanges, account.nonceChanges, account.codeChanges];
    if (own.every(({ length }) => length === 0)) continue;
    if (account.address.length !== 4 * ADDRESS_WORDS || equalBytes(account.address, coinbase)) continue;
    bytesToWords(account.address, address, 0);
    const changes = own.flat().sort((a, b) => a.blockAccessIndex - b.blockAccessIndex);
    chain(changes, hints, (transaction) => !isPayment(words, places[transaction] as number, address));
  }
}

/** Whether a record only pays the account at `address`. */
function isPayment(words: Uint32Array, at: number, address: Uint32Array): boolean {
  return (
    words[at + RECORD_DATA_LENGTH] === 0 &&
    ((words[at + RECORD_FLAGS] as number) & RECORD_CREATES) === 0 &&
    equalWords(words, at + RECORD_TO, address, 0, ADDRESS_WORDS)
  );
}
