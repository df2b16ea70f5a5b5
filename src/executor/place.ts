/** Locations and their values outside of shared memory: what debugging aids name them by. */
import { bytesToHex, type Hex } from '../primitives/bytes.js';
import { ADDRESS_WORDS, readWords, U256_WORDS, wordsToBytes } from '../primitives/words.js';
import type { AccountBasics } from '../state/diff.js';
import { BASICS_BALANCE, BASICS_EXISTS, BASICS_NONCE } from '../state/view.js';

/**
 * A location of the state. `reset` is whether the account's storage was wiped (its destruction or creation),
 * `presence` whether the account has storage at all (EIP-7610).
 */
export interface Place {
  readonly kind: 'account' | 'code' | 'slot' | 'reset' | 'presence';
  /** 20 bytes. */
  readonly address: Hex;
  /** 32 bytes; null but for a slot. */
  readonly slot: Hex | null;
}

/** Nonce and balance (null for an absent account), code, a slot's value, or whether a reset or presence holds. */
export type PlaceValue = AccountBasics | null | Uint8Array | bigint | boolean;

/** One text for each location. */
export function placeKey({ kind, address, slot }: Place): string {
  return slot === null ? `${kind} ${address}` : `${kind} ${address} ${slot}`;
}

/** The address of 5 words at `words[at]`. */
export function addressAt(words: Uint32Array, at: number): Hex {
  return bytesToHex(wordsToBytes(words, at, ADDRESS_WORDS));
}

/** The slot, or any other 256-bit number, of 8 words at `words[at]`. */
export function slotAt(words: Uint32Array, at: number): Hex {
  return bytesToHex(wordsToBytes(words, at, U256_WORDS));
}

/** Basics as `StateView` has them; null where the account is absent. */
export function basicsAt(words: Uint32Array, at: number): AccountBasics | null {
  if (words[at + BASICS_EXISTS] === 0) return null;
  return {
    nonce: readWords(words, at + BASICS_NONCE, 2),
    balance: readWords(words, at + BASICS_BALANCE, U256_WORDS),
  };
}
