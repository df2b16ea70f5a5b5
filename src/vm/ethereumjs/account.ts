/** One account as a transaction sees it: what was read, what it is now, and its slots. */
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../../primitives/bytes.js';
import { EMPTY_CODE_HASH } from '../../primitives/crypto.js';
import { ADDRESS_WORDS, bytesToWords, U256_WORDS } from '../../primitives/words.js';
import type { Code } from '../../state/view.js';

export const NO_CODE: Code = { hash: EMPTY_CODE_HASH, bytes: EMPTY_BYTES };

/** Nonce and balance with existence; an absent account has zeros. Values are immutable. */
export interface Basics {
  readonly exists: boolean;
  readonly nonce: bigint;
  readonly balance: bigint;
}

export const ABSENT: Basics = { exists: false, nonce: 0n, balance: 0n };

/** A storage slot that was read or written. */
export interface Slot {
  /** The slot's key as words, ready for the view and the sink. */
  readonly words: Uint32Array;
  /** Value the view answered; 0 in an account whose storage was reset, where the view is not asked. */
  readonly read: bigint;
  /** Value when the running message's transaction began: EIP-2200's original value. */
  original: bigint;
  current: bigint;
}

export class AccountState {
  readonly address: Uint8Array;
  /** The address's words, followed by room for one slot: the form in which the view is asked. */
  readonly words = new Uint32Array(ADDRESS_WORDS + U256_WORDS);
  /** What the view answered; null until it was asked. */
  readBasics: Basics | null = null;
  readCode: Code | null = null;
  basics: Basics = ABSENT;
  code: Code = NO_CODE;
  /** The view's answer to `hasStorage`; null until it was asked. */
  viewHasStorage: boolean | null = null;
  /** The account was created or destroyed in this incarnation: slots that are not in `slots` are zero. */
  reset = false;
  slots = new Map<Hex, Slot>();

  constructor(readonly key: Hex) {
    this.address = hexToBytes(key);
    bytesToWords(this.address, this.words, 0);
  }

  get loaded(): boolean {
    return this.readCode !== null;
  }

  /** Empty as EIP-161 defines it: no nonce, no balance, no code. */
  get empty(): boolean {
    return this.basics.nonce === 0n && this.basics.balance === 0n && this.code.bytes.length === 0;
  }

  /** True where a slot written in this incarnation is not zero now. */
  get hasNonZeroSlot(): boolean {
    for (const slot of this.slots.values()) if (slot.current !== 0n) return true;
    return false;
  }
}

export function addressKey(address: Uint8Array): Hex {
  return bytesToHex(address);
}
