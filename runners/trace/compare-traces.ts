/** Finds the first step at which the machines differ, without holding two traces in memory. */
import type { VmName } from '../../src/vm/name.js';
import type { CaseOutcome } from '../verdict/result.js';
import { isStep, type TraceLine } from './lines.js';

/** Lines before the difference that are shown. */
const CONTEXT = 5;

/** Runs the case on one machine, giving every line. */
export type TraceRun = (vm: VmName, emit: (line: TraceLine) => void) => Promise<CaseOutcome>;

export interface TraceDifference {
  /** Place of the line in the trace, from 0. */
  readonly at: number;
  /** Equal lines just before it. */
  readonly before: readonly TraceLine[];
  /** Null where that machine's trace has ended. */
  readonly ethereumjs: TraceLine | null;
  readonly wasm: TraceLine | null;
  /** Members that differ. */
  readonly members: readonly string[];
}

export interface TraceComparison {
  readonly lines: number;
  readonly difference: TraceDifference | null;
}

/**
 * What has to be equal. Of an error only that there is one: where an instruction has several faults,
 * no rule says which is found first, and each machine has its own words.
 */
function comparable(line: TraceLine): Record<string, unknown> {
  return { ...line, error: line.error !== undefined };
}

/** Members in which two lines differ, in the order of the first. */
export function differingMembers(a: TraceLine, b: TraceLine): string[] {
  const left = comparable(a);
  const right = comparable(b);
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
}

/** 64 bits of FNV-1a, as two numbers of 32: what is kept of a line of the first run. */
function fingerprint(line: TraceLine): [number, number] {
  const text = JSON.stringify(comparable(line));
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x5bd1e995) ^ (low >>> 15);
  }
  return [high, low];
}

/**
 * Runs the reference, then the other machine against the first run's fingerprints, and where they
 * differ the reference once more for the lines themselves.
 */
export async function compareTraces(run: TraceRun): Promise<TraceComparison> {
  const fingerprints: number[] = [];
  await run('ethereumjs', (line) => fingerprints.push(...fingerprint(line)));

  const total = fingerprints.length / 2;
  const recent: TraceLine[] = [];
  let count = 0;
  let at = -1;
  let found: TraceLine | null = null;
  await run('wasm', (line) => {
    if (at >= 0) return;
    const [high, low] = fingerprint(line);
    if (fingerprints[2 * count] !== high || fingerprints[2 * count + 1] !== low) {
      at = count;
      found = line;
      return;
    }
    count++;
    recent.push(line);
    if (recent.length > CONTEXT) recent.shift();
  });
  if (at < 0 && count === total) return { lines: total, difference: null };
  if (at < 0) at = count;

  let expected: TraceLine | null = null;
  let index = 0;
  await run('ethereumjs', (line) => {
    if (index++ === at) expected = line;
  });
  const members = expected === null || found === null ? [] : differingMembers(expected, found);
  return { lines: at, difference: { at, before: recent, ethereumjs: expected, wasm: found, members } };
}

/** The difference for people, a line each; traces are what `JSON.stringify` makes of them. */
export function describeDifference(difference: TraceDifference): string[] {
  const { at, before, ethereumjs, wasm, members } = difference;
  const show = (line: TraceLine | null): string => (line === null ? '(no more lines)' : JSON.stringify(line));
  const either = ethereumjs ?? wasm;
  const kind = either !== null && isStep(either) ? 'step' : 'summary';
  const what = members.length === 0 ? '' : ` in ${members.join(', ')}`;
  return [
    `the traces differ at line ${at + 1} (${kind})${what}`,
    ...before.map((line) => `  both        ${show(line)}`),
    `  ethereumjs  ${show(ethereumjs)}`,
    `  wasm        ${show(wasm)}`,
  ];
}
