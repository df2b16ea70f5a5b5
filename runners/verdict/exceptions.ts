/**
 * Names of exceptions, as the suites spell them, against the engine's error codes.
 *
 * Fixtures of execution-spec-tests, and those of ethereum/tests filled since 2024, use the engine's
 * own names (`TransactionException.X`, `BlockException.X`). Older ones use the names of retesteth
 * (`TR_…`) and of its block rules. A name stands for one code or for any of several: where the old
 * name is the coarser one, or where the suites themselves give two names to one fault. Whatever is
 * not in this table matches nothing, and is shown.
 */
import { BLOCK_ERRORS, type ErrorCode, TRANSACTION_ERRORS } from '../../src/transition/errors.js';
import { namesToday } from './older-names.js';
import { FAULT_CODES } from './transaction-faults.js';

const tx = (...codes: (typeof TRANSACTION_ERRORS)[number][]): ErrorCode[] =>
  codes.map((code): ErrorCode => `TransactionException.${code}`);
const block = (...codes: (typeof BLOCK_ERRORS)[number][]): ErrorCode[] =>
  codes.map((code): ErrorCode => `BlockException.${code}`);

const TYPE_BEFORE_ITS_FORK = tx(
  'TYPE_NOT_SUPPORTED',
  'TYPE_1_TX_PRE_FORK',
  'TYPE_2_TX_PRE_FORK',
  'TYPE_3_TX_PRE_FORK',
  'TYPE_4_TX_PRE_FORK',
);

/** A scalar longer than its field: the transaction suite names the field, the state suites only the RLP. */
const SCALAR_TOO_LONG = tx(
  'RLP_INVALID_VALUE',
  'VALUE_OVERFLOW',
  'GASLIMIT_OVERFLOW',
  'GASPRICE_OVERFLOW',
  'PRIORITY_OVERFLOW',
  'NONCE_OVERFLOW',
);

/** A block whose RLP is not a block of its fork. */
const MALFORMED_RLP = block(
  'RLP_STRUCTURES_ENCODING',
  'RLP_INVALID_FIELD_OVERFLOW_64',
  'RLP_INVALID_ADDRESS',
  'RLP_WITHDRAWALS_NOT_READ',
  'INCORRECT_BLOCK_FORMAT',
);

/**
 * The shape of the header belongs to another fork: a London header before London, a legacy one
 * after it, withdrawals before Shanghai or none after it. The suites have a name for each pair of
 * forks, the engine one for all.
 */
const HEADER_OF_ANOTHER_FORK = block('INCORRECT_BLOCK_FORMAT', 'RLP_STRUCTURES_ENCODING', 'RLP_WITHDRAWALS_NOT_READ');

/** More gas used than the block's limit allows, by the header or by its transactions. */
const GAS_ABOVE_LIMIT = block('GAS_USED_OVERFLOW', 'INVALID_GAS_USED_ABOVE_LIMIT');

/** An uncle's parent is no ancestor of the block within six generations (yellow paper, section 11.1). */
const UNCLE_PARENT = block('UNCLE_PARENT_INCORRECT', 'UNCLE_UNKNOWN_PARENT');

/** Proof of work, a difficulty or uncles after the merge, or a header from before it. */
const WORK_AFTER_MERGE = block('IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS', 'IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS');

/** An uncle that is a direct ancestor is in the chain, too. */
const UNCLE_IN_CHAIN = block('UNCLE_IN_CHAIN', 'UNCLE_IS_ANCESTOR');
/** One uncle that a block names twice is its own brother. */
const UNCLE_IS_BROTHER = block('UNCLE_IS_BROTHER', 'UNCLE_IN_CHAIN');

/** Names that differ from the engine's, or that are coarser than one code. */
const NAMES: Readonly<Record<string, readonly ErrorCode[]>> = {
  // execution-spec-tests and ethereum/tests.
  ...FAULT_CODES,
  'TransactionException.NONCE_TOO_BIG': tx('NONCE_IS_MAX'),
  'TransactionException.PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2': tx('PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS'),
  'TransactionException.TYPE_NOT_SUPPORTED': TYPE_BEFORE_ITS_FORK,
  'TransactionException.RLP_INVALID_VALUE': SCALAR_TOO_LONG,
  'BlockException.RLP_STRUCTURES_ENCODING': MALFORMED_RLP,
  'BlockException.GAS_USED_OVERFLOW': GAS_ABOVE_LIMIT,
  'BlockException.INVALID_GAS_USED_ABOVE_LIMIT': GAS_ABOVE_LIMIT,
  'BlockException.UNCLE_PARENT_INCORRECT': UNCLE_PARENT,
  'BlockException.UNCLE_UNKNOWN_PARENT': UNCLE_PARENT,
  'BlockException.UNCLE_IN_CHAIN': UNCLE_IN_CHAIN,
  'BlockException.UNCLE_IS_BROTHER': UNCLE_IS_BROTHER,
  // Blobs above the block's limit: the engine finds them where the header's sum is checked.
  'BlockException.BLOB_GAS_USED_ABOVE_LIMIT': block('BLOB_GAS_USED_ABOVE_LIMIT', 'INCORRECT_BLOB_GAS_USED'),
  'TransactionException.TYPE_3_TX_ZERO_BLOBS_PRE_FORK': tx('TYPE_3_TX_PRE_FORK', 'TYPE_3_TX_ZERO_BLOBS'),
  'BlockException.IMPORT_IMPOSSIBLE_LEGACY': HEADER_OF_ANOTHER_FORK,
  'BlockException.IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT': HEADER_OF_ANOTHER_FORK,
  'BlockException.IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT': HEADER_OF_ANOTHER_FORK,
  'BlockException.IMPORT_IMPOSSIBLE_LONDON_OVER_PARIS': WORK_AFTER_MERGE,
  'BlockException.IMPORT_IMPOSSIBLE_SHANGHAI': HEADER_OF_ANOTHER_FORK,
  'BlockException.IMPORT_IMPOSSIBLE_PARIS_OVER_SHANGHAI': HEADER_OF_ANOTHER_FORK,

  // retesteth: transactions.
  TR_TypeNotSupported: TYPE_BEFORE_ITS_FORK,
  TR_TypeNotSupportedBlob: TYPE_BEFORE_ITS_FORK,
  LegacyBlockBaseFeeTransaction: TYPE_BEFORE_ITS_FORK,
  TR_TooShort: tx('RLP_INVALID_VALUE', 'TYPE_NOT_SUPPORTED'),
  TR_BlobDecodeError: tx('RLP_INVALID_VALUE'),
  // Of r and s, too.
  TRANSACTION_VALUE_TOOLARGE: [...SCALAR_TOO_LONG, ...tx('INVALID_SIGNATURE_VRS')],
  // An r or s that lost bytes is a number all the same: the signature is nobody's, or of somebody who has nothing.
  TRANSACTION_VALUE_TOOSHORT: tx('EC_RECOVERY_FAIL', 'INSUFFICIENT_ACCOUNT_FUNDS'),
  '1559BaseFeeTooLarge': SCALAR_TOO_LONG,
  TR_NoFunds: tx('INSUFFICIENT_ACCOUNT_FUNDS'),
  TR_NoFundsValue: tx('INSUFFICIENT_ACCOUNT_FUNDS'),
  TR_NoFundsOrGas: tx('INSUFFICIENT_ACCOUNT_FUNDS', 'INTRINSIC_GAS_TOO_LOW'),
  TR_NoFundsX: tx('INSUFFICIENT_ACCOUNT_FUNDS', 'GASLIMIT_PRICE_PRODUCT_OVERFLOW'),
  TR_IntrinsicGas: tx('INTRINSIC_GAS_TOO_LOW'),
  IntrinsicGas: tx('INTRINSIC_GAS_TOO_LOW'),
  OutOfGasIntrinsic: tx('INTRINSIC_GAS_TOO_LOW'),
  TR_RLP_WRONGVALUE: SCALAR_TOO_LONG,
  TR_FeeCapLessThanBlocks: tx('INSUFFICIENT_MAX_FEE_PER_GAS'),
  TR_FeeCapLessThanBlocksORNoFunds: tx('INSUFFICIENT_MAX_FEE_PER_GAS', 'INSUFFICIENT_ACCOUNT_FUNDS'),
  TR_FeeCapLessThanBlocksORGasLimitReached: tx('INSUFFICIENT_MAX_FEE_PER_GAS', 'GAS_ALLOWANCE_EXCEEDED'),
  TR_NonceHasMaxValue: tx('NONCE_IS_MAX'),
  TR_NonceTooHigh: tx('NONCE_MISMATCH_TOO_HIGH'),
  TR_NonceTooLow: tx('NONCE_MISMATCH_TOO_LOW'),
  TR_GasLimitReached: tx('GAS_ALLOWANCE_EXCEEDED'),
  TR_TipGtFeeCap: tx('PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS'),
  TR_InitCodeLimitExceeded: tx('INITCODE_SIZE_EXCEEDED'),
  TR_BLOBLIST_OVERSIZE: tx('TYPE_3_TX_BLOB_COUNT_EXCEEDED', 'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED'),
  TR_BLOBCREATE: tx('TYPE_3_TX_CONTRACT_CREATION'),
  TR_EMPTYBLOB: tx('TYPE_3_TX_ZERO_BLOBS'),
  TR_BLOBVERSION_INVALID: tx('TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH'),
  SenderNotEOA: tx('SENDER_NOT_EOA'),
  SenderNotEOAorNoCASH: tx('SENDER_NOT_EOA', 'INSUFFICIENT_ACCOUNT_FUNDS'),

  // retesteth: headers.
  ExtraDataTooBig: block('EXTRA_DATA_TOO_BIG'),
  ExtraDataIncorrect: block('EXTRA_DATA_INVALID_DAO'),
  ExtraDataIncorrectDAO: block('EXTRA_DATA_INVALID_DAO'),
  InvalidBlockMixHash: block('INVALID_POW'),
  InvalidBlockNonce: block('INVALID_POW'),
  // Also said of a block of work that comes after the merge, where the right difficulty is zero.
  InvalidDifficulty: block(
    'INVALID_DIFFICULTY',
    'IMPORT_IMPOSSIBLE_PARIS_WRONG_POW',
    'IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS',
  ),
  InvalidDifficulty2: block('INVALID_DIFFICULTY', 'IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS'),
  InvalidGasLimit: block('INVALID_GASLIMIT', 'GASLIMIT_TOO_BIG'),
  InvalidGasLimit2: block('INVALID_GASLIMIT'),
  InvalidGasLimit3: block('INVALID_GASLIMIT', 'GASLIMIT_TOO_BIG'),
  InvalidGasUsed: block('INVALID_GAS_USED'),
  InvalidGasUsed2: block('INVALID_GAS_USED'),
  InvalidLogBloom: block('INVALID_LOG_BLOOM'),
  InvalidNumber: block('INVALID_BLOCK_NUMBER'),
  InvalidReceiptsStateRoot: block('INVALID_RECEIPTS_ROOT'),
  InvalidStateRoot: block('INVALID_STATE_ROOT'),
  InvalidTimestampEqualParent: block('INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT'),
  InvalidTimestamp: block('INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT'),
  InvalidTimestampOlderParent: block('INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT'),
  InvalidTransactionsRoot: block('INVALID_TRANSACTIONS_ROOT'),
  InvalidUnclesHash: block('INVALID_UNCLES_HASH'),
  InvalidWithdrawals: block('INVALID_WITHDRAWALS_ROOT'),
  // A gas limit of zero breaks two rules at once; the older generation names this one, the newer the limit.
  TooMuchGasUsed: [...GAS_ABOVE_LIMIT, ...block('INVALID_GASLIMIT')],
  // The same where the sum of gas limits is what overflows; the second is Frontier's and Homestead's name for it.
  TooMuchGasUsed2: [...GAS_ABOVE_LIMIT, ...tx('GAS_ALLOWANCE_EXCEEDED')],
  BlockGasLimitReached: [...GAS_ABOVE_LIMIT, ...tx('GAS_ALLOWANCE_EXCEEDED')],
  UnknownParent: block('UNKNOWN_PARENT', 'UNKNOWN_PARENT_ZERO'),
  UnknownParent2: block('UNKNOWN_PARENT', 'UNKNOWN_PARENT_ZERO'),

  // retesteth: uncles.
  InvalidUncleParentHash: UNCLE_PARENT,
  UncleParentIsNotAncestor: UNCLE_PARENT,
  UncleTooOld: UNCLE_PARENT,
  TooManyUncles: block('TOO_MANY_UNCLES'),
  UncleInChain: UNCLE_IN_CHAIN,
  UncleIsAncestor: block('UNCLE_IS_ANCESTOR'),
  UncleIsBrother: UNCLE_IS_BROTHER,

  // retesteth: London, Paris and Shanghai blocks in the wrong place.
  '1559BlockImportImpossible_BaseFeeWrong': block('INVALID_BASEFEE_PER_GAS'),
  '1559BlockImportImpossible_InitialBaseFeeWrong': block('INVALID_BASEFEE_PER_GAS'),
  '1559BlockImportImpossible_TargetGasLow': block('INVALID_GASLIMIT'),
  '1559BlockImportImpossible_TargetGasHigh': block('INVALID_GASLIMIT'),
  '1559BlockImportImpossible_InitialGasLimitInvalid': block('INVALID_GASLIMIT'),
  '1559BlockImportImpossible_HeaderIsLegacy': HEADER_OF_ANOTHER_FORK,
  LegacyBlockImportImpossible: HEADER_OF_ANOTHER_FORK,
  LegacyBlockImportImpossible2: HEADER_OF_ANOTHER_FORK,
  // "Merge" was the name before "Paris".
  MergeBlockImportImpossible: HEADER_OF_ANOTHER_FORK,
  ParisBlockImportImpossible: HEADER_OF_ANOTHER_FORK,
  ShanghaiBlockImportImpossible: HEADER_OF_ANOTHER_FORK,
  '3675PoSBlockRejected': block('IMPORT_IMPOSSIBLE_PARIS_WRONG_POS'),
  '3675PoWBlockRejected': block('IMPORT_IMPOSSIBLE_PARIS_WRONG_POW'),
  // Any field of proof of work that is set after the merge.
  '3675PreMerge1559BlockRejected': WORK_AFTER_MERGE,
  '3675PreParis1559BlockRejected': WORK_AFTER_MERGE,
  PostMergeUncleHashIsNotEmpty: block('IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS'),
  PostMergeDifficultyIsNot0: block('IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS'),
  PostParisUncleHashIsNotEmpty: block('IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS'),
  PostParisDifficultyIsNot0: block('IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS'),

  // retesteth: RLP.
  OVERSIZE_RLP: MALFORMED_RLP,
  BLOCKHEADER_VALUE_TOOLARGE: MALFORMED_RLP,
  InvalidDifficulty_TooLarge: MALFORMED_RLP,
  RLP_BadCast: MALFORMED_RLP,
  RLP_BODY_UNMARSHAL_ERROR: MALFORMED_RLP,
  RLP_ExpectedAsList: MALFORMED_RLP,
  INPUT_UNMARSHAL_ERROR: MALFORMED_RLP,
  INPUT_UNMARSHAL_SIZE_ERROR: MALFORMED_RLP,
  INPUT_UNMARSHAL_ADDRESS_ERROR: MALFORMED_RLP,
};

const OWN_NAMES: ReadonlySet<string> = new Set([...tx(...TRANSACTION_ERRORS), ...block(...BLOCK_ERRORS)]);

/** The codes that one of the suites' names stands for; null for a name that this table does not hold. */
export function codesOf(name: string): readonly ErrorCode[] | null {
  const codes = namesToday(name).map(codesToday);
  return codes.includes(null) ? null : [...new Set(codes.flatMap((some) => some ?? []))];
}

function codesToday(name: string): readonly ErrorCode[] | null {
  if (Object.hasOwn(NAMES, name)) return NAMES[name] as readonly ErrorCode[];
  return OWN_NAMES.has(name) ? [name as ErrorCode] : null;
}

export type ExceptionMatch =
  | { readonly matches: true }
  | { readonly matches: false /** Names that the table does not hold. */; readonly unmapped: readonly string[] };

/**
 * True where the error that occurred is one that the fixture expects. `expected` lists alternatives,
 * each of which may itself join several by `|`; an empty list is "invalid for any reason".
 */
export function matchException(expected: readonly string[], actual: ErrorCode): ExceptionMatch {
  if (expected.length === 0) return { matches: true };
  const unmapped: string[] = [];
  for (const name of expected.flatMap((entry) => entry.split('|')).map((entry) => entry.trim())) {
    const codes = codesOf(name);
    if (codes === null) unmapped.push(name);
    else if (codes.includes(actual)) return { matches: true };
  }
  return { matches: false, unmapped };
}
