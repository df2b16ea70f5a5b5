/** Transactions, blocks and their outcomes: what flows between decoding, execution and verdict. */
import type { Database } from '../state/database.js';
import type { StateDiff } from '../state/diff.js';
import type { BlockEnvironment, Log } from '../vm/vm.js';
import type { BlockError, TransactionErrorCode } from './errors.js';

export interface AccessListEntry {
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** 32 bytes each. */
  readonly slots: readonly Uint8Array[];
}

/** EIP-7702 authorization tuple, with its signer recovered. */
export interface Authorization {
  readonly chainId: bigint;
  /** Delegation target, 20 bytes. */
  readonly address: Uint8Array;
  readonly nonce: bigint;
  /** Signer, 20 bytes; null where the signature is invalid, so that the tuple is skipped. */
  readonly authority: Uint8Array | null;
}

/** A decoded transaction of any type (legacy 0, EIP-2930 1, EIP-1559 2, EIP-4844 3, EIP-7702 4), sender recovered. */
export interface Transaction {
  readonly type: 0 | 1 | 2 | 3 | 4;
  /** Null for a legacy transaction without replay protection (EIP-155). */
  readonly chainId: bigint | null;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  /** Wei per gas. `gasPrice` of types 0 and 1 stands in both fields. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** 20 bytes; null creates a contract. */
  readonly to: Uint8Array | null;
  /** Wei. */
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
  /** Wei per unit of blob gas; 0 but for type 3. */
  readonly maxFeePerBlobGas: bigint;
  /** 32 bytes each. */
  readonly blobVersionedHashes: readonly Uint8Array[];
  readonly authorizations: readonly Authorization[];
  /** 20 bytes. */
  readonly sender: Uint8Array;
}

/** EIP-4895; `amount` in gwei. */
export interface Withdrawal {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly amount: bigint;
}

/**
 * One account of a block-level access list (EIP-7928). Changes name the part of the block that made them:
 * 0 for the steps before the transactions, 1 for the first transaction and so on, one more than there are
 * transactions for the steps after them; ascending, and at most one change of a thing for each.
 */
export interface BlockAccessListEntry {
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly storageChanges: readonly {
    readonly slot: bigint;
    readonly changes: readonly { readonly blockAccessIndex: number; readonly newValue: bigint }[];
  }[];
  /** Slots that were read and never changed. */
  readonly storageReads: readonly bigint[];
  readonly balanceChanges: readonly { readonly blockAccessIndex: number; readonly postBalance: bigint }[];
  readonly nonceChanges: readonly { readonly blockAccessIndex: number; readonly newNonce: bigint }[];
  readonly codeChanges: readonly { readonly blockAccessIndex: number; readonly newCode: Uint8Array }[];
}

/**
 * A block ready to execute: its header has been validated against its parent. Executors keep what they have made of it for
 * the next time, so it is not to be changed once it has been executed: another block is another object.
 */
export interface Block {
  readonly environment: BlockEnvironment;
  /** Blob gas that the block may use (EIP-4844); 0 before Cancun. */
  readonly maxBlobGas: bigint;
  readonly transactions: readonly Transaction[];
  /**
   * `block`: system calls, withdrawals, requests and rewards are done as the fork says.
   * `state-test`: only the transactions, and the coinbase is touched with a zero reward.
   */
  readonly mode: 'block' | 'state-test';
  readonly withdrawals: readonly Withdrawal[];
  /** Uncles' numbers and beneficiaries (20 bytes), for rewards before Paris. */
  readonly ommers: readonly { readonly number: bigint; readonly coinbase: Uint8Array }[];
  /** The irregular state change of the DAO fork happens in this block. */
  readonly daoFork: boolean;
  /** 32 bytes. */
  readonly parentHash: Uint8Array;
  /** 32 bytes (EIP-4788); null before Cancun. */
  readonly parentBeaconBlockRoot: Uint8Array | null;
  /**
   * Who changes what, where somebody says so (EIP-7928). It is advice for parallel execution and may be
   * wrong: no outcome depends on it.
   */
  readonly accessList?: readonly BlockAccessListEntry[];
}

export interface Receipt {
  readonly type: number;
  /** From Byzantium on (EIP-658); null before. */
  readonly status: 0 | 1 | null;
  /** State root after the transaction, 32 bytes, before Byzantium; null from then on. */
  readonly stateRoot: Uint8Array | null;
  readonly cumulativeGasUsed: bigint;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  readonly logs: readonly Log[];
}

/** What one transaction did, without its place in the block. */
export type TransactionOutcome =
  | {
      readonly kind: 'executed';
      readonly success: boolean;
      /** After refunds and the calldata floor (EIP-7623). */
      readonly gasUsed: bigint;
      readonly blobGasUsed: bigint;
      readonly logs: readonly Log[];
      /** What was returned, or given to REVERT; empty for a creation that succeeded. */
      readonly output: Uint8Array;
      /** Address of the contract, 20 bytes, where the transaction was a creation that succeeded. */
      readonly created: Uint8Array | null;
      /** Why it failed (a revert, out of gas, …), for people, in the machine's words; null after success. */
      readonly halt: string | null;
      /**
       * Wei owed to the beneficiary but not yet written; 0 where it was written as an ordinary
       * change (the transaction touched the beneficiary itself, or the fee is zero).
       */
      readonly deferredFee: bigint;
    }
  | { readonly kind: 'invalid'; readonly code: TransactionErrorCode; readonly detail: string };

/** Counts that say how speculative a run was; for a serial one all are zero but `transactions` and `incarnations`. */
export interface ExecutionStats {
  /** Transactions of the block. */
  transactions: number;
  /** Runs of transactions, whole or from an image on: one for each transaction, and those that were run again. */
  incarnations: number;
  /** Incarnations whose reads did not hold when they were validated. */
  aborts: number;
  /** Incarnations beyond one for each transaction. */
  reexecutions: number;
  /** Reads that met a value which an aborted incarnation had written. */
  estimatesHit: number;
  /** Reads of the beneficiary's balance for which fees had to be added up. */
  deferredFeeReads: number;
  /** Resets of an account's storage: it was destroyed, or created. */
  resets: number;
  /** Incarnations that credited their recipient without reading its balance. */
  credits: number;
  /** Balances that a committed transaction had read before another one changed them, and on which nothing that it did depended. */
  rebases: number;
  /** Runs that met an estimate and were kept as they stood there, and runs that went on from there. */
  suspensions: number;
  resumptions: number;
  /** Reads at which a run was kept as it stood, and runs of stale transactions that went on from one. */
  checkpoints: number;
  restores: number;
  /** Threads of the executor, the calling one included; 0 for a serial one. */
  workers: number;
}

/** A transaction's final result, as a stream of a block's results hands it out. */
export interface TransactionResult {
  /** Its place in the block. */
  readonly index: number;
  readonly outcome: TransactionOutcome;
  readonly receipt: Receipt;
}

export interface BlockOutcome {
  readonly ok: true;
  readonly receipts: readonly Receipt[];
  readonly transactions: readonly TransactionOutcome[];
  readonly gasUsed: bigint;
  readonly blobGasUsed: bigint;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  /** EIP-7685 requests (type byte first), empty ones left out; null before Prague. */
  readonly requests: readonly Uint8Array[] | null;
  readonly diff: StateDiff;
  readonly stats: ExecutionStats;
}

/** What an executor answers for a valid block: the outcome stands in the executor's memory still. */
export interface ExecutedBlock extends BlockOutcome {
  /**
   * Moves `database`, which must be as it was when the block was executed over it, on to the state after
   * the block: the same as `database.apply(outcome.diff)`, without making the diff. Between blocks only. Throws
   * `HeapExhaustedError` where the database's 1 GiB is full.
   */
  applyTo(database: Database): void;
  /**
   * Takes `database`, which must be as {@link applyTo} left it, back to the state before the block, as a reorganisation of
   * the chain does: the same as `database.revert(outcome.diff)`. Between blocks only.
   */
  revertFrom(database: Database): void;
  /**
   * Says that nobody will look at receipts, transactions, bloom and diff any more. They stand in the
   * executor's memory until it executes another block, and would be copied out of it then; reading
   * them afterwards throws. Optional: without it everything can be read for ever.
   */
  release(): void;
}

export interface BlockRejection {
  readonly ok: false;
  readonly error: BlockError;
  readonly stats: ExecutionStats;
}

export type ExecutionResult = BlockOutcome | BlockRejection;

/** An executor's answer. */
export type ExecutorResult = ExecutedBlock | BlockRejection;
