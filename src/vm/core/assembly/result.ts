/** The result block: what the host reads after a message (CONTRACT.md). */
import { accountCount } from './accounts';
import { refund } from './frames';
import {
  IS_CREATE,
  LOGS,
  RESULT_ACCOUNT_COUNT,
  RESULT_CREATED_FLAG,
  RESULT_GAS_LEFT,
  RESULT_HALT,
  RESULT_LOG_COUNT,
  RESULT_LOG_END,
  RESULT_OUTPUT,
  RESULT_OUTPUT_LENGTH,
  RESULT_REFUND,
  RESULT_SLOT_COUNT,
  RESULT_SUCCESS,
  RETURNED,
} from './layout';
import { logCount, logMark } from './logs';
import { slotCount } from './slots';

/** Writes how a message ended; a failed one has no logs and no refund. */
export function writeResult(status: i32, gas: i64, output: usize, length: u32): void {
  const success = status == RETURNED;
  store<u32>(RESULT_SUCCESS, success ? 1 : 0);
  store<u32>(RESULT_HALT, success ? 0 : status);
  store<usize>(RESULT_OUTPUT, output);
  store<u32>(RESULT_OUTPUT_LENGTH, length);
  store<i64>(RESULT_GAS_LEFT, gas);
  store<i64>(RESULT_REFUND, success ? refund : 0);
  store<u32>(RESULT_LOG_COUNT, success ? logCount() : 0);
  store<usize>(RESULT_LOG_END, success ? logMark() : LOGS);
  store<u32>(RESULT_CREATED_FLAG, success ? load<u32>(IS_CREATE) : 0);
  storeCounts();
}

/** Writes how many records there are. */
export function storeCounts(): void {
  store<u32>(RESULT_ACCOUNT_COUNT, accountCount());
  store<u32>(RESULT_SLOT_COUNT, slotCount());
}
