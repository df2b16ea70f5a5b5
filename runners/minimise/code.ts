/** Bytecode by its instructions, so that what is left out or replaced are whole ones. */
import { concatBytes } from '../../src/primitives/bytes.js';

const PUSH1 = 0x60;
const PUSH32 = 0x7f;
/** JUMPDEST: does nothing, and keeps the offsets of what follows. */
const NOTHING = 0x5b;

/** Each instruction with its immediate. */
export function instructionsOf(code: Uint8Array): Uint8Array[] {
  const instructions: Uint8Array[] = [];
  for (let at = 0; at < code.length; ) {
    const op = code[at] as number;
    const length = op >= PUSH1 && op <= PUSH32 ? op - PUSH1 + 2 : 1;
    instructions.push(code.subarray(at, Math.min(at + length, code.length)));
    at += length;
  }
  return instructions;
}

/** The code in which all instructions but those at `kept` (ascending) are left out. */
export function keepInstructions(instructions: readonly Uint8Array[], kept: readonly number[]): Uint8Array {
  return concatBytes(...kept.map((index) => instructions[index] as Uint8Array));
}

/** The code in which all instructions but those at `kept` do nothing: jumps lead where they led. */
export function idleInstructions(instructions: readonly Uint8Array[], kept: readonly number[]): Uint8Array {
  const stay = new Set(kept);
  return concatBytes(
    ...instructions.map((one, index) => (stay.has(index) ? one : new Uint8Array(one.length).fill(NOTHING))),
  );
}

export function isIdle(instruction: Uint8Array): boolean {
  return instruction[0] === NOTHING;
}
