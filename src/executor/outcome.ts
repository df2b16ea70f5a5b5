/** A block's outcome, whose lists and maps are made when somebody looks at them. */
import { applyPacked, revertPacked } from '../state/apply-packed.js';
import type { Database } from '../state/database.js';
import type { StateDiff } from '../state/diff.js';
import { expandDiff } from '../state/expand-diff.js';
import type { BlockOutcome, ExecutedBlock, ExecutionStats, Receipt, TransactionOutcome } from '../transition/types.js';
import { type StoredPart, storedDiff } from './packing.js';
import type { BlockResults } from './results.js';

export interface OutcomeParts {
  readonly results: BlockResults;
  readonly gasUsed: bigint;
  readonly blobGasUsed: bigint;
  readonly requests: readonly Uint8Array[] | null;
  readonly changes: readonly StoredPart[];
  readonly stats: ExecutionStats;
}

/** The accessors are the object's own and enumerable, so that copies by spreading hold everything. */
export function blockOutcome(parts: OutcomeParts): ExecutedBlock {
  const { results, gasUsed, blobGasUsed, requests, stats } = parts;
  let diff: StateDiff | null = null;
  const outcome: BlockOutcome = {
    ok: true,
    get receipts(): readonly Receipt[] {
      return results.receipts;
    },
    get transactions(): readonly TransactionOutcome[] {
      return results.outcomes;
    },
    gasUsed,
    blobGasUsed,
    get logsBloom(): Uint8Array {
      return results.logsBloom;
    },
    requests,
    get diff(): StateDiff {
      diff ??= expandDiff(storedDiff(results.memory, parts.changes));
      return diff;
    },
    stats,
  };
  // Not enumerable: a copy, or a comparison with another outcome, is about what the block did.
  const applyTo = (database: Database): void => applyPacked(database, storedDiff(results.memory, parts.changes));
  const revertFrom = (database: Database): void => revertPacked(database, storedDiff(results.memory, parts.changes));
  const release = (): void => results.release();
  return Object.defineProperties(outcome as ExecutedBlock, {
    applyTo: { value: applyTo },
    revertFrom: { value: revertFrom },
    release: { value: release },
  });
}
