/** One line of an event log: an event, and when it happened. What is null, empty or zero in a case's result is left out. */
import type { CaseResult, Coverage } from '../verdict/verdict.js';
import type { RunEvent } from './events.js';
import { EVENT_SHAPES } from './log-shapes.js';
import { pathOf } from './shapes.js';
import { emptyCoverage } from './tally.js';

/** An event as a log tells it. */
export interface LoggedEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: RunEvent;
}

/** What is wrong with a line, without where it stands. */
export interface LineFault {
  readonly field: string | null;
  readonly detail: string;
}

/** Events that live only while a run does. */
export function isTransient({ type }: RunEvent): boolean {
  return type === 'source:progress';
}

/** Without the line break. */
export function formatLine({ at, event }: LoggedEvent): string {
  if (event.type !== 'case:end') return JSON.stringify({ at, ...event });
  return JSON.stringify({ at, ...event, result: compact(event.result) });
}

/** Whether a text begins as logs do, which may be of another version, or cut. */
export function beginsLog(text: string): boolean {
  return /^\{"at":\d+,"type":"run:start"/.test(text);
}

/** Null for an event that this version does not know, which a later one may have added without changing the rest. */
export function parseLine(line: string): LoggedEvent | LineFault | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { field: null, detail: `malformed JSON: ${error.message}` };
  }
  if (typeof value !== 'object' || value === null) return { field: null, detail: 'is no object' };
  const { at, ...event } = value as { at?: unknown; type?: unknown };
  if (typeof at !== 'number' || !Number.isFinite(at)) return { field: 'at', detail: 'is no number' };
  if (typeof event.type !== 'string') return { field: 'type', detail: 'is no text' };
  if (!Object.hasOwn(EVENT_SHAPES, event.type)) return null;
  const fault = EVENT_SHAPES[event.type as RunEvent['type']](event);
  if (fault !== null) return { field: pathOf(fault) || null, detail: fault.detail };
  const known = event as RunEvent;
  return { at, event: known.type === 'case:end' ? { ...known, result: restored(known.result) } : known };
}

/** True for what {@link parseLine} says of a bad line. */
export function isFault(parsed: LoggedEvent | LineFault): parsed is LineFault {
  return 'detail' in parsed;
}

type Compact = Partial<Omit<CaseResult, 'coverage'>> & { coverage?: Partial<Coverage> };

const NULLS = ['cause', 'block', 'transaction', 'threads'] as const;

function compact(result: CaseResult): Compact {
  const { coverage, ...rest } = result;
  const short: Record<string, unknown> = rest;
  for (const name of NULLS) if (result[name] === null) delete short[name];
  if (result.differences.length === 0) delete short.differences;
  const counted = Object.entries(coverage).filter(([, value]) => value !== 0);
  return { ...short, ...(counted.length === 0 ? {} : { coverage: Object.fromEntries(counted) }) };
}

function restored(result: CaseResult): CaseResult {
  const short: Compact = result;
  return {
    ...result,
    cause: short.cause ?? null,
    differences: short.differences ?? [],
    block: short.block ?? null,
    transaction: short.transaction ?? null,
    threads: short.threads ?? null,
    coverage: { ...emptyCoverage(), ...short.coverage },
  };
}
