/** What a block changed, account by account, with both values: it can be applied, undone and compared. */
import type { Hex } from '../primitives/bytes.js';

export interface AccountBasics {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
}

/** Change of one account over a block; `null` is an absent account. */
export interface AccountDiff {
  readonly before: AccountBasics | null;
  readonly after: AccountBasics | null;
  /** Set where the code changed; empty bytes are an account without code. */
  readonly code?: { readonly before: Uint8Array; readonly after: Uint8Array };
  /** Slots that changed, those wiped by a reset included: 32-byte hex keys, values as integers. */
  readonly storage: ReadonlyMap<Hex, { readonly before: bigint; readonly after: bigint }>;
}

/** Account changes by address (20-byte lower-case hex); holds only what really differs. */
export type StateDiff = ReadonlyMap<Hex, AccountDiff>;
