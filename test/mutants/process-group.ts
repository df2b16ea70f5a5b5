/** What the processes of one group do, as far as the system tells (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { hasProcessTime } from '../../runners/job/process-time.js';

/** Words of /proc/PID/stat behind the name in parentheses, which may itself hold spaces. */
const STATE = 0;
const GROUP = 2;
const USER_TIME = 11;
const SYSTEM_TIME = 12;
/** Of children that have ended. */
const CHILDREN_USER_TIME = 13;
const CHILDREN_SYSTEM_TIME = 14;

/** Clock ticks of /proc per second, as in `runners/job/process-time.ts`. */
const TICKS_PER_SECOND = 100;

function wordsOf(stat: string): string[] {
  return stat.split(') ').pop()?.split(' ') ?? [];
}

/** What has ended meanwhile is no longer there to look at. */
function lookAt<T>(look: () => T, gone: T): T {
  try {
    return look();
  } catch (error) {
    if (/^(?:ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? '')) return gone;
    throw error;
  }
}

function statOf(path: string): string[] {
  return lookAt(() => wordsOf(readFileSync(`${path}/stat`, 'utf8')), []);
}

function hasReadyThread(process: string): boolean {
  const threads = lookAt(() => readdirSync(`${process}/task`), []);
  return threads.some((thread) => statOf(`${process}/task/${thread}`)[STATE] === 'R');
}

/**
 * Tells whether a group had any use of the time that went by. One that waits for what nobody does any more had, and one
 * that turns round and round on a processor too; one that was stopped by a signal, or that found no processor free, had
 * not, and no limit may strike it for that.
 */
export class ProcessGroup {
  private spent = 0;

  constructor(private readonly group: number) {}

  /**
   * Whether the group was held up in the `seconds` since it was last asked. False where the system does not tell.
   */
  heldUp(seconds: number): boolean {
    if (!hasProcessTime) return false;
    let spent = 0;
    let stopped = false;
    let ready = false;
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const words = statOf(`/proc/${name}`);
      if (Number(words[GROUP]) !== this.group) continue;
      for (const word of [USER_TIME, SYSTEM_TIME, CHILDREN_USER_TIME, CHILDREN_SYSTEM_TIME]) {
        spent += Number(words[word]) / TICKS_PER_SECOND;
      }
      stopped ||= words[STATE] === 'T';
      ready ||= hasReadyThread(`/proc/${name}`);
    }
    const used = spent - this.spent;
    this.spent = spent;
    return stopped || (ready && used < seconds / 4);
  }
}
