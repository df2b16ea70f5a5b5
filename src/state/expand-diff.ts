/** Spells packed changes out: accounts and slots by hex, in order, with values as integers. */
import { KIND_BASICS, KIND_CODE, KIND_STORAGE } from '../layout.js';
import { bytesToHex, type Hex } from '../primitives/bytes.js';
import { ADDRESS_WORDS, equalWords, readWords, U256_WORDS, wordsToBytes } from '../primitives/words.js';
import { bytesOfCode } from './code-record.js';
import type { AccountBasics, AccountDiff, StateDiff } from './diff.js';
import {
  CHANGE_ADDRESS,
  CHANGE_BASICS_AFTER,
  CHANGE_BASICS_BEFORE,
  CHANGE_BODY,
  CHANGE_KIND,
  CHANGE_SLOT_AFTER,
  CHANGE_SLOT_BEFORE,
  CHANGE_STANDING,
  CHANGE_WIPED,
  changeWords,
  codeAfter,
  type PackedDiff,
} from './packed-diff.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE } from './view.js';

interface Change {
  readonly before: bigint;
  readonly after: bigint;
}

/** What the records say of one account. */
interface Collected {
  /** Basics from before the block, of an account that may have kept them. */
  standing: AccountBasics | null;
  basics: { before: AccountBasics | null; after: AccountBasics | null } | null;
  code: { before: Uint8Array; after: Uint8Array } | null;
  readonly slots: Map<Hex, Change>;
  /** Slots that a reset wiped, unless {@link slots} names them. */
  readonly wiped: Map<Hex, Change>;
}

function basicsAt(words: Uint32Array, at: number): AccountBasics | null {
  if (words[at + BASICS_EXISTS] === 0) return null;
  return { nonce: readWords(words, at + BASICS_NONCE, 2), balance: readWords(words, at + BASICS_BALANCE, U256_WORDS) };
}

function hexAt(words: Uint32Array, at: number, count: number): Hex {
  return bytesToHex(wordsToBytes(words, at, count));
}

/** Reads one record into its account. */
function collectRecord(words: Uint32Array, at: number, account: Collected): void {
  const kind = words[at + CHANGE_KIND] as number;
  if (kind === KIND_STORAGE) {
    account.slots.set(hexAt(words, at + CHANGE_BODY, U256_WORDS), {
      before: readWords(words, at + CHANGE_SLOT_BEFORE, U256_WORDS),
      after: readWords(words, at + CHANGE_SLOT_AFTER, U256_WORDS),
    });
  } else if (kind === KIND_BASICS) {
    account.basics = {
      before: basicsAt(words, at + CHANGE_BASICS_BEFORE),
      after: basicsAt(words, at + CHANGE_BASICS_AFTER),
    };
  } else if (kind === KIND_CODE) {
    account.code = { before: bytesOfCode(words, at + CHANGE_BODY), after: bytesOfCode(words, codeAfter(words, at)) };
  } else if (kind === CHANGE_WIPED) {
    account.wiped.set(hexAt(words, at + CHANGE_BODY, U256_WORDS), {
      before: readWords(words, at + CHANGE_SLOT_BEFORE, U256_WORDS),
      after: 0n,
    });
  } else if (kind === CHANGE_STANDING) {
    account.standing = basicsAt(words, at + CHANGE_BODY);
  }
}

function collect(packed: PackedDiff): Map<Hex, Collected> {
  const accounts = new Map<Hex, Collected>();
  for (const part of packed) {
    let account: Collected | undefined;
    let accountWords: Uint32Array | null = null;
    let accountAt = 0;
    for (const words of part.chunks) {
      for (let at = 0; at < words.length; at += changeWords(words, at)) {
        const address = at + CHANGE_ADDRESS;
        // Many slots of few accounts are the rule: an address like the last one is not spelled out again.
        if (accountWords === null || !equalWords(accountWords, accountAt, words, address, ADDRESS_WORDS)) {
          const name = hexAt(words, address, ADDRESS_WORDS);
          account = accounts.get(name);
          if (account === undefined) {
            account = { standing: null, basics: null, code: null, slots: new Map(), wiped: new Map() };
            accounts.set(name, account);
          }
          accountWords = words;
          accountAt = address;
        }
        collectRecord(words, at, account as Collected);
      }
    }
  }
  return accounts;
}

/** The changes in order of address; within an account in order of slot. Only what really differs. */
export function expandDiff(packed: PackedDiff): StateDiff {
  const collected = collect(packed);
  const diff = new Map<Hex, AccountDiff>();
  // Hex of one length sorts as its bytes do.
  for (const address of [...collected.keys()].sort()) {
    const { standing, basics, code, slots, wiped } = collected.get(address) as Collected;
    for (const [slot, change] of wiped) if (!slots.has(slot)) slots.set(slot, change);
    const storage = new Map<Hex, Change>();
    for (const slot of [...slots.keys()].sort()) {
      const change = slots.get(slot) as Change;
      if (change.before !== change.after) storage.set(slot, change);
    }
    if (basics === null && code === null && storage.size === 0) continue;
    const { before, after } = basics ?? { before: standing, after: standing };
    diff.set(address, { before, after, ...(code ? { code } : {}), storage });
  }
  return diff;
}
