/** The write set: the core's records of accounts and slots, walked in memory without a call per entry. */
import { BASICS_WORDS, type WriteSink } from '../../state/view.js';
import type { CodeStore } from './codes.js';
import {
  ACCOUNT_CODE,
  ACCOUNT_EXISTS,
  ACCOUNT_FLAGS,
  ACCOUNT_LOCATION,
  ACCOUNT_READ_CODE,
  ACCOUNT_READ_EXISTS,
  ACCOUNT_RESET,
  ACCOUNT_SIZE,
  ACCOUNTS,
  CODE_HASH,
  FLAG_BASICS,
  FLAG_CODE,
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

function differ(words: Uint32Array, a: number, b: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (words[a + i] !== words[b + i]) return true;
  return false;
}

/** Hands `accounts` and `slots` records to the sink where their values differ from those read. */
export function writeSet(words: Uint32Array, accounts: number, slots: number, codes: CodeStore, sink: WriteSink): void {
  let at = ACCOUNTS >>> 2;
  for (let i = 0; i < accounts; i++, at += ACCOUNT_SIZE >>> 2) {
    const flags = words[at + (ACCOUNT_FLAGS >>> 2)] as number;
    if ((flags & FLAG_BASICS) === 0) continue;
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
