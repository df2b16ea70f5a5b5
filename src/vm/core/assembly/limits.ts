/**
 * Ends of windows. An overrun leaves the window's number in the result block and traps: the case is
 * too large for this machine, which its host reports; nothing is ever written past a window.
 */
import { RESULT_LIMIT } from './layout';

export const LIMIT_MEMORY: u32 = 1;
export const LIMIT_RETURN_DATA: u32 = 2;
export const LIMIT_LOGS: u32 = 3;
export const LIMIT_JOURNAL: u32 = 4;
export const LIMIT_ACCOUNTS: u32 = 5;
export const LIMIT_SLOTS: u32 = 6;
export const LIMIT_TRANSIENT: u32 = 7;
export const LIMIT_NEW_CODE: u32 = 8;

function overrun(window: u32): void {
  store<u32>(RESULT_LIMIT, window);
  unreachable();
}

/** Ends the case where `end` lies beyond the window's `limit`. */
@inline
export function within(end: usize, limit: usize, window: u32): void {
  if (end > limit) overrun(window);
}

/** Ends the case where `length` bytes do not fit between `start` and `limit`. */
export function fits(start: usize, length: u64, limit: usize, window: u32): void {
  if (<u64>start + length > <u64>limit) overrun(window);
}

/** Ends the case: the machine's memory cannot grow any further. */
export function outOfMemory(): void {
  overrun(LIMIT_MEMORY);
}
