/** Flips: changes of one thing in a fixture that a run must not pass over. */
import { type Path, pathText, textAt, valueAt, withValue } from './json.js';
import type { Random } from './random.js';

/** One case and its test, in which nothing but that case is left. */
export interface CaseView {
  readonly id: string;
  /** Network of the case, as the fixture spells it. */
  readonly network: string;
  readonly test: unknown;
  /** Path in the file's test to a path in `test`, which may lack cases that stand before this one. */
  shown(path: Path): Path;
}

export interface Flip {
  /** Place in the file's test, `post.Cancun[1].hash`. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** The corrupted test. */
  readonly test: unknown;
}

/** A way to corrupt cases of one kind. */
export interface FlipKind {
  readonly name: string;
  /** One flip, at a place that `random` chooses; null where the case has none that must be caught. */
  make(view: CaseView, random: Random): Flip | null;
}

const SHOWN_LENGTH = 100;

function shownValue(value: unknown): string {
  const text = value === undefined ? 'absent' : (JSON.stringify(value) ?? 'absent');
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)` : text;
}

/** Two long texts, told from where they differ. */
function shownPair(before: unknown, after: unknown): [string, string] {
  if (typeof before !== 'string' || typeof after !== 'string' || before.length <= SHOWN_LENGTH) {
    return [shownValue(before), shownValue(after)];
  }
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  const from = Math.max(0, at - 8);
  const part = (text: string): string => `…${text.slice(from, from + 40)}… at character ${from}`;
  return [part(before), part(after)];
}

/** A flip that ends in `test`. */
export function flip(view: CaseView, path: Path, before: unknown, after: unknown, test: unknown): Flip {
  const [old, now] = shownPair(before, after);
  return { path: pathText(view.shown(path)), before: old, after: now, test };
}

/** Puts `after` in the place of what stands at `path`. */
export function setting(view: CaseView, path: Path, after: unknown): Flip {
  return flip(view, path, valueAt(view.test, path), after, withValue(view.test, path, after));
}

/** Changes the text at `path`; null where there is none, or where `change` knows no other. */
export function changing(view: CaseView, path: Path, change: (text: string) => string | null): Flip | null {
  const before = textAt(view.test, path);
  const after = before === null ? null : change(before);
  return after === null || after === before ? null : setting(view, path, after);
}
