/** Failures of the engine itself, as opposed to blocks that are invalid. */

export type ExecutorErrorCode = 'WORKER_DIED' | 'MACHINE_FAILED' | 'MEMORY_EXHAUSTED' | 'CLOSED' | 'BUSY';

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
