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
      handlers.onExit({ code, signal, stderr: stderr.slice(-STDERR_LINES) });
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

/** One line: `exit code 134`, `signal SIGKILL`. */
export function describeExit(exit: JobExit): string {
  if (exit.signal !== null) return `signal ${exit.signal}`;
  return exit.code === null ? 'could not be started' : `exit code ${exit.code}`;
}
