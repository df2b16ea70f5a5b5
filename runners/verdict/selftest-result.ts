/** What became of the flips of a self-test. */
import type { RunKind } from '../fixtures/classify.js';
import type { Verdict } from './verdict.js';

/**
 * - `caught`: the verdict names a difference from the corrupted fixture.
 * - `refused`: caught by decoding; the error names file, test and field.
 * - `survived`: the corrupted case passed, or was not run at all.
 * - `broken`: the run came to something else, which no fixture should make it do.
 */
export type FlipOutcome = 'caught' | 'refused' | 'survived' | 'broken';

/** One flip that was not caught. */
export interface LooseFlip {
  readonly source: string;
  readonly id: string;
  readonly kind: RunKind;
  readonly flip: string;
  /** In the file's test. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly outcome: 'survived' | 'broken';
  /** What the run said instead. */
  readonly said: string;
}

/** A case that does not pass as it stands, so that its flips prove nothing. */
export interface UnusableCase {
  readonly source: string;
  readonly id: string;
  readonly verdict: Verdict | 'error';
  readonly cause: string;
}

export interface FlipRow {
  readonly kind: RunKind;
  readonly flip: string;
  /** Cases that were corrupted this way. */
  tried: number;
  caught: number;
  refused: number;
  survived: number;
  broken: number;
}

export interface SelfTestResult {
  readonly seed: string;
  readonly sources: readonly string[];
  /** Cases that were drawn. */
  readonly cases: number;
  /** A row for every kind of flip of the kinds of case that were drawn, those without a place to flip included. */
  readonly rows: readonly FlipRow[];
  readonly loose: readonly LooseFlip[];
  readonly unusable: readonly UnusableCase[];
  /** Sources, files and jobs that failed. */
  readonly faults: readonly string[];
  readonly durationMs: number;
}
