/**
 * Generates the core's dispatch (`assembly/dispatch.ts`) from the table of instructions: one function
 * with a switch over all opcodes, and a second one that reports every instruction, for traces.
 *
 * In the bodies, `sp` points at the top stack item (32 bytes each, the next deeper one at sp + 32),
 * `pc` behind the opcode, and `gas` is what is left after the instruction's base price.
 */
import { FORKS, forkIndex } from '../../primitives/fork.js';
import { OPCODES, type Opcode } from './opcodes.js';

/** Stack items that a frame may hold (yellow paper, section 9). */
const STACK_LIMIT = 1024;

/** Bodies that charge for themselves, since a blocked read must leave the gas as it was. */
const SELF_CHARGING = new Set(['state', 'leave']);

/** Bodies after which control does not go on to the next instruction. */
const ENDING = new Set(['stop', 'leave', 'end', 'invalid']);

const item = (index: number): string => (index === 0 ? 'sp' : `sp + ${32 * index}`);

/** Leaves the memory extended to a range that two stack items name. */
const expandTo = (offset: number, length: number): string[] => [
  `gas = expandTo(frame, ${item(offset)}, ${item(length)}, gas);`,
  'if (gas < 0) return HALT_OUT_OF_GAS;',
  'memorySize = load<u32>(frame, FRAME_MEMORY_SIZE);',
];

const charge = (amount: string): string[] => [`gas -= ${amount};`, 'if (gas < 0) return HALT_OUT_OF_GAS;'];

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
const BODIES: Readonly<Record<string, (args: readonly string[], opcode: Opcode) => string[]>> = {
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
  // The price of an exponent's byte: EIP-160.
  exp: () => [
    ...charge('<i64>byteLength256(sp + 32) * (fork >= EIP158 ? 50 : 10)'),
    'exp256(sp, sp + 32, sp + 32);',
    'sp += 32;',
  ],
  keccak: () => [
    ...expandTo(0, 1),
    ...charge('6 * wordsOf(sp + 32)'),
    'hash(memoryBase + <usize>load<u64>(sp), <u32>load<u64>(sp + 32), sp + 32);',
    'sp += 32;',
  ],
  calldataload: () => ['calldataWord(load<usize>(frame, FRAME_DATA), load<u32>(frame, FRAME_DATA_LENGTH), sp);'],
  /** From a source with its size; what lies behind its end is zero. */
  copy: ([source, size]) => [
    ...expandTo(0, 2),
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
    ...expandTo(0, 2),
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
    ...expandTo(0, 1),
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
    ...expandTo(0, 1),
    'const length = <u32>load<u64>(sp + 32);',
    'setOutput(length == 0 ? 0 : memoryBase + <usize>load<u64>(sp), length);',
    'store<i64>(frame, gas, FRAME_GAS);',
    `return ${status};`,
  ],
};

const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;

const bodyKind = ({ body }: Opcode): string => body.split(':', 1)[0] as string;

/** Name of the variable that holds an instruction's price. */
const priceName = ({ name }: Opcode): string => `GAS_${name}`;

function bodyOf(opcode: Opcode): string[] {
  const [kind, ...args] = opcode.body.split(':') as [string, ...string[]];
  const body = BODIES[kind];
  if (body === undefined) throw new RangeError(`opcode ${opcode.name}: no body "${kind}"`);
  return body(args, opcode);
}

/** One case of the switch: validity, price, stack, body. */
function caseOf(opcode: Opcode): string[] {
  const { code, name, pops, pushes, since, gas } = opcode;
  const lines: string[] = [];
  if (since !== FORKS[0]) lines.push(`if (fork < ${forkIndex(since)}) return HALT_INVALID; // ${since}`);
  if (!SELF_CHARGING.has(bodyKind(opcode))) {
    if (gas.length > 1) throw new RangeError(`opcode ${name}: a price that varies needs a body that charges it`);
    const price = gas[0]?.[1] ?? 0;
    if (price > 0) lines.push(...charge(String(price)));
  }
  if (pops > 0) lines.push(`if (stackBase - sp < ${32 * pops}) return HALT_STACK_UNDERFLOW;`);
  if (pushes > pops) lines.push(`if (stackBase - sp >= ${32 * STACK_LIMIT}) return HALT_STACK_OVERFLOW;`);
  lines.push(...bodyOf(opcode));
  if (!ENDING.has(bodyKind(opcode))) lines.push('continue;');
  return [`case ${hex(code)}: { // ${name}`, ...lines.map((line) => `  ${line}`), '}'];
}

/** Prices that functions outside the dispatch charge, set for a fork by `setPrices`. */
function prices(): string[] {
  const outside = OPCODES.filter((opcode) => SELF_CHARGING.has(bodyKind(opcode)));
  const declarations = outside.map((opcode) => `export let ${priceName(opcode)}: i64 = 0;`);
  const assignments = outside.flatMap((opcode) =>
    opcode.gas.map(([since, gas]) => `  if (index >= ${forkIndex(since)}) ${priceName(opcode)} = ${gas}; // ${since}`),
  );
  return [
    ...declarations,
    '',
    '/** Sets the prices of the fork at `index` of FORKS. */',
    'export function setPrices(index: i32): void {',
    ...assignments,
    '}',
  ];
}

const HEADER = `// Generated by src/vm/core/generate.ts from src/vm/core/opcodes.ts: npm run build:core.
import { balance, extcodecopy, extcodehash, extcodesize, sload } from './access';
import {
  copy32,
  copyPadded,
  fits64,
  isZero32,
  loadBigEndian,
  loadImmediate,
  saturate64,
  storeBigEndian,
  storeU64,
  swap32,
  zero32,
} from './bits';
import { blockhash, calldataWord, hash, isDestination } from './environment';
import { returnData, returnDataLength } from './frames';
import { hostStep } from './host';
import * as layout from './layout';
import { appendLog } from './logs';
import { expand, expandTo, rangeEnd, wordsOf } from './memory';
import { setOutput } from './messages';
import { fork } from './rules';
import { sar256, shl256, shr256 } from './shift';
import { sstore } from './sstore';
import { loadTransient, storeTransient } from './transient';
import * as u256 from './u256';
`;

const PROLOGUE = [
  'let pc = load<usize>(frame, FRAME_PC);',
  'let sp = load<usize>(frame, FRAME_SP);',
  'let gas = load<i64>(frame, FRAME_GAS);',
  'let memorySize = load<u32>(frame, FRAME_MEMORY_SIZE);',
  'const stackBase = load<usize>(frame, FRAME_STACK_BASE);',
  'const memoryBase = load<usize>(frame, FRAME_MEMORY);',
  'const code = load<usize>(frame, FRAME_CODE);',
  'const codeLength = load<u32>(frame, FRAME_CODE_LENGTH);',
  'const bitmap = load<usize>(frame, FRAME_BITMAP);',
];

const TRACE = [
  'store<usize>(frame, pc, FRAME_PC);',
  'store<usize>(frame, sp, FRAME_SP);',
  'store<i64>(frame, gas, FRAME_GAS);',
  'hostStep(frame, <u32>load<u8>(pc));',
];

function interpreter(name: string, comment: string, beforeEach: readonly string[]): string[] {
  return [
    `/** ${comment} */`,
    `export function ${name}(frame: usize): i32 {`,
    ...PROLOGUE.map((line) => `  ${line}`),
    '  while (true) {',
    ...beforeEach.map((line) => `    ${line}`),
    '    switch (load<u8>(pc++)) {',
    ...OPCODES.flatMap(caseOf).map((line) => `      ${line}`),
    '      default:',
    '        return HALT_INVALID;',
    '    }',
    '  }',
    '}',
  ];
}

/** Names that the bodies use, as imports by name (AssemblyScript inlines only those). */
function namedImports(text: string, from: string, names: readonly string[]): string {
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return `import {\n${used.map((name) => `  ${name},\n`).join('')}} from '${from}';`;
}

const U256_NAMES = [
  'add256',
  'addmod256',
  'and256',
  'byte256',
  'byteLength256',
  'clz256',
  'div256',
  'eq256',
  'exp256',
  'gt256',
  'iszero256',
  'lt256',
  'mod256',
  'mul256',
  'mulmod256',
  'not256',
  'or256',
  'sdiv256',
  'sgt256',
  'signextend256',
  'slt256',
  'smod256',
  'sub256',
  'xor256',
];

const LAYOUT_NAMES = [
  'ACCOUNT_BALANCE',
  'BASE_FEE',
  'BLOBS',
  'BLOB_BASE_FEE',
  'BLOB_COUNT',
  'CHAIN_ID',
  'COINBASE',
  'DIFFICULTY',
  'EIP158',
  'FRAME_BITMAP',
  'FRAME_CALLER',
  'FRAME_CODE',
  'FRAME_CODE_LENGTH',
  'FRAME_DATA',
  'FRAME_DATA_LENGTH',
  'FRAME_FLAGS',
  'FRAME_GAS',
  'FRAME_MEMORY',
  'FRAME_MEMORY_SIZE',
  'FRAME_PC',
  'FRAME_SELF',
  'FRAME_SP',
  'FRAME_STACK_BASE',
  'FRAME_STATIC',
  'FRAME_VALUE',
  'GAS_LIMIT',
  'GAS_PRICE',
  'HALT_BAD_JUMP',
  'HALT_INVALID',
  'HALT_OUT_OF_GAS',
  'HALT_RETURN_DATA',
  'HALT_STACK_OVERFLOW',
  'HALT_STACK_UNDERFLOW',
  'HALT_STATIC',
  'NUMBER',
  'OK',
  'ORIGIN',
  'RETURNED',
  'REVERTED',
  'TIMESTAMP',
];

/** The source of `assembly/dispatch.ts`. */
export function generateDispatch(): string {
  const body = [
    ...prices(),
    '',
    ...interpreter(
      'interpret',
      'Executes a frame until it ends, calls, or is blocked; the status, or the opcode to be done.',
      [],
    ),
    '',
    ...interpreter('interpretTraced', 'The same, telling the host of every instruction before it.', TRACE),
    '',
  ].join('\n');
  const header = HEADER.replace(
    "import * as layout from './layout';",
    namedImports(body, './layout', LAYOUT_NAMES),
  ).replace("import * as u256 from './u256';", namedImports(body, './u256', U256_NAMES));
  return `${header}\n${body}`;
}
