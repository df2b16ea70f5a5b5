/** All faults of the mutation gate. */
import type { Fault } from './fault.js';
import { AREAS } from './fault.js';
import { BALANCE_FAULTS } from './faults/balances.js';
import { BLOCK_RULE_FAULTS } from './faults/block-rules.js';
import { CHAIN_FAULTS } from './faults/chains.js';
import { DECODING_FAULTS } from './faults/decoding.js';
import { ENCODING_FAULTS } from './faults/encodings.js';
import { EXPECTATION_FAULTS } from './faults/expectations.js';
import { FEE_FAULTS } from './faults/fees.js';
import { FIXTURE_FAULTS } from './faults/fixtures.js';
import { LANE_FAULTS } from './faults/lane.js';
import { LOG_FAULTS } from './faults/logs.js';
import { MAPPING_FAULTS } from './faults/mapping.js';
import { MVMEMORY_FAULTS } from './faults/mvmemory.js';
import { PAYLOAD_FAULTS } from './faults/payloads.js';
import { REPLAY_VERDICT_FAULTS } from './faults/replay-verdicts.js';
import { REPORT_FAULTS } from './faults/reports.js';
import { RUN_FAULTS } from './faults/runs.js';
import { SCHEDULER_FAULTS } from './faults/scheduler.js';
import { STATE_FAULTS } from './faults/state.js';
import { TRANSITION_FAULTS } from './faults/transition.js';
import { VERDICT_FAULTS } from './faults/verdicts.js';

const ALL: readonly Fault[] = [
  ...MVMEMORY_FAULTS,
  ...LANE_FAULTS,
  ...SCHEDULER_FAULTS,
  ...FEE_FAULTS,
  ...BALANCE_FAULTS,
  ...MAPPING_FAULTS,
  ...STATE_FAULTS,
  ...TRANSITION_FAULTS,
  ...VERDICT_FAULTS,
  ...REPLAY_VERDICT_FAULTS,
  ...CHAIN_FAULTS,
  ...PAYLOAD_FAULTS,
  ...BLOCK_RULE_FAULTS,
  ...ENCODING_FAULTS,
  ...FIXTURE_FAULTS,
  ...DECODING_FAULTS,
  ...RUN_FAULTS,
  ...EXPECTATION_FAULTS,
  ...LOG_FAULTS,
  ...REPORT_FAULTS,
];

/** By area, in the order of {@link AREAS}. */
export const FAULTS: readonly Fault[] = AREAS.flatMap((area) => ALL.filter((fault) => fault.area === area));
