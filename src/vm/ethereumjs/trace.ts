/**
 * Reports the instructions of @ethereumjs/evm. Its own `step` event comes after the price was worked
 * out, which moves the refund counter and the memory's size, and carries no return data: a traced EVM
 * instead has its table of instructions wrapped. An EVM without a tracer keeps the library's table.
 */
import { EVMError } from '@ethereumjs/evm';
import { HALT_REVERT, type Tracer } from '../trace.js';
import type { HostedEvm } from './evm.js';

type OpcodeMap = HostedEvm['_opcodeMap'];
type Entry = OpcodeMap[number];
type RunState = Parameters<Entry['opHandler']>[0];

const { STOP, REVERT, OUT_OF_GAS, INVALID_OPCODE } = EVMError.errorMessages;

class RunTracer {
  /** State of each frame, outermost first; frames that have ended may stand behind the innermost. */
  readonly #frames: RunState[] = [];
  /** What the caller of each frame keeps meanwhile. */
  readonly #kept: bigint[] = [];

  constructor(private readonly tracer: Tracer) {}

  step(run: RunState, op: number): void {
    const { tracer } = this;
    const { depth } = run.env;
    if (this.#frames[depth] !== run) {
      this.#frames[depth] = run;
      // The library takes a callee's gas from the caller only at the end.
      this.#kept[depth] = depth === 0 ? 0n : (this.#frames[depth - 1]?.gasLeft ?? 0n) - run.gasLeft;
    }
    const memSize = Number(run.memoryWordCount) * 32;
    tracer.step({
      pc: run.programCounter,
      op,
      gas: run.gasLeft,
      depth: depth + 1,
      memSize,
      stack: tracer.wantsStack ? run.stack.getStack() : null,
      memory: tracer.wantsMemory ? memoryOf(run, memSize) : null,
      returnData: run.returnBytes.slice(),
      refund: run.gasRefund,
      callerGas: depth === 0 ? null : (this.#kept[depth] ?? 0n),
    });
  }

  leave(run: RunState, error: string | null): void {
    if (error === null || error === STOP) this.tracer.leave(run.gasLeft, null);
    else if (error === REVERT) this.tracer.leave(run.gasLeft, HALT_REVERT);
    else this.tracer.leave(0n, error);
  }
}

/** The first `size` bytes; the library's store may be shorter than what has been paid for. */
function memoryOf(run: RunState, size: number): Uint8Array {
  const memory = new Uint8Array(size);
  memory.set(run.memory._store.subarray(0, size));
  return memory;
}

/** The entry of `op`, with its instruction reported before its price is worked out. */
function traced(entry: Entry, op: number, tracer: RunTracer): Entry {
  const { opcodeInfo, opHandler, gasHandler } = entry;
  const ends = (run: RunState, error: unknown): unknown => {
    if (error instanceof EVMError) tracer.leave(run, error.error);
    return error;
  };
  return {
    opcodeInfo: { ...opcodeInfo, code: op, dynamicGas: true, isAsync: true },
    gasHandler: async (run, base, common) => {
      tracer.step(run, op);
      let gas = base;
      try {
        if (opcodeInfo.dynamicGas) gas = await gasHandler(run, base, common);
      } catch (error) {
        throw ends(run, error);
      }
      // What the library does next, out of reach of the handlers.
      if (opcodeInfo.isInvalid) tracer.leave(run, INVALID_OPCODE);
      else if (gas > run.gasLeft) tracer.leave(run, OUT_OF_GAS);
      return gas;
    },
    opHandler: async (run, common) => {
      try {
        await opHandler(run, common);
      } catch (error) {
        throw ends(run, error);
      }
      if (run.programCounter >= run.code.length) tracer.leave(run, null);
    },
  };
}

export function tracedOpcodes(opcodes: OpcodeMap, tracer: Tracer): OpcodeMap {
  const runs = new RunTracer(tracer);
  return opcodes.map((entry, op) => traced(entry, op, runs));
}
