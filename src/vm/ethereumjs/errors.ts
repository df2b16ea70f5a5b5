/** How the machine was misused; the EVM's own failures are results, and anything else it throws is passed on. */
export type MachineErrorCode =
  /** A call came before the `begin` or `start` it needs. */
  | 'NOT_STARTED'
  /** `result` was asked for, or the transaction ended, before the message was done. */
  | 'NOT_DONE'
  /** `run` was called while a run is under way. */
  | 'BUSY'
  /** The EVM asked for something that a single transaction's state does not have. */
  | 'UNSUPPORTED';

export class MachineError extends Error {
  override readonly name = 'MachineError';

  constructor(
    readonly code: MachineErrorCode,
    message: string,
  ) {
    super(message);
  }
}
