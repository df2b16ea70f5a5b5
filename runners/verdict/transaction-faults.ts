/**
 * Faults in a transaction's bytes as the transaction suites name them. Their names say which part is
 * at fault; the engine says one code for all of it and the part beside it, so both are compared.
 */
import type { ErrorCode, TransactionErrorCode } from '../../src/transition/errors.js';

interface Fault {
  readonly codes: readonly ErrorCode[];
  /** Fields, as the decoder names them, that may be at fault; null is the RLP around the fields. */
  readonly fields: readonly (string | null)[];
}

/** The code that says nothing of what is malformed. */
const MALFORMED = 'TransactionException.RLP_INVALID_VALUE';

function fault(fields: readonly (string | null)[], ...others: TransactionErrorCode[]): Fault {
  return { codes: [MALFORMED, ...others.map((code): ErrorCode => `TransactionException.${code}`)], fields };
}

/** Whoever does not know a type does not read its fields: where the suites name both faults, they name the field. */
const ADDRESS_IN_ACCESS_LIST = fault(['accessList.address'], 'TYPE_1_TX_PRE_FORK');
const KEY_IN_ACCESS_LIST = fault(['accessList.storageKeys'], 'TYPE_1_TX_PRE_FORK');
const AROUND_THE_FIELDS = fault([null]);
/** Bytes that begin as an RLP string: neither a list nor a type (EIP-2718). The suites call it either. */
const NO_LIST = fault([null], 'TYPE_NOT_SUPPORTED');

const FAULTS: Readonly<Record<string, Fault>> = {
  RLP_LEADING_ZEROS_NONCE: fault(['nonce']),
  RLP_LEADING_ZEROS_GASPRICE: fault(['gasPrice']),
  RLP_LEADING_ZEROS_GASLIMIT: fault(['gasLimit']),
  RLP_LEADING_ZEROS_VALUE: fault(['value']),
  RLP_LEADING_ZEROS_V: fault(['v', 'yParity']),
  RLP_LEADING_ZEROS_R: fault(['r']),
  RLP_LEADING_ZEROS_S: fault(['s']),
  RLP_LEADING_ZEROS_BASEFEE: fault(['maxFeePerGas'], 'TYPE_2_TX_PRE_FORK'),
  RLP_LEADING_ZEROS_PRIORITY_FEE: fault(['maxPriorityFeePerGas'], 'TYPE_2_TX_PRE_FORK'),
  // A number that is too long because of its zeros has both faults.
  GASLIMIT_OVERFLOW: fault(['gasLimit'], 'GASLIMIT_OVERFLOW'),
  // A list in place of a string: where its items make no RLP, the fault is met before the field is.
  RLP_INVALID_NONCE: fault(['nonce', null]),
  RLP_INVALID_GASLIMIT: fault(['gasLimit', null]),
  RLP_INVALID_TO: fault(['to', null]),
  RLP_INVALID_DATA: fault(['data', null]),
  RLP_INVALID_SIGNATURE_R: fault(['r', null]),
  RLP_INVALID_SIGNATURE_S: fault(['s', null]),
  RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG: ADDRESS_IN_ACCESS_LIST,
  RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT: ADDRESS_IN_ACCESS_LIST,
  RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG: KEY_IN_ACCESS_LIST,
  RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT: KEY_IN_ACCESS_LIST,
  RLP_LEADING_ZEROS_NONCE_SIZE: AROUND_THE_FIELDS,
  RLP_LEADING_ZEROS_DATA_SIZE: AROUND_THE_FIELDS,
  RLP_TOO_FEW_ELEMENTS: AROUND_THE_FIELDS,
  RLP_TOO_MANY_ELEMENTS: AROUND_THE_FIELDS,
  RLP_ERROR_EOF: NO_LIST,
  RLP_ERROR_SIZE: AROUND_THE_FIELDS,
  RLP_ERROR_SIZE_LEADING_ZEROS: AROUND_THE_FIELDS,
  RLP_INVALID_HEADER: NO_LIST,
  // Also said of a transaction of that type whose RLP is cut off, or goes on.
  TYPE_4_INVALID_AUTHORIZATION_FORMAT: fault(['authorizationList', null], 'TYPE_4_INVALID_AUTHORIZATION_FORMAT'),
  // Numbers of a signature that do not fit their types; those that fit and sign nothing are valid (EIP-7702).
  TYPE_4_INVALID_AUTHORITY_SIGNATURE: fault(
    ['authorizationList.yParity', 'authorizationList.r', 'authorizationList.s'],
    'TYPE_4_INVALID_AUTHORIZATION_FORMAT',
  ),
  TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH: fault(['authorizationList.s'], 'TYPE_4_INVALID_AUTHORIZATION_FORMAT'),
};

/** The codes of each of these names, under its full name. */
export const FAULT_CODES: Readonly<Record<string, readonly ErrorCode[]>> = Object.fromEntries(
  Object.entries(FAULTS).map(([name, { codes }]) => [`TransactionException.${name}`, codes]),
);

/**
 * False where `name` (in full) is of a fault elsewhere than in `field`. Names that say no place, and
 * codes that are exact by themselves, are good for any.
 */
export function isFaultIn(name: string, code: ErrorCode, field: string | null): boolean {
  const short = name.replace(/^TransactionException\./, '');
  if (code !== MALFORMED || !Object.hasOwn(FAULTS, short)) return true;
  const { fields } = FAULTS[short] as Fault;
  return fields.some((one) => one === field || (one !== null && field?.startsWith(`${one}.`) === true));
}
