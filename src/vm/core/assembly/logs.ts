/** Logs of the message, in the form in which the host reads them (CONTRACT.md). */
import { copy32 } from './bits';
import { JOURNAL, LOGS } from './layout';
import { fits, LIMIT_LOGS } from './limits';

const HEADER: usize = 40;

let top: usize = 0;
let count: u32 = 0;

export function clearLogs(): void {
  top = LOGS;
  count = 0;
}

@inline
export function logMark(): usize {
  return top;
}

@inline
export function logCount(): u32 {
  return count;
}

/** Drops the logs since a mark. */
@inline
export function truncateLogs(mark: usize, number: u32): void {
  top = mark;
  count = number;
}

/** Appends a log of the account `record`; the topics are the `number` stack items at `topics`. */
export function appendLog(record: usize, topics: usize, number: u32, from: usize, length: u32): void {
  fits(top, <u64>HEADER + 32 * <u64>number + <u64>length + 8, JOURNAL, LIMIT_LOGS);
  copy32(top, record);
  store<u32>(top, number, 32);
  store<u32>(top, length, 36);
  let at = top + HEADER;
  for (let i: u32 = 0; i < number; i++, at += 32) copy32(at, topics + 32 * <usize>i);
  if (length > 0) memory.copy(at, from, length);
  top = (at + length + 7) & ~(<usize>7);
  count++;
}
