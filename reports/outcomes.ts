/**
 * Which cases a report is about, in little room: some seven bytes a case. Names are not kept, but a later report that
 * lacks a case shows it, with its file; the event log has the names.
 */
import { createHash } from 'node:crypto';
import type { CaseResult } from '../runners/verdict/verdict.js';

/** File to the marks of its cases, sorted, {@link MARK_LENGTH} characters each, in one text. */
export type Outcomes = Readonly<Record<string, string>>;

/** 30 bits: within one file two cases hardly ever share a mark. */
const MARK_LENGTH = 5;

/** Stands for a case within its file. */
export function caseMark(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, MARK_LENGTH);
}

export class OutcomeIndex {
  readonly #files = new Map<string, string[]>();

  add({ file, id }: Pick<CaseResult, 'file' | 'id'>): void {
    const marks = this.#files.get(file);
    if (marks === undefined) this.#files.set(file, [caseMark(id)]);
    else marks.push(caseMark(id));
  }

  outcomes(): Outcomes {
    const files = [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(files.map(([file, marks]) => [file, marks.sort().join('')]));
  }
}

/** The marks of a file, one by one. */
export function marksOf(text: string): string[] {
  return text.match(new RegExp(`.{${MARK_LENGTH}}`, 'gs')) ?? [];
}
