/** What the comparison of the machines finds, and the messages between its processes. */
import type { Difference } from '../../runners/verdict/verdict.js';
import type { VmName } from '../../src/vm/name.js';

/** As `--help` tells them, and in that order. */
export type Verdict =
  | 'equal'
  | 'ethereumjs-wrong'
  | 'wasm-wrong'
  | 'both-wrong'
  | 'undecided'
  | 'timeout'
  | 'malformed';

/** One machine alone against the fixture. */
export interface Judgement {
  readonly outcome: 'pass' | 'nonconformant' | 'crashed' | 'timeout';
  readonly cause: string | null;
  /** `expected` is the fixture's. */
  readonly differences: readonly Difference[];
}

/** What became of a case that is not `equal`. */
export interface Finding {
  readonly id: string;
  readonly verdict: Verdict;
  /** Machine against machine; null where they were not compared to the end. */
  readonly differences: readonly { readonly what: string; readonly wasm: string; readonly ethereumjs: string }[] | null;
  readonly machines: Readonly<Record<VmName, Judgement>> | null;
  /** Of a malformed fixture: file, test and field at fault. */
  readonly error?: string;
}

export interface Task {
  readonly source: string;
  readonly file: string;
  readonly text: string;
  readonly grep: string | null;
  /** Place in the file of the first case to run. */
  readonly first: number;
  /** Null compares the machines on all the cases from there on; a name runs the first one on that machine alone. */
  readonly alone: VmName | null;
}

export type FromChild =
  | { readonly type: 'start'; readonly id: string }
  | { readonly type: 'end'; readonly finding: Finding | null }
  | { readonly type: 'judged'; readonly judgement: Judgement; readonly cpuSeconds: number }
  | { readonly type: 'done' };

/** The child's end, in the place of a message. */
export type Death = { readonly type: 'death'; readonly timedOut: boolean; readonly how: string };

export type Counts = Partial<Record<Verdict, number>>;
