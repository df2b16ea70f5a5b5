/** The transaction half of the transition. */
export { decodeItem, decodeTransaction, parseTransaction, parseTransactionAt, withSender } from './decode.js';
export { encodeTransaction, signAuthorization, signTransaction } from './encode.js';
export { executeTransaction, type TransactionContext } from './execute.js';
export { type TransactionFields, transactionFromFields, unsignedFromFields } from './fields.js';
export { type IntrinsicGas, intrinsicGas } from './intrinsic.js';
export {
  type FailedIncarnation,
  logsOfOutcome,
  packOutcome,
  unpackOutcome,
} from './outcome.js';
export { effectiveGasPrice } from './price.js';
export {
  gasLimitOfRecord,
  type RecordedTransactions,
  type RecordMemory,
  transactionOfRecord,
  viewRecords,
} from './record.js';
export { recordTransactions } from './record-block.js';
export { RecordedExecution } from './recorded.js';
export { GAS_PER_BLOB } from './rules.js';
export {
  authorizationHash,
  type DecodeRules,
  type Recovery,
  recoverAuthorization,
  recoverSender,
  signatureToRecover,
  signingHash,
} from './signature.js';
export {
  type ParsedTransaction,
  type SignedAuthorization,
  TransactionDecodeError,
  type TransactionSignature,
  type UnsignedTransaction,
} from './unsigned.js';
export {
  blobGas,
  precedesAdmission,
  type Rejection,
  validateAdmission,
  validateSender,
  validateStatic,
} from './validate.js';
