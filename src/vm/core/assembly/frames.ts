/** Call frames: explicit records, so that calls nest without recursion and a run can stop anywhere. */
import { copy32 } from './bits';
import { analyse, codeObjectSize, copyAbsent, isAbsent, sealCode } from './code';
import {
  CODE_BITMAP,
  CODE_BYTES,
  CODE_LENGTH,
  FRAME_BITMAP,
  FRAME_CALLER,
  FRAME_CODE,
  FRAME_CODE_LENGTH,
  FRAME_DATA,
  FRAME_DATA_LENGTH,
  FRAME_FLAGS,
  FRAME_GAS,
  FRAME_JOURNAL_MARK,
  FRAME_LOG_COUNT,
  FRAME_LOG_MARK,
  FRAME_MEMORY,
  FRAME_MEMORY_SIZE,
  FRAME_OUTPUT,
  FRAME_OUTPUT_LENGTH,
  FRAME_PC,
  FRAME_REFUND,
  FRAME_SELF,
  FRAME_SIZE,
  FRAME_SP,
  FRAME_STACK_BASE,
  FRAME_VALUE,
  FRAMES,
  EVM_MEMORY,
  MAX_DEPTH,
  STACKS_END,
} from './layout';
import { logCount, logMark } from './logs';
import { markReached, reserve } from './memory';

const NO_FRAME: usize = FRAMES - FRAME_SIZE;

/** The innermost frame. */
export let top: usize = 0;
/** Refund counter of the message; may be below zero in a frame. */
export let refund: i64 = 0;
/** What the last call of the innermost frame returned. */
export let returnData: usize = 0;
export let returnDataLength: u32 = 0;

export function clearFrames(): void {
  top = NO_FRAME;
  refund = 0;
  returnData = 0;
  returnDataLength = 0;
}

/** Goes on with frames that stand in their window already. */
export function restoreFrames(innermost: usize, counter: i64, data: usize, length: u32): void {
  top = innermost;
  refund = counter;
  returnData = data;
  returnDataLength = length;
}

@inline
export function addRefund(amount: i64): void {
  refund += amount;
}

export function setRefund(value: i64): void {
  refund = value;
}

@inline
export function setReturnData(pointer: usize, length: u32): void {
  returnData = pointer;
  returnDataLength = length;
}

/** True where no frame is left. */
@inline
export function noFrames(): bool {
  return top == NO_FRAME;
}

@inline
export function popFrame(): void {
  top -= FRAME_SIZE;
}

/** Whether the innermost frame may call (yellow paper: depth at most 1024). */
@inline
export function mayNest(): bool {
  return top < FRAMES + <usize>MAX_DEPTH * FRAME_SIZE;
}

/** Where the next frame's memory begins. */
export function freeMemory(): usize {
  if (noFrames()) return EVM_MEMORY;
  return load<usize>(top, FRAME_MEMORY) + load<u32>(top, FRAME_MEMORY_SIZE);
}

/**
 * Pushes a frame that runs the code object `code` on the account `self`. `caller` and `value` point at 32
 * bytes. Data, output and flags are 0 until `setFrameData` and `setFrameOutput`. `mark` is the journal's
 * mark to which its failure goes back.
 */
export function pushFrame(
  code: usize,
  self: usize,
  caller: usize,
  value: usize,
  gas: i64,
  flags: u32,
  mark: usize,
  memoryBase: usize,
): void {
  const stack = noFrames() ? STACKS_END : load<usize>(top, FRAME_SP);
  const frame = top + FRAME_SIZE;
  if (load<u32>(code, CODE_BITMAP) == 0) analyse(code);
  reserve(<u64>memoryBase);
  store<usize>(frame, code + CODE_BYTES, FRAME_PC);
  store<usize>(frame, stack, FRAME_SP);
  store<usize>(frame, stack, FRAME_STACK_BASE);
  store<usize>(frame, memoryBase, FRAME_MEMORY);
  store<u32>(frame, 0, FRAME_MEMORY_SIZE);
  store<u32>(frame, flags, FRAME_FLAGS);
  store<i64>(frame, gas, FRAME_GAS);
  store<usize>(frame, code + CODE_BYTES, FRAME_CODE);
  store<u32>(frame, load<u32>(code, CODE_LENGTH), FRAME_CODE_LENGTH);
  store<u32>(frame, load<u32>(code, CODE_BITMAP), FRAME_BITMAP);
  store<u64>(frame, 0, FRAME_DATA);
  store<u32>(frame, 0, FRAME_OUTPUT);
  store<u32>(frame, 0, FRAME_OUTPUT_LENGTH);
  store<usize>(frame, mark, FRAME_JOURNAL_MARK);
  store<usize>(frame, logMark(), FRAME_LOG_MARK);
  store<u32>(frame, logCount(), FRAME_LOG_COUNT);
  store<i64>(frame, refund, FRAME_REFUND);
  store<usize>(frame, self, FRAME_SELF);
  copy32(frame + FRAME_CALLER, caller);
  copy32(frame + FRAME_VALUE, value);
  top = frame;
  setReturnData(0, 0);
}

/**
 * Pushes the frame of a call to `code`. A stub's bytes are put behind the calling frame's memory, and live
 * as long as the frame.
 */
export function pushCall(
  code: usize,
  self: usize,
  caller: usize,
  value: usize,
  gas: i64,
  flags: u32,
  mark: usize,
): void {
  let object = code;
  let memoryBase = freeMemory();
  if (isAbsent(code)) {
    object = memoryBase;
    const length = load<u32>(code, CODE_LENGTH);
    memoryBase = reserveCode(object, length);
    copyAbsent(code, 0, length, object + CODE_BYTES);
    sealCode(object, length);
  }
  pushFrame(object, self, caller, value, gas, flags, mark, memoryBase);
}

/** Makes room at `object`, the end of the memory in use, for `length` bytes of code; the end of the object. */
export function reserveCode(object: usize, length: u32): usize {
  const end = <u64>object + codeObjectSize(length);
  reserve(end);
  // A later memory that grows over this place must not find the code in it.
  markReached(<usize>end);
  return <usize>end;
}

/** Gives the innermost frame its input. */
@inline
export function setFrameData(pointer: usize, length: u32): void {
  store<usize>(top, pointer, FRAME_DATA);
  store<u32>(top, length, FRAME_DATA_LENGTH);
}

/** Says where the innermost frame's caller wants its output. */
@inline
export function setFrameOutput(pointer: usize, length: u32): void {
  store<usize>(top, pointer, FRAME_OUTPUT);
  store<u32>(top, length, FRAME_OUTPUT_LENGTH);
}
