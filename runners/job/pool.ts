/**
 * Runs files on a number of job processes. A process that dies, or sits in one case for too long,
 * costs that case and nothing else: the rest of its file goes on in a fresh process. A process that
 * has nothing to do takes over half of the cases that wait behind a long one.
 */
import type { CaseIdentity, FixtureErrorRecord, RunEvent } from '../events/events.js';
import { emptyCoverage } from '../events/tally.js';
import type { FindCompanionIn } from '../fixtures/companions.js';
import type { CaseResult } from '../verdict/verdict.js';
import { describeExit, type JobExit, JobProcess } from './job-process.js';
import type { FileTask, FromJob, JobSettings } from './protocol.js';
import { FileRun, type Part, Slot } from './slot.js';

export interface PoolOptions {
  readonly jobs: number;
  readonly timeoutMs: number;
  readonly settings: JobSettings;
  /** URL of the runner module that every job imports. */
  readonly runner: string;
  readonly emit: (event: RunEvent) => void;
  /** Finds further files that cases ask for; left out, there are none. */
  readonly companion?: FindCompanionIn;
}

/** Job processes cannot be started, or die before they take a file. */
export class JobStartError extends Error {
  override readonly name = 'JobStartError';
  constructor(exit: JobExit) {
    super(`a job process ended before it was ready (${describeExit(exit)})${indented(exit.stderr)}`);
  }
}

const TICK_MS = 100;
/** A case that has run for so long is one for which the cases behind it need not wait. */
const SPLIT_MS = 1000;

export class JobPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[] = [];
  /** Files that wait for a process; at most one per job, so that reading keeps pace with running. */
  readonly #queue: Part[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #failure: Error | null = null;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    for (let number = 0; number < options.jobs; number++) this.#slots.push(new Slot(number));
    for (const slot of this.#slots) this.#start(slot);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Hands over a file as soon as there is room. Resolves at once after `stop`; rejects with {@link JobStartError}. */
  async add(task: FileTask): Promise<void> {
    while (this.#queue.length >= this.#options.jobs && !this.#over()) await this.#change();
    if (this.#failure !== null) throw this.#failure;
    if (this.#stopped) return;
    this.#queue.push({ task, file: new FileRun() });
    this.#dispatch();
  }

  /** Resolves once every file has been run; rejects with {@link JobStartError}. */
  async drain(): Promise<void> {
    while (!this.#over() && (this.#queue.length > 0 || this.#slots.some((slot) => slot.part !== null))) {
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
    const current = (): boolean => slot.process === process && !this.#over();
    const process: JobProcess = new JobProcess(this.#options.settings, this.#options.runner, {
      onMessage: (message) => {
        if (current()) this.#receive(slot, message);
      },
      onExit: (exit) => {
        if (current()) this.#exited(slot, exit);
      },
    });
    slot.process = process;
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.part !== null) continue;
      const part = this.#queue.shift() ?? this.#takeOver();
      if (part === null) break;
      slot.begin(part);
      const { task } = part;
      if (task.skip === 0)
        this.#options.emit({ type: 'file:start', source: task.source, file: task.file, job: slot.number });
      slot.process?.send({ type: 'file', task });
    }
    this.#wake();
  }

  /** Cases from behind the longest running case, for a process that has nothing to do; null where none has to wait. */
  #takeOver(): Part | null {
    const now = performance.now();
    const stuck = this.#slots.filter((slot) => slot.spare > 0 && now - slot.since >= SPLIT_MS);
    const [longest] = stuck.sort((a, b) => a.since - b.since);
    if (longest === undefined) return null;
    const part = longest.give();
    // What the process has started beyond it before it reads this is left out.
    longest.process?.send({ type: 'until', until: longest.until });
    return part;
  }

  #receive(slot: Slot, message: FromJob): void {
    if (message.type === 'ready') {
      slot.ready = true;
      this.#dispatch();
      return;
    }
    if (slot.part === null) return;
    switch (message.type) {
      case 'opened':
        this.#opened(slot, slot.part.task, message);
        break;
      case 'companion':
        void this.#answer(slot.process, message);
        break;
      case 'step':
        if (message.ended !== null) this.#end(slot, message.ended);
        if (message.started !== null && slot.started(message.started)) {
          this.#options.emit({ type: 'case:start', job: slot.number, case: message.started });
        }
        break;
      case 'retire':
        slot.process?.kill();
        this.#release(slot);
        this.#start(slot);
        this.#wake();
        break;
      case 'done':
        if (slot.next < slot.until)
          this.#incomplete(slot.part.task, 'the job process left the file before its last case');
        this.#finish(slot, slot.part);
        this.#dispatch();
        break;
    }
  }

  /** A search that fails is the asking case's affair, which says so where it names its file. */
  async #answer(process: JobProcess | null, message: FromJob & { type: 'companion' }): Promise<void> {
    const { request, source, file, name } = message;
    try {
      const found = (await this.#options.companion?.(source, file, name)) ?? null;
      process?.send({ type: 'companion', request, found, problem: null });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      process?.send({ type: 'companion', request, found: null, problem });
    }
  }

  #opened(slot: Slot, task: FileTask, message: FromJob & { type: 'opened' }): void {
    slot.opened(message.cases);
    // Another part of the file has told the rest.
    if (task.skip > 0) return;
    for (const error of message.errors) this.#options.emit({ type: 'fixture:error', error });
    const { source, file } = task;
    if (message.notRun !== null) this.#options.emit({ type: 'not-run', source, file, ...message.notRun });
  }

  #end(slot: Slot, ended: CaseResult | FixtureErrorRecord): void {
    if (slot.running === null || slot.part === null) return;
    slot.running = null;
    slot.next++;
    slot.part.file.ended++;
    if ('verdict' in ended) this.#options.emit({ type: 'case:end', job: slot.number, result: ended });
    else this.#options.emit({ type: 'fixture:error', error: ended });
  }

  /** The slot is through with its part. */
  #finish(slot: Slot, { task, file }: Part): void {
    slot.part = null;
    if (--file.parts > 0) return;
    this.#options.emit({ type: 'file:end', source: task.source, file: task.file, cases: file.ended });
  }

  /** Takes the slot's part from it; what is left of it goes first, so that its cases stay together. */
  #release(slot: Slot): void {
    const { part } = slot;
    if (part === null) return;
    const rest = slot.rest();
    if (rest === null) {
      this.#finish(slot, part);
      return;
    }
    slot.part = null;
    this.#queue.unshift(rest);
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
    const { part, running } = slot;
    if (running !== null) this.#end(slot, this.#deathOf(slot, running, exit));
    // A process that was busy with cases of another slot takes nothing with it.
    else if (part !== null && !slot.beyond) this.#loseFile(slot, part, exit);
    this.#release(slot);
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
  #loseFile(slot: Slot, part: Part, exit: JobExit): void {
    const why = slot.timedOut ? `no end within ${this.#options.timeoutMs / 1000} s` : describeExit(exit);
    const message = `the job process died outside of a case (${why}); the rest of the file was not run${indented(exit.stderr)}`;
    this.#incomplete(part.task, message);
    this.#finish(slot, part);
  }

  #incomplete({ source, file }: FileTask, message: string): void {
    this.#options.emit({ type: 'fixture:error', error: { source, file, test: null, field: null, message } });
  }

  #tick(): void {
    const now = performance.now();
    for (const slot of this.#slots) {
      if (slot.part === null || slot.timedOut || !slot.isOverdue(now, this.#options.timeoutMs)) continue;
      slot.timedOut = true;
      slot.process?.kill();
    }
    this.#dispatch();
  }
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `\n    ${line}`).join('');
}
