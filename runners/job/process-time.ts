/** Processor time of another process, so that limits do not depend on what else a machine does. */
import { existsSync, readFileSync } from 'node:fs';
import { watchedTime } from './watched-time.js';

/** Clock ticks of /proc per second: fixed in the kernel's interface on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** Whether this system tells the processor time of other processes. */
export const hasProcessTime = existsSync('/proc/self/stat');

/** Processor time of a process with all its threads, seconds; wall time where the system has no /proc. */
export function processTime(pid: number | undefined): number {
  if (!hasProcessTime) return watchedTime() / 1000;
  try {
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th word after it.
    const words = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ') ?? [];
    return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
  } catch (error) {
    // It has just ended, and its end is on the way.
    if (/^(?:ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}
