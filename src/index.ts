/** Lockstep's engine: parallel execution of Ethereum blocks with Block-STM. */
export { ExecutorError, type ExecutorErrorCode } from './executor/errors.js';
export type {
  InspectedBlock,
  InspectedLocation,
  InspectedRead,
  InspectedTransaction,
  InspectedVersion,
  ReadOrigin,
} from './executor/inspect.js';
export { ParallelExecutor, type ParallelExecutorOptions } from './executor/parallel.js';
export { type Place, type PlaceValue, placeKey } from './executor/place.js';
export { SerialExecutor, type SerialExecutorOptions, type TransactionTraces } from './executor/serial.js';
export type { AccessWatch } from './executor/watch.js';
export * from './primitives/bytes.js';
export { type BlobSchedule, FORKS, type Fork } from './primitives/fork.js';
export type { Advice, AdvicePiece, AdviceSetting, HintSource } from './scheduler/advice.js';
export type { AccountState } from './state/account.js';
export { Database, type DatabaseOptions, DatabaseValueError } from './state/database.js';
export type { AccountBasics, AccountDiff, StateDiff } from './state/diff.js';
export { HeapExhaustedError } from './state/heap.js';
export { decodeBlockAccessList } from './transition/block/access-list.js';
export { decodeBlock, type RawBlock } from './transition/block/block.js';
export { type ChainContext, executableBlock } from './transition/block/environment.js';
export { receiptsRoot } from './transition/block/receipts.js';
export { createBlock, createTransaction, type NewBlock, type NewTransaction } from './transition/create.js';
export { BlockError, type BlockErrorCode, type ErrorCode, type TransactionErrorCode } from './transition/errors.js';
export {
  type DecodeRules,
  decodeTransaction,
  signTransaction,
  TransactionDecodeError,
  type UnsignedTransaction,
} from './transition/transaction/index.js';
export type * from './transition/types.js';
export { DEFAULT_VM, VM_NAMES, type VmName } from './vm/name.js';
export { StepCosts, type TracedStep, type Tracer, type TraceStep } from './vm/trace.js';
export type { BlockEnvironment, Log } from './vm/vm.js';
