/** Reads a `TraceStep` from the core's memory when the core's traced dispatch asks for it. */
import { haltReason } from '../halt.js';
import { HALT_REVERT, type Tracer } from '../trace.js';
import type { CoreExports } from './exports.js';
import {
  FRAME_CODE,
  FRAME_CODE_LENGTH,
  FRAME_GAS,
  FRAME_MEMORY,
  FRAME_MEMORY_SIZE,
  FRAME_PC,
  FRAME_SIZE,
  FRAME_SP,
  FRAME_STACK_BASE,
  FRAMES,
} from './layout.js';
import type { CoreMemory } from './memory.js';

/** Statuses of CONTRACT.md with which a frame ends. */
const RETURNED = 16;
const REVERTED = 17;

export class CoreTracer {
  /** The instruction reported last is about to run again, after a read that was blocked. */
  #again = false;
  #stepped = false;

  constructor(
    private readonly tracer: Tracer,
    private readonly memory: CoreMemory,
    private readonly core: () => CoreExports,
  ) {}

  /** A message begins. */
  start(): void {
    this.#again = false;
    this.#stepped = false;
  }

  /** A read was blocked: before the first instruction, or in the one reported last. */
  blocked(): void {
    this.#again = this.#stepped;
  }

  step(frame: number, op: number): void {
    if (this.#again) {
      this.#again = false;
      return;
    }
    const { memory, tracer } = this;
    const core = this.core();
    const pc = memory.word(frame + FRAME_PC) - memory.word(frame + FRAME_CODE);
    if (pc >= memory.word(frame + FRAME_CODE_LENGTH)) return;
    this.#stepped = true;
    const memSize = memory.word(frame + FRAME_MEMORY_SIZE);
    tracer.step({
      pc,
      op,
      gas: memory.u64At(frame + FRAME_GAS),
      depth: (frame - FRAMES) / FRAME_SIZE + 1,
      memSize,
      stack: tracer.wantsStack ? this.#stack(frame) : null,
      memory: tracer.wantsMemory ? memory.copy(memory.word(frame + FRAME_MEMORY), memSize) : null,
      returnData: memory.copy(core.returnDataAt(), core.returnDataSize()),
      refund: BigInt(core.refundLow()),
      callerGas: frame === FRAMES ? null : memory.u64At(frame - FRAME_SIZE + FRAME_GAS),
    });
  }

  leave(frame: number, status: number): void {
    const halt = status === RETURNED ? null : status === REVERTED ? HALT_REVERT : haltReason(status);
    this.tracer.leave(this.memory.u64At(frame + FRAME_GAS), halt);
  }

  #stack(frame: number): bigint[] {
    const { memory } = this;
    const stack: bigint[] = [];
    const top = memory.word(frame + FRAME_SP);
    for (let at = memory.word(frame + FRAME_STACK_BASE) - 32; at >= top; at -= 32) stack.push(memory.valueAt(at));
    return stack;
  }
}
