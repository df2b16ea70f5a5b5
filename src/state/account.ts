/** Accounts at the edges of the engine. */
import type { Hex } from '../primitives/bytes.js';

export interface AccountState {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
  /** Empty where the account has no code. */
  readonly code: Uint8Array;
  /** Slot (32-byte hex) to value; zero values are left out. */
  readonly storage: ReadonlyMap<Hex, bigint>;
}
