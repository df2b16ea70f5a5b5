/** Lines of a trace as EIP-3155 has them: one JSON object per instruction, and one that sums up a transaction. */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import { opcodeOf } from '../../src/vm/core/opcodes.js';
import type { TracedStep } from '../../src/vm/trace.js';

/** A line's members in the order of the EIP. Hex numbers have no leading zeros. */
export interface StepLine {
  readonly pc: number;
  readonly op: number;
  readonly gas: Hex;
  readonly gasCost: Hex;
  /** Bytes. */
  readonly memSize: number;
  /** Bottom first. */
  readonly stack?: readonly Hex[];
  readonly depth: number;
  readonly returnData: Hex;
  readonly refund: Hex;
  readonly opName: string;
  readonly error?: string;
  readonly memory?: Hex;
}

export interface SummaryLine {
  /** After the transaction; only for state tests, where it is the one transaction of its block. */
  readonly stateRoot?: Hex;
  readonly output: Hex;
  readonly gasUsed: Hex;
  readonly pass: boolean;
  readonly fork: Fork;
  /** Place of the block in its test; not in state tests. */
  readonly block?: number;
  /** Place of the transaction in its block. */
  readonly transaction: number;
  /** Why the message failed, or why the transaction or its block is invalid. */
  readonly error?: string;
}

export type TraceLine = StepLine | SummaryLine;

export function isStep(line: TraceLine): line is StepLine {
  return 'pc' in line;
}

export function quantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

export function stepLine(step: TracedStep, fork: Fork): StepLine {
  return {
    pc: step.pc,
    op: step.op,
    gas: quantity(step.gas),
    gasCost: quantity(step.gasCost),
    memSize: step.memSize,
    ...(step.stack === null ? {} : { stack: step.stack.map(quantity) }),
    depth: step.depth,
    returnData: bytesToHex(step.returnData),
    refund: quantity(step.refund),
    opName: opName(step.op, fork),
    ...(step.error === null ? {} : { error: step.error }),
    ...(step.memory === null ? {} : { memory: bytesToHex(step.memory) }),
  };
}

/** Name of an instruction; bytes that the fork does not know are told by their value. */
export function opName(op: number, fork: Fork): string {
  // EIP-4399
  if (op === 0x44 && atLeast(fork, 'Paris')) return 'PREVRANDAO';
  return opcodeOf(op, fork)?.name ?? `opcode 0x${op.toString(16).padStart(2, '0')} not defined`;
}
