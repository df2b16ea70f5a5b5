/**
 * What a machine asks of its host while one incarnation runs, and what it hands back at the end.
 * Reads come from a {@link StateView}; the final values go to a {@link WriteSink}. Both executors
 * use the same machine and the same transition over these two interfaces, and differ only in what
 * stands behind them.
 */

/** A read was answered. Any result >= 0 is the index of the transaction that blocks the read. */
export const READ_OK = -1;

/**
 * Basics of an account as words: `[exists (0|1), nonce (2 words), balance (8 words)]`.
 * An absent account reads as zeros. Code is a location of its own.
 */
export const BASICS_WORDS = 11;
export const BASICS_EXISTS = 0;
export const BASICS_NONCE = 1;
export const BASICS_BALANCE = 3;

/** Contract code with its hash. Shared and immutable; machines may cache analysis by `hash`. */
export interface Code {
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Reads of one incarnation. Keys and results are words (see `primitives/words.ts`) in arrays of
 * the machine's choosing: `address` is 5 words at `words[address]`, a slot 8 words at `words[slot]`.
 * A machine asks for each location at most once per incarnation and caches the answer
 * (Block-STM, section 3: within an incarnation a location has one value).
 */
export interface StateView {
  /**
   * Reference of the location that {@link basics} or {@link storage} answered last. A machine that keeps
   * it hands it back to the sink, which then need not look the location up. Absent where there are none.
   */
  readonly location?: number;
  /** Writes {@link BASICS_WORDS} words to `out[at…]`. */
  basics(words: Uint32Array, address: number, out: Uint32Array, at: number): number;
  /** The account's code (empty code where there is none), or the index of the blocking transaction. */
  code(words: Uint32Array, address: number): Code | number;
  /** Writes 8 words to `out[at…]`. */
  storage(words: Uint32Array, address: number, slot: number, out: Uint32Array, at: number): number;
  /** Writes 1 to `out[at]` where the account has a non-zero slot (EIP-7610), else 0. */
  hasStorage(words: Uint32Array, address: number, out: Uint32Array, at: number): number;
}

/** Bit of a {@link WriteSink.balance} demand: the balance must not be zero. The bits below are those of a number. */
export const BALANCE_NOT_ZERO = 512;

/** Receives an incarnation's write set: every location whose final value differs from the one read. */
export interface WriteSink {
  /**
   * {@link BASICS_WORDS} words at `words[at…]`; `exists` 0 deletes the account. `location` is what the
   * view gave for it ({@link StateView.location}); 0 or absent where the machine does not know it.
   */
  basics(words: Uint32Array, address: number, at: number, location?: number): void;
  code(words: Uint32Array, address: number, code: Code): void;
  /** The account was destroyed or created: its slots written by earlier transactions read as zero. */
  reset(words: Uint32Array, address: number): void;
  /**
   * Nothing that the incarnation did depends on the balance that it read of the account whose basics' location is
   * `location`: only added to it was, and paid from it. With any other below 2^255 that meets `demand` all would have come
   * out the same, and the balance in the end be as much larger or smaller. `demand`: so many bits of a
   * number, which the balance must have at least one more of, unless there are none; and perhaps {@link BALANCE_NOT_ZERO}.
   * Left out by whoever has no use for it; a machine need not tell.
   */
  balance?(location: number, demand: number): void;
  /** 8 words at `words[at…]`; `location` as for {@link basics}. */
  storage(words: Uint32Array, address: number, slot: number, at: number, location?: number): void;
}
