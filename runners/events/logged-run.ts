/** The run that a log tells of: however often it was broken off and gone on with, it reads as one. */
import type { CaseIdentity, RunEvent, RunUsage } from './events.js';
import { FileCounts } from './file-counts.js';
import { EventLogError } from './log-error.js';
import type { LoggedEvent } from './log-line.js';
import { type LogEnd, readEventLog } from './log-reader.js';
import { sumUsage } from './usage-sum.js';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** What a run says at its end, or in spite of its sources: where it goes on, it says so anew. */
export const CONCLUDING = new Set<RunEvent['type']>([
  'source:error',
  'counts:checked',
  'counts:mismatch',
  'expectation:stale',
  'incomplete:checked',
  'shard:facts',
  'run:error',
  'run:usage',
  'run:end',
]);

export interface LoggedRunEnd extends LogEnd {
  /** Null where the run was killed. */
  readonly end: EventOf<'run:end'> | null;
  /** Every selected case has been run, and nothing stood in the way of it. */
  readonly whole: boolean;
  /** What the run has cost so far; of a part that was killed, what its cases cost. */
  readonly usage: RunUsage;
  readonly durationMs: number;
  /** Cases that had begun and had not ended. */
  readonly running: readonly CaseIdentity[];
}

/**
 * The events of the run, from `run:start` on, as they would have come without a break; `run:usage` and `run:end` are
 * left to the returned value. Throws {@link EventLogError} as `readEventLog` does, where events come out of order, and where a file
 * has ended with other cases than the log holds.
 */
export async function* readLoggedRun(file: string): AsyncGenerator<LoggedEvent, LoggedRunEnd> {
  const meter = new Meter();
  const running = new Map<number, CaseIdentity>();
  const counts = new FileCounts(file);
  let concluding: LoggedEvent[] = [];
  let end: EventOf<'run:end'> | null = null;
  const events = readEventLog(file);
  for (;;) {
    const next = await events.next();
    if (next.done) {
      const said = concluding.filter(({ event }) => event.type !== 'run:usage' && event.type !== 'run:end');
      yield* said;
      const faulty = said.some(({ event }) => event.type === 'source:error' || event.type === 'run:error');
      const whole: boolean = end?.reason === 'complete' && !faulty;
      return { ...next.value, end, whole, ...meter.total(), running: [...running.values()] };
    }
    const { line, at, event } = next.value;
    if (end !== null && event.type !== 'run:resume') {
      throw new EventLogError(file, line, 'type', `${event.type} comes after the end of the run`);
    }
    if (event.type === 'run:start' && line > 1) throw new EventLogError(file, line, 'type', 'a second run starts');
    counts.on(event, line);
    meter.on(at, event);
    noteRunning(running, event);
    if (event.type === 'run:resume') {
      end = null;
      concluding = [];
    } else if (CONCLUDING.has(event.type)) {
      if (event.type === 'run:end') end = event;
      concluding.push({ at, event });
    } else yield { at, event };
  }
}

/** `run:usage` and `run:end` of a run, as a reader of its log is to be told. */
export function endingOf({ end, usage, durationMs }: LoggedRunEnd): readonly RunEvent[] {
  const killed = { type: 'run:end', durationMs, reason: 'interrupted', exitCode: 130 } as const;
  return [{ type: 'run:usage', usage }, end ?? killed];
}

function noteRunning(running: Map<number, CaseIdentity>, event: RunEvent): void {
  switch (event.type) {
    case 'case:start':
      running.set(event.job, event.case);
      break;
    case 'case:end':
    case 'case:unrunnable':
      running.delete(event.job);
      break;
    case 'fixture:error':
      if (event.job !== undefined) running.delete(event.job);
      break;
    case 'run:resume':
      running.clear();
      break;
    default:
      break;
  }
}

interface SourceSpan {
  first: number;
  last: number;
  cases: number;
  cpuMs: number;
}

/** What a run has cost, part by part. A part that was gone on with counts what came before it into its own end. */
class Meter {
  #usage: RunUsage | null = null;
  #durationMs: number | null = null;
  /** The same at the end of the part before. */
  #before: { readonly usage: RunUsage; readonly durationMs: number } | null = null;
  #first: number | null = null;
  #last = 0;
  readonly #sources = new Map<string, SourceSpan>();

  on(at: number, event: RunEvent): void {
    if (event.type === 'run:resume') this.#begin();
    this.#first ??= at;
    this.#last = Math.max(this.#last, at);
    if (event.type === 'run:usage') this.#usage = event.usage;
    if (event.type === 'run:end') this.#durationMs = event.durationMs;
    if (event.type === 'case:end') {
      const { source, cpuMilliseconds, milliseconds } = event.result;
      const span = this.#sources.get(source) ?? { first: at, last: at, cases: 0, cpuMs: 0 };
      this.#sources.set(source, span);
      span.last = Math.max(span.last, at);
      span.cases++;
      span.cpuMs += cpuMilliseconds ?? milliseconds;
    }
  }

  total(): { readonly usage: RunUsage; readonly durationMs: number } {
    const spent = this.#last - (this.#first ?? this.#last);
    const usage =
      this.#usage ?? sumUsage([...(this.#before === null ? [] : [this.#before.usage]), this.#seen()], 'after');
    return { usage, durationMs: this.#durationMs ?? (this.#before?.durationMs ?? 0) + spent };
  }

  #begin(): void {
    this.#before = this.total();
    this.#usage = null;
    this.#durationMs = null;
    this.#first = null;
    this.#last = 0;
    this.#sources.clear();
  }

  #seen(): RunUsage {
    const sources = [...this.#sources].map(([source, { first, last, cases, cpuMs }]) => {
      return { source, cases, wallMs: last - first, cpuMs, peakBytes: null };
    });
    const jobs = sources.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
    return { cpuMs: { jobs, parent: 0 }, peakBytes: null, memory: this.#before?.usage.memory ?? 'pss', sources };
  }
}
