/**
 * AssemblyScript bodies of the instructions, from which `generate.ts` makes the dispatch.
 *
 * In a body, `sp` points at the top stack item (32 bytes each, the next deeper one at sp + 32), `pc`
 * behind the opcode, and `gas` is what is left after the instruction's base price.
 */
import type { Opcode } from './opcodes.js';

export const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;

/** Leaves the memory extended to a range: its offset is on top of the stack, its length in item `length`. */
const expandTo = (length: number): string[] => [
  `gas = expandTo(frame, sp, sp + ${32 * length}, gas);`,
  'if (gas < 0) return HALT_OUT_OF_GAS;',
  'memorySize = load<u32>(frame, FRAME_MEMORY_SIZE);',
];

export const charge = (amount: string): string[] => [`gas -= ${amount};`, 'if (gas < 0) return HALT_OUT_OF_GAS;'];

/** Extends the memory for an access of `size` bytes at the offset on top of the stack, named `at`. */
const expandAt = (size: number): string[] => [
  'const at = load<u64>(sp);',
  'if (!fits64(sp) || at > 0xffffffff) return HALT_OUT_OF_GAS;',
  `if (at + ${size} > <u64>memorySize) {`,
  `  gas = expand(frame, at + ${size}, gas);`,
  '  if (gas < 0) return HALT_OUT_OF_GAS;',
  '  memorySize = load<u32>(frame, FRAME_MEMORY_SIZE);',
  '}',
];

const refuseInStaticCall = 'if ((load<u32>(frame, FRAME_FLAGS) & FRAME_STATIC) != 0) return HALT_STATIC;';

const jumpTo = (after: string): string[] => [
  'const target = load<u64>(sp);',
  'if (!fits64(sp) || target >= <u64>codeLength || !isDestination(bitmap, <u32>target)) return HALT_BAD_JUMP;',
  'pc = code + <usize>target;',
  after,
];

const save = ['store<usize>(frame, pc - 1, FRAME_PC);', 'store<usize>(frame, sp, FRAME_SP);'];

/** Body of each kind: its lines, given the table's arguments and the instruction. */
export const BODIES: Readonly<Record<string, (args: readonly string[], opcode: Opcode) => string[]>> = {
  stop: () => ['setOutput(0, 0);', 'store<i64>(frame, gas, FRAME_GAS);', 'return RETURNED;'],
  invalid: () => ['return HALT_INVALID;'],
  nothing: (_, { pops }) => (pops === 0 ? [] : [`sp += ${32 * pops};`]),
  binary: ([name]) => [`${name}(sp, sp + 32, sp + 32);`, 'sp += 32;'],
  ternary: ([name]) => [`${name}(sp, sp + 32, sp + 64, sp + 64);`, 'sp += 64;'],
  compare: ([name]) => [`const answer = ${name}(sp, sp + 32);`, 'sp += 32;', 'storeU64(sp, answer);'],
  not: () => ['not256(sp, sp);'],
  /** A number of at most 64 bits, in place of the argument where there is one. */
  number: ([value], { pops }) => [...(pops === 0 ? ['sp -= 32;'] : []), `storeU64(sp, <u64>(${value}));`],
  /** 32 bytes that stand somewhere in memory. */
  value: ([pointer]) => ['sp -= 32;', `copy32(sp, ${pointer});`],
  selfbalance: () => ['sp -= 32;', 'selfbalance(frame, sp);'],
  // The price of an exponent's byte: EIP-160.
  exp: () => [
    ...charge('<i64>byteLength256(sp + 32) * (fork >= EIP158 ? 50 : 10)'),
    'exp256(sp, sp + 32, sp + 32);',
    'sp += 32;',
  ],
  keccak: () => [
    ...expandTo(1),
    ...charge('6 * wordsOf(sp + 32)'),
    'hash(memoryBase + <usize>load<u64>(sp), <u32>load<u64>(sp + 32), sp + 32);',
    'sp += 32;',
  ],
  calldataload: () => ['calldataWord(load<usize>(frame, FRAME_DATA), load<u32>(frame, FRAME_DATA_LENGTH), sp);'],
  /** From a source with its size; what lies behind its end is zero. */
  copy: ([source, size]) => [
    ...expandTo(2),
    ...charge('3 * wordsOf(sp + 64)'),
    'const length = <u32>load<u64>(sp + 64);',
    `if (length > 0) copyPadded(memoryBase + <usize>load<u64>(sp), ${source}, ${size}, saturate64(sp + 32), length);`,
    'sp += 96;',
  ],
  // Reading past the end is an exceptional halt (EIP-211).
  returndatacopy: () => [
    'if (!fits64(sp + 32) || !fits64(sp + 64)) return HALT_RETURN_DATA;',
    'const from = load<u64>(sp + 32);',
    'const length = load<u64>(sp + 64);',
    'if (from > <u64>returnDataLength || length > <u64>returnDataLength - from) return HALT_RETURN_DATA;',
    ...expandTo(2),
    ...charge('3 * wordsOf(sp + 64)'),
    'if (length > 0) memory.copy(memoryBase + <usize>load<u64>(sp), returnData + <usize>from, <usize>length);',
    'sp += 96;',
  ],
  blockhash: () => ['blockhash(sp);'],
  blobhash: () => [
    'if (fits64(sp) && load<u64>(sp) < <u64>load<u32>(BLOB_COUNT)) copy32(sp, BLOBS + 32 * <usize>load<u64>(sp));',
    'else zero32(sp);',
  ],
  mload: () => [...expandAt(32), 'loadBigEndian(memoryBase + <usize>at, sp);'],
  mstore: () => [...expandAt(32), 'storeBigEndian(sp + 32, memoryBase + <usize>at);', 'sp += 64;'],
  mstore8: () => [...expandAt(1), 'store<u8>(memoryBase + <usize>at, load<u8>(sp + 32));', 'sp += 64;'],
  mcopy: () => [
    'gas = expand(frame, max(rangeEnd(sp, sp + 64), rangeEnd(sp + 32, sp + 64)), gas);',
    'if (gas < 0) return HALT_OUT_OF_GAS;',
    'memorySize = load<u32>(frame, FRAME_MEMORY_SIZE);',
    ...charge('3 * wordsOf(sp + 64)'),
    'const length = <usize>load<u64>(sp + 64);',
    'if (length > 0) memory.copy(memoryBase + <usize>load<u64>(sp), memoryBase + <usize>load<u64>(sp + 32), length);',
    'sp += 96;',
  ],
  tload: () => ['loadTransient(load<usize>(frame, FRAME_SELF), sp, sp);'],
  tstore: () => [refuseInStaticCall, 'storeTransient(load<usize>(frame, FRAME_SELF), sp, sp + 32);', 'sp += 64;'],
  jump: () => jumpTo('sp += 32;'),
  jumpi: () => ['if (!isZero32(sp + 32)) {', ...jumpTo('').filter((line) => line !== ''), '}', 'sp += 64;'],
  push: ([size]) => ['sp -= 32;', `loadImmediate(pc, ${size}, sp);`, `pc += ${size};`],
  dup: ([depth]) => ['sp -= 32;', `copy32(sp, sp + ${32 * Number(depth)});`],
  swap: ([depth]) => [`swap32(sp, sp + ${32 * Number(depth)});`],
  log: ([topics]) => [
    refuseInStaticCall,
    ...expandTo(1),
    ...charge('8 * <i64>load<u64>(sp + 32)'),
    `appendLog(load<usize>(frame, FRAME_SELF), sp + 64, ${topics}, memoryBase + <usize>load<u64>(sp), <u32>load<u64>(sp + 32));`,
    `sp += ${32 * (2 + Number(topics))};`,
  ],
  /** A function that pays for itself, and may find its read blocked. */
  state: ([name], { pops, pushes }) => [
    'store<i64>(frame, gas, FRAME_GAS);',
    `const status = ${name}(frame, sp);`,
    'if (status != OK) {',
    ...save,
    'return status;',
    '}',
    'gas = load<i64>(frame, FRAME_GAS);',
    'memorySize = load<u32>(frame, FRAME_MEMORY_SIZE);',
    ...(pops === pushes ? [] : [`sp += ${32 * (pops - pushes)};`]),
  ],
  /** Left to the loop over frames, which goes by the opcode. */
  leave: (_, { code }) => ['store<i64>(frame, gas, FRAME_GAS);', ...save, `return ${hex(code)};`],
  end: ([status]) => [
    ...expandTo(1),
    'const length = <u32>load<u64>(sp + 32);',
    'setOutput(length == 0 ? 0 : memoryBase + <usize>load<u64>(sp), length);',
    'store<i64>(frame, gas, FRAME_GAS);',
    `return ${status};`,
  ],
};
