/**
 * The machine behind which an EVM stands: it holds the state of one transaction (balances, nonces,
 * codes, slots, warmth, touched and destroyed accounts) over a {@link StateView}, runs one message
 * in it, and at the end hands its write set to a {@link WriteSink}.
 *
 * A machine is driven by `transition`, which does everything around the message: it loads the
 * accounts it needs, changes balances and nonces, starts the message, and settles fees. Reads that
 * may block answer a transaction index; everything else cannot fail. Nothing needs unwinding after
 * a blocked read: `begin` drops what an abandoned incarnation left behind.
 */
import type { Fork } from '../primitives/fork.js';
import type { Arena } from '../state/heap.js';
import type { Code, StateView, WriteSink } from '../state/view.js';
import type { VmName } from './name.js';
import type { Tracer } from './trace.js';

/** The block as opcodes see it. */
export interface BlockEnvironment {
  readonly fork: Fork;
  readonly chainId: bigint;
  readonly number: bigint;
  /** Seconds. */
  readonly timestamp: bigint;
  /** 20 bytes. */
  readonly coinbase: Uint8Array;
  readonly gasLimit: bigint;
  readonly difficulty: bigint;
  /** 32 bytes; PREVRANDAO from Paris on (EIP-4399). */
  readonly prevRandao: Uint8Array;
  /** Wei; 0 before London. */
  readonly baseFee: bigint;
  /** Wei per unit of blob gas; 0 before Cancun. */
  readonly blobBaseFee: bigint;
  /**
   * Hash of an ancestor for BLOCKHASH, 32 bytes; null reads as zero. Already bounded to 256 blocks back. Must answer for each
   * of these, also where no transaction asks: all are asked for before other threads are let in.
   */
  readonly blockHash: (number: bigint) => Uint8Array | null;
}

/** The message that a transaction sends, after intrinsic gas. */
export interface Message {
  /** 20 bytes each. */
  readonly caller: Uint8Array;
  readonly origin: Uint8Array;
  /** Null creates a contract: `data` is its init code. */
  readonly to: Uint8Array | null;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly gas: bigint;
  /** Effective gas price (GASPRICE opcode), wei. */
  readonly gasPrice: bigint;
  readonly blobVersionedHashes: readonly Uint8Array[];
  /** A call by the protocol itself (EIP-4788 and others): no precompile is warm in it. */
  readonly system?: boolean;
}

/** `run` came to the message's end. A status >= 0 is the index of the transaction it waits for. */
export const RUN_DONE = -1;
/** `run` gave up control at a yield point; call `run` again to go on. */
export const RUN_YIELDED = -2;

/** `(address, topics, data)` as the yellow paper orders them. */
export interface Log {
  readonly address: Uint8Array;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** What the message did. State changes stay in the machine until `writes`. */
export interface MessageResult {
  readonly success: boolean;
  /** Gas left of `Message.gas`; 0 after an exceptional halt. */
  readonly gasLeft: bigint;
  /** Refund counter, uncapped. */
  readonly refund: bigint;
  readonly logs: readonly Log[];
  /** Return or revert data; the deployed code's bytes are not repeated here for a creation. */
  readonly output: Uint8Array;
  /** 20 bytes where the message was a creation that succeeded. */
  readonly created: Uint8Array | null;
  /** Why it failed (a revert, out of gas, …), for people; null after success. */
  readonly halt: string | null;
}

/** The sender's account or the block's rules forbid the transaction: {@link TransactionMachine.transact}. */
export const TRANSACTION_INVALID = -3;

/** The image does not fit this machine: {@link TransactionMachine.restore}. */
export const RUN_FOREIGN = -4;

/** A transaction as its record: words of `src/layout.ts`, RECORD_*, from word `at` on. */
export interface TransactionRecord {
  readonly words: Uint32Array;
  /** The same memory as bytes. */
  readonly bytes: Uint8Array;
  /** The same memory in pairs of words. */
  readonly pairs: BigUint64Array;
  /** First word of the record: even. */
  readonly at: number;
  /**
   * Applies the record's authorizations (EIP-7702), to be called between the prologue and the message:
   * the refund earned, or the index of a blocker. Null where there are none.
   */
  readonly authorize: (() => bigint | number) | null;
}

/**
 * What a machine offers that takes whole transactions, from the sender's checks to the last fee,
 * without a value leaving it in between. `src/transition` does the same over {@link Vm} for a machine
 * without this; both are compared in tests.
 */
export interface TransactionMachine {
  /**
   * Runs a transaction whose static checks have been passed: {@link RUN_DONE}, {@link TRANSACTION_INVALID}
   * (the sender stands as it was), or the index of a blocker; then {@link resume} goes on from the read
   * that was blocked. With `deferFee` the beneficiary's fee may stay in the outcome.
   */
  transact(environment: BlockEnvironment, view: StateView, record: TransactionRecord, deferFee: boolean): number;
  /** Goes on after a blocked read, over the same view. */
  resume(): number;
  /**
   * Writes an image of the transaction as it stands at the blocked read to `words` from `at` on, from which
   * {@link restore} goes on: the number of words. 0 where it takes more than `most`, or where there is nothing
   * worth keeping or none can be made: before the message, after it, with authorizations. {@link resume} goes on
   * as if nothing had been asked.
   */
  save(words: Uint32Array, at: number, most: number): number;
  /**
   * {@link transact} from the image at `at` on, made by any machine of this kind in the same block: goes on with
   * the read that was blocked. Every read before it must have the value that it had. {@link RUN_FOREIGN} where
   * this machine lacks a code that the image needs ({@link learn}); nothing has been run then.
   */
  restore(
    environment: BlockEnvironment,
    view: StateView,
    record: TransactionRecord,
    deferFee: boolean,
    words: Uint32Array,
    at: number,
  ): number;
  /** Keeps a code for images that need it. Between transactions only. */
  learn(code: Code): void;
  /** Writes the outcome (OUTCOME_* of `src/layout.ts`) after {@link RUN_DONE}; answers its reference. */
  pack(arena: Arena): number;
}

export interface Vm {
  readonly name: VmName;

  /** Whole transactions, where the machine takes them. */
  readonly transactions?: TransactionMachine;

  /**
   * Reports the instructions of the messages to come to `tracer`; null, as at the start, ends that.
   * To be called before `begin`. Without a tracer nothing is paid for it. A machine may lack it.
   */
  setTracer?(tracer: Tracer | null): void;

  /** Starts an incarnation over `view`. Whatever an earlier one left is dropped. */
  begin(environment: BlockEnvironment, view: StateView): void;

  /**
   * Loads basics and code of an account into the machine. READ_OK, or the index of the
   * transaction that blocks; then call it again later, or abandon.
   */
  load(address: Uint8Array): number;

  // The following five need the account to be loaded; they throw a RangeError otherwise.
  exists(address: Uint8Array): boolean;
  balance(address: Uint8Array): bigint;
  nonce(address: Uint8Array): bigint;
  code(address: Uint8Array): Code;
  /** True where this incarnation has read or changed the account's basics or code. */
  isLoaded(address: Uint8Array): boolean;

  // Writes touch the account (EIP-161) and create it where it was absent.
  setBalance(address: Uint8Array, balance: bigint): void;
  setNonce(address: Uint8Array, nonce: bigint): void;
  /** Replaces the code without resetting storage (EIP-7702 delegations; pitfall 17). Empty clears. */
  setCode(address: Uint8Array, bytes: Uint8Array): void;
  /** Creates an empty account before EIP-161; afterwards marks it for deletion if it is empty at the end. */
  touch(address: Uint8Array): void;

  /** Access set of EIP-2929. Warming is not a read. Precompiles are warm by themselves, unless the message is a system call. */
  warmAddress(address: Uint8Array): void;
  warmSlot(address: Uint8Array, slot: Uint8Array): void;

  /** Sets up the message; `run` executes it. At most once per `begin` unless `nextMessage` is meant: see `run`. */
  start(message: Message): void;
  /**
   * Runs until the message is done ({@link RUN_DONE}), a read is blocked (index of the blocker; the
   * frames are kept and `run` may be called again, or `begin` abandons), or {@link RUN_YIELDED}.
   * Asynchronous machines answer a promise.
   */
  run(): number | Promise<number>;
  result(): MessageResult;

  /**
   * Ends the transaction: deletes destroyed accounts (before Cancun all, EIP-6780 only those created
   * in this transaction) and, from EIP-158 on, touched accounts that are empty. READ_OK or a blocker.
   */
  finish(): number;
  /** Hands over every location whose final value differs from the one read. Call after `finish`. */
  writes(sink: WriteSink): void;
}
