/** Storage as a whole: whether an account has any, wiping it, and the end of accounts at the end of a transaction. */
import { accountExists, accountsEnd, isEmptyAccount, loadAccount, loadForEmptiness } from './accounts';
import { copy32, isZero32 } from './bits';
import { hostHasStorage } from './host';
import { set32, set256 } from './journal';
import {
  ACCOUNT_BALANCE,
  ACCOUNT_CODE,
  ACCOUNT_DESTROYED,
  ACCOUNT_EXISTS,
  ACCOUNT_FLAGS,
  ACCOUNT_NONCE,
  ACCOUNT_READ_EXISTS,
  ACCOUNT_RESET,
  ACCOUNT_SIZE,
  ACCOUNT_SLOTS,
  ACCOUNT_TOUCHED,
  ACCOUNTS,
  EMPTY_CODE,
  FLAG_HAS_STORAGE,
  FLAG_STORAGE_KNOWN,
  SCRATCH_ANSWER,
  SLOT_CURRENT,
  SLOT_LOADED,
  SLOT_NEXT,
  SLOT_ORIGINAL,
  SLOT_READ,
  ZERO_VALUE,
} from './layout';
import { message } from './rules';

/** Makes sure that it is known whether the account has storage (EIP-7610): false where blocked. */
export function loadHasStorage(record: usize): bool {
  if (load<u32>(record, ACCOUNT_RESET) != 0 || hasNonZeroSlot(record)) return true;
  // An absent account has none.
  if (!accountExists(record)) return true;
  const flags = load<u32>(record, ACCOUNT_FLAGS);
  if ((flags & FLAG_STORAGE_KNOWN) != 0) return true;
  if (hostHasStorage(record, SCRATCH_ANSWER) == 0) return false;
  const present = load<u32>(SCRATCH_ANSWER) != 0 ? FLAG_HAS_STORAGE : 0;
  store<u32>(record, flags | FLAG_STORAGE_KNOWN | present, ACCOUNT_FLAGS);
  return true;
}

/** Whether the account has storage, after `loadHasStorage`. */
export function hasStorage(record: usize): bool {
  if (hasNonZeroSlot(record)) return true;
  return load<u32>(record, ACCOUNT_RESET) == 0 && (load<u32>(record, ACCOUNT_FLAGS) & FLAG_HAS_STORAGE) != 0;
}

function hasNonZeroSlot(record: usize): bool {
  for (let slot = load<usize>(record, ACCOUNT_SLOTS); slot != 0; slot = load<usize>(slot, SLOT_NEXT)) {
    if (load<u32>(slot, SLOT_LOADED) != 0 && !isZero32(slot + SLOT_CURRENT)) return true;
  }
  return false;
}

/** Wipes the account's storage: what was written by earlier transactions, and in this one. */
export function resetStorage(record: usize): void {
  set32(record + ACCOUNT_RESET, 1);
  for (let slot = load<usize>(record, ACCOUNT_SLOTS); slot != 0; slot = load<usize>(slot, SLOT_NEXT)) {
    if (load<u32>(slot, SLOT_LOADED) == 0) continue;
    if (!isZero32(slot + SLOT_CURRENT)) set256(slot + SLOT_CURRENT, ZERO_VALUE);
    if (!isZero32(slot + SLOT_ORIGINAL)) set256(slot + SLOT_ORIGINAL, ZERO_VALUE);
    if (!isZero32(slot + SLOT_READ)) set256(slot + SLOT_READ, ZERO_VALUE);
  }
}

/** Deletes the account; its storage too where `wipe` says so. */
function remove(record: usize, wipe: bool): void {
  store<u32>(record, 0, ACCOUNT_EXISTS);
  store<u64>(record, 0, ACCOUNT_NONCE);
  copy32(record + ACCOUNT_BALANCE, ZERO_VALUE);
  store<usize>(record, EMPTY_CODE, ACCOUNT_CODE);
  if (wipe) resetStorage(record);
}

/**
 * Ends the transaction: deletes the destroyed accounts, then, where `clearsEmpty` (EIP-161), the touched
 * ones that are empty. False where a read is blocked; nothing is deleted then.
 */
export function settleAccounts(clearsEmpty: bool): bool {
  const end = accountsEnd();
  for (let record = ACCOUNTS; record < end; record += ACCOUNT_SIZE) {
    if (load<u32>(record, ACCOUNT_DESTROYED) == message) {
      if (!loadAccount(record)) return false;
    } else if (clearsEmpty && load<u32>(record, ACCOUNT_TOUCHED) == message) {
      if (!loadForEmptiness(record)) return false;
    }
  }
  for (let record = ACCOUNTS; record < end; record += ACCOUNT_SIZE) {
    if (load<u32>(record, ACCOUNT_DESTROYED) == message) {
      remove(record, true);
    } else if (clearsEmpty && load<u32>(record, ACCOUNT_TOUCHED) == message) {
      // An account that was absent all along has no storage that a reset could wipe.
      if (accountExists(record) && isEmptyAccount(record)) {
        remove(record, load<u32>(record, ACCOUNT_RESET) != 0 || load<u32>(record, ACCOUNT_READ_EXISTS) != 0);
      }
    }
  }
  return true;
}
