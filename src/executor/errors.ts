/** Failures of the engine itself, as opposed to blocks that are invalid. */
import { HeapExhaustedError } from '../state/heap.js';
import { BlockError } from '../transition/errors.js';
import type { ExecutionStats, ExecutorResult } from '../transition/types.js';

export type ExecutorErrorCode =
  /** A worker thread ended; the next block starts new ones. */
  | 'WORKER_DIED'
  /** The machine met something that it cannot do, or that it should never meet; `cause` has its error where it came from this thread. */
  | 'MACHINE_FAILED'
  /** The block does not fit into shared memory. */
  | 'MEMORY_EXHAUSTED'
  /** The executor was closed before the block or while it ran, or a stream ended while it ran. */
  | 'CLOSED'
  /** Another block is running. */
  | 'BUSY';

/** The engine could not execute a block, valid or not. The executor can be used again, unless it was closed. */
export class ExecutorError extends Error {
  override readonly name = 'ExecutorError';
  constructor(
    readonly code: ExecutorErrorCode,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }
}

/** What somebody is to read of an error: with its stack where it has one. */
export function failureOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The error for what the machine threw at `what`. A block's own error, and what says itself that the engine failed, stays as it is. */
export function machineFailure(what: string, error: unknown): unknown {
  if (error instanceof BlockError || error instanceof ExecutorError || error instanceof HeapExhaustedError)
    return error;
  return new ExecutorError('MACHINE_FAILED', `${what}: ${failureOf(error)}`, { cause: error });
}

/** The answer for a block that ended with `error`, if that is the block's own fault; throws it otherwise. */
export function failed(error: unknown, stats: ExecutionStats): ExecutorResult {
  if (error instanceof BlockError) return { ok: false, error, stats };
  if (error instanceof HeapExhaustedError) throw new ExecutorError('MEMORY_EXHAUSTED', error.message, { cause: error });
  throw error;
}

/** The executor was closed in the midst of a block. */
export function closedError(): ExecutorError {
  return new ExecutorError('CLOSED', 'the executor was closed while it ran the block');
}

/** Throws {@link ExecutorError} where an executor can take no block. */
export function checkFree(closed: boolean, busy: boolean): void {
  if (closed) throw new ExecutorError('CLOSED', 'the executor was closed');
  if (busy) throw new ExecutorError('BUSY', 'the executor is running a block; await it first');
}
