/** What the forks change about transactions, resolved once per fork so that hot code reads plain fields. */
import { atLeast, FORKS, type Fork } from '../../primitives/fork.js';

export interface TransactionRules {
  /** Highest EIP-2718 type that the fork knows. */
  readonly maxType: number;
  /** Signatures with `s` above half the group order are invalid (EIP-2, Homestead). */
  readonly lowS: boolean;
  /** `v` of a legacy transaction may carry the chain id (EIP-155). */
  readonly replayProtection: boolean;
  /** Extra intrinsic gas of a creation (EIP-2, Homestead). */
  readonly creationGas: number;
  /** Intrinsic gas of a non-zero byte of calldata (EIP-2028, Istanbul). */
  readonly nonZeroByteGas: number;
  /** Init code is limited and metered (EIP-3860). */
  readonly initCodeRules: boolean;
  /** There are an access set and access lists (EIP-2929, EIP-2930). */
  readonly accessSet: boolean;
  /** The coinbase starts warm (EIP-3651). */
  readonly warmCoinbase: boolean;
  /** At most gasUsed / quotient is refunded (EIP-3529 in London). */
  readonly refundQuotient: bigint;
  /** Calldata sets a floor under the gas used (EIP-7623). */
  readonly calldataFloor: boolean;
  /** A delegation designator does not make its account a contract for EIP-3607 (EIP-7702). */
  readonly delegations: boolean;
  /** Highest gas limit of one transaction (EIP-7825); null where there is none. */
  readonly maxGasLimit: bigint | null;
  /** Most blobs of one transaction (EIP-7594); null where only the block's limit counts. */
  readonly maxBlobs: number | null;
}

function maxType(fork: Fork): number {
  if (atLeast(fork, 'Prague')) return 4;
  if (atLeast(fork, 'Cancun')) return 3;
  if (atLeast(fork, 'London')) return 2;
  return atLeast(fork, 'Berlin') ? 1 : 0;
}

const RULES = new Map<Fork, TransactionRules>(
  FORKS.map((fork) => [
    fork,
    Object.freeze({
      maxType: maxType(fork),
      lowS: atLeast(fork, 'Homestead'),
      replayProtection: atLeast(fork, 'EIP158'),
      creationGas: atLeast(fork, 'Homestead') ? 32_000 : 0,
      nonZeroByteGas: atLeast(fork, 'Istanbul') ? 16 : 68,
      initCodeRules: atLeast(fork, 'Shanghai'),
      accessSet: atLeast(fork, 'Berlin'),
      warmCoinbase: atLeast(fork, 'Shanghai'),
      refundQuotient: atLeast(fork, 'London') ? 5n : 2n,
      calldataFloor: atLeast(fork, 'Prague'),
      delegations: atLeast(fork, 'Prague'),
      maxGasLimit: atLeast(fork, 'Osaka') ? 16_777_216n : null,
      maxBlobs: atLeast(fork, 'Osaka') ? 6 : null,
    }),
  ]),
);

export function transactionRules(fork: Fork): TransactionRules {
  return RULES.get(fork) as TransactionRules;
}

/** Blob gas of one blob (EIP-4844). */
export const GAS_PER_BLOB = 131_072n;

/** Largest u256. */
export const MAX_U256 = (1n << 256n) - 1n;

/** Largest u64, which no transaction's nonce may reach (EIP-2681). */
export const MAX_U64 = 0xffff_ffff_ffff_ffffn;
