/** Whether bytes are a valid transaction: the engine's decoder, its recovery and its static rules. */
import { keccak256 } from '../../src/primitives/crypto.js';
import { maxBlobGas } from '../../src/transition/block/blob-gas.js';
import type { ErrorCode } from '../../src/transition/errors.js';
import {
  decodeTransaction,
  intrinsicGas,
  parseTransactionAt,
  TransactionDecodeError,
  validateStatic,
} from '../../src/transition/transaction/index.js';
import type { Transaction } from '../../src/transition/types.js';
import { type ForkRules, network } from '../fixtures/networks.js';
import type { TransactionCase } from '../fixtures/unit-cases.js';
import { codesOf } from '../verdict/exceptions.js';
import { judgeException, occurred } from '../verdict/judge-exception.js';
import { namesToday } from '../verdict/older-names.js';
import { nonconformant } from '../verdict/result.js';
import { isFaultIn } from '../verdict/transaction-faults.js';
import type { Difference } from '../verdict/verdict.js';
import { expectEqual } from './expect-equal.js';

/** Chain of the official suites. */
const CHAIN_ID = 1n;

interface Refused {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Field of the RLP at fault; null where it is none by itself. */
  readonly field: string | null;
}

/** The transaction, or why it is invalid. There is no block: no base fee to reach, no gas used before. */
function decode(txbytes: Uint8Array, { fork, blobSchedule }: ForkRules): Transaction | Refused {
  let transaction: Transaction;
  try {
    transaction = decodeTransaction(txbytes, { fork, chainId: CHAIN_ID });
  } catch (error) {
    if (!(error instanceof TransactionDecodeError)) throw error;
    return { code: `TransactionException.${error.code}`, detail: error.message, field: error.field };
  }
  const limit = blobSchedule === null ? 0n : maxBlobGas(blobSchedule);
  const rejection = validateStatic(transaction, { fork, baseFee: 0n, blobBaseFee: 0n }, limit);
  if (rejection === null) return transaction;
  return { code: `TransactionException.${rejection.code}`, detail: rejection.detail, field: null };
}

/** Gas that the limit must cover: from Prague on the calldata's floor where that is more (EIP-7623). */
function dueGas(transaction: Parameters<typeof intrinsicGas>[0], { fork }: ForkRules): bigint {
  const { intrinsic, floor } = intrinsicGas(transaction, fork);
  return intrinsic > floor ? intrinsic : floor;
}

/** Null where the bytes are no transaction that the fork knows. */
function dueGasOf(txbytes: Uint8Array, rules: ForkRules): bigint | null {
  try {
    return dueGas(parseTransactionAt(txbytes, { fork: rules.fork, chainId: CHAIN_ID }).transaction, rules);
  } catch (error) {
    if (error instanceof TransactionDecodeError) return null;
    throw error;
  }
}

function checkRefusal(expected: readonly string[], { code, detail, field }: Refused): void {
  judgeException(expected, code, detail, null);
  if (expected.length === 0) return;
  const names = expected.flatMap(namesToday).filter((name) => codesOf(name)?.includes(code));
  if (names.some((name) => isFaultIn(name, code, field))) return;
  nonconformant(`the fault is not where ${expected.join(' | ')} has it`, [
    { what: 'exception', expected: expected.join(' | '), actual: occurred(code, detail) },
  ]);
}

/** Throws `CaseFailure` where the transaction is not what the fixture says. */
export function checkTransaction(one: TransactionCase): void {
  const { txbytes, expect } = one;
  const rules = network(one.network).forkAt({ number: 0n, timestamp: 0n, parentTotalDifficulty: 0n });
  const decoded = decode(txbytes, rules);
  const differences: Difference[] = [];
  if ('code' in decoded) {
    if (expect.exception === null) {
      nonconformant(`a valid transaction was rejected: ${decoded.code}`, [
        { what: 'exception', expected: 'none', actual: occurred(decoded.code, decoded.detail) },
      ]);
    }
    checkRefusal(expect.exception, decoded);
    const gas = dueGasOf(txbytes, rules);
    if (expect.intrinsicGas !== null && gas !== null) {
      expectEqual(differences, 'intrinsicGas', expect.intrinsicGas, gas);
    }
  } else {
    if (expect.exception !== null) {
      nonconformant('an invalid transaction was accepted', [
        { what: 'exception', expected: expect.exception.join(' | ') || 'any', actual: 'none' },
      ]);
    }
    expectEqual(differences, 'hash', expect.hash, keccak256(txbytes));
    expectEqual(differences, 'sender', expect.sender, decoded.sender);
    if (expect.intrinsicGas !== null) {
      expectEqual(differences, 'intrinsicGas', expect.intrinsicGas, dueGas(decoded, rules));
    }
  }
  if (differences.length > 0) nonconformant('the transaction differs from the fixture', differences);
}
