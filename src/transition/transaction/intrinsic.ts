/** Gas that a transaction costs before its message runs. */
import type { Fork } from '../../primitives/fork.js';
import type { AccessListEntry } from '../types.js';
import { transactionRules } from './rules.js';

const TRANSACTION_GAS = 21_000;
const ZERO_BYTE_GAS = 4;
/** EIP-3860, per word of 32 bytes. */
const INIT_CODE_WORD_GAS = 2;
/** EIP-2930. */
const ACCESS_LIST_ADDRESS_GAS = 2_400;
const ACCESS_LIST_SLOT_GAS = 1_900;
/** EIP-7702: PER_EMPTY_ACCOUNT_COST, per tuple. */
export const AUTHORIZATION_GAS = 25_000;
/** EIP-7623: gas per token of calldata under the floor; a zero byte is one token, any other four. */
const FLOOR_GAS_PER_TOKEN = 10;
const TOKENS_PER_NON_ZERO_BYTE = 4;

/** The parts of a transaction that its intrinsic gas depends on. */
export interface IntrinsicInput {
  readonly to: Uint8Array | null;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizations: readonly unknown[];
}

export interface IntrinsicGas {
  /** Charged before the message (yellow paper, g0). */
  readonly intrinsic: bigint;
  /** The least that is charged in the end (EIP-7623); 0 before Prague. */
  readonly floor: bigint;
}

function countNonZero(data: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) count++;
  return count;
}

/** Intrinsic gas and calldata floor of a transaction under the rules of a fork. */
export function intrinsicGas(transaction: IntrinsicInput, fork: Fork): IntrinsicGas {
  const rules = transactionRules(fork);
  const { to, data, accessList, authorizations } = transaction;
  const nonZero = countNonZero(data);
  const zero = data.length - nonZero;
  let gas = TRANSACTION_GAS + zero * ZERO_BYTE_GAS + nonZero * rules.nonZeroByteGas;
  if (to === null) {
    gas += rules.creationGas;
    if (rules.initCodeRules) gas += INIT_CODE_WORD_GAS * Math.ceil(data.length / 32);
  }
  for (const { slots } of accessList) gas += ACCESS_LIST_ADDRESS_GAS + slots.length * ACCESS_LIST_SLOT_GAS;
  gas += authorizations.length * AUTHORIZATION_GAS;
  const tokens = zero + nonZero * TOKENS_PER_NON_ZERO_BYTE;
  const floor = rules.calldataFloor ? TRANSACTION_GAS + tokens * FLOOR_GAS_PER_TOKEN : 0;
  return { intrinsic: BigInt(gas), floor: BigInt(floor) };
}
