/** Explains a difference right after the run that showed it, while the executor still holds its memory. */
import { DEFAULT_VM, type InspectedBlock } from '../../src/index.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import { createWatchedExecutor, type Engines } from '../job/engine.js';
import { logLines } from '../schedules/events.js';
import { describeSchedule } from '../schedules/schedule.js';
import { ScheduledRuns } from '../schedules/scheduled-runs.js';
import { type Comparison, compareResults } from '../verdict/compare.js';
import type { Explanation } from '../verdict/explanation.js';
import { explain } from './explain.js';
import { SerialAccesses } from './serial-accesses.js';

/** The two results of one block that differ. */
export interface DifferingResults {
  readonly serial: ExecutionResult;
  readonly parallel: ExecutionResult;
  /** Of the two; serial is the expected side. */
  readonly comparison: Comparison;
}

/** Events that the log of a schedule has room for: 20 MB. */
const LOG_ROOM = 1_000_000;

/**
 * Explains the difference of a run whose memory `inspect` answers, over the engines' database. Null where there is no
 * memory to look into. An engine that is out of order may have left one out of order: where looking at it fails, that
 * is the finding. `events` are lines of the schedule's log.
 */
export async function explainRun(
  engines: Engines,
  block: Block,
  results: DifferingResults,
  inspect: () => InspectedBlock | null,
  events: readonly string[] = [],
): Promise<Explanation | null> {
  try {
    const memory = inspect();
    if (memory === null) return null;
    return explain({ block, ...results, memory, accesses: await serialAccesses(engines, block), events });
  } catch (error) {
    return unexplained(error);
  }
}

async function serialAccesses(engines: Engines, block: Block): Promise<SerialAccesses> {
  const accesses = new SerialAccesses();
  const watched = await createWatchedExecutor(engines.vm ?? DEFAULT_VM, accesses);
  try {
    await watched.execute(engines.database, block);
  } finally {
    await watched.close();
  }
  return accesses;
}

/**
 * Runs the schedule of that name once more, with its log, and explains what it comes to. Null where it does not differ
 * this time, or the engine fails.
 */
export async function explainSchedule(
  engines: Engines,
  block: Block,
  serial: ExecutionResult,
  name: string,
): Promise<Explanation | null> {
  const events: string[] = [];
  const logged = new ScheduledRuns(
    engines.vm ?? DEFAULT_VM,
    () => [name],
    null,
    (schedule, report) => events.push(`# ${describeSchedule(schedule)}`, ...logLines(report.log, report.logged)),
    { logRoom: LOG_ROOM },
  );
  try {
    const { result } = await logged.execute(name, engines.database, block);
    const comparison = result === null ? null : compareResults(serial, result);
    if (result === null || comparison === null) return null;
    return await explainRun(engines, block, { serial, parallel: result, comparison }, () => logged.inspect(), events);
  } finally {
    await logged.close();
  }
}

function unexplained(error: unknown): Explanation {
  const message = error instanceof Error ? error.message : String(error);
  return {
    transaction: null,
    subject: null,
    outcome: [],
    writes: [],
    reads: [],
    finding: `The memory that the block left cannot be made sense of: ${message}`,
    incarnations: [],
    schedule: [],
  };
}
