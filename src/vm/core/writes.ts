/** The write set: the core's records of accounts and slots, walked in memory without a call per entry. */
import { BALANCE_NOT_ZERO, BASICS_WORDS, type WriteSink } from '../../state/view.js';
import type { CodeStore } from './codes.js';
import {
  ACCOUNT_BALANCE,
  ACCOUNT_CODE,
  ACCOUNT_CREATED,
  ACCOUNT_DESTROYED,
  ACCOUNT_EXISTS,
  ACCOUNT_FLAGS,
  ACCOUNT_LEAST,
  ACCOUNT_LOCATION,
  ACCOUNT_NONCE,
  ACCOUNT_READ_BALANCE,
  ACCOUNT_READ_CODE,
  ACCOUNT_READ_EXISTS,
  ACCOUNT_READ_NONCE,
  ACCOUNT_RESET,
  ACCOUNT_SIZE,
  ACCOUNTS,
  CODE_HASH,
  CODE_LENGTH,
  FLAG_BALANCE_SEEN,
  FLAG_BASICS,
  FLAG_CODE,
  FLAG_PAID,
  SLOT_ACCOUNT,
  SLOT_CURRENT,
  SLOT_KEY,
  SLOT_LOADED,
  SLOT_LOCATION,
  SLOT_READ,
  SLOT_SIZE,
  SLOTS,
} from './layout.js';

const U256_WORDS = 8;
const NONCE_WORDS = 2;
const WORD_BITS = 32;

function differ(words: Uint32Array, a: number, b: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (words[a + i] !== words[b + i]) return true;
  return false;
}

/**
 * What the balance of the account record at `at` must be for all to come out the same ({@link WriteSink.balance}), or -1
 * where that depends on the balance itself.
 *
 * That something depends on it the core has said, but for emptiness (EIP-161), which an account with code or nonce never has,
 * nor one that owns something all the time; the others do not pay. Accounts that come, go, or change their nonce or code
 * are left out: they are rare.
 */
function demandOn(words: Uint32Array, at: number, flags: number): number {
  if ((flags & FLAG_BALANCE_SEEN) !== 0) return -1;
  const word = (offset: number): number => words[at + (offset >>> 2)] as number;
  if (word(ACCOUNT_EXISTS) === 0 || word(ACCOUNT_READ_EXISTS) === 0) return -1;
  if ((word(ACCOUNT_CREATED) | word(ACCOUNT_DESTROYED) | word(ACCOUNT_RESET)) !== 0) return -1;
  const nonce = at + (ACCOUNT_NONCE >>> 2);
  if (differ(words, nonce, at + (ACCOUNT_READ_NONCE >>> 2), NONCE_WORDS)) return -1;
  const code = (flags & FLAG_CODE) === 0 ? 0 : word(ACCOUNT_CODE);
  if (code !== 0 && code !== word(ACCOUNT_READ_CODE)) return -1;
  const balance = at + (ACCOUNT_READ_BALANCE >>> 2);
  // With room for as much again no sum wraps around, whatever the balance is: neither what was read nor what is left.
  const left = at + (ACCOUNT_BALANCE >>> 2);
  if (((words[balance + U256_WORDS - 1] as number) | (words[left + U256_WORDS - 1] as number)) >>> 31 !== 0) return -1;
  const paid = (flags & FLAG_PAID) === 0 ? 0 : bitsBetween(words, balance, at + (ACCOUNT_LEAST >>> 2));
  const hasNonce = ((words[nonce] as number) | (words[nonce + 1] as number)) !== 0;
  if (hasNonce || (code !== 0 && words[(code + CODE_LENGTH) >>> 2] !== 0)) return paid;
  return paid !== 0 || isZero(words, balance) ? -1 : BALANCE_NOT_ZERO;
}

function isZero(words: Uint32Array, at: number): boolean {
  for (let i = 0; i < U256_WORDS; i++) if (words[at + i] !== 0) return false;
  return true;
}

/** Bits of the value at `a` less the one at `b`; 0 where it is not larger. */
function bitsBetween(words: Uint32Array, a: number, b: number): number {
  let bits = 0;
  let borrow = 0;
  for (let i = 0; i < U256_WORDS; i++) {
    const difference = (words[a + i] as number) - (words[b + i] as number) - borrow;
    borrow = difference < 0 ? 1 : 0;
    const word = difference >>> 0;
    if (word !== 0) bits = WORD_BITS * (i + 1) - Math.clz32(word);
  }
  return borrow === 1 ? 0 : bits;
}

/** Hands `accounts` and `slots` records to the sink where their values differ from those read. */
export function writeSet(words: Uint32Array, accounts: number, slots: number, codes: CodeStore, sink: WriteSink): void {
  let at = ACCOUNTS >>> 2;
  for (let i = 0; i < accounts; i++, at += ACCOUNT_SIZE >>> 2) {
    const flags = words[at + (ACCOUNT_FLAGS >>> 2)] as number;
    if ((flags & FLAG_BASICS) === 0) continue;
    if (sink.balance !== undefined) {
      const demand = demandOn(words, at, flags);
      if (demand >= 0) sink.balance(words[at + (ACCOUNT_LOCATION >>> 2)] as number, demand);
    }
    const basics = at + (ACCOUNT_EXISTS >>> 2);
    if (differ(words, basics, at + (ACCOUNT_READ_EXISTS >>> 2), BASICS_WORDS)) {
      sink.basics(words, at, basics, words[at + (ACCOUNT_LOCATION >>> 2)] as number);
    }
    const code = words[at + (ACCOUNT_CODE >>> 2)] as number;
    const readCode = words[at + (ACCOUNT_READ_CODE >>> 2)] as number;
    const replaced = (flags & FLAG_CODE) !== 0 && code !== readCode;
    if (replaced && differ(words, (code + CODE_HASH) >>> 2, (readCode + CODE_HASH) >>> 2, U256_WORDS)) {
      sink.code(words, at, codes.at(code));
    }
    if (words[at + (ACCOUNT_RESET >>> 2)] !== 0) sink.reset(words, at);
  }
  at = SLOTS >>> 2;
  for (let i = 0; i < slots; i++, at += SLOT_SIZE >>> 2) {
    if (words[at + (SLOT_LOADED >>> 2)] === 0) continue;
    const current = at + (SLOT_CURRENT >>> 2);
    if (!differ(words, current, at + (SLOT_READ >>> 2), U256_WORDS)) continue;
    const account = (words[at + (SLOT_ACCOUNT >>> 2)] as number) >>> 2;
    sink.storage(words, account, at + (SLOT_KEY >>> 2), current, words[at + (SLOT_LOCATION >>> 2)] as number);
  }
}
