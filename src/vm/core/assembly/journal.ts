/**
 * The journal: what a change overwrote, newest last, so that a frame can be undone by putting it all
 * back in reverse order. Every piece of state is plain memory, so an entry is a place and its old content:
 * +0 place, +4 its size (4, 8 or 32), +8 the old content.
 */
import { copy32 } from './bits';
import { ACCOUNT_INDEX, JOURNAL } from './layout';
import { LIMIT_JOURNAL, within } from './limits';

const ENTRY_SIZE: usize = 40;
const JOURNAL_END: usize = ACCOUNT_INDEX;

let top: usize = 0;

export function clearJournal(): void {
  top = JOURNAL;
}

/** Mark to which `revertTo` goes back. */
@inline
export function journalMark(): usize {
  return top;
}

/** Goes on with a journal that stands in its window up to `end`. */
export function restoreJournal(end: usize): void {
  top = end;
}

@inline
function append(place: usize, size: u32): usize {
  const entry = top;
  top = entry + ENTRY_SIZE;
  within(top, JOURNAL_END, LIMIT_JOURNAL);
  store<u32>(entry, <u32>place);
  store<u32>(entry, size, 4);
  return entry + 8;
}

/** Stores `value` at `place`, journalled. */
export function set32(place: usize, value: u32): void {
  const before = load<u32>(place);
  if (before == value) return;
  store<u32>(append(place, 4), before);
  store<u32>(place, value);
}

/** Stores `value` at `place`, journalled. */
export function set64(place: usize, value: u64): void {
  store<u64>(append(place, 8), load<u64>(place));
  store<u64>(place, value);
}

/** Copies the 32 bytes at `from` to `place`, journalled. */
export function set256(place: usize, from: usize): void {
  copy32(append(place, 32), place);
  copy32(place, from);
}

/** Undoes every change since `mark`. */
export function revertTo(mark: usize): void {
  while (top > mark) {
    top -= ENTRY_SIZE;
    const place = load<usize>(top);
    const size = load<u32>(top, 4);
    if (size == 4) store<u32>(place, load<u32>(top, 8));
    else if (size == 32) copy32(place, top + 8);
    else store<u64>(place, load<u64>(top, 8));
  }
}
