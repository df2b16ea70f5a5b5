/**
 * What the parent and a job process say to each other over IPC. A file travels as text and comes
 * back as one message per case, so that the parent always knows which case a dead process was at.
 */
import type { VmName } from '../../src/vm/name.js';
import type { CaseIdentity, FixtureErrorRecord } from '../events/events.js';
import type { CaseResult } from '../verdict/verdict.js';

/** What a job needs to know once. */
export interface JobSettings {
  readonly vm: VmName;
  readonly threads: readonly number[];
  readonly suites: readonly ('state' | 'blockchain')[];
  /** Network names; null runs all. */
  readonly forks: readonly string[] | null;
  /** Pattern on the case id: a substring, or `/regex/`; null runs all. */
  readonly grep: string | null;
}

/** One fixture file, or what is left of it after a process died in it. */
export interface FileTask {
  readonly source: string;
  readonly file: string;
  readonly text: string;
  /** Ids to run; null for all that the settings select. */
  readonly ids: readonly string[] | null;
  /** Cases of the selection that have an outcome already. */
  readonly skip: number;
}

export type ToJob =
  | { readonly type: 'init'; readonly settings: JobSettings; readonly runner: string }
  | { readonly type: 'file'; readonly task: FileTask };

export type FromJob =
  | { readonly type: 'ready' }
  /** The file is decoded; comes before any case of it, and only once per file. */
  | {
      readonly type: 'opened';
      readonly errors: readonly FixtureErrorRecord[];
      readonly notRun: { readonly kind: string; readonly count: number } | null;
    }
  /** The case before has ended, another begins: one of them is null at the ends of a file. */
  | {
      readonly type: 'step';
      readonly ended: CaseResult | FixtureErrorRecord | null;
      readonly started: CaseIdentity | null;
    }
  | { readonly type: 'done' };
