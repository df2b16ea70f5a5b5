/**
 * A block's execution as a trace that Perfetto (ui.perfetto.dev) and chrome://tracing open: a lane per worker, the
 * frontier as a counter. Trace Event Format, JSON object form; times in microseconds.
 */
import type { BlockTimeline, Span } from '../runners/timeline/timeline.js';

type TraceEvent = Readonly<Record<string, unknown>>;

export interface Trace {
  readonly displayTimeUnit: 'ns';
  readonly otherData: Readonly<Record<string, string>>;
  readonly traceEvents: readonly TraceEvent[];
}

/** Between two blocks, microseconds: each is shown after the one before. */
const GAP = 100;

/** `about` is kept in the trace: the case, the number of threads, … */
export function perfettoTrace(blocks: readonly BlockTimeline[], about: Readonly<Record<string, string>>): Trace {
  const workers = Math.max(0, ...blocks.map(({ timeline }) => timeline.workers));
  const traceEvents: TraceEvent[] = [
    { ph: 'M', name: 'process_name', pid: 1, tid: 0, args: { name: about.case ?? 'block' } },
    ...Array.from({ length: workers }, (_, worker) => ({
      ph: 'M',
      name: 'thread_name',
      pid: 1,
      tid: worker + 1,
      args: { name: worker === 0 ? 'worker 0 (caller)' : `worker ${worker}` },
    })),
  ];
  let offset = 0;
  for (const { block, timeline } of blocks) {
    const place = block === null ? {} : { block };
    for (const span of timeline.spans) traceEvents.push(slice(span, offset, place));
    traceEvents.push(counter(offset, 0));
    for (const { at, transactions } of timeline.frontier) traceEvents.push(counter(offset + at, transactions));
    offset += timeline.duration + GAP;
  }
  return { displayTimeUnit: 'ns', otherData: about, traceEvents };
}

function slice(span: Span, offset: number, place: Readonly<Record<string, number>>): TraceEvent {
  const { worker, kind, start, end, transaction, incarnation, outcome } = span;
  return {
    ph: 'X',
    cat: kind,
    name: transaction === null ? kind : `${kind} ${transaction}${incarnation ? `.${incarnation}` : ''}`,
    pid: 1,
    tid: worker + 1,
    ts: rounded(offset + start),
    dur: rounded(end - start),
    args: {
      ...place,
      ...(transaction === null ? {} : { transaction }),
      ...(incarnation === null ? {} : { incarnation }),
      ...(outcome === '' ? {} : { outcome }),
    },
  };
}

function counter(at: number, transactions: number): TraceEvent {
  return { ph: 'C', name: 'committed', pid: 1, tid: 0, ts: rounded(at), args: { transactions } };
}

/** To the nanosecond. */
function rounded(microseconds: number): number {
  return Math.round(1000 * microseconds) / 1000;
}
