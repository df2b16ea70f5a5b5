/** Code as people read it. */
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { opcodeOf } from '../../src/vm/core/opcodes.js';

export interface Instruction {
  readonly at: number;
  readonly code: number;
  /** With its immediate, as far as the code reaches. */
  readonly length: number;
}

/** Code as instructions from its start on; data after the code reads as instructions too. */
export function instructions(code: Uint8Array): Instruction[] {
  const found: Instruction[] = [];
  for (let at = 0; at < code.length; ) {
    const byte = code[at] as number;
    const immediate = byte >= 0x60 && byte <= 0x7f ? byte - 0x5f : 0;
    const length = Math.min(1 + immediate, code.length - at);
    found.push({ at, code: byte, length });
    at += length;
  }
  return found;
}

export function disassemble(code: Uint8Array, fork: Fork): string[] {
  return instructions(code).map(({ at, code: byte, length }) => {
    const name = opcodeOf(byte, fork)?.name ?? `undefined(0x${byte.toString(16).padStart(2, '0')})`;
    const immediate = length > 1 ? ` ${bytesToHex(code.subarray(at + 1, at + length))}` : '';
    return `${at.toString(16).padStart(4, '0')} ${name}${immediate}`;
  });
}
