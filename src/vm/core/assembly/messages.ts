/** A message from start to end: its set-up, the loop over frames, and what becomes of a frame that ends. */
import { warmAccount } from './access';
import {
  account,
  canPay,
  codeOf,
  delegate,
  hasCode,
  loadAccount,
  touch,
  transfer,
} from './accounts';
import { copy32, isZero32, storeU64 } from './bits';
import { call } from './calls';
import { collides, create, createAddress, deposit, establish, loadTarget, pushCreation } from './create';
import { interpret, interpretTraced } from './dispatch';
import {
  clearFrames,
  noFrames,
  popFrame,
  pushCall,
  returnData,
  returnDataLength,
  setFrameData,
  setRefund,
  setReturnData,
  top,
} from './frames';
import { hostLeave } from './host';
import { clearJournal, journalMark, revertTo } from './journal';
import {
  ACCOUNT_NONCE,
  CALLDATA,
  DATA_LENGTH,
  EIP158,
  FRAME_CREATION,
  FRAME_FLAGS,
  FRAME_GAS,
  FRAME_JOURNAL_MARK,
  FRAME_LOG_COUNT,
  FRAME_LOG_MARK,
  FRAME_OUTPUT,
  FRAME_OUTPUT_LENGTH,
  FRAME_REFUND,
  FRAME_SELF,
  FRAME_SP,
  HALT_BALANCE,
  HALT_COLLISION,
  HALT_PRECOMPILE,
  IS_CREATE,
  LOGS,
  MESSAGE_CALLER,
  MESSAGE_GAS,
  MESSAGE_TO,
  MESSAGE_VALUE,
  OK,
  ACCOUNT_PRECOMPILE,
  RESULT_CREATED,
  RETURN_DATA,
  RETURNED,
  SCRATCH_ADDRESS,
  SUSPENDED,
  TRACE,
} from './layout';
import { fits, LIMIT_RETURN_DATA } from './limits';
import { clearLogs, truncateLogs } from './logs';
import { keepGas } from './memory';
import { runPrecompile } from './precompiles';
import { storeCounts, writeResult } from './result';
import { fork, nextMessage } from './rules';
import { selfdestruct } from './selfdestruct';
import { settleSlots } from './slots';
import { settleAccounts } from './storage';
import { clearTransient } from './transient';

const PHASE_IDLE: u32 = 0;
/** The message waits for its set-up, which may be blocked itself. */
const PHASE_ENTER: u32 = 1;
const PHASE_RUN: u32 = 2;
const PHASE_DONE: u32 = 3;

const RUN_DONE: i32 = 0;
const RUN_BLOCKED: i32 = 1;

let phase: u32 = 0;
/** Messages of this incarnation that have ended. */
let settled: u32 = 0;

/** What the innermost frame returned or reverted with, still in its memory. */
let output: usize = 0;
let outputLength: u32 = 0;

export function setOutput(pointer: usize, length: u32): void {
  output = pointer;
  outputLength = length;
}

export function clearMessages(): void {
  phase = PHASE_IDLE;
  settled = 0;
}

/** True while frames of the incarnation's first message stand. */
export function isInFrames(): bool {
  return phase == PHASE_RUN && settled == 0;
}

/** Goes on with the frames of an incarnation's first message. */
export function restoreMessages(): void {
  phase = PHASE_RUN;
  settled = 0;
}

/** Takes a message from the parameter block. */
export function start(): void {
  if (settled > 0) settleSlots();
  clearJournal();
  clearLogs();
  clearFrames();
  clearTransient();
  phase = PHASE_ENTER;
}

/** Ends the message with a status. */
function conclude(status: i32, gas: i64, pointer: usize, length: u32): void {
  writeResult(status, gas, pointer, length);
  phase = PHASE_DONE;
}

/** Sets up a message to an account. */
function enterCall(): i32 {
  const caller = account(MESSAGE_CALLER);
  const target = account(MESSAGE_TO);
  const movesValue = !isZero32(MESSAGE_VALUE);
  if (movesValue && !loadAccount(caller)) return SUSPENDED;
  if (!loadAccount(target)) return SUSPENDED;
  const delegated = delegate(target);
  if (delegated != 0) {
    if (!loadAccount(delegated)) return SUSPENDED;
    // EIP-7702: the delegation of a transaction's target is reached with it.
    warmAccount(delegated);
  }
  const gas = load<i64>(MESSAGE_GAS);
  if (movesValue && !canPay(caller, MESSAGE_VALUE)) {
    conclude(HALT_BALANCE, gas, 0, 0);
    return OK;
  }
  const mark = journalMark();
  if (caller != target) transfer(caller, target, MESSAGE_VALUE);
  touch(target);
  const length = load<u32>(DATA_LENGTH);
  const precompile = load<u32>(target, ACCOUNT_PRECOMPILE);
  const source = delegated != 0 ? delegated : target;
  if (precompile != 0) {
    const left = runPrecompile(precompile, CALLDATA, length, gas);
    if (left < 0) {
      revertTo(mark);
      conclude(HALT_PRECOMPILE, 0, 0, 0);
    } else {
      conclude(RETURNED, left, returnData, returnDataLength);
    }
  } else if (!hasCode(source)) {
    conclude(RETURNED, gas, 0, 0);
  } else {
    pushCall(codeOf(source), target, caller, MESSAGE_VALUE, gas, 0, mark);
    setFrameData(CALLDATA, length);
    phase = PHASE_RUN;
  }
  return OK;
}

/** Sets up a message that creates a contract. The caller's nonce has been raised by the transaction. */
function enterCreation(): i32 {
  const caller = account(MESSAGE_CALLER);
  if (!loadAccount(caller)) return SUSPENDED;
  createAddress(caller, load<u64>(caller, ACCOUNT_NONCE) - 1);
  const target = account(SCRATCH_ADDRESS);
  if (!loadTarget(target)) return SUSPENDED;
  copy32(RESULT_CREATED, target);
  warmAccount(target);
  const gas = load<i64>(MESSAGE_GAS);
  if (!canPay(caller, MESSAGE_VALUE)) {
    conclude(HALT_BALANCE, gas, 0, 0);
  } else if (collides(target)) {
    conclude(HALT_COLLISION, 0, 0, 0);
  } else {
    const mark = journalMark();
    establish(target, caller, MESSAGE_VALUE);
    const length = load<u32>(DATA_LENGTH);
    if (length == 0) {
      conclude(RETURNED, gas, 0, 0);
    } else {
      pushCreation(target, caller, MESSAGE_VALUE, CALLDATA, length, gas, mark);
      phase = PHASE_RUN;
    }
  }
  return OK;
}

/** Ends the innermost frame with a status; the message where it was its own. */
function leave(ending: i32): void {
  const frame = top;
  if (load<u32>(TRACE) != 0) hostLeave(frame, ending);
  const creation = (load<u32>(frame, FRAME_FLAGS) & FRAME_CREATION) != 0;
  let status = ending;
  if (status == RETURNED && creation) {
    const halt = deposit(frame, output, outputLength);
    if (halt != OK) status = halt;
    outputLength = 0;
  }
  if (status < RETURNED) {
    keepGas(frame, 0);
    outputLength = 0;
  }
  if (status != RETURNED) {
    revertTo(load<usize>(frame, FRAME_JOURNAL_MARK));
    truncateLogs(load<usize>(frame, FRAME_LOG_MARK), load<u32>(frame, FRAME_LOG_COUNT));
    setRefund(load<i64>(frame, FRAME_REFUND));
  }
  popFrame();
  if (noFrames()) {
    conclude(status, load<i64>(frame, FRAME_GAS), output, outputLength);
  } else {
    returnTo(top, frame, status, creation);
  }
}

/** Hands gas, output and result of an ended frame to its caller. */
function returnTo(caller: usize, frame: usize, status: i32, creation: bool): void {
  keepGas(caller, load<i64>(caller, FRAME_GAS) + load<i64>(frame, FRAME_GAS));
  const length = outputLength;
  if (length > 0) {
    // The frame's memory is free from here on: the caller's may grow over it.
    fits(RETURN_DATA, <u64>length, LOGS, LIMIT_RETURN_DATA);
    memory.copy(RETURN_DATA, output, length);
    if (!creation) {
      const wanted = min(length, load<u32>(frame, FRAME_OUTPUT_LENGTH));
      if (wanted > 0) memory.copy(load<usize>(frame, FRAME_OUTPUT), RETURN_DATA, wanted);
    }
  }
  setReturnData(RETURN_DATA, length);
  if (status != RETURNED) return;
  const sp = load<usize>(caller, FRAME_SP);
  if (creation) copy32(sp, load<usize>(frame, FRAME_SELF));
  else storeU64(sp, 1);
}

/** Executes an instruction that the dispatch leaves to the loop. */
function operate(frame: usize, opcode: i32): i32 {
  switch (opcode) {
    case 0xf0:
    case 0xf5:
      return create(frame, opcode);
    case 0xff: {
      const status = selfdestruct(frame, load<usize>(frame, FRAME_SP));
      if (status != OK) return status;
      setOutput(0, 0);
      return RETURNED;
    }
    default:
      return call(frame, opcode);
  }
}

/** Runs the message on: 0 where it is done, 1 where a read is blocked. */
export function run(): i32 {
  if (phase == PHASE_ENTER) {
    const status = load<u32>(IS_CREATE) != 0 ? enterCreation() : enterCall();
    if (status == SUSPENDED) return RUN_BLOCKED;
  }
  const traced = load<u32>(TRACE) != 0;
  while (phase == PHASE_RUN) {
    let status = traced ? interpretTraced(top) : interpret(top);
    if (status >= 0xf0) status = operate(top, status);
    if (status == OK) continue;
    if (status == SUSPENDED) return RUN_BLOCKED;
    leave(status);
  }
  return RUN_DONE;
}

/** Ends the transaction: 1, or 0 where a read is blocked. */
export function finish(): i32 {
  if (!settleAccounts(fork >= EIP158)) return 0;
  nextMessage();
  clearJournal();
  settled++;
  phase = PHASE_IDLE;
  storeCounts();
  return 1;
}
