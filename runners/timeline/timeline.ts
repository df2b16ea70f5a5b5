/** What each worker did when while a block was executed, made of the notes that the threads took. */
import {
  ABORTING,
  COMMITTED,
  EXECUTED,
  EXECUTING,
  incarnationOf,
  PARKED,
  READY,
  stateOf,
} from '../../src/mvmemory/statuses.js';
import { NOTE_CHECK, NOTE_FRONTIER, NOTE_LANE, NOTE_STATUS, NOTE_WAIT, NOTE_WOKEN, type Note } from './log.js';

/**
 * - `execute`: an incarnation's run, until it is published, parked or, in the lane, committed.
 * - `validate`: reads are resolved again, ahead of the lane or in it.
 * - `abort`: its writes become estimates.
 * - `commit`: ordered effects, until the frontier moves.
 * - `wait`: nothing to do.
 */
export type SpanKind = 'execute' | 'validate' | 'abort' | 'commit' | 'wait';

export interface Span {
  readonly worker: number;
  readonly kind: SpanKind;
  /** Microseconds since the first note about the block. */
  readonly start: number;
  readonly end: number;
  readonly transaction: number | null;
  readonly incarnation: number | null;
  /** What came of it: `executed`, `parked`, `committed`, `stale`; empty where there is nothing to say. */
  readonly outcome: string;
}

export interface Timeline {
  readonly workers: number;
  readonly transactions: number;
  /** In the order of their starts. */
  readonly spans: readonly Span[];
  /** Times at which the frontier moved, and where to. */
  readonly frontier: readonly { readonly at: number; readonly transactions: number }[];
  /** Microseconds from the first note to the last. */
  readonly duration: number;
}

/** A block of the case, and what the workers did. */
export interface BlockTimeline {
  /** Its place in the test; null where the test is one block. */
  readonly block: number | null;
  readonly timeline: Timeline;
}

/** Notes of each worker, in the order in which it took them. */
export function timelineOf(notes: readonly (readonly Note[])[], transactions: number): Timeline {
  const times = notes.flatMap((all) => all.map(({ at }) => at));
  const start = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const end = times.reduce((most, at) => Math.max(most, at), start);
  const spans = notes.flatMap((all, worker) => new Spans(worker, start).of(all));
  const frontier = notes
    .flat()
    .filter(({ kind }) => kind === NOTE_FRONTIER)
    .map(({ at, first }) => ({ at: at - start, transactions: first }))
    .sort((a, b) => a.transactions - b.transactions);
  return {
    workers: notes.length,
    transactions,
    spans: spans.sort((a, b) => a.start - b.start || a.worker - b.worker),
    frontier,
    duration: times.length === 0 ? 0 : end - start,
  };
}

/** Turns the notes of one worker, which does one thing after the other, into spans. */
class Spans {
  readonly #spans: Span[] = [];
  /** What the worker is at, and since when. */
  #doing: { kind: SpanKind; start: number; transaction: number | null; incarnation: number | null } | null = null;

  constructor(
    private readonly worker: number,
    private readonly zero: number,
  ) {}

  of(notes: readonly Note[]): Span[] {
    for (const note of notes) this.#take(note);
    return this.#spans;
  }

  #take({ at, kind, first, second }: Note): void {
    if (kind === NOTE_STATUS) this.#status(at, first, second);
    else if (kind === NOTE_CHECK) {
      this.#end(at, '');
      this.#begin('validate', at, first, null);
    } else if (kind === NOTE_LANE) {
      this.#end(at, '');
      // Its holder looks at the next transaction at once; where that cannot move the lane is free again after it.
      if (first !== 0) this.#begin('validate', at, null, null);
    } else if (kind === NOTE_FRONTIER) {
      this.#end(at, '');
      this.#begin('validate', at, null, null);
    } else if (kind === NOTE_WAIT) {
      this.#end(at, '');
      this.#begin('wait', at, null, null);
    } else if (kind === NOTE_WOKEN) this.#end(at, '');
  }

  #status(at: number, transaction: number, word: number): void {
    const incarnation = incarnationOf(word);
    switch (stateOf(word)) {
      case EXECUTING:
        this.#end(at, '');
        this.#begin('execute', at, transaction, incarnation);
        break;
      case EXECUTED:
        this.#end(at, 'executed');
        break;
      case PARKED:
        this.#end(at, 'parked');
        break;
      case ABORTING:
        this.#end(at, 'stale', transaction, incarnation);
        this.#begin('abort', at, transaction, incarnation);
        break;
      case COMMITTED:
        this.#end(at, 'committed', transaction, incarnation);
        this.#begin('commit', at, transaction, incarnation);
        break;
      case READY:
        // The end of an abort; or another transaction that is woken, which takes no time.
        if (this.#doing?.kind === 'abort') this.#end(at, '');
        break;
    }
  }

  #begin(kind: SpanKind, start: number, transaction: number | null, incarnation: number | null): void {
    this.#doing = { kind, start, transaction, incarnation };
  }

  /** Ends what the worker is at; a validation learns only now what it was about, and is none where it was about nothing. */
  #end(at: number, outcome: string, transaction: number | null = null, incarnation: number | null = null): void {
    const doing = this.#doing;
    this.#doing = null;
    if (doing === null) return;
    const about = doing.transaction ?? transaction;
    if (doing.kind === 'validate' && about === null) return;
    this.#spans.push({
      worker: this.worker,
      kind: doing.kind,
      start: doing.start - this.zero,
      end: at - this.zero,
      transaction: about,
      incarnation: doing.incarnation ?? incarnation,
      outcome,
    });
  }
}
