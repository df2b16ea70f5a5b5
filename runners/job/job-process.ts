/** One job process as the parent sees it: started, given a file at a time, replaced when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromJob, JobSettings, ToJob } from './protocol.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const STDERR_KEPT = 8192;
/** Room for a stack trace, whose first line says what happened. */
const STDERR_LINES = 24;

/** How a process ended. */
export interface JobExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Its last lines on stderr, oldest first. */
  readonly stderr: readonly string[];
  /** What it had run out of, in V8's own words, where it said so; null otherwise. */
  readonly exhausted: string | null;
}

export interface JobHandlers {
  onMessage(message: FromJob): void;
  onExit(exit: JobExit): void;
}

export class JobProcess {
  readonly #child: ChildProcess;
  #stderr = '';
  #ended = false;

  /** `runner` is the URL of a module that exports `createCaseRunner`. */
  constructor(settings: JobSettings, runner: string, handlers: JobHandlers) {
    this.#child = fork(MAIN, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#child.on('message', (message) => handlers.onMessage(message as FromJob));
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (this.#ended) return;
      this.#ended = true;
      const stderr = this.#stderr.split('\n').filter((line) => line.trim() !== '');
      handlers.onExit({ code, signal, stderr: stderr.slice(-STDERR_LINES), exhausted: exhausted(this.#stderr) });
    };
    // `close` comes once stderr is drained; `error` where the process could not even be started.
    this.#child.on('close', end);
    this.#child.on('error', (error) => {
      this.#stderr += `\n${error.message}`;
      if (this.#child.pid === undefined) end(null, null);
    });
    this.send({ type: 'init', settings, runner });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  send(message: ToJob): void {
    // A failed send means that the process is gone, which `close` reports by itself.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** What V8 says last before it ends a process that is out of memory; lines of the stack come after it. */
const FATAL = /^(?:FATAL ERROR|# Fatal process out of memory): *(.*)$/gm;

function exhausted(stderr: string): string | null {
  const last = [...stderr.matchAll(FATAL)].pop()?.[1];
  // `Reached heap limit Allocation failed - JavaScript heap out of memory`: the end says what, the beginning why.
  return last === undefined ? null : (last.split(' - ').pop() as string);
}

/** One line: `exit code 134`, `signal SIGABRT (JavaScript heap out of memory)`. */
export function describeExit({ code, signal, exhausted }: JobExit): string {
  if (signal === null && code === null) return 'could not be started';
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  if (exhausted !== null) return `${end} (${exhausted})`;
  // The pool ends processes by this signal too, but does not ask then how they ended.
  return signal === 'SIGKILL' ? `${end}, from outside: the system sends it where memory runs out` : end;
}
