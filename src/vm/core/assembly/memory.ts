/**
 * The EVM's memories. A frame's memory begins where its caller's ends, for only the innermost frame
 * runs and may grow; all of them lie in the last window, which grows with the module's memory.
 */
import { fits64, isZero32 } from './bits';
import { hostGrown } from './host';
import { FRAME_GAS, FRAME_MEMORY, FRAME_MEMORY_SIZE } from './layout';
import { outOfMemory } from './limits';

/** Memory up to here can be addressed by a pointer; more costs more gas than exists. */
const MAX_END: u64 = 0xffff0000;
/** Pages by which the module's memory grows at least. */
const GROWTH: i32 = 256;
/** Readable bytes behind the last memory, for loads that reach past an immediate. */
const MARGIN: u64 = 0x1000;

/** Makes the module's memory reach to `end`. */
export function reserve(end: u64): void {
  const needed = <i32>((end + MARGIN + 0xffff) >> 16);
  const present = memory.size();
  if (needed <= present) return;
  if (needed > 0x10000) outOfMemory();
  if (memory.grow(max(needed - present, GROWTH)) < 0 && memory.grow(needed - present) < 0) outOfMemory();
  hostGrown();
}

/** End of what any memory has reached so far: beyond it the module's memory is still zero. */
let reached: usize = 0;

/** Counts the bytes up to `end` as written. They go on from what was reached before, or lie below it. */
@inline
export function markReached(end: usize): void {
  if (end > reached) reached = end;
}

/** Makes the bytes from `from` to `end` zero. What was never reached is not touched, so that it costs no real memory. */
@inline
function clear(from: usize, end: usize): void {
  if (from < reached) memory.fill(from, 0, min(end, reached) - from);
  markReached(end);
}

/** Price of a memory of so many words (yellow paper, equation 328: C_mem). */
@inline
export function memoryPrice(words: u64): i64 {
  return <i64>(3 * words + ((words * words) >> 9));
}

/** Extends the frame's memory to `end` bytes. The gas left of `gas`; negative where it does not suffice. */
export function expand(frame: usize, end: u64, gas: i64): i64 {
  const size = load<u32>(frame, FRAME_MEMORY_SIZE);
  if (end <= <u64>size) return gas;
  if (end > MAX_END) return -1;
  const words = (end + 31) >> 5;
  const left = gas - (memoryPrice(words) - memoryPrice(<u64>(size >> 5)));
  if (left < 0) return left;
  const base = load<usize>(frame, FRAME_MEMORY);
  reserve(<u64>base + (words << 5));
  clear(base + size, base + <usize>(words << 5));
  store<u32>(frame, <u32>(words << 5), FRAME_MEMORY_SIZE);
  return left;
}

/** End of the range that two stack items name: 0 where its length is 0; 2^64 - 1 where it is out of reach. */
export function rangeEnd(offset: usize, length: usize): u64 {
  if (isZero32(length)) return 0;
  if (!fits64(offset) || !fits64(length)) return u64.MAX_VALUE;
  const from = load<u64>(offset);
  const size = load<u64>(length);
  return from > MAX_END || size > MAX_END ? u64.MAX_VALUE : from + size;
}

/** `expand` to the range that two stack items name. */
@inline
export function expandTo(frame: usize, offset: usize, length: usize, gas: i64): i64 {
  return expand(frame, rangeEnd(offset, length), gas);
}

/** Words of 32 bytes that hold `length` bytes. */
@inline
export function wordsOf(length: usize): i64 {
  return <i64>((load<u64>(length) + 31) >> 5);
}

/** Stores the gas left; the status that goes with it. */
@inline
export function keepGas(frame: usize, gas: i64): void {
  store<i64>(frame, gas, FRAME_GAS);
}
