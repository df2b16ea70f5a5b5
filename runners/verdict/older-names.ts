/**
 * Names of exceptions that older releases of the suites used, by the names of today. Those of transactions are
 * retesteth's up to 2024, which ethereum/tests renamed one for one. Those in words are of the first releases of
 * execution-spec-tests, 1.0, and of what ethereum/tests took from there. Those that spell out what geth's decoder says of
 * a block's RLP are of `bcForgedTest` of ethereum/tests, as retesteth filled it in 2020 and 2021.
 */

const tx = (...names: string[]): string[] => names.map((name) => `TransactionException.${name}`);
const block = (...names: string[]): string[] => names.map((name) => `BlockException.${name}`);

const NO_FUNDS = tx('INSUFFICIENT_ACCOUNT_FUNDS');
const EXCESS_BLOB_GAS = block('INCORRECT_EXCESS_BLOB_GAS');
const BLOB_FEE = tx('INSUFFICIENT_MAX_FEE_PER_BLOB_GAS');
/** Of a transaction or of its block: the header's sum cannot be right then either. */
const TOO_MANY_BLOBS = [
  ...tx('TYPE_3_TX_BLOB_COUNT_EXCEEDED', 'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED'),
  ...block('BLOB_GAS_USED_ABOVE_LIMIT'),
];

const MALFORMED_BLOCK = block('RLP_STRUCTURES_ENCODING');

/**
 * What geth's decoder says of a transaction inside a block. Whoever reads the lists around it first finds them at fault:
 * most of these tests put a byte into the transaction and leave all lengths as they were.
 */
function inTransaction(fault: string, field: string, today: string): Record<string, readonly string[]> {
  const names = [...tx(today), ...MALFORMED_BLOCK];
  const spellings = ['TXS0', 'TX0'].map((at) => `RLP_${fault}_DECODEINTO_BLOCK_EXTBLOCK_${at}${field}`);
  return Object.fromEntries(spellings.flatMap((name) => [name, `${name}2`]).map((name) => [name, names]));
}

const TODAY: Readonly<Record<string, readonly string[]>> = {
  AddressTooShort: tx('ADDRESS_TOO_SHORT'),
  AddressTooLong: tx('ADDRESS_TOO_LONG'),
  NonceMax: tx('NONCE_TOO_BIG'),
  NonceTooLong: tx('NONCE_OVERFLOW'),
  InvalidVRS: tx('INVALID_SIGNATURE_VRS'),
  InvalidTransactionVRS: tx('INVALID_SIGNATURE_VRS'),
  InvalidR: tx('RLP_INVALID_SIGNATURE_R'),
  InvalidS: tx('RLP_INVALID_SIGNATURE_S'),
  InvalidChainID: tx('INVALID_CHAINID'),
  ECRecoveryFail: tx('EC_RECOVERY_FAIL'),
  InvalidData: tx('RLP_INVALID_DATA'),
  InvalidGasLimit4: tx('GASLIMIT_OVERFLOW'),
  InvalidGasLimit5: tx('RLP_INVALID_GASLIMIT'),
  InvalidValue: tx('VALUE_OVERFLOW'),
  InvalidGasPrice: tx('GASPRICE_OVERFLOW'),
  InvalidMaxFeePerGas: tx('GASPRICE_OVERFLOW'),
  InvalidMaxPriorityFeePerGas: tx('PRIORITY_OVERFLOW'),
  InvalidNonce: tx('RLP_INVALID_NONCE'),
  InvalidTo: tx('RLP_INVALID_TO'),
  GasLimitPriceProductOverflow: tx('GASLIMIT_PRICE_PRODUCT_OVERFLOW'),
  LeadingZerosGasLimit: tx('RLP_LEADING_ZEROS_GASLIMIT'),
  LeadingZerosGasPrice: tx('RLP_LEADING_ZEROS_GASPRICE'),
  LeadingZerosValue: tx('RLP_LEADING_ZEROS_VALUE'),
  LeadingZerosNonce: tx('RLP_LEADING_ZEROS_NONCE'),
  LeadingZerosR: tx('RLP_LEADING_ZEROS_R'),
  LeadingZerosS: tx('RLP_LEADING_ZEROS_S'),
  LeadingZerosV: tx('RLP_LEADING_ZEROS_V'),
  LeadingZerosDataSize: tx('RLP_LEADING_ZEROS_DATA_SIZE'),
  LeadingZerosNonceSize: tx('RLP_LEADING_ZEROS_NONCE_SIZE'),
  RLP_Error_EOF: tx('RLP_ERROR_EOF'),
  RLP_Error_RLP_Size: tx('RLP_ERROR_SIZE'),
  RLP_Error_Size_Information: tx('RLP_ERROR_SIZE_LEADING_ZEROS'),
  // Of blocks, too.
  RLP_ExpectedInputList_HEADER_DECODEINTO_BLOCK_EXTBLOCK: [...tx('RLP_INVALID_HEADER'), ...MALFORMED_BLOCK],
  RLP_TooFewElements: [...tx('RLP_TOO_FEW_ELEMENTS'), ...MALFORMED_BLOCK],
  RLP_TooManyElements: [...tx('RLP_TOO_MANY_ELEMENTS'), ...MALFORMED_BLOCK],
  RLP_InputContainsMoreThanOneValue: MALFORMED_BLOCK,
  RLP_VALUESIZE_MORE_AVAILABLEINPUTLENGTH: MALFORMED_BLOCK,
  RLP_ELEMENT_LARGER_CONTAININGLIST_UNDERSIZE: MALFORMED_BLOCK,
  RLP_ELEMENT_LARGER_CONTAININGLIST_OVERSIZE: MALFORMED_BLOCK,
  RLP_ExpectedInputList_EXTBLOCK: MALFORMED_BLOCK,
  RLP_InvalidArg0_UNMARSHAL_BYTES: MALFORMED_BLOCK,
  RLP_NonCanonical_SizeInfo_EXTBLOCK: MALFORMED_BLOCK,
  ...inTransaction('InputList_TooManyElements_TXDATA', '', 'RLP_TOO_MANY_ELEMENTS'),
  ...inTransaction('ExpectedInputList_TXDATA', '', 'RLP_INVALID_HEADER'),
  ...inTransaction('ExpectedInputString_UINT64', '_GASLIMIT', 'RLP_INVALID_GASLIMIT'),
  ...inTransaction('InputString_TooLong_UINT64', '_GASLIMIT', 'GASLIMIT_OVERFLOW'),
  ...inTransaction('NonCanonicalINT_LeadingZeros_UINT64', '_GASLIMIT', 'RLP_LEADING_ZEROS_GASLIMIT'),
  ...inTransaction('NonCanonicalINT_LeadingZeros_BIGINT', '_TXDATA_PRICE', 'RLP_LEADING_ZEROS_GASPRICE'),
  ...inTransaction('NonCanonicalINT_LeadingZeros_BIGINT', '_TXDATA_R', 'RLP_LEADING_ZEROS_R'),
  ...inTransaction('NonCanonicalINT_LeadingZeros_BIGINT', '_TXDATA_S', 'RLP_LEADING_ZEROS_S'),
  ...inTransaction('ExpectedInputString_BIGINT', '_TXR', 'RLP_INVALID_SIGNATURE_R'),
  ...inTransaction('ExpectedInputString_BIGINT', '_TXS', 'RLP_INVALID_SIGNATURE_S'),
  ...inTransaction('ExpectedInputString_UINT8', '_PAYLOAD', 'RLP_INVALID_DATA'),
  ...inTransaction('ExpectedInputString_ADDRESS', '_RECIPIENT', 'RLP_INVALID_TO'),
  ...inTransaction('InputString_TooShort_ADDRESS', '_RECIPIENT', 'ADDRESS_TOO_SHORT'),
  ...inTransaction('InputString_TooLong_ADDRESS', '_RECIPIENT', 'ADDRESS_TOO_LONG'),
  '1559LeadingZerosBaseFee': tx('RLP_LEADING_ZEROS_BASEFEE'),
  '1559LeadingZerosPriorityFee': tx('RLP_LEADING_ZEROS_PRIORITY_FEE'),
  '1559PriorityFeeGreaterThanBaseFee': tx('PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2'),
  '2930AccessListAddressTooLong': tx('RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG'),
  '2930AccessListAddressTooShort': tx('RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT'),
  '2930AccessListStorageHashTooLong': tx('RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG'),
  '2930AccessListStorageHashTooShort': tx('RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT'),

  // Of execution-spec-tests up to June 2025: a name of the block's since, which it makes invalid as a whole.
  'TransactionException.INVALID_DEPOSIT_EVENT_LAYOUT': block('INVALID_DEPOSIT_EVENT_LAYOUT'),

  'Transaction without funds': NO_FUNDS,
  'insufficient account balance': NO_FUNDS,
  insufficient_account_balance: NO_FUNDS,
  'insufficient max fee per gas': tx('INSUFFICIENT_MAX_FEE_PER_GAS'),
  'insufficient max fee per blob gas': BLOB_FEE,
  'invalid max fee per blob gas': BLOB_FEE,
  'invalid blob versioned hash': tx('TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH'),
  invalid_versioned_hash: tx('TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH'),
  zero_blob_tx: tx('TYPE_3_TX_ZERO_BLOBS'),
  tx_type_3_not_allowed_yet: tx('TYPE_3_TX_PRE_FORK'),
  no_contract_creating_blob_txs: tx('TYPE_3_TX_CONTRACT_CREATION'),
  'max initcode size exceeded': tx('INITCODE_SIZE_EXCEEDED'),
  'zero blob tx': tx('TYPE_3_TX_ZERO_BLOBS'),
  'tx type 3 not allowed pre-Cancun': tx('TYPE_3_TX_PRE_FORK'),
  'too many blobs': TOO_MANY_BLOBS,
  too_many_blobs_tx: TOO_MANY_BLOBS,
  invalid_blob_count: TOO_MANY_BLOBS,
  'invalid excess blob gas': EXCESS_BLOB_GAS,
  'invalid excessBlobGas': EXCESS_BLOB_GAS,
  'invalid blob gas used': block('INCORRECT_BLOB_GAS_USED'),
  'invalid pre fork blob fields': block('INCORRECT_BLOCK_FORMAT'),
  'blob fields missing post fork': block('INCORRECT_BLOCK_FORMAT'),
};

export const OLDER_NAMES: readonly string[] = Object.keys(TODAY);

/** What geth's decoder meets, of which type, and where in the block: retesteth numbers a second text for one name by a 2. */
const OUTSIDE_TRANSACTIONS =
  /^RLP_(?:ExpectedInput(?:List|String)|InputList_TooManyElements|InputString_Too(?:Long|Short)|NonCanonicalINT_LeadingZeros)_[A-Z0-9]+_DECODEINTO_BLOCK_EXTBLOCK_(?:HEADER(?:_[A-Z]+2?)?|UNCLES|TXS)$/;

/** The names that stand today for what `name` stood for; itself where it is none of the older ones. */
export function namesToday(name: string): readonly string[] {
  if (Object.hasOwn(TODAY, name)) return TODAY[name] as readonly string[];
  return OUTSIDE_TRANSACTIONS.test(name) ? MALFORMED_BLOCK : [name];
}
