/** A file that `lockstep gate` cannot compare; beside it, so that its callers need not load it. */

/** A file to compare that is none; names the file, and the field where one is at fault. */
export class GateFileError extends Error {
  override readonly name = 'GateFileError';
  readonly code = 'GATE_FILE';
}
