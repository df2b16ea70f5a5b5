import { expect } from 'chai';
import { namesMeant } from '../../runners/fixtures/coarser-names.js';
import { codesOf, matchException } from '../../runners/verdict/exceptions.js';
import { occurred } from '../../runners/verdict/judge-exception.js';
import { namesToday, OLDER_NAMES } from '../../runners/verdict/older-names.js';
import { isFaultIn } from '../../runners/verdict/transaction-faults.js';
import { BLOCK_ERRORS, TRANSACTION_ERRORS } from '../../src/transition/errors.js';

const NONCE_IS_MAX = 'TransactionException.NONCE_IS_MAX';

/** Every name that occurs in ethereum/tests, legacytests and execution-spec-tests 5.4 and is not the engine's own. */
const SUITE_NAMES = `
  1559BlockImportImpossible_BaseFeeWrong 1559BlockImportImpossible_HeaderIsLegacy 3675PoSBlockRejected
  3675PoWBlockRejected 3675PreParis1559BlockRejected BlockException.IMPORT_IMPOSSIBLE_LEGACY
  BlockException.IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT BlockException.IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT
  BlockException.IMPORT_IMPOSSIBLE_PARIS_OVER_SHANGHAI BlockException.IMPORT_IMPOSSIBLE_SHANGHAI BlockGasLimitReached
  ExtraDataIncorrectDAO ExtraDataTooBig INPUT_UNMARSHAL_ADDRESS_ERROR INPUT_UNMARSHAL_ERROR IntrinsicGas
  InvalidBlockNonce InvalidDifficulty InvalidGasLimit InvalidGasLimit2 InvalidGasUsed InvalidLogBloom InvalidNumber
  InvalidReceiptsStateRoot InvalidStateRoot InvalidTimestamp InvalidTimestampOlderParent InvalidTransactionsRoot
  InvalidUncleParentHash InvalidUnclesHash LegacyBlockImportImpossible LegacyBlockImportImpossible2
  ParisBlockImportImpossible PostParisDifficultyIsNot0 PostParisUncleHashIsNotEmpty RLP_ExpectedAsList SenderNotEOA
  SenderNotEOAorNoCASH ShanghaiBlockImportImpossible TR_BLOBLIST_OVERSIZE TR_BLOBVERSION_INVALID TR_EMPTYBLOB
  TR_FeeCapLessThanBlocks TR_FeeCapLessThanBlocksORGasLimitReached TR_FeeCapLessThanBlocksORNoFunds TR_GasLimitReached
  TR_InitCodeLimitExceeded TR_IntrinsicGas TR_NoFunds TR_NoFundsOrGas TR_NoFundsX TR_NonceHasMaxValue TR_NonceTooHigh
  TR_NonceTooLow TR_RLP_WRONGVALUE TR_TipGtFeeCap TR_TypeNotSupported TooManyUncles TooMuchGasUsed UncleInChain
  UncleIsAncestor UncleIsBrother UncleParentIsNotAncestor UncleTooOld UnknownParent UnknownParent2`
  .trim()
  .split(/\s+/);

/** Names that these suites do not hold but that retesteth and execution-spec-tests have, with one code that each stands for. */
const FURTHER_NAMES: Readonly<Record<string, string>> = {
  '1559BlockImportImpossible_InitialBaseFeeWrong': 'BlockException.INVALID_BASEFEE_PER_GAS',
  '1559BlockImportImpossible_TargetGasHigh': 'BlockException.INVALID_GASLIMIT',
  '3675PreMerge1559BlockRejected': 'BlockException.IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS',
  BLOCKHEADER_VALUE_TOOLARGE: 'BlockException.RLP_STRUCTURES_ENCODING',
  'BlockException.BLOB_GAS_USED_ABOVE_LIMIT': 'BlockException.INCORRECT_BLOB_GAS_USED',
  'BlockException.IMPORT_IMPOSSIBLE_LONDON_OVER_PARIS': 'BlockException.IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS',
  'BlockException.UNCLE_IN_CHAIN': 'BlockException.UNCLE_IS_ANCESTOR',
  'BlockException.UNCLE_IS_BROTHER': 'BlockException.UNCLE_IN_CHAIN',
  ExtraDataIncorrect: 'BlockException.EXTRA_DATA_INVALID_DAO',
  InvalidBlockMixHash: 'BlockException.INVALID_POW',
  '1559BaseFeeTooLarge': 'TransactionException.GASPRICE_OVERFLOW',
  INPUT_UNMARSHAL_SIZE_ERROR: 'BlockException.RLP_STRUCTURES_ENCODING',
  InvalidDifficulty2: 'BlockException.INVALID_DIFFICULTY',
  InvalidGasUsed2: 'BlockException.INVALID_GAS_USED',
  TooMuchGasUsed2: 'BlockException.GAS_USED_OVERFLOW',
  TRANSACTION_VALUE_TOOLARGE: 'TransactionException.INVALID_SIGNATURE_VRS',
  TRANSACTION_VALUE_TOOSHORT: 'TransactionException.EC_RECOVERY_FAIL',
  InvalidGasLimit3: 'BlockException.GASLIMIT_TOO_BIG',
  InvalidTimestampEqualParent: 'BlockException.INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT',
  InvalidWithdrawals: 'BlockException.INVALID_WITHDRAWALS_ROOT',
  MergeBlockImportImpossible: 'BlockException.INCORRECT_BLOCK_FORMAT',
  OutOfGasIntrinsic: 'TransactionException.INTRINSIC_GAS_TOO_LOW',
  PostMergeDifficultyIsNot0: 'BlockException.IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS',
  PostMergeUncleHashIsNotEmpty: 'BlockException.IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS',
  RLP_BODY_UNMARSHAL_ERROR: 'BlockException.RLP_STRUCTURES_ENCODING',
  RLP_TooManyElements: 'BlockException.RLP_STRUCTURES_ENCODING',
  TR_NoFundsValue: 'TransactionException.INSUFFICIENT_ACCOUNT_FUNDS',
  TR_TypeNotSupportedBlob: 'TransactionException.TYPE_3_TX_PRE_FORK',
  'TransactionException.TYPE_3_TX_ZERO_BLOBS_PRE_FORK': 'TransactionException.TYPE_3_TX_PRE_FORK',
  'TransactionException.TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH':
    'TransactionException.TYPE_4_INVALID_AUTHORIZATION_FORMAT',
};

/** Every name that occurs in TransactionTests of ethereum/tests. */
const TRANSACTION_SUITE_NAMES = `
  ADDRESS_TOO_LONG ADDRESS_TOO_SHORT EC_RECOVERY_FAIL GASLIMIT_OVERFLOW GASLIMIT_PRICE_PRODUCT_OVERFLOW GASPRICE_OVERFLOW
  INITCODE_SIZE_EXCEEDED INTRINSIC_GAS_TOO_LOW INVALID_CHAINID INVALID_SIGNATURE_VRS NONCE_OVERFLOW NONCE_TOO_BIG
  PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2 PRIORITY_OVERFLOW RLP_ERROR_EOF RLP_ERROR_SIZE RLP_ERROR_SIZE_LEADING_ZEROS
  RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT
  RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT RLP_INVALID_DATA
  RLP_INVALID_GASLIMIT RLP_INVALID_HEADER RLP_INVALID_NONCE RLP_INVALID_SIGNATURE_R RLP_INVALID_SIGNATURE_S
  RLP_INVALID_TO RLP_LEADING_ZEROS_BASEFEE RLP_LEADING_ZEROS_DATA_SIZE RLP_LEADING_ZEROS_GASLIMIT
  RLP_LEADING_ZEROS_GASPRICE RLP_LEADING_ZEROS_NONCE RLP_LEADING_ZEROS_NONCE_SIZE RLP_LEADING_ZEROS_PRIORITY_FEE
  RLP_LEADING_ZEROS_R RLP_LEADING_ZEROS_S RLP_LEADING_ZEROS_V RLP_LEADING_ZEROS_VALUE RLP_TOO_FEW_ELEMENTS
  RLP_TOO_MANY_ELEMENTS TYPE_NOT_SUPPORTED VALUE_OVERFLOW`
  .trim()
  .split(/\s+/);

describe('exception names', () => {
  it('maps every name of the suites', () => {
    expect(SUITE_NAMES.filter((name) => codesOf(name) === null)).to.deep.equal([]);
  });

  it('maps names that other releases of the suites use', () => {
    for (const [name, code] of Object.entries(FURTHER_NAMES)) expect(codesOf(name), name).to.include(code);
  });

  it('takes the names of older releases for those of today', () => {
    const older = {
      NonceTooLong: 'TransactionException.NONCE_OVERFLOW',
      LeadingZerosNonce: 'TransactionException.RLP_LEADING_ZEROS_NONCE',
      '2930AccessListAddressTooLong': 'TransactionException.RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG',
      'invalid blob versioned hash': 'TransactionException.TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH',
      'invalid excessBlobGas': 'BlockException.INCORRECT_EXCESS_BLOB_GAS',
    };
    for (const [name, today] of Object.entries(older)) {
      expect(namesToday(name), name).to.deep.equal([today]);
      expect(codesOf(name), name).to.deep.equal(codesOf(today));
    }
    expect(namesToday('TR_NoFunds')).to.deep.equal(['TR_NoFunds']);
    const either = ['TransactionException.RLP_INVALID_VALUE', 'BlockException.RLP_STRUCTURES_ENCODING'];
    expect(codesOf('RLP_TooFewElements')).to.include.members(either);
    expect(matchException(['LeadingZerosNonce'], NONCE_IS_MAX)).to.deep.equal({ matches: false, unmapped: [] });
  });

  it("takes what retesteth has of geth's decoder for a fault in a block's RLP", () => {
    const around = `
      RLP_InputContainsMoreThanOneValue RLP_VALUESIZE_MORE_AVAILABLEINPUTLENGTH
      RLP_ELEMENT_LARGER_CONTAININGLIST_UNDERSIZE RLP_NonCanonical_SizeInfo_EXTBLOCK
      RLP_ExpectedInputList_HEADER_DECODEINTO_BLOCK_EXTBLOCK
      RLP_ExpectedInputList_HEADER_DECODEINTO_BLOCK_EXTBLOCK_UNCLES
      RLP_ExpectedInputList_TRANSACTION_DECODEINTO_BLOCK_EXTBLOCK_TXS
      RLP_InputList_TooManyElements_HEADER_DECODEINTO_BLOCK_EXTBLOCK_HEADER
      RLP_InputString_TooLong_HASH_DECODEINTO_BLOCK_EXTBLOCK_HEADER_ROOT2
      RLP_NonCanonicalINT_LeadingZeros_UINT64_DECODEINTO_BLOCK_EXTBLOCK_HEADER_TIME`;
    const outside = around.trim().split(/\s+/);
    const inside = {
      RLP_InputList_TooManyElements_TXDATA_DECODEINTO_BLOCK_EXTBLOCK_TXS0: 'RLP_INVALID_VALUE',
      RLP_ExpectedInputString_ADDRESS_DECODEINTO_BLOCK_EXTBLOCK_TX0_RECIPIENT: 'RLP_INVALID_VALUE',
      RLP_InputString_TooShort_ADDRESS_DECODEINTO_BLOCK_EXTBLOCK_TXS0_RECIPIENT: 'ADDRESS_TOO_SHORT',
      RLP_InputString_TooLong_UINT64_DECODEINTO_BLOCK_EXTBLOCK_TXS0_GASLIMIT: 'GASLIMIT_OVERFLOW',
      RLP_NonCanonicalINT_LeadingZeros_UINT64_DECODEINTO_BLOCK_EXTBLOCK_TXS0_GASLIMIT2: 'RLP_INVALID_VALUE',
    };
    const malformed = 'BlockException.RLP_STRUCTURES_ENCODING';
    for (const name of [...outside, ...Object.keys(inside)]) expect(codesOf(name), name).to.include(malformed);
    for (const [name, code] of Object.entries(inside)) {
      expect(codesOf(name), name).to.include(`TransactionException.${code}`);
    }
    // What stands outside the transactions is no fault of theirs, and what stands in one field none of another.
    const ofHeader = codesOf('RLP_InputString_TooLong_HASH_DECODEINTO_BLOCK_EXTBLOCK_HEADER_ROOT2');
    expect(ofHeader?.filter((code) => code.startsWith('Transaction'))).to.deep.equal([]);
    const ofGasLimit = codesOf('RLP_ExpectedInputString_UINT64_DECODEINTO_BLOCK_EXTBLOCK_TXS0_GASLIMIT');
    expect(ofGasLimit).not.to.include('TransactionException.ADDRESS_TOO_SHORT');
    expect(codesOf('RLP_Nonsense_HASH_DECODEINTO_BLOCK_EXTBLOCK_HEADER_ROOT')).to.equal(null);
    expect(codesOf('RLP_InputString_TooLong_HASH_DECODEINTO_BLOCK_EXTBLOCK_NONSENSE')).to.equal(null);
  });

  it('take a name for more in the releases in which it stood for more, and in no other', () => {
    const at = (place: string): unknown => ({ _info: { url: `https://github.com/ethereum/${place}/tests/x.py#L1` } });
    const older = ['execution-spec-tests/tree/v4.3.0', `execution-spec-tests/blob/${'0a'.repeat(20)}`].map(at);
    const today = ['execution-spec-tests/tree/v5.0.0', 'execution-specs/blob/tests-v5.4.0'].map(at);
    const others: readonly unknown[] = [{}, { _info: null }, { _info: 'v4.3.0' }, { _info: { url: 4 } }, null];
    const finer = {
      'TransactionException.INTRINSIC_GAS_TOO_LOW': 'TransactionException.INTRINSIC_GAS_BELOW_FLOOR_GAS_COST',
      'TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED':
        'TransactionException.TYPE_3_TX_BLOB_COUNT_EXCEEDED',
      'BlockException.INVALID_REQUESTS': 'BlockException.INVALID_BLOCK_HASH',
    };
    for (const [name, split] of Object.entries(finer)) {
      for (const test of older) expect(namesMeant([name], test)).to.deep.equal([name, split]);
      for (const test of [...today, ...others]) expect(namesMeant([name], test)).to.deep.equal([name]);
      // The finer names are exact in all of them, and so is a name by itself.
      for (const test of older) expect(namesMeant([split], test)).to.deep.equal([split]);
      for (const one of [name, split]) expect(codesOf(one)).to.not.include(one === name ? split : name);
    }
    const layout = 'INVALID_DEPOSIT_EVENT_LAYOUT';
    expect(codesOf(`TransactionException.${layout}`)).to.deep.equal([`BlockException.${layout}`]);
  });

  it('takes the words that execution-spec-tests had before it had names', () => {
    const words = {
      zero_blob_tx: 'TYPE_3_TX_ZERO_BLOBS',
      invalid_versioned_hash: 'TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH',
      tx_type_3_not_allowed_yet: 'TYPE_3_TX_PRE_FORK',
      no_contract_creating_blob_txs: 'TYPE_3_TX_CONTRACT_CREATION',
      'max initcode size exceeded': 'INITCODE_SIZE_EXCEEDED',
    };
    const named = Object.entries(words);
    for (const [word, code] of named) expect(codesOf(word), word).to.include(`TransactionException.${code}`);
  });

  it('has a name of today for each older one', () => {
    expect(OLDER_NAMES.filter((name) => codesOf(name) === null)).to.deep.equal([]);
  });

  it("takes the engine's own names, each for itself at least", () => {
    const own = [
      ...TRANSACTION_ERRORS.map((code) => `TransactionException.${code}` as const),
      ...BLOCK_ERRORS.map((code) => `BlockException.${code}` as const),
    ];
    for (const name of own) expect(codesOf(name), name).to.include(name);
    // A name that begins another one does not stand for it.
    const longer = own.flatMap((name) =>
      own.filter((other) => other !== name && other.startsWith(name)).map((other) => [name, other] as const),
    );
    expect(longer).not.to.deep.equal([]);
    for (const [name, other] of longer)
      expect(matchException([name], other).matches, other).to.equal(codesOf(name)?.includes(other));
  });

  it('matches any of several, joined or listed', () => {
    const joined = 'TransactionException.SENDER_NOT_EOA|TransactionException.NONCE_IS_MAX';
    expect(matchException([joined], NONCE_IS_MAX)).to.deep.equal({ matches: true });
    expect(matchException(['TR_NoFunds', 'TR_NonceHasMaxValue'], NONCE_IS_MAX)).to.deep.equal({ matches: true });
  });

  it('says the name of what occurred once', () => {
    const full = `${NONCE_IS_MAX} (transaction 0): detail`;
    expect(occurred(NONCE_IS_MAX, full)).to.equal(full);
    expect(occurred(NONCE_IS_MAX, 'NONCE_IS_MAX (nonce): detail')).to.equal(`${NONCE_IS_MAX} (nonce): detail`);
    expect(occurred(NONCE_IS_MAX, 'detail')).to.equal(`${NONCE_IS_MAX}: detail`);
  });

  it('takes an empty list for any reason at all', () => {
    expect(matchException([], NONCE_IS_MAX)).to.deep.equal({ matches: true });
  });

  it('tells a wrong exception from a name it does not know, which never matches', () => {
    expect(matchException(['TR_NoFunds'], NONCE_IS_MAX)).to.deep.equal({ matches: false, unmapped: [] });
    expect(matchException(['TR_Nonsense'], NONCE_IS_MAX)).to.deep.equal({ matches: false, unmapped: ['TR_Nonsense'] });
    expect(matchException(['toString'], NONCE_IS_MAX)).to.deep.equal({ matches: false, unmapped: ['toString'] });
    expect(matchException(['TR_Nonsense', 'TR_NonceHasMaxValue'], NONCE_IS_MAX)).to.deep.equal({ matches: true });
  });

  it('maps every name of the transaction suites', () => {
    const names = TRANSACTION_SUITE_NAMES.map((name) => `TransactionException.${name}`);
    expect(names.filter((name) => codesOf(name) === null)).to.deep.equal([]);
  });

  it('tells the places apart that one code stands for', () => {
    const malformed = 'TransactionException.RLP_INVALID_VALUE';
    const at = (name: string, field: string | null) => isFaultIn(`TransactionException.${name}`, malformed, field);
    expect(at('RLP_LEADING_ZEROS_NONCE', 'nonce')).to.equal(true);
    expect(at('RLP_LEADING_ZEROS_NONCE', 'gasLimit')).to.equal(false);
    expect(at('RLP_LEADING_ZEROS_NONCE', null)).to.equal(false);
    expect(at('RLP_ERROR_SIZE', null)).to.equal(true);
    expect(at('RLP_ERROR_SIZE', 'nonce')).to.equal(false);
    expect(at('TYPE_4_INVALID_AUTHORIZATION_FORMAT', 'authorizationList.nonce')).to.equal(true);
    expect(at('TYPE_4_INVALID_AUTHORIZATION_FORMAT', null)).to.equal(true);
    expect(at('TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH', 'authorizationList.s')).to.equal(true);
    expect(at('TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH', 'authorizationList.r')).to.equal(false);
    expect(at('TYPE_4_INVALID_AUTHORIZATION_FORMAT', 'accessList')).to.equal(false);
    expect(at('TYPE_4_INVALID_AUTHORITY_SIGNATURE', 'authorizationList.nonce')).to.equal(false);
    expect(at('RLP_INVALID_VALUE', 'nonce')).to.equal(true);
    expect(
      isFaultIn('TransactionException.GASLIMIT_OVERFLOW', 'TransactionException.GASLIMIT_OVERFLOW', null),
    ).to.equal(true);
  });

  it('does not let the name of one fault stand for another', () => {
    expect(codesOf('TR_NoFunds')).to.deep.equal(['TransactionException.INSUFFICIENT_ACCOUNT_FUNDS']);
    expect(codesOf('BlockException.INVALID_GASLIMIT')).to.deep.equal(['BlockException.INVALID_GASLIMIT']);
    expect(codesOf('TransactionException.TYPE_3_TX_PRE_FORK')).to.have.length(1);
  });
});
