/** SSTORE and its price through the forks. */
import { equal32, isZero32 } from './bits';
import { COLD_SLOT } from './access';
import { addRefund } from './frames';
import { set256 } from './journal';
import {
  BERLIN,
  CONSTANTINOPLE,
  FRAME_FLAGS,
  FRAME_GAS,
  FRAME_SELF,
  FRAME_STATIC,
  HALT_OUT_OF_GAS,
  HALT_STATIC,
  ISTANBUL,
  LONDON,
  OK,
  SLOT_CURRENT,
  SLOT_ORIGINAL,
  SUSPENDED,
} from './layout';
import { keepGas } from './memory';
import { fork, hasAccessSet } from './rules';
import { isSlotWarm, loadSlot, slot, warmSlotRecord } from './slots';

const SET: i64 = 20000;
const RESET: i64 = 5000;
/** Gas that must be left over, so that a call's stipend cannot write (EIP-2200). */
const SENTRY: i64 = 2300;
/** Refund for clearing a slot; lower from London on (EIP-3529). */
const CLEAR_REFUND: i64 = 15000;
const CLEAR_REFUND_LONDON: i64 = 4800;

/** Yellow paper, before EIP-1283 and between Petersburg and Istanbul: by current and new value only. */
function plainPrice(found: usize, value: usize): i64 {
  const wasZero = isZero32(found + SLOT_CURRENT);
  const isZero = isZero32(value);
  return wasZero && !isZero ? SET : RESET;
}

/**
 * Net metering: EIP-1283, EIP-2200 and EIP-2929 differ in the price of touching a slot that is dirty
 * already, and EIP-2929 takes a cold access out of the price of the first write.
 */
function netPrice(found: usize, value: usize, dirty: i64, reset: i64): i64 {
  if (equal32(found + SLOT_CURRENT, value)) return dirty;
  if (!equal32(found + SLOT_ORIGINAL, found + SLOT_CURRENT)) return dirty;
  return isZero32(found + SLOT_ORIGINAL) ? SET : reset;
}

/** Change of the refund counter under net metering. */
function netRefund(found: usize, value: usize, dirty: i64, reset: i64): i64 {
  const original = found + SLOT_ORIGINAL;
  const current = found + SLOT_CURRENT;
  const clear = fork >= LONDON ? CLEAR_REFUND_LONDON : CLEAR_REFUND;
  if (equal32(current, value)) return 0;
  if (equal32(original, current)) return !isZero32(original) && isZero32(value) ? clear : 0;
  let change: i64 = 0;
  if (!isZero32(original)) {
    if (isZero32(current)) change -= clear;
    else if (isZero32(value)) change += clear;
  }
  if (equal32(original, value)) change += (isZero32(original) ? SET : reset) - dirty;
  return change;
}

export function sstore(frame: usize, sp: usize): i32 {
  if ((load<u32>(frame, FRAME_FLAGS) & FRAME_STATIC) != 0) return HALT_STATIC;
  let gas = load<i64>(frame, FRAME_GAS);
  if (fork >= ISTANBUL && gas <= SENTRY) return HALT_OUT_OF_GAS;
  const found = slot(load<usize>(frame, FRAME_SELF), sp);
  const value = sp + 32;
  if (!loadSlot(found)) return SUSPENDED;
  let change: i64 = 0;
  if (fork == CONSTANTINOPLE || fork >= ISTANBUL) {
    const dirty: i64 = fork >= BERLIN ? 100 : fork >= ISTANBUL ? 800 : 200;
    const reset = fork >= BERLIN ? RESET - COLD_SLOT : RESET;
    gas -= netPrice(found, value, dirty, reset);
    change = netRefund(found, value, dirty, reset);
    if (hasAccessSet && !isSlotWarm(found)) gas -= COLD_SLOT;
  } else {
    gas -= plainPrice(found, value);
    if (!isZero32(found + SLOT_CURRENT) && isZero32(value)) change = CLEAR_REFUND;
  }
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (hasAccessSet) warmSlotRecord(found);
  addRefund(change);
  if (!equal32(found + SLOT_CURRENT, value)) set256(found + SLOT_CURRENT, value);
  keepGas(frame, gas);
  return OK;
}
