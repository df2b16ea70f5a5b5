/** One place of the pool: processes come and go in it, and it works on one part of a file at a time. */
import type { CaseIdentity } from '../events/events.js';
import type { JobProcess } from './job-process.js';
import type { ProcessSize } from './process-memory.js';
import { hasProcessTime, processTime } from './process-time.js';
import type { FileTask, JobUsage } from './protocol.js';
import { watchedTime } from './watched-time.js';

/** How many times its limit of processor time a case may take by the clock. */
const PATIENCE = 3;

/** Cases are given away where they would take longer than this: the process that gets them has to read the file again. */
const SPLIT_MS = 1000;

/** A file over all its parts. */
export class FileRun {
  /** Parts that wait or run. */
  parts = 1;
  /** Cases that ended. */
  ended = 0;
  /** A process has begun it; what stands in it besides cases has been told. */
  begun = false;
  told = false;
  /** Processes that died while they were at it, but in none of its cases. */
  losses = 0;
}

/** Cases `task.skip` to `task.until` of a file. */
export interface Part {
  readonly task: FileTask;
  readonly file: FileRun;
}

export class Slot {
  process: JobProcess | null = null;
  ready = false;
  part: Part | null = null;
  /** Number of the case that runs, or comes next. */
  next = 0;
  /** First case that is not the slot's; not known before the file is open. */
  until = Number.POSITIVE_INFINITY;
  running: CaseIdentity | null = null;
  /** The process is at cases that are another slot's: it has not read yet that they were given away. */
  beyond = false;
  /** When the running case, or the opening of the file, began, by {@link watchedTime}. */
  since = 0;
  timedOut = false;
  /** Processes that have ended before they were ready, since the last one that was. */
  failedStarts = 0;
  /** When the part began, and with which case. */
  private began = 0;
  private first = 0;
  /** Processor time of the process that has been accounted for, and that was last seen; milliseconds. */
  private charged = 0;
  private seen = 0;
  private bytes = 0;
  /** Counts what has begun; and which of it the processor time in `spentBefore` belongs to. */
  private turn = 0;
  private seenTurn = -1;
  private spentBefore = 0;

  constructor(readonly number: number) {}

  /**
   * Whether what began at `since` has taken too long at `now`: `limit` milliseconds of its process's processor
   * time, or {@link PATIENCE} times that by the clock, in which it waits for something that does not come. A case
   * then ends alike on an idle machine and on a busy one. To be called now and then while it runs.
   */
  isOverdue(now: number, limit: number): boolean {
    const spent = 1000 * processTime(this.process?.pid ?? undefined);
    if (hasProcessTime) this.seen = spent;
    if (this.seenTurn !== this.turn) {
      this.seenTurn = this.turn;
      this.spentBefore = spent;
    }
    return spent - this.spentBefore >= limit || now - this.since >= (hasProcessTime ? PATIENCE : 1) * limit;
  }

  /** A new process takes the place of the one before. */
  renew(process: JobProcess): void {
    this.process = process;
    this.ready = false;
    this.timedOut = false;
    this.charged = 0;
    this.seen = 0;
    this.bytes = 0;
  }

  /** What the process has used since it was last asked; it says that it has used `cpuMs` since its start. */
  charge(cpuMs: number): number {
    const spent = Math.max(0, cpuMs - this.charged);
    this.charged = Math.max(this.charged, cpuMs);
    return spent;
  }

  /** As {@link charge}, of a message that says more. */
  report({ cpuMs, bytes }: JobUsage): number {
    this.bytes = bytes;
    return this.charge(cpuMs);
  }

  /** As {@link charge}, of a process that has ended and says nothing any more. */
  chargeSeen(): number {
    return this.charge(this.seen);
  }

  /** The process as the memory of the tree is added up; null where there is none. */
  get size(): ProcessSize | null {
    const pid = this.process?.pid ?? null;
    return pid === null ? null : { pid, reportedBytes: this.bytes };
  }

  /** Begins a part, whose task is to be sent to the process. */
  begin(part: Part): void {
    this.part = part;
    this.next = part.task.skip;
    this.until = part.task.until ?? Number.POSITIVE_INFINITY;
    this.running = null;
    this.beyond = false;
    this.since = watchedTime();
    this.turn++;
    this.began = this.since;
    this.first = this.next;
  }

  /** The process has opened the file: it has `cases` cases. */
  opened(cases: number): void {
    this.until = Math.min(this.until, cases);
  }

  /** The process has started a case; answers whether it is one of the slot's. */
  started(identity: CaseIdentity): boolean {
    this.beyond = this.next >= this.until;
    this.running = this.beyond ? null : identity;
    this.since = watchedTime();
    this.turn++;
    return !this.beyond;
  }

  /** What is left of the part after the case that runs; null where nothing is. */
  rest(): Part | null {
    if (this.part === null || this.next >= this.until) return null;
    const { task, file } = this.part;
    return { task: withRange(task, this.next, this.until), file };
  }

  /** Cases that could be given away: those after the one that runs. 0 while nothing is known of them. */
  get spare(): number {
    if (this.part === null || this.running === null || !Number.isFinite(this.until)) return 0;
    return Math.max(0, this.until - this.next - 1);
  }

  /**
   * How long the cases that could be given away have to wait, as far as can be known: for the one that runs, which may
   * have hardly begun; or for one another, if they take as long as those before. Milliseconds, 0 where it is not worth it.
   */
  delay(now: number): number {
    if (this.spare === 0) return 0;
    const running = now - this.since;
    const done = this.next - this.first;
    const expected = done === 0 ? 0 : (this.spare * (this.since - this.began)) / done;
    const longest = Math.max(running, expected);
    return longest >= SPLIT_MS ? longest : 0;
  }

  /** Gives away the later half of the spare cases, at least one. */
  give(): Part {
    if (this.part === null || this.spare === 0) throw new Error('a slot without spare cases has nothing to give');
    const { task, file } = this.part;
    const from = this.until - Math.ceil(this.spare / 2);
    const given = { task: withRange(task, from, this.until), file };
    this.until = from;
    file.parts++;
    return given;
  }
}

function withRange(task: FileTask, skip: number, until: number): FileTask {
  const { until: _, ...rest } = task;
  const whole = { ...rest, skip };
  return Number.isFinite(until) ? { ...whole, until } : whole;
}
