/**
 * Instructions that read state. Each takes the frame and its stack pointer, pays before it reads, and
 * either completes (result on the stack, gas in the frame) or answers a status and has changed nothing
 * that a second attempt could see.
 */
import {
  account,
  codeOf,
  isEmptyAccount,
  isWarm,
  loadAccount,
  seeBalance,
  warm,
} from './accounts';
import { copy32, copyPadded, saturate64, storeU64, zero32 } from './bits';
import { copyAbsent, isAbsent } from './code';
import { GAS_BALANCE, GAS_EXTCODECOPY, GAS_EXTCODEHASH, GAS_EXTCODESIZE, GAS_SLOAD } from './dispatch';
import {
  ACCOUNT_BALANCE,
  CODE_BYTES,
  CODE_HASH,
  CODE_LENGTH,
  FRAME_GAS,
  FRAME_MEMORY,
  FRAME_SELF,
  HALT_OUT_OF_GAS,
  OK,
  SLOT_CURRENT,
  SUSPENDED,
} from './layout';
import { expandTo, keepGas, wordsOf } from './memory';
import { hasAccessSet } from './rules';
import { isSlotWarm, loadSlot, slot, warmSlotRecord } from './slots';

export const COLD_ACCOUNT: i64 = 2600;
export const COLD_SLOT: i64 = 2100;
export const WARM_READ: i64 = 100;

/** Price of reaching an account (EIP-2929); 0 before Berlin, where it is in the instruction's own price. */
@inline
export function accessPrice(record: usize): i64 {
  if (!hasAccessSet) return 0;
  return isWarm(record) ? WARM_READ : COLD_ACCOUNT;
}

@inline
export function warmAccount(record: usize): void {
  if (hasAccessSet) warm(record);
}

/** Pays `price` and access to the account, and loads it. The frame's gas is final when it answers OK. */
@inline
function reach(frame: usize, record: usize, price: i64): i32 {
  const gas = load<i64>(frame, FRAME_GAS) - price - accessPrice(record);
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (!loadAccount(record)) return SUSPENDED;
  warmAccount(record);
  keepGas(frame, gas);
  return OK;
}

export function balance(frame: usize, sp: usize): i32 {
  const record = account(sp);
  const status = reach(frame, record, GAS_BALANCE);
  if (status != OK) return status;
  seeBalance(record);
  copy32(sp, record + ACCOUNT_BALANCE);
  return status;
}

export function selfbalance(frame: usize, sp: usize): void {
  const record = load<usize>(frame, FRAME_SELF);
  seeBalance(record);
  copy32(sp, record + ACCOUNT_BALANCE);
}

export function extcodesize(frame: usize, sp: usize): i32 {
  const record = account(sp);
  const status = reach(frame, record, GAS_EXTCODESIZE);
  if (status == OK) storeU64(sp, load<u32>(codeOf(record), CODE_LENGTH));
  return status;
}

/** EIP-1052: zero for an account that is absent or empty. */
export function extcodehash(frame: usize, sp: usize): i32 {
  const record = account(sp);
  const status = reach(frame, record, GAS_EXTCODEHASH);
  if (status != OK) return status;
  if (isEmptyAccount(record)) zero32(sp);
  else copy32(sp, codeOf(record) + CODE_HASH);
  return OK;
}

export function extcodecopy(frame: usize, sp: usize): i32 {
  const before = load<i64>(frame, FRAME_GAS);
  const record = account(sp);
  const price = GAS_EXTCODECOPY + accessPrice(record);
  // The memory may grow before the read: growing it again costs and changes nothing.
  let gas = expandTo(frame, sp + 32, sp + 96, before - price);
  if (gas < 0) return HALT_OUT_OF_GAS;
  gas -= 3 * wordsOf(sp + 96);
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (!loadAccount(record)) {
    // What the growth cost stays paid; the rest is charged again.
    keepGas(frame, gas + price + 3 * wordsOf(sp + 96));
    return SUSPENDED;
  }
  warmAccount(record);
  keepGas(frame, gas);
  const length = <u32>load<u64>(sp + 96);
  if (length > 0) {
    const code = codeOf(record);
    const out = load<usize>(frame, FRAME_MEMORY) + <usize>load<u64>(sp + 32);
    const from = saturate64(sp + 64);
    if (isAbsent(code)) copyAbsent(code, from, length, out);
    else copyPadded(out, code + CODE_BYTES, load<u32>(code, CODE_LENGTH), from, length);
  }
  return OK;
}

export function sload(frame: usize, sp: usize): i32 {
  const found = slot(load<usize>(frame, FRAME_SELF), sp);
  let price = GAS_SLOAD;
  if (hasAccessSet) price = isSlotWarm(found) ? WARM_READ : COLD_SLOT;
  const gas = load<i64>(frame, FRAME_GAS) - price;
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (!loadSlot(found)) return SUSPENDED;
  if (hasAccessSet) warmSlotRecord(found);
  keepGas(frame, gas);
  copy32(sp, found + SLOT_CURRENT);
  return OK;
}
