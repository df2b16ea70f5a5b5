/**
 * CALL, CALLCODE, DELEGATECALL and STATICCALL (yellow paper, section 8; EIP-7, EIP-150, EIP-158, EIP-214,
 * EIP-2929, EIP-7702).
 */
import { accessPrice, WARM_READ, warmAccount } from './access';
import {
  account,
  accountExists,
  canPay,
  codeOf,
  delegate,
  hasCode,
  isEmptyAccount,
  loadAccount,
  touch,
  transfer,
} from './accounts';
import { fits64, isZero32, storeU64 } from './bits';
import { GAS_CALL } from './dispatch';
import {
  mayNest,
  pushCall,
  returnData,
  returnDataLength,
  setFrameData,
  setFrameOutput,
  setReturnData,
} from './frames';
import { journalMark, revertTo } from './journal';
import {
  ACCOUNT_PRECOMPILE,
  EIP150,
  EIP158,
  FRAME_CALLER,
  FRAME_FLAGS,
  FRAME_GAS,
  FRAME_MEMORY,
  FRAME_PC,
  FRAME_SELF,
  FRAME_SP,
  FRAME_STATIC,
  FRAME_VALUE,
  HALT_OUT_OF_GAS,
  HALT_STATIC,
  OK,
  PRAGUE,
  SUSPENDED,
  ZERO_VALUE,
} from './layout';
import { expand, keepGas, rangeEnd } from './memory';
import { runPrecompile } from './precompiles';
import { fork } from './rules';

const CALL: i32 = 0xf1;
const CALLCODE: i32 = 0xf2;
const DELEGATECALL: i32 = 0xf4;
const STATICCALL: i32 = 0xfa;

const VALUE_GAS: i64 = 9000;
const STIPEND: i64 = 2300;
const NEW_ACCOUNT_GAS: i64 = 25000;

/** Gas that a call or creation may take at most of `gas`: all but a 64th (EIP-150). */
@inline
export function allButOne64th(gas: i64): i64 {
  return gas - (gas >> 6);
}

/** Ends an instruction that called: `result` replaces its arguments, and the caller goes on behind it. */
export function resume(frame: usize, sp: usize, result: u64): void {
  storeU64(sp, result);
  store<usize>(frame, sp, FRAME_SP);
  store<usize>(frame, load<usize>(frame, FRAME_PC) + 1, FRAME_PC);
}

/** Price of a CALL's target that comes into being (yellow paper: C_NEW; EIP-158 asks for a value, and for emptiness). */
function newAccountPrice(target: usize, movesValue: bool): i64 {
  if (fork < EIP158) return accountExists(target) ? 0 : NEW_ACCOUNT_GAS;
  return movesValue && isEmptyAccount(target) ? NEW_ACCOUNT_GAS : 0;
}

/** Executes a call instruction of the frame, whose PC stands on it. OK: go on with the innermost frame. */
export function call(frame: usize, opcode: i32): i32 {
  const sp = load<usize>(frame, FRAME_SP);
  const takesValue = opcode == CALL || opcode == CALLCODE;
  const isStatic = (load<u32>(frame, FRAME_FLAGS) & FRAME_STATIC) != 0;
  const value = takesValue ? sp + 64 : ZERO_VALUE;
  const movesValue = takesValue && !isZero32(value);
  if (opcode == CALL && movesValue && isStatic) return HALT_STATIC;

  // Arguments: gas, address, [value,] input offset and length, output offset and length.
  const ranges = takesValue ? sp + 96 : sp + 64;
  const end = max(rangeEnd(ranges, ranges + 32), rangeEnd(ranges + 64, ranges + 96));
  const before = expand(frame, end, load<i64>(frame, FRAME_GAS));
  if (before < 0) return HALT_OUT_OF_GAS;
  // The memory has grown and is paid for; whatever follows may be done again after a blocked read.
  keepGas(frame, before);

  const target = account(sp + 32);
  let gas = before - GAS_CALL - accessPrice(target) - (movesValue ? VALUE_GAS : 0);
  // Before EIP-150 a call that asks for more than there is runs out of gas.
  let given = fits64(sp) && <i64>load<u64>(sp) >= 0 ? <i64>load<u64>(sp) : i64.MAX_VALUE;
  if (gas < 0 || (fork < EIP150 && given > gas)) return HALT_OUT_OF_GAS;
  // A call that cannot be made does not read its target, unless the target has a part in the price.
  const self = load<usize>(frame, FRAME_SELF);
  const refused = !mayNest() || (movesValue && !canPay(self, value));
  const priced = fork >= PRAGUE || (opcode == CALL && (movesValue || fork < EIP158));
  if ((priced || !refused) && !loadAccount(target)) return SUSPENDED;
  if (opcode == CALL && priced) gas -= newAccountPrice(target, movesValue);
  const delegated = fork >= PRAGUE ? delegate(target) : 0;
  // The target is reached before the account that it delegates to, and may be the same.
  if (delegated != 0) gas -= delegated == target ? WARM_READ : accessPrice(delegated);
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (delegated != 0 && !refused && !loadAccount(delegated)) return SUSPENDED;

  if (fork >= EIP150) given = min(given, allButOne64th(gas));
  else if (given > gas) return HALT_OUT_OF_GAS;

  // Every read is answered and everything paid: from here on nothing is done twice.
  warmAccount(target);
  if (delegated != 0) warmAccount(delegated);
  gas -= given;
  if (movesValue) given += STIPEND;
  const next = ranges + 96;
  setReturnData(0, 0);
  if (refused) {
    keepGas(frame, gas + given);
    resume(frame, next, 0);
    return OK;
  }

  const mark = journalMark();
  const memoryBase = load<usize>(frame, FRAME_MEMORY);
  const inputLength = isZero32(ranges + 32) ? 0 : <u32>load<u64>(ranges + 32);
  const input = inputLength == 0 ? memoryBase : memoryBase + <usize>load<u64>(ranges);
  const outputLength = isZero32(ranges + 96) ? 0 : <u32>load<u64>(ranges + 96);
  const output = outputLength == 0 ? memoryBase : memoryBase + <usize>load<u64>(ranges + 64);
  const runsOn = opcode == CALL || opcode == STATICCALL ? target : self;
  if (opcode != DELEGATECALL) {
    if (movesValue && runsOn != self) transfer(self, runsOn, value);
    touch(runsOn);
  }

  const precompile = load<u32>(target, ACCOUNT_PRECOMPILE);
  if (precompile != 0) {
    const left = runPrecompile(precompile, input, inputLength, given);
    if (left < 0) revertTo(mark);
    else if (outputLength > 0) {
      const length = min(outputLength, returnDataLength);
      if (length > 0) memory.copy(output, returnData, length);
    }
    keepGas(frame, gas + max<i64>(left, 0));
    resume(frame, next, left < 0 ? 0 : 1);
    return OK;
  }

  const source = delegated != 0 ? delegated : target;
  if (!hasCode(source)) {
    keepGas(frame, gas + given);
    resume(frame, next, 1);
    return OK;
  }
  keepGas(frame, gas);
  resume(frame, next, 0);
  // The callee's stack must not overwrite the caller's, of which the result is the last item.
  const delegates = opcode == DELEGATECALL;
  const flags = isStatic || opcode == STATICCALL ? FRAME_STATIC : 0;
  pushCall(
    codeOf(source),
    runsOn,
    delegates ? frame + FRAME_CALLER : self,
    delegates ? frame + FRAME_VALUE : value,
    given,
    flags,
    mark,
  );
  setFrameData(input, inputLength);
  setFrameOutput(output, outputLength);
  return OK;
}
