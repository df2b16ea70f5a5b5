/** Storage slots of the incarnation: one record for each slot that was read, written or declared warm. */
import { copy32, equal32, zero32 } from './bits';
import { hostStorage } from './host';
import { set32 } from './journal';
import {
  ACCOUNT_RESET,
  ACCOUNT_SLOTS,
  SLOT_ACCOUNT,
  SLOT_CURRENT,
  SLOT_INDEX,
  SLOT_LOADED,
  SLOT_LOCATION,
  SLOT_NEXT,
  SLOT_ORIGINAL,
  SLOT_READ,
  SLOT_SIZE,
  SLOT_WARM,
  SLOTS,
  TRANSIENT_INDEX,
} from './layout';
import { LIMIT_SLOTS, within } from './limits';
import { message, mix, seedA } from './rules';

/** Index entries of 8 bytes: tag, record. The index begins small and grows, like that of the accounts. */
const FIRST_MASK: u32 = 0x1ff;
const LAST_MASK: u32 = 0xfffff;
const RECORDS_END: usize = TRANSIENT_INDEX;

let top: usize = 0;
let mask: u32 = 0;
/** Entries with another tag are free. */
let tag: u32 = 0;

export function clearSlots(): void {
  top = SLOTS;
  mask = FIRST_MASK;
  nextTag();
}

function nextTag(): void {
  // After 2^32 tags old entries could come back to life: start over from an empty index.
  if (++tag == 0) {
    memory.fill(SLOT_INDEX, 0, (<usize>LAST_MASK + 1) << 3);
    tag = 1;
  }
}

@inline
function setEntry(i: u32, found: usize): void {
  const entry = SLOT_INDEX + (<usize>i << 3);
  store<u32>(entry, tag);
  store<u32>(entry, <u32>found, 4);
}

/** Makes the index eight times as large and enters every record anew. */
function grow(): void {
  mask = min((mask << 3) | 7, LAST_MASK);
  enter();
}

export function slotsEnd(): usize {
  return top;
}

/** Goes on with records that stand in their window up to `end`: makes their index. */
export function restoreSlots(end: usize): void {
  top = end;
  mask = FIRST_MASK;
  while (mask < LAST_MASK && slotCount() * 2 > mask) mask = min((mask << 3) | 7, LAST_MASK);
  enter();
}

/** Enters every record into an empty index. */
function enter(): void {
  nextTag();
  for (let found = SLOTS; found < top; found += SLOT_SIZE) {
    let i = slotHash(load<usize>(found, SLOT_ACCOUNT), found) & mask;
    while (load<u32>(SLOT_INDEX + (<usize>i << 3)) == tag) i = (i + 1) & mask;
    setEntry(i, found);
  }
}

export function slotCount(): u32 {
  return <u32>((top - SLOTS) / SLOT_SIZE);
}

/** Hash of a slot's key in an account's storage. */
@inline
export function slotHash(record: usize, key: usize): u32 {
  const low = mix(mix(seedA ^ <u64>record, load<u64>(key)), load<u64>(key, 8));
  return <u32>(mix(mix(low, load<u64>(key, 16)), load<u64>(key, 24)) >> 32);
}

/** The record of slot `key` of an account; made where there is none, not loaded. */
export function slot(record: usize, key: usize): usize {
  let i = slotHash(record, key) & mask;
  while (true) {
    const entry = SLOT_INDEX + (<usize>i << 3);
    if (load<u32>(entry) != tag) {
      const made = create(record, key);
      setEntry(i, made);
      if (mask < LAST_MASK && slotCount() * 2 > mask) grow();
      return made;
    }
    const found = load<usize>(entry, 4);
    if (load<usize>(found, SLOT_ACCOUNT) == record && equal32(found, key)) return found;
    i = (i + 1) & mask;
  }
}

function create(record: usize, key: usize): usize {
  const made = top;
  top = made + SLOT_SIZE;
  within(top, RECORDS_END, LIMIT_SLOTS);
  copy32(made, key);
  store<usize>(made, record, SLOT_ACCOUNT);
  store<u32>(made, 0, SLOT_WARM);
  store<u32>(made, 0, SLOT_LOADED);
  store<u32>(made, 0, SLOT_LOCATION);
  store<usize>(made, load<usize>(record, ACCOUNT_SLOTS), SLOT_NEXT);
  store<usize>(record, made, ACCOUNT_SLOTS);
  return made;
}

/** Makes sure that the slot's value is known: false where the read is blocked. */
@inline
export function loadSlot(found: usize): bool {
  return load<u32>(found, SLOT_LOADED) != 0 || readSlot(found);
}

function readSlot(found: usize): bool {
  const record = load<usize>(found, SLOT_ACCOUNT);
  // Storage that was wiped in this incarnation is zero; the host is not asked.
  if (load<u32>(record, ACCOUNT_RESET) != 0) zero32(found + SLOT_READ);
  else if (hostStorage(record, found, found + SLOT_READ) == 0) return false;
  copy32(found + SLOT_CURRENT, found + SLOT_READ);
  copy32(found + SLOT_ORIGINAL, found + SLOT_READ);
  store<u32>(found, 1, SLOT_LOADED);
  return true;
}

@inline
export function isSlotWarm(found: usize): bool {
  return load<u32>(found, SLOT_WARM) == message;
}

@inline
export function warmSlotRecord(found: usize): void {
  set32(found + SLOT_WARM, message);
}

/** A new message's original values (EIP-2200) are those that the one before left. */
export function settleSlots(): void {
  for (let found = SLOTS; found < top; found += SLOT_SIZE) {
    if (load<u32>(found, SLOT_LOADED) != 0) copy32(found + SLOT_ORIGINAL, found + SLOT_CURRENT);
  }
}
