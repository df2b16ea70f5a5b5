/**
 * Runs files on a number of job processes. A process that dies, or sits in one case for too long,
 * costs that case and nothing else: the rest of its file goes on in a fresh process.
 */
import type { CaseIdentity, FixtureErrorRecord, RunEvent } from '../events/events.js';
import { emptyCoverage } from '../events/tally.js';
import type { CaseResult } from '../verdict/verdict.js';
import { describeExit, type JobExit, JobProcess } from './job-process.js';
import type { FileTask, FromJob, JobSettings } from './protocol.js';

export interface PoolOptions {
  readonly jobs: number;
  readonly timeoutMs: number;
  readonly settings: JobSettings;
  /** URL of the runner module that every job imports. */
  readonly runner: string;
  readonly emit: (event: RunEvent) => void;
}

/** Job processes cannot be started, or die before they take a file. */
export class JobStartError extends Error {
  override readonly name = 'JobStartError';
  constructor(exit: JobExit) {
    super(`a job process ended before it was ready (${describeExit(exit)})${indented(exit.stderr)}`);
  }
}

const TICK_MS = 100;

/** One place in the pool; processes come and go in it. */
class Slot {
  process: JobProcess | null = null;
  ready = false;
  task: FileTask | null = null;
  /** Cases of the task that ended, skipped ones included. */
  ended = 0;
  running: CaseIdentity | null = null;
  /** When the running case, or the opening of the file, began. */
  since = 0;
  timedOut = false;

  constructor(readonly number: number) {}
}

export class JobPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[] = [];
  /** Files that wait for a process; at most one per job, so that reading keeps pace with running. */
  readonly #queue: FileTask[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #failure: Error | null = null;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    for (let number = 0; number < options.jobs; number++) this.#slots.push(new Slot(number));
    for (const slot of this.#slots) this.#start(slot);
    this.#timer = setInterval(() => this.#checkTimeouts(), TICK_MS);
  }

  /** Hands over a file as soon as there is room. Resolves at once after `stop`; rejects with {@link JobStartError}. */
  async add(task: FileTask): Promise<void> {
    while (this.#queue.length >= this.#options.jobs && !this.#over()) await this.#change();
    if (this.#failure !== null) throw this.#failure;
    if (this.#stopped) return;
    this.#queue.push(task);
    this.#dispatch();
  }

  /** Resolves once every file has been run; rejects with {@link JobStartError}. */
  async drain(): Promise<void> {
    while (!this.#over() && (this.#queue.length > 0 || this.#slots.some((slot) => slot.task !== null))) {
      await this.#change();
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends all processes; nothing is emitted any more. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const slot of this.#slots) slot.process?.kill();
    this.#wake();
  }

  #over(): boolean {
    return this.#stopped || this.#failure !== null;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #start(slot: Slot): void {
    slot.ready = false;
    slot.timedOut = false;
    slot.process = new JobProcess(this.#options.settings, this.#options.runner, {
      onMessage: (message) => {
        if (!this.#over()) this.#receive(slot, message);
      },
      onExit: (exit) => {
        if (!this.#over()) this.#exited(slot, exit);
      },
    });
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.task !== null) continue;
      const task = this.#queue.shift();
      if (task === undefined) break;
      slot.task = task;
      slot.ended = task.skip;
      slot.since = performance.now();
      if (task.skip === 0)
        this.#options.emit({ type: 'file:start', source: task.source, file: task.file, job: slot.number });
      slot.process?.send({ type: 'file', task });
    }
    this.#wake();
  }

  #receive(slot: Slot, message: FromJob): void {
    const task = slot.task;
    if (message.type === 'ready') {
      slot.ready = true;
      this.#dispatch();
      return;
    }
    if (task === null) return;
    if (message.type === 'opened') {
      for (const error of message.errors) this.#options.emit({ type: 'fixture:error', error });
      const { source, file } = task;
      if (message.notRun !== null) this.#options.emit({ type: 'not-run', source, file, ...message.notRun });
      return;
    }
    if (message.type === 'step') {
      if (message.ended !== null) this.#end(slot, message.ended);
      slot.running = message.started;
      slot.since = performance.now();
      if (message.started !== null) {
        this.#options.emit({ type: 'case:start', job: slot.number, case: message.started });
      }
      return;
    }
    this.#finish(slot, task);
  }

  #end(slot: Slot, ended: CaseResult | FixtureErrorRecord): void {
    slot.running = null;
    slot.ended++;
    if ('verdict' in ended) this.#options.emit({ type: 'case:end', job: slot.number, result: ended });
    else this.#options.emit({ type: 'fixture:error', error: ended });
  }

  #finish(slot: Slot, task: FileTask): void {
    slot.task = null;
    this.#options.emit({ type: 'file:end', source: task.source, file: task.file, cases: slot.ended });
    this.#dispatch();
  }

  #exited(slot: Slot, exit: JobExit): void {
    if (!slot.ready) {
      this.#failure = new JobStartError(exit);
      clearInterval(this.#timer);
      for (const other of this.#slots) other.process?.kill();
      this.#wake();
      return;
    }
    slot.ready = false;
    const { task, running } = slot;
    if (task !== null) {
      if (running !== null) {
        this.#end(slot, this.#deathOf(slot, running, exit));
        // The rest of the file goes first, so that its cases stay together.
        this.#queue.unshift({ ...task, skip: slot.ended });
        slot.task = null;
      } else {
        this.#loseFile(slot, task, exit);
      }
    }
    this.#start(slot);
    this.#wake();
  }

  #deathOf(slot: Slot, identity: CaseIdentity, exit: JobExit): CaseResult {
    const seconds = this.#options.timeoutMs / 1000;
    const cause = slot.timedOut ? `no end within ${seconds} s` : `the job process died: ${describeExit(exit)}`;
    return {
      ...identity,
      verdict: slot.timedOut ? 'timeout' : 'crashed',
      cause,
      differences: slot.timedOut
        ? []
        : [{ what: 'process', expected: 'alive', actual: [describeExit(exit), ...exit.stderr].join('\n') }],
      block: null,
      transaction: null,
      threads: null,
      coverage: emptyCoverage(),
      milliseconds: Math.round(performance.now() - slot.since),
    };
  }

  /** The process died outside of any case: while decoding, or between two cases. */
  #loseFile(slot: Slot, task: FileTask, exit: JobExit): void {
    const why = slot.timedOut ? `no end within ${this.#options.timeoutMs / 1000} s` : describeExit(exit);
    const message = `the job process died outside of a case (${why}); the rest of the file was not run${indented(exit.stderr)}`;
    const { source, file } = task;
    this.#options.emit({ type: 'fixture:error', error: { source, file, test: null, field: null, message } });
    this.#finish(slot, task);
  }

  #checkTimeouts(): void {
    const now = performance.now();
    for (const slot of this.#slots) {
      if (slot.task === null || slot.timedOut || now - slot.since < this.#options.timeoutMs) continue;
      slot.timedOut = true;
      slot.process?.kill();
    }
  }
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `\n    ${line}`).join('');
}
