/**
 * One message on its way through the asynchronous EVM. The EVM awaits each blocked read here, so
 * that `run` can answer the blocker while the EVM's frames stay where they are. Dropping the
 * execution drops them: a promise that nobody can settle is garbage.
 */

import { MachineError } from '../errors.js';
import { RUN_DONE } from '../vm.js';

interface Waiter {
  readonly resolve: (status: number) => void;
  readonly reject: (error: unknown) => void;
}

export class Execution<Result> {
  #started = false;
  #done = false;
  #result: Result | undefined;
  /** What the EVM threw; the message then has no outcome. */
  #failure: { readonly error: unknown } | null = null;
  /** Resumes the EVM at the read that is blocked. */
  #resume: (() => void) | null = null;
  /** The caller of `run`, while a run is under way. */
  #waiter: Waiter | null = null;

  constructor(readonly begin: () => Promise<Result>) {}

  /** True where the EVM will not move by itself, and stands between two of its steps: its frames may be dropped. */
  get idle(): boolean {
    return !this.#started || this.#done || this.#resume !== null;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Throws MachineError before the message is done. */
  get result(): Result {
    if (!this.#done) throw new MachineError('NOT_DONE', 'the message is not done');
    return this.#result as Result;
  }

  /** Called by the state within the EVM: ends the present `run`, and waits for the next. */
  readonly suspend = (blocker: number): Promise<void> =>
    new Promise((resume) => {
      this.#resume = resume;
      this.#leave().resolve(blocker);
    });

  /**
   * Runs until the message is done ({@link RUN_DONE}) or a read is blocked (its blocker). Rejects
   * with whatever the EVM throws that is not an outcome of the message, and again when called again.
   */
  run(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#waiter !== null) throw new MachineError('BUSY', 'the message is already running');
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#done) {
        resolve(RUN_DONE);
        return;
      }
      this.#waiter = { resolve, reject };
      if (!this.#started) {
        this.#started = true;
        this.#start();
      } else if (this.#resume !== null) {
        const resume = this.#resume;
        this.#resume = null;
        resume();
      }
    });
  }

  #start(): void {
    this.begin().then(
      (result) => {
        this.#done = true;
        this.#result = result;
        this.#leave().resolve(RUN_DONE);
      },
      (error: unknown) => {
        this.#failure = { error };
        this.#leave().reject(error);
      },
    );
  }

  #leave(): Waiter {
    const waiter = this.#waiter;
    if (waiter === null) throw new MachineError('NOT_STARTED', 'the EVM moved while nobody ran it');
    this.#waiter = null;
    return waiter;
  }
}
