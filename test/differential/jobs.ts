/** In the parent: children, their time, and what becomes of a case that ends one. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processTime } from '../../runners/job/process-time.js';
import { verdictOf } from './compare.js';
import type { Death, Finding, FromChild, Judgement, Task } from './findings.js';

/** Argument of a process that is a child; the module that it runs is the command's own. */
export const CHILD = 'differential-child';
const MAIN = fileURLToPath(new URL('../differential.js', import.meta.url));

/** A child in an endless loop does not see that its parent is gone. */
const alive = new Set<Child>();
export function endAll(): void {
  for (const child of alive) child.end();
}

class Child {
  readonly #process: ChildProcess;
  readonly #messages: (FromChild | Death)[] = [];
  readonly #timer: NodeJS.Timeout;
  #arrived: (() => void) | null = null;
  #since = 0;
  #stderr = '';
  #timedOut = false;

  constructor(private readonly seconds: number) {
    this.#process = fork(MAIN, [CHILD], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    this.#process.on('message', (message) => {
      this.#since = processTime(this.#process.pid);
      this.#put(message as FromChild);
    });
    this.#process.on('close', (code, signal) => {
      clearInterval(this.#timer);
      alive.delete(this);
      const how = this.#timedOut ? `no end within ${seconds} s` : `the process died: ${signal ?? code} ${this.#stderr}`;
      this.#put({ type: 'death', timedOut: this.#timedOut, how: how.trim() });
    });
    this.#timer = setInterval(() => this.#checkTime(), 250);
    alive.add(this);
  }

  send(task: Task): void {
    this.#since = processTime(this.#process.pid);
    // A failed send means that the process is gone, which `close` reports by itself.
    if (this.#process.connected) this.#process.send(task, () => undefined);
  }

  /** The next message; after a {@link Death} there is none. */
  async next(): Promise<FromChild | Death> {
    const arrival = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    if (this.#messages.length === 0) await arrival;
    return this.#messages.shift() as FromChild | Death;
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }

  #put(message: FromChild | Death): void {
    this.#messages.push(message);
    this.#arrived?.();
    this.#arrived = null;
  }

  #checkTime(): void {
    if (processTime(this.#process.pid) - this.#since < this.seconds) return;
    this.#timedOut = true;
    this.#process.kill('SIGKILL');
  }
}

export class Job {
  #child: Child | null = null;

  constructor(private readonly seconds: number) {}

  /** Runs the cases of a file, and yields a finding, or null for `equal`, as each ends. */
  async *run(task: Task): AsyncGenerator<Finding | null> {
    let first = 0;
    let running: string | null = null;
    this.#send(task);
    for (;;) {
      const message: FromChild | Death = await (this.#child as Child).next();
      if (message.type === 'done') return;
      if (message.type === 'start') running = message.id;
      if (message.type !== 'end' && message.type !== 'death') continue;
      if (message.type === 'end') yield message.finding;
      else {
        this.#child = null;
        if (running === null) {
          const error = `${task.file}: the child ended outside of a case (${message.how}); the rest was not run`;
          yield { id: `${task.file}::?`, verdict: 'malformed', differences: null, machines: null, error };
          return;
        }
        yield await this.#autopsy({ ...task, first }, running, message);
        this.#send({ ...task, first: first + 1 });
      }
      first++;
      running = null;
    }
  }

  #send(task: Task): void {
    this.#child ??= new Child(this.seconds);
    this.#child.send(task);
  }

  /** A verdict on a case whose comparison ended the child: each machine alone, in a child of its own. */
  async #autopsy(task: Task, id: string, death: Death): Promise<Finding> {
    const [wasm, spent] = await this.#judge({ ...task, alone: 'wasm' });
    // What the WASM machine did not use of the comparison's time was the reference machine's: no need to see it again.
    const known = death.timedOut && wasm.outcome !== 'timeout' && spent < this.seconds / 4;
    const ethereumjs = known
      ? { outcome: 'timeout' as const, cause: death.how, differences: [] }
      : (await this.#judge({ ...task, alone: 'ethereumjs' }))[0];
    const machines = { wasm, ethereumjs };
    const verdict = verdictOf(machines);
    // Each ended alone, but both did not within the time of one: they were not compared.
    return { id, verdict: verdict === 'undecided' ? 'timeout' : verdict, differences: null, machines };
  }

  /** The judgement and the CPU seconds it took. */
  async #judge(task: Task): Promise<[Judgement, number]> {
    const child = new Child(this.seconds);
    child.send(task);
    try {
      for (;;) {
        const message = await child.next();
        if (message.type === 'judged') return [message.judgement, message.cpuSeconds];
        if (message.type !== 'death') continue;
        const outcome = message.timedOut ? 'timeout' : 'crashed';
        return [{ outcome, cause: message.how, differences: [] }, this.seconds];
      }
    } finally {
      child.end();
    }
  }
}
