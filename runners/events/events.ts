/**
 * The event stream of a run. The runner emits it, and everything that reports (terminal, JSON, the
 * exit code) reads nothing else. Events are plain JSON: no integers beyond 2^53, no bytes.
 */
import type { VmName } from '../../src/vm/name.js';
import type { RunKind } from '../fixtures/classify.js';
import type { FuseSettings } from '../verdict/fused.js';
import type { CaseExpectation, CaseResult } from '../verdict/verdict.js';

/** Grows when an event changes its meaning or loses a field; new fields and events keep it. */
export const EVENTS_VERSION = 1;

/** What a run was asked to do. */
export interface RunSettings {
  readonly vm: VmName;
  /** Each is one parallel run per block, compared with the serial one. */
  readonly threads: readonly number[];
  readonly jobs: number;
  /** Per case. */
  readonly timeoutSeconds: number;
  readonly suites: readonly RunKind[];
  /** Network names; null runs all. */
  readonly forks: readonly string[] | null;
  readonly grep: string | null;
  readonly sample: number | null;
  /**
   * Where those of `suite`, `fork`, `grep` and `sample` come from that the command line did not hold: a configuration file
   * or a profile, by the option's name; left out where it held all of them.
   */
  readonly origins?: Readonly<Record<string, string>>;
  /**
   * The default sources were taken, with or without the older generations, and with the whole corpus where it says
   * so; left out where sources were named.
   */
  readonly defaults?: { readonly legacy: boolean; readonly corpus?: 'full' };
  /** Marks of the files that the run is held against; left out where it is held against none. */
  readonly expected?: { readonly outcomes: string; readonly counts: string };
  /** One part of a run that is split over several; left out where the run is whole. */
  readonly shard?: ShardSettings;
  /** Only these cases, which an earlier run's log named; left out where no log did. */
  readonly lastFailed?: { readonly cases: number; readonly mark: string };
  /** Fused blocks are run, in place of the cases or beside them; left out where there are none. */
  readonly fuse?: FuseSettings;
  /** Deterministic schedules per block, and what they are drawn from; left out where there are none. */
  readonly schedules?: {
    readonly count: number;
    readonly seed: string;
    /** Every schedule of small blocks with so few pre-emptions; left out where they are not explored. */
    readonly exploration?: { readonly preemptions: number; readonly limit: number };
  };
}

/** A part of a run that is split: `index` of `of`, from 1. */
export interface ShardSettings {
  readonly index: number;
  readonly of: number;
  /** Mark of the recorded timings that cases are dealt out by; left out where they are by the hash of their ids. */
  readonly timings?: string;
}

export interface RunEnvironment {
  /** Version of this package. */
  readonly lockstep: string;
  readonly node: string;
  /** `linux-x64`, … */
  readonly platform: string;
  readonly cpus: number;
}

/** Names a case, before anything is known about its outcome. */
export type CaseIdentity = Pick<CaseResult, 'id' | 'source' | 'file' | 'group' | 'network' | 'kind'>;

/** A fixture, or a part of one, that could not be decoded. */
export interface FixtureErrorRecord {
  readonly source: string;
  readonly file: string;
  readonly test: string | null;
  /** Path of the field at fault; null where the whole file is. */
  readonly field: string | null;
  readonly message: string;
  /** The file beside the fixture that its source does not hold, `pre_alloc/0x….json`; left out where that is not the fault. */
  readonly missing?: string;
}

/** Cases of a suite that name a file which their source does not hold, against the entry of the expectations file. */
export interface IncompleteSuite {
  readonly source: string;
  readonly suite: string;
  readonly missing: string;
  /** Cases that need the file, as the entry has it. */
  readonly expected: number;
  /** Cases of this run that could not be run for want of it. */
  readonly found: number;
  /**
   * - `met`: as many as expected; or fewer, in a run of less than the whole suite.
   * - `unmet`: another number, which leaves open what the cases would have said.
   * - `stale`: none, though the whole suite was run.
   */
  readonly state: 'met' | 'unmet' | 'stale';
  readonly reason: string;
  readonly link: string;
  readonly proof: string;
}

/** What a recognised suite of a source holds, as far as the run selects it. */
export interface SuiteExpectation {
  readonly suite: string;
  /** Name of the release as the file of expected counts has it. */
  readonly release: string;
  readonly cases: readonly { readonly kind: RunKind; readonly network: string; readonly expected: number }[];
}

/** What one part of a split run saw that only the whole can be judged by. */
export interface ShardFacts {
  /** Suites that were recognised, by source; sources that broke off are left out. */
  readonly suites: readonly { readonly source: string; readonly suites: readonly SuiteExpectation[] }[];
  /** `used`: a case answered to the entry; `reached`: a case of its suite ended. */
  readonly expectations: readonly (StaleExpectation & { readonly used: boolean; readonly reached: boolean })[];
  /** Cases that could not be run for want of a file, of the suites that were met. */
  readonly incomplete: readonly Omit<IncompleteSuite, 'state'>[];
}

/** What the cases of a source cost. */
export interface SourceUsage {
  readonly source: string;
  /** Cases that ended. */
  readonly cases: number;
  /** From its first file to its last; neighbouring sources overlap. */
  readonly wallMs: number;
  /** Processor time of the job processes, all threads. */
  readonly cpuMs: number;
  /** Largest sum over the process tree while its files ran; null where no sample fell into that time. */
  readonly peakBytes: number | null;
}

/** What a run cost. */
export interface RunUsage {
  /** Processor time of all threads: of the job processes, their start included, and of the process that feeds them. */
  readonly cpuMs: { readonly jobs: number; readonly parent: number };
  readonly peakBytes: number | null;
  /** Proportional set size, which counts a page that processes share once; or resident set size, which counts it for each. */
  readonly memory: 'pss' | 'rss';
  readonly sources: readonly SourceUsage[];
}

/** A suite that holds more or fewer cases of a kind and network than is known of it. */
export interface CountMismatch {
  readonly source: string;
  /** Name of the release as the file of expected counts has it. */
  readonly release: string;
  readonly suite: string;
  readonly kind: RunKind;
  readonly network: string;
  readonly expected: number;
  readonly found: number;
}

/** An entry of the expectations file that no case answers to. */
export type StaleExpectation = Omit<CaseExpectation, 'unmet'>;

export type RunEvent =
  | {
      readonly type: 'run:start';
      readonly version: typeof EVENTS_VERSION;
      readonly settings: RunSettings;
      readonly environment: RunEnvironment;
      readonly sources: readonly string[];
    }
  /** The run that a log tells of goes on: what follows belongs to the same run. Comes in logs only, and before new events. */
  | {
      readonly type: 'run:resume';
      readonly version: typeof EVENTS_VERSION;
      readonly environment: RunEnvironment;
      /** Cases that ended before, and are not run again. */
      readonly ended: number;
    }
  /** Something worth a line that changes no outcome: a default source that is not there, a sample drawn. */
  | { readonly type: 'note'; readonly message: string }
  /** `digest` as in `source:end`, where it is known beforehand: of everything but what is fetched. */
  | { readonly type: 'source:start'; readonly source: string; readonly digest?: string | null }
  /** Share of all sources that has been handed to a job so far, 0 to 1. */
  | { readonly type: 'source:progress'; readonly source: string; readonly fraction: number }
  | { readonly type: 'source:end'; readonly source: string; readonly digest: string | null }
  /** The source broke off (a truncated archive, a vanished folder); what came before it counts. */
  | { readonly type: 'source:error'; readonly source: string; readonly message: string }
  | { readonly type: 'file:start'; readonly source: string; readonly file: string; readonly job: number }
  | { readonly type: 'file:end'; readonly source: string; readonly file: string; readonly cases: number }
  /** A file, or tests in it, of a kind that this version does not run. */
  | {
      readonly type: 'not-run';
      readonly source: string;
      readonly file: string;
      readonly kind: string;
      readonly count: number;
    }
  /** `case` and `job` stand where one case could not be run for it. */
  | {
      readonly type: 'fixture:error';
      readonly error: FixtureErrorRecord;
      readonly case?: CaseIdentity;
      readonly job?: number;
    }
  /** The case needs a file that its source does not hold, and the expectations file says so. */
  | {
      readonly type: 'case:unrunnable';
      readonly job: number;
      readonly case: CaseIdentity;
      readonly missing: string;
    }
  | { readonly type: 'case:start'; readonly job: number; readonly case: CaseIdentity }
  | { readonly type: 'case:end'; readonly job: number; readonly result: CaseResult }
  /** The number of cases of the source was compared with what is known of these releases. */
  | {
      readonly type: 'counts:checked';
      readonly source: string;
      readonly releases: readonly string[];
      /** Cases that the comparison was about. */
      readonly expected: number;
    }
  | { readonly type: 'counts:mismatch'; readonly mismatch: CountMismatch }
  | { readonly type: 'expectation:stale'; readonly expectation: StaleExpectation }
  /** In place of the three before and the one after, where the run is one part of several. */
  | { readonly type: 'shard:facts'; readonly facts: ShardFacts }
  /** An entry of the expectations file about a file that a source does not hold, at the end of the run. */
  | { readonly type: 'incomplete:checked'; readonly incomplete: IncompleteSuite }
  /** Comes once, before the end, however that comes about. */
  | { readonly type: 'run:usage'; readonly usage: RunUsage }
  /** The runner itself failed: jobs cannot be started, the report cannot be written. */
  | { readonly type: 'run:error'; readonly message: string }
  | {
      readonly type: 'run:end';
      readonly durationMs: number;
      /** `complete`: every selected case ran. */
      readonly reason: 'complete' | 'bail' | 'interrupted';
      readonly exitCode: number;
    };

/** Reads the stream. `close` is awaited after `run:end`. */
export interface Reporter {
  /** `at`: when it happened, milliseconds since 1970. */
  on(event: RunEvent, at: number): void;
  close?(): Promise<void> | void;
}

/** Sends every event to every reporter, in the order in which they were added. */
export class EventStream {
  readonly #reporters: Reporter[];

  constructor(reporters: readonly Reporter[]) {
    this.#reporters = [...reporters];
  }

  /** `at`: when it happened, milliseconds since 1970; now, unless it is told again later. */
  emit(event: RunEvent, at = Date.now()): void {
    for (const reporter of this.#reporters) reporter.on(event, at);
  }

  /** Closes all reporters, then throws the first error that one of them met. */
  async close(): Promise<void> {
    const settled = await Promise.allSettled(this.#reporters.map(async (reporter) => reporter.close?.()));
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
  }
}
