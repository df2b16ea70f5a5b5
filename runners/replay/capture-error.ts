/** Why a block could not be captured, where the node itself answered. */
export type CaptureErrorCode =
  /** The node is on another chain. */
  | 'WRONG_CHAIN'
  /** The node does not know the block, or its parent. */
  | 'NO_BLOCK'
  /** The node offers none of the methods that tell a block's state. */
  | 'NO_STATE'
  /** A proof or a witness does not lead from the parent's state root to what the node says. */
  | 'BAD_PROOF'
  /** Two things that the node said do not fit together. */
  | 'INCONSISTENT'
  /** The folder holds the block already. */
  | 'EXISTS'
  /** The folder's own files cannot be read or written. */
  | 'FOLDER';

export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  constructor(
    readonly code: CaptureErrorCode,
    detail: string,
  ) {
    super(detail);
  }
}
