/**
 * Image of a transaction whose read is blocked: everything that its message has come to so far, so that any
 * machine may go on from that read. The host keeps images outside of this memory.
 *
 * A window is copied as far as it is in use, and back to the same place, so that pointers stay what they
 * are; indexes are made anew. Only codes in the store stand elsewhere in every machine: the host says where,
 * by their hashes. What the record holds (calldata, blob hashes) the host brings again.
 */
import { accountsEnd, restoreAccounts } from './accounts';
import { copy32 } from './bits';
import { analyse, newCodeEnd, restoreNewCode } from './code';
import { freeMemory, refund, restoreFrames, returnData, returnDataLength, top } from './frames';
import { journalMark, restoreJournal } from './journal';
import {
  ACCOUNT_CODE,
  ACCOUNT_FLAGS,
  ACCOUNT_READ_CODE,
  ACCOUNT_SIZE,
  ACCOUNTS,
  AUTHORIZATION_REFUND,
  CODE_BITMAP,
  CODE_BYTES,
  CODE_HASH,
  CODE_STORE,
  EVM_MEMORY,
  FLAG_CODE,
  FRAME_BITMAP,
  FRAME_CODE,
  FRAME_PC,
  FRAME_SIZE,
  FRAME_SP,
  FRAMES,
  IMAGE_CODE_COUNT,
  IMAGE_CODE_HASH,
  IMAGE_CODE_MOVED,
  IMAGE_CODE_POINTER,
  IMAGE_CODE_SIZE,
  IMAGE_CODES,
  IMAGE_CODES_MAX,
  IMAGE_LENGTH,
  IMAGE_LOG_COUNT,
  IMAGE_MESSAGE,
  IMAGE_REFUND,
  IMAGE_RETURN_DATA,
  IMAGE_RETURN_DATA_LENGTH,
  IMAGE_TOP,
  IMAGE_WINDOWS,
  IS_CREATE,
  JOURNAL,
  LOGS,
  NEW_CODE,
  ORIGIN,
  RESULT_CREATED,
  SLOTS,
  STACKS_END,
  TRANSIENT,
} from './layout';
import { logCount, logMark, truncateLogs } from './logs';
import { markReached, reserve } from './memory';
import { isInFrames, restoreMessages } from './messages';
import { message, restoreMessage } from './rules';
import { restoreSlots, slotsEnd } from './slots';
import { restoreTransient, transientEnd } from './transient';

/** Places of the windows in the image's list. */
const PARAMETERS: usize = 0;
const CREATED: usize = 1;
const FRAME_RECORDS: usize = 2;
const STACK: usize = 3;
const RETURNED_DATA: usize = 4;
const LOG_RECORDS: usize = 5;
const JOURNAL_ENTRIES: usize = 6;
const ACCOUNT_RECORDS: usize = 7;
const SLOT_RECORDS: usize = 8;
const TRANSIENT_RECORDS: usize = 9;
const NEW_CODES: usize = 10;
const MEMORIES: usize = 11;
const WINDOWS: usize = 12;

/** Bytes of the windows listed so far. */
let size: u64 = 0;

function list(place: usize, begin: usize, end: usize): void {
  store<usize>(IMAGE_WINDOWS + (place << 3), begin);
  store<usize>(IMAGE_WINDOWS + (place << 3), end, 4);
  size += (<u64>(end - begin) + 7) & ~(<u64>7);
}

@inline
function endOf(place: usize): usize {
  return load<usize>(IMAGE_WINDOWS + (place << 3), 4);
}

@inline
function isInStore(pointer: usize): bool {
  return pointer >= CODE_STORE && pointer < EVM_MEMORY;
}

/** The entry of a code in the store, or 0. */
function codeEntry(pointer: usize, count: u32): usize {
  const end = IMAGE_CODES + <usize>count * IMAGE_CODE_SIZE;
  for (let entry = IMAGE_CODES; entry < end; entry += IMAGE_CODE_SIZE) {
    if (load<usize>(entry, IMAGE_CODE_POINTER) == pointer) return entry;
  }
  return 0;
}

/** Enters a code where it stands in the store; the number of entries then. */
function addCode(pointer: usize, count: u32): u32 {
  if (!isInStore(pointer) || codeEntry(pointer, count) != 0) return count;
  if (count < IMAGE_CODES_MAX) {
    const entry = IMAGE_CODES + <usize>count * IMAGE_CODE_SIZE;
    store<usize>(entry, pointer, IMAGE_CODE_POINTER);
    copy32(entry + IMAGE_CODE_HASH, pointer + CODE_HASH);
  }
  return count + 1;
}

/** Enters the codes of all accounts: whatever a frame runs is one of them, unless it was made by the transaction. */
function addCodes(): u32 {
  let count: u32 = 0;
  const end = accountsEnd();
  for (let record = ACCOUNTS; record < end; record += ACCOUNT_SIZE) {
    if ((load<u32>(record, ACCOUNT_FLAGS) & FLAG_CODE) == 0) continue;
    count = addCode(load<usize>(record, ACCOUNT_CODE), count);
    count = addCode(load<usize>(record, ACCOUNT_READ_CODE), count);
    if (count > IMAGE_CODES_MAX) return count;
  }
  return count;
}

/**
 * Makes the image of the transaction after `run` was blocked. Its length in bytes; 0 where it would take more
 * than `limit`, or where the message has no frame yet. The transaction can go on as if nothing had happened.
 */
export function saveImage(limit: u32): u32 {
  if (!isInFrames()) return 0;
  size = 0;
  list(PARAMETERS, ORIGIN, IS_CREATE + 4);
  list(CREATED, RESULT_CREATED, RESULT_CREATED + 32);
  list(FRAME_RECORDS, FRAMES, top + FRAME_SIZE);
  list(STACK, load<usize>(top, FRAME_SP), STACKS_END);
  list(RETURNED_DATA, returnData, returnData + <usize>returnDataLength);
  list(LOG_RECORDS, LOGS, logMark());
  list(JOURNAL_ENTRIES, JOURNAL, journalMark());
  list(ACCOUNT_RECORDS, ACCOUNTS, accountsEnd());
  list(SLOT_RECORDS, SLOTS, slotsEnd());
  list(TRANSIENT_RECORDS, TRANSIENT, transientEnd());
  list(NEW_CODES, NEW_CODE, newCodeEnd());
  list(MEMORIES, EVM_MEMORY, freeMemory());
  const most: u64 = <u64>(IMAGE_CODES - IMAGE_LENGTH) + <u64>IMAGE_CODES_MAX * <u64>IMAGE_CODE_SIZE + size;
  if (most > <u64>limit) return 0;
  const codes = addCodes();
  if (codes > IMAGE_CODES_MAX) return 0;
  store<u32>(IMAGE_CODE_COUNT, codes);
  store<i64>(IMAGE_REFUND, refund);
  store<usize>(IMAGE_TOP, top);
  store<usize>(IMAGE_RETURN_DATA, returnData);
  store<u32>(IMAGE_RETURN_DATA_LENGTH, returnDataLength);
  store<u32>(IMAGE_LOG_COUNT, logCount());
  store<u32>(IMAGE_MESSAGE, message);
  let at = IMAGE_CODES + <usize>codes * IMAGE_CODE_SIZE;
  for (let place: usize = 0; place < WINDOWS; place++) {
    const begin = load<usize>(IMAGE_WINDOWS + (place << 3));
    const length = endOf(place) - begin;
    if (length > 0) memory.copy(at, begin, length);
    at += (length + 7) & ~(<usize>7);
  }
  const length = <u32>(at - IMAGE_LENGTH);
  store<u32>(IMAGE_LENGTH, length);
  return length;
}

/** Where a code stands in this machine. */
function moved(pointer: usize): usize {
  if (!isInStore(pointer)) return pointer;
  const entry = codeEntry(pointer, load<u32>(IMAGE_CODE_COUNT));
  if (entry == 0) unreachable();
  return load<usize>(entry, IMAGE_CODE_MOVED);
}

function moveCodes(): void {
  const accounts = accountsEnd();
  for (let record = ACCOUNTS; record < accounts; record += ACCOUNT_SIZE) {
    if ((load<u32>(record, ACCOUNT_FLAGS) & FLAG_CODE) == 0) continue;
    store<usize>(record, moved(load<usize>(record, ACCOUNT_CODE)), ACCOUNT_CODE);
    store<usize>(record, moved(load<usize>(record, ACCOUNT_READ_CODE)), ACCOUNT_READ_CODE);
  }
  for (let frame = FRAMES; frame <= top; frame += FRAME_SIZE) {
    const code = load<usize>(frame, FRAME_CODE) - CODE_BYTES;
    const object = moved(code);
    if (load<u32>(object, CODE_BITMAP) == 0) analyse(object);
    store<usize>(frame, load<usize>(frame, FRAME_PC) - code + object, FRAME_PC);
    store<usize>(frame, object + CODE_BYTES, FRAME_CODE);
    store<u32>(frame, load<u32>(object, CODE_BITMAP), FRAME_BITMAP);
  }
}

/** Goes on from the image at IMAGE, whose codes' new places are filled in, after `begin`: `run` is next. */
export function restoreImage(): void {
  const memoryEnd = endOf(MEMORIES);
  reserve(<u64>memoryEnd);
  markReached(memoryEnd);
  let at = IMAGE_CODES + <usize>load<u32>(IMAGE_CODE_COUNT) * IMAGE_CODE_SIZE;
  for (let place: usize = 0; place < WINDOWS; place++) {
    const begin = load<usize>(IMAGE_WINDOWS + (place << 3));
    const length = endOf(place) - begin;
    if (length > 0) memory.copy(begin, at, length);
    at += (length + 7) & ~(<usize>7);
  }
  restoreMessage(load<u32>(IMAGE_MESSAGE));
  restoreAccounts(endOf(ACCOUNT_RECORDS));
  restoreSlots(endOf(SLOT_RECORDS));
  restoreTransient(endOf(TRANSIENT_RECORDS));
  restoreNewCode(endOf(NEW_CODES));
  restoreJournal(endOf(JOURNAL_ENTRIES));
  truncateLogs(endOf(LOG_RECORDS), load<u32>(IMAGE_LOG_COUNT));
  const data = load<usize>(IMAGE_RETURN_DATA);
  restoreFrames(load<usize>(IMAGE_TOP), load<i64>(IMAGE_REFUND), data, load<u32>(IMAGE_RETURN_DATA_LENGTH));
  restoreMessages();
  // Images are made of transactions without authorizations only.
  store<u64>(AUTHORIZATION_REFUND, 0);
  moveCodes();
}
