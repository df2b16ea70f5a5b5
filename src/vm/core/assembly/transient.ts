/** Transient storage (EIP-1153): lives for one message, and is journalled like storage. */
import { copy32, equal32, zero32 } from './bits';
import { set256 } from './journal';
import {
  NEW_CODE,
  TRANSIENT,
  TRANSIENT_ACCOUNT,
  TRANSIENT_INDEX,
  TRANSIENT_SIZE,
  TRANSIENT_VALUE,
} from './layout';
import { LIMIT_TRANSIENT, within } from './limits';
import { slotHash } from './slots';

/** Index entries of 8 bytes: tag, record. */
const INDEX_MASK: u32 = 0x1fffff;

let top: usize = 0;
/** Entries with another tag are free. */
let tag: u32 = 0;

export function clearTransient(): void {
  top = TRANSIENT;
  nextTag();
}

function nextTag(): void {
  // After 2^32 tags old entries could come back to life: start over from an empty index.
  if (++tag == 0) {
    memory.fill(TRANSIENT_INDEX, 0, TRANSIENT - TRANSIENT_INDEX);
    tag = 1;
  }
}

export function transientEnd(): usize {
  return top;
}

/** Goes on with records that stand in their window up to `end`: makes their index. */
export function restoreTransient(end: usize): void {
  top = end;
  nextTag();
  for (let record = TRANSIENT; record < end; record += TRANSIENT_SIZE) {
    const entry = entryOf(load<usize>(record, TRANSIENT_ACCOUNT), record);
    store<u32>(entry, tag);
    store<u32>(entry, <u32>record, 4);
  }
}

/** The index entry of a key: its own, or the free one where it would be put. */
function entryOf(record: usize, key: usize): usize {
  let i = slotHash(record, key) & INDEX_MASK;
  while (true) {
    const entry = TRANSIENT_INDEX + (<usize>i << 3);
    if (load<u32>(entry) != tag) return entry;
    const found = load<usize>(entry, 4);
    if (load<usize>(found, TRANSIENT_ACCOUNT) == record && equal32(found, key)) return entry;
    i = (i + 1) & INDEX_MASK;
  }
}

/** out = the value at `key` of an account's transient storage. `out` may be `key`. */
export function loadTransient(record: usize, key: usize, out: usize): void {
  const entry = entryOf(record, key);
  if (load<u32>(entry) != tag) zero32(out);
  else copy32(out, load<usize>(entry, 4) + TRANSIENT_VALUE);
}

export function storeTransient(record: usize, key: usize, value: usize): void {
  const entry = entryOf(record, key);
  if (load<u32>(entry) != tag) {
    const made = top;
    top = made + TRANSIENT_SIZE;
    within(top, NEW_CODE, LIMIT_TRANSIENT);
    copy32(made, key);
    zero32(made + TRANSIENT_VALUE);
    store<usize>(made, record, TRANSIENT_ACCOUNT);
    store<u32>(entry, tag);
    store<u32>(entry, <u32>made, 4);
  }
  set256(load<usize>(entry, 4) + TRANSIENT_VALUE, value);
}
