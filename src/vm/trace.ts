/**
 * What a machine tells of its instructions, and what a trace (EIP-3155) makes of it. A machine
 * reports each instruction before it runs and each frame that ends; prices and errors follow from
 * that in one way for all machines, so that their traces can be compared.
 */

/** An instruction that is about to run. Everything is as before it. */
export interface TraceStep {
  /** Offset in the code, bytes. */
  readonly pc: number;
  /** The byte at `pc`. */
  readonly op: number;
  /** Gas left in the frame. */
  readonly gas: bigint;
  /** 1 in the message's own frame. */
  readonly depth: number;
  /** Size of the frame's memory, bytes: a multiple of 32. */
  readonly memSize: number;
  /** Bottom first; null where the tracer does not want it. */
  readonly stack: readonly bigint[] | null;
  /** `memSize` bytes; null where the tracer does not want them. */
  readonly memory: Uint8Array | null;
  /** What the frame's last call returned. */
  readonly returnData: Uint8Array;
  /** Refund counter of the transaction. */
  readonly refund: bigint;
  /** Gas that the calling frame keeps while this one runs; null in the message's own frame. */
  readonly callerGas: bigint | null;
}

/** Reason of a frame that ended by REVERT, in every machine; other halts are in the machine's own words. */
export const HALT_REVERT = 'revert';

export interface Tracer {
  readonly wantsStack: boolean;
  readonly wantsMemory: boolean;
  /** Each instruction once; the STOP that stands behind the end of all code is none (EIP-7756). */
  step(step: TraceStep): void;
  /**
   * The innermost frame ends, before code is deposited. `halt` is null after STOP, RETURN and
   * SELFDESTRUCT and at the end of the code, {@link HALT_REVERT} after REVERT, and otherwise why its
   * gas is gone.
   */
  leave(gasLeft: bigint, halt: string | null): void;
}

/** An instruction that has run. */
export interface TracedStep extends TraceStep {
  /**
   * Gas by which the frame has less after the instruction. A call or creation whose code runs pays at
   * once what it hands over; one that runs no code (a precompile, an account without code) costs what
   * it used. An exceptional halt costs all that was left.
   */
  readonly gasCost: bigint;
  /** Why the frame halted or reverted here; null where it did not. */
  readonly error: string | null;
}

/** Completes steps: each is handed on when what follows has shown what it cost. */
export class StepCosts implements Tracer {
  #pending: TraceStep | null = null;

  constructor(
    readonly wantsStack: boolean,
    readonly wantsMemory: boolean,
    private readonly done: (step: TracedStep) => void,
  ) {}

  step(step: TraceStep): void {
    const before = this.#pending;
    if (before !== null) this.#complete(before, step.depth > before.depth ? (step.callerGas ?? 0n) : step.gas, null);
    this.#pending = step;
  }

  leave(gasLeft: bigint, halt: string | null): void {
    const last = this.#pending;
    this.#pending = null;
    // There is none where the last instruction was a call whose code ran.
    if (last !== null) this.#complete(last, halt === null || halt === HALT_REVERT ? gasLeft : 0n, halt);
  }

  #complete(step: TraceStep, gasAfter: bigint, error: string | null): void {
    this.done({ ...step, gasCost: step.gas - gasAfter, error });
  }
}
