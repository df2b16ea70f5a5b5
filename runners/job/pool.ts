/**
 * Runs files on a number of job processes. A process that dies, or sits in one case for too long,
 * costs that case and nothing else: the rest of its file goes on in a fresh process. A process that
 * has nothing to do takes over half of the cases that wait behind a long one.
 */
import type { CaseIdentity, FixtureErrorRecord, RunEvent, RunUsage } from '../events/events.js';
import { emptyCoverage } from '../events/tally.js';
import type { FindCompanionIn } from '../fixtures/companions.js';
import type { CaseResult } from '../verdict/verdict.js';
import { describeExit, type JobExit, JobProcess } from './job-process.js';
import type { ProcessSize } from './process-memory.js';
import type { FileTask, FromJob, JobSettings } from './protocol.js';
import { PartQueue } from './queue.js';
import { FileRun, type Part, Slot } from './slot.js';
import { UsageMeter } from './usage.js';
import { watchedTime } from './watched-time.js';

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
/** Processes of one slot that may end in a row before one is ready, and how much longer each waits than the one before. */
const MOST_STARTS = 4;
const START_DELAY_MS = 200;
/** Processes that may die at a file outside of its cases, before what is left of it is given up. */
const MOST_LOSSES = 3;
/** Ticks between two looks at the memory of all processes. */
const TICKS_PER_SAMPLE = 5;

export class JobPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[] = [];
  readonly #queue = new PartQueue();
  readonly #meter = new UsageMeter(watchedTime);
  readonly #waiting: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #failure: Error | null = null;
  #stopped = false;
  #ticks = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    for (let number = 0; number < options.jobs; number++) this.#slots.push(new Slot(number));
    for (const slot of this.#slots) this.#start(slot);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Hands over a file as soon as there is room; of those that wait, the one of most `weight` goes first. Resolves at
   * once after `stop`; rejects with {@link JobStartError}.
   */
  async add(task: FileTask, weight?: number): Promise<void> {
    while (this.#queue.isFull && !this.#over()) await this.#change();
    if (this.#failure !== null) throw this.#failure;
    if (this.#stopped) return;
    this.#queue.add({ task, file: new FileRun() }, weight);
    this.#dispatch();
  }

  /** Resolves once every file has been run; rejects with {@link JobStartError}. */
  async drain(): Promise<void> {
    while (!this.#over() && (!this.#queue.isEmpty || this.#slots.some((slot) => slot.part !== null))) {
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

  /** Share of what has been added that no process has begun, 0 to 1. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** What the run has cost so far. */
  usage(): RunUsage {
    return this.#meter.conclude();
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
    const current = (): boolean => slot.process === process && !this.#over();
    const process: JobProcess = new JobProcess(this.#options.settings, this.#options.runner, {
      onMessage: (message) => {
        if (current()) this.#receive(slot, message);
      },
      onExit: (exit) => {
        if (current()) this.#exited(slot, exit);
      },
    });
    slot.renew(process);
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.part !== null) continue;
      const part = this.#queue.take() ?? this.#takeOver();
      if (part === null) break;
      slot.begin(part);
      const { task, file } = part;
      this.#meter.began(task.source);
      if (!file.begun)
        this.#options.emit({ type: 'file:start', source: task.source, file: task.file, job: slot.number });
      file.begun = true;
      slot.process?.send({ type: 'file', task });
    }
    this.#wake();
  }

  /** Cases of the slot whose cases would wait longest, for a process that has nothing to do; null where none has to wait. */
  #takeOver(): Part | null {
    const now = watchedTime();
    const [longest] = [...this.#slots].sort((a, b) => b.delay(now) - a.delay(now));
    if (longest === undefined || longest.delay(now) === 0) return null;
    const part = longest.give();
    // What the process has started beyond it before it reads this is left out.
    longest.process?.send({ type: 'until', until: longest.until });
    return part;
  }

  #receive(slot: Slot, message: FromJob): void {
    const spent = this.#account(slot, message);
    if (message.type === 'ready') {
      slot.ready = true;
      slot.failedStarts = 0;
      this.#dispatch();
      return;
    }
    if (slot.part === null) return;
    switch (message.type) {
      case 'opened':
        this.#opened(slot, slot.part, message);
        break;
      case 'companion':
        void this.#answer(slot.process, message);
        break;
      case 'step':
        if (message.ended !== null) this.#end(slot, message.ended, spent);
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

  /** Processor time since the message before, which belongs to the source that the slot is at. */
  #account(slot: Slot, message: FromJob): number {
    if (message.type === 'companion') return 0;
    const spent = 'usage' in message ? slot.report(message.usage) : slot.charge(message.cpuMs);
    this.#meter.spent(slot.part?.task.source ?? null, spent);
    return spent;
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

  #opened(slot: Slot, { task, file }: Part, message: FromJob & { type: 'opened' }): void {
    slot.opened(message.cases);
    // Another part of the file, or another process, may have told the rest.
    if (file.told) return;
    file.told = true;
    for (const error of message.errors) this.#options.emit({ type: 'fixture:error', error });
    const { source } = task;
    if (message.notRun !== null) this.#options.emit({ type: 'not-run', source, file: task.file, ...message.notRun });
  }

  /** The running case has ended, after `spent` milliseconds of processor time. */
  #end(slot: Slot, ended: CaseResult | FixtureErrorRecord, spent: number): void {
    if (slot.running === null || slot.part === null) return;
    const { running: identity, number: job } = slot;
    slot.running = null;
    slot.next++;
    slot.part.file.ended++;
    if (!('verdict' in ended)) {
      this.#options.emit({ type: 'fixture:error', error: ended, case: identity, job });
      return;
    }
    this.#meter.ended(ended.source);
    this.#options.emit({ type: 'case:end', job, result: { ...ended, cpuMilliseconds: Math.round(spent) } });
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
    this.#queue.addRest(rest);
  }

  #exited(slot: Slot, exit: JobExit): void {
    if (!slot.ready) {
      slot.failedStarts++;
      if (slot.failedStarts < MOST_STARTS) {
        this.#startLater(slot);
        return;
      }
      this.#failure = new JobStartError(exit);
      clearInterval(this.#timer);
      for (const other of this.#slots) other.process?.kill();
      this.#wake();
      return;
    }
    slot.ready = false;
    const { part, running } = slot;
    const spent = slot.chargeSeen();
    this.#meter.spent(part?.task.source ?? null, spent);
    if (running !== null) this.#end(slot, this.#deathOf(slot, running, exit), spent);
    // A process that was busy with cases of another slot takes nothing with it.
    else if (part !== null && !slot.beyond && this.#isLost(slot, part)) this.#loseFile(slot, part, exit);
    this.#release(slot);
    this.#start(slot);
    this.#wake();
  }

  /** Starts another process after a while: what ended the one before may be over then. */
  #startLater(slot: Slot): void {
    const begin = (): void => {
      if (!this.#over()) this.#start(slot);
    };
    setTimeout(begin, START_DELAY_MS * slot.failedStarts).unref();
  }

  /** Whether no further process is to try the part, at which one has died outside of any case. */
  #isLost(slot: Slot, { file }: Part): boolean {
    if (slot.rest() === null) return false;
    file.losses++;
    return slot.timedOut || file.losses >= MOST_LOSSES;
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
      milliseconds: Math.round(watchedTime() - slot.since),
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
    const now = watchedTime();
    for (const slot of this.#slots) {
      if (slot.part === null || slot.timedOut || !slot.isOverdue(now, this.#options.timeoutMs)) continue;
      slot.timedOut = true;
      slot.process?.kill();
    }
    if (this.#ticks++ % TICKS_PER_SAMPLE === 0) this.#sample();
    this.#dispatch();
  }

  #sample(): void {
    const processes = this.#slots.flatMap(({ size }) => size ?? []);
    const sources = new Set(this.#slots.flatMap(({ part }) => part?.task.source ?? []));
    this.#meter.sample([...processes, ownSize()], [...sources]);
  }
}

function ownSize(): ProcessSize {
  return { pid: process.pid, reportedBytes: process.memoryUsage.rss() };
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `\n    ${line}`).join('');
}
