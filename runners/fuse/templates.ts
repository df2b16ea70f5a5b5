/** What the indexes of a state test have to give to fused blocks: transactions without sender, nonce and price. */

import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import type { UnsignedTransaction } from '../../src/transition/transaction/index.js';
import { intrinsicGas, TransactionDecodeError, unsignedFromFields } from '../../src/transition/transaction/index.js';
import type { StateCase } from '../fixtures/cases.js';
import type { ScenarioRules } from '../scenario/scenario.js';

/** Calldata beyond this is left out: blocks are bounded in bytes as they are in gas. */
const MOST_DATA_BYTES = 32_768;

export interface Template {
  readonly transaction: UnsignedTransaction;
  /** The least gas limit with which it is valid. */
  readonly leastGas: bigint;
}

export interface Templates {
  /** Indexes that a block may hold anywhere, at least one. */
  readonly valid: readonly Template[];
  /** Indexes that the fixture expects to be rejected. */
  readonly invalid: readonly Template[];
}

function templateOf(one: StateCase, rules: ScenarioRules): Template | null {
  let transaction: UnsignedTransaction;
  try {
    transaction = unsignedFromFields(one.fields, rules);
  } catch (error) {
    // A field that fits no transaction, or a type of a later fork: nothing that a block could hold.
    if (error instanceof TransactionDecodeError) return null;
    throw error;
  }
  if (transaction.data.length > MOST_DATA_BYTES) return null;
  const { intrinsic, floor } = intrinsicGas(transaction, rules.fork);
  return { transaction, leastGas: intrinsic > floor ? intrinsic : floor };
}

/** Templates of the cases of one test and fork, equal ones once. */
export function templatesOf(cases: readonly StateCase[], rules: ScenarioRules): Templates {
  const seen = new Set<Hex>();
  const valid: Template[] = [];
  const invalid: Template[] = [];
  for (const one of cases) {
    const template = templateOf(one, rules);
    if (template === null) continue;
    const { to, value, gasLimit, data } = template.transaction;
    const rejected = one.expect.exception !== null;
    const key = `${rejected}/${to === null ? '' : bytesToHex(to)}/${value}/${gasLimit}/${bytesToHex(keccak256(data))}`;
    if (seen.has(key as Hex)) continue;
    seen.add(key as Hex);
    (rejected ? invalid : valid).push(template);
  }
  return { valid, invalid };
}
