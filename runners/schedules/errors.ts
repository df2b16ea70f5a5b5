/** What ends a schedule before its workers have left. */

export const SCHEDULE_ERRORS = [
  'DEADLOCK',
  'LIVELOCK',
  'STALLED',
  'INFEASIBLE',
  'LOG_FULL',
  'ABANDONED',
  'WORKER_FAILED',
] as const;
/**
 * - `DEADLOCK`: every worker waits for something that nobody is left to do.
 * - `LIVELOCK`: the bound on scheduling points was reached.
 * - `STALLED`: the running worker has not come to a scheduling point for a long time by the clock.
 * - `INFEASIBLE`: a listed decision names a worker that cannot run then: the list belongs to another program.
 * - `LOG_FULL`: there are more events than the log has room for.
 * - `ABANDONED`: the calling thread gave the schedule up.
 * - `WORKER_FAILED`: a worker threw.
 */
export type ScheduleErrorCode = (typeof SCHEDULE_ERRORS)[number];

export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  constructor(
    readonly code: ScheduleErrorCode,
    /** What each worker was at. */
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** Thrown out of an access, in every thread of a schedule that was given up. */
export class ScheduleStopped extends Error {
  override readonly name = 'ScheduleStopped';
  constructor() {
    super('the schedule was given up');
  }
}
