/**
 * Entry point of a thread that takes part in schedules, one after the other. What it does in each is told by the
 * module that its task names.
 */
import { parentPort } from 'node:worker_threads';
import { Baton } from './baton.js';
import { ScheduleStopped } from './errors.js';
import { holdBaton, installHooks } from './hooks.js';
import type { ScheduleMemory } from './words.js';

export interface ThreadTask {
  readonly run: number;
  readonly memory: ScheduleMemory;
  readonly worker: number;
  /** URL of a {@link ThreadModule}. */
  readonly module: string;
  readonly data: unknown;
}

export interface ThreadModule {
  /** Sets up what it needs, calls `ready`, and then takes part in the schedule until it returns. */
  work(data: unknown, ready: () => void): void | Promise<void>;
}

/** What the thread says: that it waits for its first turn, and that it is through. */
export type ThreadMessage =
  | { readonly type: 'ready'; readonly run: number }
  | { readonly type: 'ended'; readonly run: number; readonly failure: string | null };

const port = parentPort;
if (port === null) throw new Error('this module is the entry point of a thread');
installHooks();

async function take({ run, memory, worker, module, data }: ThreadTask): Promise<ThreadMessage> {
  const baton = new Baton(memory, worker);
  let failure: string | null = null;
  try {
    const { work } = (await import(module)) as ThreadModule;
    await work(data, () => {
      port?.postMessage({ type: 'ready', run } satisfies ThreadMessage);
      baton.enter();
      holdBaton(baton);
    });
  } catch (error) {
    if (!(error instanceof ScheduleStopped)) {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  } finally {
    holdBaton(null);
    baton.leave(failure !== null);
  }
  return { type: 'ended', run, failure };
}

port.on('message', (task: ThreadTask) => {
  void take(task).then((message) => port.postMessage(message));
});
