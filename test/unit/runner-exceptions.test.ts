import { expect } from 'chai';
import { codesOf, matchException } from '../../runners/verdict/exceptions.js';
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

describe('exception names', () => {
  it('maps every name of the suites', () => {
    expect(SUITE_NAMES.filter((name) => codesOf(name) === null)).to.deep.equal([]);
  });

  it("takes the engine's own names, each for itself at least", () => {
    const own = [
      ...TRANSACTION_ERRORS.map((code) => `TransactionException.${code}` as const),
      ...BLOCK_ERRORS.map((code) => `BlockException.${code}` as const),
    ];
    for (const name of own) expect(codesOf(name), name).to.include(name);
  });

  it('matches any of several, joined or listed', () => {
    const joined = 'TransactionException.SENDER_NOT_EOA|TransactionException.NONCE_IS_MAX';
    expect(matchException([joined], NONCE_IS_MAX)).to.deep.equal({ matches: true });
    expect(matchException(['TR_NoFunds', 'TR_NonceHasMaxValue'], NONCE_IS_MAX)).to.deep.equal({ matches: true });
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

  it('does not let the name of one fault stand for another', () => {
    expect(codesOf('TR_NoFunds')).to.deep.equal(['TransactionException.INSUFFICIENT_ACCOUNT_FUNDS']);
    expect(codesOf('BlockException.INVALID_GASLIMIT')).to.deep.equal(['BlockException.INVALID_GASLIMIT']);
    expect(codesOf('TransactionException.TYPE_3_TX_PRE_FORK')).to.have.length(1);
  });
});
