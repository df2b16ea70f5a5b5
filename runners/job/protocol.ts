/**
 * What the parent and a job process say to each other over IPC. A file travels as text and comes
 * back as one message per case, so that the parent always knows which case a dead process was at.
 *
 * Cases of a file are numbered over its selection. The parent alone decides whose they are: it may
 * give the end of a file to another process, and leaves out what comes from a process beyond its part.
 */
import type { VmName } from '../../src/vm/name.js';
import type { CaseIdentity, FixtureErrorRecord } from '../events/events.js';
import type { RunKind } from '../fixtures/classify.js';
import type { Companion } from '../fixtures/companions.js';
import type { ScheduleSettings } from '../schedules/scheduled-runs.js';
import type { FuseSettings } from '../verdict/fused.js';
import type { CaseResult } from '../verdict/verdict.js';

/** What a job needs to know once. */
export interface JobSettings {
  readonly vm: VmName;
  readonly threads: readonly number[];
  readonly suites: readonly RunKind[];
  /** Network names; null runs all. */
  readonly forks: readonly string[] | null;
  /** Pattern on the case id: a substring, or `/regex/`; null runs all. */
  readonly grep: string | null;
  /** How fused blocks are made, of the state tests of all sources or of those that it names; their cases are not run. */
  readonly fuse?: FuseSettings;
  /** Left out where blocks run on real threads only. */
  readonly schedules?: ScheduleSettings;
}

/** One fixture file, or a part of it. */
export interface FileTask {
  readonly source: string;
  readonly file: string;
  readonly text: string;
  /** Ids to run; null for all that the settings select. */
  readonly ids: readonly string[] | null;
  /** Ids of it that are not to be run, since they have an outcome or are run elsewhere; left out where there are none. */
  readonly except?: readonly string[];
  /** Only the cases whose ids hash to this part of a split run; left out where all are run. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** First case to run: those before it have an outcome already, or are run elsewhere. */
  readonly skip: number;
  /** First case that is run elsewhere; left out where there is none. */
  readonly until?: number;
}

export type ToJob =
  | { readonly type: 'init'; readonly settings: JobSettings; readonly runner: string }
  | { readonly type: 'file'; readonly task: FileTask }
  /** Cases of the file from here on have been given to another process. */
  | { readonly type: 'until'; readonly until: number }
  | CompanionAnswer;

/** Answer to a `companion` request; `problem` says why the source could not be searched. */
export interface CompanionAnswer {
  readonly type: 'companion';
  readonly request: number;
  readonly found: Companion | null;
  readonly problem: string | null;
}

/** What the process has used so far. */
export interface JobUsage {
  /** Processor time since its start, all threads, milliseconds. */
  readonly cpuMs: number;
  /** Resident memory. */
  readonly bytes: number;
}

export type FromJob =
  | { readonly type: 'ready'; readonly usage: JobUsage }
  /** The file is decoded; comes before any case of it. */
  | {
      readonly type: 'opened';
      /** Cases that are selected, in the whole file. */
      readonly cases: number;
      readonly errors: readonly FixtureErrorRecord[];
      readonly notRun: { readonly kind: string; readonly count: number } | null;
      readonly usage: JobUsage;
    }
  /** The case before has ended, another begins: one of them is null at the ends of a file. */
  | {
      readonly type: 'step';
      readonly ended: CaseResult | FixtureErrorRecord | null;
      readonly started: CaseIdentity | null;
      readonly cpuMs: number;
    }
  /** The case that runs needs another file of its source. */
  | {
      readonly type: 'companion';
      readonly request: number;
      readonly source: string;
      readonly file: string;
      readonly name: string;
    }
  | { readonly type: 'done'; readonly usage: JobUsage }
  /** The process holds so much memory that it had better be replaced; it starts no further case. */
  | { readonly type: 'retire'; readonly usage: JobUsage };
