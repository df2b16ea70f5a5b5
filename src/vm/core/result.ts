/** What the core leaves in its RESULT window and in its logs, as the host's values. */
import { EMPTY_BYTES } from '../../primitives/bytes.js';
import { haltReason } from '../halt.js';
import type { Log, MessageResult } from '../vm.js';
import {
  LOGS,
  RESULT_CREATED,
  RESULT_CREATED_FLAG,
  RESULT_GAS_LEFT,
  RESULT_HALT,
  RESULT_LOG_COUNT,
  RESULT_OUTPUT,
  RESULT_OUTPUT_LENGTH,
  RESULT_REFUND,
  RESULT_SUCCESS,
} from './layout.js';
import type { CoreMemory } from './memory.js';

/** A log's record: address, number of topics, length of its data, topics, data; the next one is aligned. */
const LOG_TOPIC_COUNT = 32;
const LOG_DATA_LENGTH = 36;
const LOG_TOPICS = 40;
const LOG_ALIGNMENT = 8;

export function messageResult(memory: CoreMemory): MessageResult {
  const success = memory.word(RESULT_SUCCESS) !== 0;
  const halt = memory.word(RESULT_HALT);
  const length = memory.word(RESULT_OUTPUT_LENGTH);
  return {
    success,
    gasLeft: memory.u64At(RESULT_GAS_LEFT),
    refund: BigInt.asIntN(64, memory.u64At(RESULT_REFUND)),
    logs: logs(memory),
    output: length === 0 ? EMPTY_BYTES : memory.copy(memory.word(RESULT_OUTPUT), length),
    created: memory.word(RESULT_CREATED_FLAG) === 0 ? null : memory.addressAt(RESULT_CREATED),
    halt: success ? null : haltReason(halt),
  };
}

function logs(memory: CoreMemory): Log[] {
  const logs: Log[] = [];
  const count = memory.word(RESULT_LOG_COUNT);
  let at = LOGS;
  for (let i = 0; i < count; i++) {
    const topics: Uint8Array[] = [];
    const topicCount = memory.word(at + LOG_TOPIC_COUNT);
    for (let t = 0; t < topicCount; t++) topics.push(memory.bytes32At(at + LOG_TOPICS + 32 * t));
    const data = at + LOG_TOPICS + 32 * topicCount;
    const length = memory.word(at + LOG_DATA_LENGTH);
    logs.push({ address: memory.addressAt(at), topics, data: memory.copy(data, length) });
    at = Math.ceil((data + length) / LOG_ALIGNMENT) * LOG_ALIGNMENT;
  }
  return logs;
}
