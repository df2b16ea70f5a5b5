/** How a machine was misused, or what it could not hold; the EVM's own failures are results. */
export type MachineErrorCode =
  /** A call came before the `begin` or `start` it needs. */
  | 'NOT_STARTED'
  /** `result` was asked for, or the transaction ended, before the message was done. */
  | 'NOT_DONE'
  /** `run` was called while a run is under way. */
  | 'BUSY'
  /** The EVM asked for something that a single transaction's state does not have. */
  | 'UNSUPPORTED'
  /** One of the machine's memory regions is full: this transaction needs more than a worker may hold. */
  | 'LIMIT';

export class MachineError extends Error {
  override readonly name = 'MachineError';

  constructor(
    readonly code: MachineErrorCode,
    message: string,
  ) {
    super(message);
  }
}
