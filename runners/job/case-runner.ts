/** What a job process runs its cases with; a module exports `createCaseRunner`. */
import type { CaseIdentity, FixtureErrorRecord } from '../events/events.js';
import type { FindCompanionIn } from '../fixtures/companions.js';
import type { CaseResult } from '../verdict/verdict.js';
import type { FileTask, JobSettings } from './protocol.js';

/** A case that has been found and not yet run. */
export interface SelectedCase {
  readonly identity: CaseIdentity;
  /**
   * May ask for companions of its file. Never rejects for what the case itself does: that is a verdict. Answers the error where the
   * fixture turns out to be malformed.
   */
  run(): Promise<CaseResult | FixtureErrorRecord>;
}

export interface OpenedFile {
  /** Selected cases in the file's order, the skipped ones included. */
  readonly cases: readonly SelectedCase[];
  readonly errors: readonly FixtureErrorRecord[];
  readonly notRun: { readonly kind: string; readonly count: number } | null;
}

export interface CaseRunner {
  open(task: FileTask): OpenedFile;
  close(): Promise<void>;
}

/** Shape of a runner module; the pool imports it by path. */
export interface CaseRunnerModule {
  createCaseRunner(settings: JobSettings, companions: FindCompanionIn): Promise<CaseRunner>;
}
