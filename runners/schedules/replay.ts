/** Runs one case under one schedule, and hands on the lines of the log. */
import type { VmName } from '../../src/vm/name.js';
import type { PreAllocations } from '../engine/pre-allocations.js';
import type { BlockCases } from '../fixtures/cases.js';
import { closeEngines, createEngines, type Engines } from '../job/engine.js';
import { runBlockCase } from '../job/run-case.js';
import type { CaseOutcome } from '../verdict/result.js';
import { logLines } from './events.js';
import { describeSchedule, scheduleNamed } from './schedule.js';
import { ScheduledRuns } from './scheduled-runs.js';

export interface ReplaySettings {
  readonly vm: VmName;
  /** Name of the schedule. */
  readonly seed: string;
  /** Only this block of the test, the first is 0; null for all. */
  readonly block: number | null;
}

/** Events that a log has room for: 60 MB. */
const LOG_ROOM = 3_000_000;

/**
 * Runs `one` from its start, serially and each block that is asked for also under the schedule. `emit` gets a line that
 * describes each run, its events (`step worker event transaction.incarnation`), and a line with what it came to.
 * Throws `ScheduleNameError`.
 */
export async function replaySchedule(
  one: BlockCases,
  settings: ReplaySettings,
  preAllocations: PreAllocations,
  emit: (line: string) => void,
): Promise<CaseOutcome> {
  scheduleNamed(settings.seed, 0);
  let index: number | null = null;
  const chosen = (): readonly string[] =>
    settings.block === null || index === null || index === settings.block ? [settings.seed] : [];
  // A run that disagrees is run once more, which need not be told.
  let told: number | null | undefined;
  const schedules = new ScheduledRuns(
    settings.vm,
    chosen,
    null,
    (schedule, { log, logged, steps, switches, fingerprint }) => {
      if (told === index && told !== undefined) return;
      told = index;
      emit(`# ${index === null ? '' : `block ${index}, `}schedule ${schedule.name}: ${describeSchedule(schedule)}`);
      for (const line of logLines(log, logged)) emit(line);
      emit(`# ${steps} points, ${switches} switches, fingerprint ${fingerprint.toString(16).padStart(8, '0')}`);
    },
    { logRoom: LOG_ROOM },
  );
  const engines: Engines = {
    ...(await createEngines(settings.vm, [])),
    schedules,
    onBlock: (place) => {
      index = place;
    },
  };
  try {
    return await runBlockCase(engines, one, preAllocations);
  } finally {
    await closeEngines(engines);
  }
}
