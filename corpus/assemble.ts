/**
 * A two-pass assembler for the hand-written contracts of the corpus. Source is text: mnemonics,
 * numbers (pushed in their shortest form), `label:` (a JUMPDEST) and `@label` (its position, pushed
 * as two bytes); `;` starts a comment. Zero is `PUSH1 0`, never PUSH0, so that the same code runs on
 * every fork.
 */

import { bigIntToMinimalBytes, bytesToHex, concatBytes, type Hex, hexToBytes } from '../src/primitives/bytes.js';

/** Opcodes by mnemonic, without PUSHn, DUPn, SWAPn and LOGn, which are computed. */
const OPCODES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    STOP: 0x00,
    ADD: 0x01,
    MUL: 0x02,
    SUB: 0x03,
    DIV: 0x04,
    MOD: 0x06,
    EXP: 0x0a,
    LT: 0x10,
    GT: 0x11,
    EQ: 0x14,
    ISZERO: 0x15,
    AND: 0x16,
    OR: 0x17,
    XOR: 0x18,
    NOT: 0x19,
    SHL: 0x1b,
    SHR: 0x1c,
    KECCAK256: 0x20,
    ADDRESS: 0x30,
    BALANCE: 0x31,
    ORIGIN: 0x32,
    CALLER: 0x33,
    CALLVALUE: 0x34,
    CALLDATALOAD: 0x35,
    CALLDATASIZE: 0x36,
    CALLDATACOPY: 0x37,
    CODESIZE: 0x38,
    CODECOPY: 0x39,
    GASPRICE: 0x3a,
    EXTCODESIZE: 0x3b,
    EXTCODECOPY: 0x3c,
    RETURNDATASIZE: 0x3d,
    RETURNDATACOPY: 0x3e,
    EXTCODEHASH: 0x3f,
    BLOCKHASH: 0x40,
    COINBASE: 0x41,
    TIMESTAMP: 0x42,
    NUMBER: 0x43,
    PREVRANDAO: 0x44,
    GASLIMIT: 0x45,
    CHAINID: 0x46,
    SELFBALANCE: 0x47,
    BASEFEE: 0x48,
    BLOBHASH: 0x49,
    BLOBBASEFEE: 0x4a,
    POP: 0x50,
    MLOAD: 0x51,
    MSTORE: 0x52,
    SLOAD: 0x54,
    SSTORE: 0x55,
    JUMP: 0x56,
    JUMPI: 0x57,
    GAS: 0x5a,
    JUMPDEST: 0x5b,
    TLOAD: 0x5c,
    TSTORE: 0x5d,
    CREATE: 0xf0,
    CALL: 0xf1,
    CALLCODE: 0xf2,
    RETURN: 0xf3,
    DELEGATECALL: 0xf4,
    CREATE2: 0xf5,
    STATICCALL: 0xfa,
    REVERT: 0xfd,
    INVALID: 0xfe,
    SELFDESTRUCT: 0xff,
  }),
);

/** A source line the assembler cannot read; `token` is the word at fault. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
  constructor(
    readonly code: 'unknown-token' | 'unknown-label' | 'duplicate-label' | 'too-wide',
    readonly token: string,
  ) {
    super(`${code}: ${token}`);
  }
}

type Piece = { readonly bytes: Uint8Array } | { readonly reference: string };

function pushNumber(token: string): Uint8Array {
  const digits = bigIntToMinimalBytes(BigInt(token));
  const operand = digits.length === 0 ? new Uint8Array(1) : digits;
  if (operand.length > 32) throw new AssemblyError('too-wide', token);
  return concatBytes(Uint8Array.of(0x5f + operand.length), operand);
}

function opcode(token: string): number {
  const known = OPCODES.get(token);
  if (known !== undefined) return known;
  const family = /^(DUP|SWAP|LOG)(\d+)$/.exec(token);
  if (family !== null) {
    const count = Number(family[2]);
    if (family[1] === 'LOG' && count <= 4) return 0xa0 + count;
    if (family[1] !== 'LOG' && count >= 1 && count <= 16) return (family[1] === 'DUP' ? 0x7f : 0x8f) + count;
  }
  throw new AssemblyError('unknown-token', token);
}

/** Bytecode (hex) of `source`; throws {@link AssemblyError}. */
export function assemble(source: string): Hex {
  const tokens = source.replace(/;.*$/gm, '').split(/\s+/).filter(Boolean);
  const labels = new Map<string, number>();
  const pieces: Piece[] = [];
  let at = 0;
  for (const token of tokens) {
    if (token.endsWith(':')) {
      const label = token.slice(0, -1);
      if (labels.has(label)) throw new AssemblyError('duplicate-label', label);
      labels.set(label, at);
      pieces.push({ bytes: Uint8Array.of(0x5b) });
      at += 1;
    } else if (token.startsWith('@')) {
      pieces.push({ reference: token.slice(1) });
      at += 3;
    } else {
      const bytes = /^\d/.test(token) ? pushNumber(token) : Uint8Array.of(opcode(token));
      pieces.push({ bytes });
      at += bytes.length;
    }
  }
  return bytesToHex(
    concatBytes(
      ...pieces.map((piece) => {
        if ('bytes' in piece) return piece.bytes;
        const target = labels.get(piece.reference);
        if (target === undefined) throw new AssemblyError('unknown-label', piece.reference);
        return Uint8Array.of(0x61, target >> 8, target & 0xff);
      }),
    ),
  );
}

/**
 * Init code that runs `prologue` (source without labels) and then deploys `runtime` (hex, below
 * 65,536 bytes).
 */
export function initCode(runtime: Hex, prologue = ''): Hex {
  const body = hexToBytes(runtime);
  const head = hexToBytes(assemble(prologue));
  const copyLength = 13;
  const offset = head.length + copyLength;
  const size = [0x61, body.length >> 8, body.length & 0xff];
  // PUSH2 size, DUP1, PUSH2 offset, PUSH1 0, CODECOPY, PUSH1 0, RETURN
  const copy = Uint8Array.of(...size, 0x80, 0x61, offset >> 8, offset & 0xff, 0x60, 0, 0x39, 0x60, 0, 0xf3);
  return bytesToHex(concatBytes(head, copy, body));
}
