/** What the host calls: CONTRACT.md, exports. */
import {
  account,
  accountCount,
  clearAccounts,
  loadAccount,
  setBalance as setAccountBalance,
  setCode as setAccountCode,
  setNonce as setAccountNonce,
  touch,
  warm,
} from './accounts';
import { clearNewCode } from './code';
import { setPrices } from './dispatch';
import { clearFrames, refund, returnData, returnDataLength } from './frames';
import { clearJournal } from './journal';
import { IS_SYSTEM, RESULT_LIMIT } from './layout';
import { clearLogs } from './logs';
import { clearMessages, run, start } from './messages';
import { nextMessage, setFork } from './rules';
import { clearSlots, slot, slotCount, warmSlotRecord } from './slots';
import { clearTransaction, epilogue, prologue } from './transaction';
import { clearTransient } from './transient';

export { account, touch } from './accounts';
export { blake2f } from './blake2f';
export { codeAlloc, codeReset, codeSeal, codeStub, codeUsed, emptyCode } from './code';
export { restoreImage, saveImage } from './image';
export { finish, run, start } from './messages';
export { seed } from './rules';
export { epilogue, prologue } from './transaction';
export { accountCount, slotCount };

/** Starts an incarnation in the fork at `index` of FORKS; whatever was before is dropped. */
export function begin(index: i32): void {
  setFork(index);
  setPrices(index);
  nextMessage();
  clearAccounts();
  clearSlots();
  clearTransient();
  clearNewCode();
  clearJournal();
  clearLogs();
  clearFrames();
  clearMessages();
  clearTransaction();
  store<u32>(RESULT_LIMIT, 0);
  store<u32>(IS_SYSTEM, 0);
}

/** Answers of `transact` where a read is blocked in the message or in the epilogue; the others are those of `prologue`. */
const IN_MESSAGE: i32 = 16;
const IN_EPILOGUE: i32 = 17;

/**
 * A whole transaction without access list and authorizations in one call, as far as it comes: `begin`,
 * `prologue`, `start`, `run` and `epilogue`. 0: done. A blocked one goes on by those calls.
 */
export function transact(index: i32, defer: i32): i32 {
  begin(index);
  const answer = prologue();
  if (answer != 0) return answer;
  start();
  if (run() != 0) return IN_MESSAGE;
  return epilogue(defer) != 0 ? 0 : IN_EPILOGUE;
}

/** Basics and code of an account: 1, or 0 where a read is blocked. */
function loadBoth(record: usize): i32 {
  return loadAccount(record) ? 1 : 0;
}

export function setBalance(record: usize, value: usize): void {
  setAccountBalance(record, value);
}

export function setNonce(record: usize, low: u32, high: u32): void {
  setAccountNonce(record, (<u64>high << 32) | <u64>low);
}

/** Replaces the code and leaves storage alone (EIP-7702). */
export function setCode(record: usize, code: usize): void {
  setAccountCode(record, code);
  touch(record);
}

export function warmAddress(record: usize): void {
  warm(record);
}

export function warmSlot(record: usize, key: usize): void {
  warmSlotRecord(slot(record, key));
}

/** The refund counter as it stands, for traces. */
export function refundLow(): i32 {
  return <i32>refund;
}

/** Where the innermost frame's return data begins, and its length, for traces. */
export function returnDataAt(): usize {
  return returnData;
}

export function returnDataSize(): u32 {
  return returnDataLength;
}

export { loadBoth as load };
