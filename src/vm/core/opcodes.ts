/**
 * The instructions of the EVM in one table (yellow paper, appendix H, and the EIPs since): from it the
 * dispatch of the core is generated, and traces take their names.
 */
import { atLeast, type Fork } from '../../primitives/fork.js';

export interface Opcode {
  readonly code: number;
  readonly name: string;
  /** Stack items taken and given. */
  readonly pops: number;
  readonly pushes: number;
  /** Gas before what depends on arguments and state, by fork: each entry holds from its fork on. */
  readonly gas: readonly (readonly [Fork, number])[];
  /** First fork that knows the instruction. */
  readonly since: Fork;
  /** Name of the body in `generate.ts`, with its arguments behind colons. */
  readonly body: string;
}

const table: Opcode[] = [];

type Gas = number | readonly (readonly [Fork, number])[];

function add(
  code: number,
  name: string,
  [pops, pushes]: readonly [number, number],
  gas: Gas,
  body: string,
  since: Fork = 'Frontier',
) {
  table.push({ code, name, pops, pushes, gas: typeof gas === 'number' ? [['Frontier', gas]] : gas, since, body });
}

add(0x00, 'STOP', [0, 0], 0, 'stop');
add(0x01, 'ADD', [2, 1], 3, 'binary:add256');
add(0x02, 'MUL', [2, 1], 5, 'binary:mul256');
add(0x03, 'SUB', [2, 1], 3, 'binary:sub256');
add(0x04, 'DIV', [2, 1], 5, 'binary:div256');
add(0x05, 'SDIV', [2, 1], 5, 'binary:sdiv256');
add(0x06, 'MOD', [2, 1], 5, 'binary:mod256');
add(0x07, 'SMOD', [2, 1], 5, 'binary:smod256');
add(0x08, 'ADDMOD', [3, 1], 8, 'ternary:addmod256');
add(0x09, 'MULMOD', [3, 1], 8, 'ternary:mulmod256');
add(0x0a, 'EXP', [2, 1], 10, 'exp');
add(0x0b, 'SIGNEXTEND', [2, 1], 5, 'binary:signextend256');

add(0x10, 'LT', [2, 1], 3, 'compare:lt256');
add(0x11, 'GT', [2, 1], 3, 'compare:gt256');
add(0x12, 'SLT', [2, 1], 3, 'compare:slt256');
add(0x13, 'SGT', [2, 1], 3, 'compare:sgt256');
add(0x14, 'EQ', [2, 1], 3, 'compare:eq256');
add(0x15, 'ISZERO', [1, 1], 3, 'number:iszero256(sp)');
add(0x16, 'AND', [2, 1], 3, 'binary:and256');
add(0x17, 'OR', [2, 1], 3, 'binary:or256');
add(0x18, 'XOR', [2, 1], 3, 'binary:xor256');
add(0x19, 'NOT', [1, 1], 3, 'not');
add(0x1a, 'BYTE', [2, 1], 3, 'compare:byte256');
add(0x1b, 'SHL', [2, 1], 3, 'binary:shl256', 'Constantinople');
add(0x1c, 'SHR', [2, 1], 3, 'binary:shr256', 'Constantinople');
add(0x1d, 'SAR', [2, 1], 3, 'binary:sar256', 'Constantinople');
// EIP-7939
add(0x1e, 'CLZ', [1, 1], 5, 'number:clz256(sp)', 'Osaka');

add(0x20, 'KECCAK256', [2, 1], 30, 'keccak');

add(0x30, 'ADDRESS', [0, 1], 2, 'value:load<usize>(frame, FRAME_SELF)');
add(
  0x31,
  'BALANCE',
  [1, 1],
  [
    ['Frontier', 20],
    ['EIP150', 400],
    ['Istanbul', 700],
    ['Berlin', 0],
  ],
  'state:balance',
);
add(0x32, 'ORIGIN', [0, 1], 2, 'value:ORIGIN');
add(0x33, 'CALLER', [0, 1], 2, 'value:frame + FRAME_CALLER');
add(0x34, 'CALLVALUE', [0, 1], 2, 'value:frame + FRAME_VALUE');
add(0x35, 'CALLDATALOAD', [1, 1], 3, 'calldataload');
add(0x36, 'CALLDATASIZE', [0, 1], 2, 'number:load<u32>(frame, FRAME_DATA_LENGTH)');
add(0x37, 'CALLDATACOPY', [3, 0], 3, 'copy:load<usize>(frame, FRAME_DATA):load<u32>(frame, FRAME_DATA_LENGTH)');
add(0x38, 'CODESIZE', [0, 1], 2, 'number:codeLength');
add(0x39, 'CODECOPY', [3, 0], 3, 'copy:code:codeLength');
add(0x3a, 'GASPRICE', [0, 1], 2, 'value:GAS_PRICE');
add(
  0x3b,
  'EXTCODESIZE',
  [1, 1],
  [
    ['Frontier', 20],
    ['EIP150', 700],
    ['Berlin', 0],
  ],
  'state:extcodesize',
);
add(
  0x3c,
  'EXTCODECOPY',
  [4, 0],
  [
    ['Frontier', 20],
    ['EIP150', 700],
    ['Berlin', 0],
  ],
  'state:extcodecopy',
);
// EIP-211
add(0x3d, 'RETURNDATASIZE', [0, 1], 2, 'number:returnDataLength', 'Byzantium');
add(0x3e, 'RETURNDATACOPY', [3, 0], 3, 'returndatacopy', 'Byzantium');
// EIP-1052
add(
  0x3f,
  'EXTCODEHASH',
  [1, 1],
  [
    ['Constantinople', 400],
    ['Istanbul', 700],
    ['Berlin', 0],
  ],
  'state:extcodehash',
  'Constantinople',
);

add(0x40, 'BLOCKHASH', [1, 1], 20, 'blockhash');
add(0x41, 'COINBASE', [0, 1], 2, 'value:COINBASE');
add(0x42, 'TIMESTAMP', [0, 1], 2, 'value:TIMESTAMP');
add(0x43, 'NUMBER', [0, 1], 2, 'value:NUMBER');
// PREVRANDAO from Paris on (EIP-4399): the host gives the value.
add(0x44, 'DIFFICULTY', [0, 1], 2, 'value:DIFFICULTY');
add(0x45, 'GASLIMIT', [0, 1], 2, 'value:GAS_LIMIT');
add(0x46, 'CHAINID', [0, 1], 2, 'value:CHAIN_ID', 'Istanbul');
// EIP-1884
add(0x47, 'SELFBALANCE', [0, 1], 5, 'selfbalance', 'Istanbul');
// EIP-3198
add(0x48, 'BASEFEE', [0, 1], 2, 'value:BASE_FEE', 'London');
// EIP-4844
add(0x49, 'BLOBHASH', [1, 1], 3, 'blobhash', 'Cancun');
// EIP-7516
add(0x4a, 'BLOBBASEFEE', [0, 1], 2, 'value:BLOB_BASE_FEE', 'Cancun');

add(0x50, 'POP', [1, 0], 2, 'nothing');
add(0x51, 'MLOAD', [1, 1], 3, 'mload');
add(0x52, 'MSTORE', [2, 0], 3, 'mstore');
add(0x53, 'MSTORE8', [2, 0], 3, 'mstore8');
add(
  0x54,
  'SLOAD',
  [1, 1],
  [
    ['Frontier', 50],
    ['EIP150', 200],
    ['Istanbul', 800],
    ['Berlin', 0],
  ],
  'state:sload',
);
// The whole price depends on the values: EIP-1283, EIP-2200, EIP-2929.
add(0x55, 'SSTORE', [2, 0], 0, 'state:sstore');
add(0x56, 'JUMP', [1, 0], 8, 'jump');
add(0x57, 'JUMPI', [2, 0], 10, 'jumpi');
add(0x58, 'PC', [0, 1], 2, 'number:pc - 1 - code');
add(0x59, 'MSIZE', [0, 1], 2, 'number:memorySize');
add(0x5a, 'GAS', [0, 1], 2, 'number:gas');
add(0x5b, 'JUMPDEST', [0, 0], 1, 'nothing');
// EIP-1153
add(0x5c, 'TLOAD', [1, 1], 100, 'tload', 'Cancun');
add(0x5d, 'TSTORE', [2, 0], 100, 'tstore', 'Cancun');
// EIP-5656
add(0x5e, 'MCOPY', [3, 0], 3, 'mcopy', 'Cancun');
// EIP-3855
add(0x5f, 'PUSH0', [0, 1], 2, 'number:0', 'Shanghai');
for (let n = 1; n <= 32; n++) add(0x5f + n, `PUSH${n}`, [0, 1], 3, `push:${n}`);
for (let n = 1; n <= 16; n++) add(0x7f + n, `DUP${n}`, [n, n + 1], 3, `dup:${n}`);
for (let n = 1; n <= 16; n++) add(0x8f + n, `SWAP${n}`, [n + 1, n + 1], 3, `swap:${n}`);
for (let n = 0; n <= 4; n++) add(0xa0 + n, `LOG${n}`, [n + 2, 0], 375 * (n + 1), `log:${n}`);

add(0xf0, 'CREATE', [3, 1], 32000, 'leave');
add(
  0xf1,
  'CALL',
  [7, 1],
  [
    ['Frontier', 40],
    ['EIP150', 700],
    ['Berlin', 0],
  ],
  'leave',
);
add(
  0xf2,
  'CALLCODE',
  [7, 1],
  [
    ['Frontier', 40],
    ['EIP150', 700],
    ['Berlin', 0],
  ],
  'leave',
);
add(0xf3, 'RETURN', [2, 0], 0, 'end:RETURNED');
// EIP-7
add(
  0xf4,
  'DELEGATECALL',
  [6, 1],
  [
    ['Homestead', 40],
    ['EIP150', 700],
    ['Berlin', 0],
  ],
  'leave',
  'Homestead',
);
// EIP-1014
add(0xf5, 'CREATE2', [4, 1], 32000, 'leave', 'Constantinople');
// EIP-214
add(
  0xfa,
  'STATICCALL',
  [6, 1],
  [
    ['Byzantium', 700],
    ['Berlin', 0],
  ],
  'leave',
  'Byzantium',
);
// EIP-140
add(0xfd, 'REVERT', [2, 0], 0, 'end:REVERTED', 'Byzantium');
add(0xfe, 'INVALID', [0, 0], 0, 'invalid');
add(
  0xff,
  'SELFDESTRUCT',
  [1, 0],
  [
    ['Frontier', 0],
    ['EIP150', 5000],
  ],
  'leave',
);

/** All instructions, in the order of their codes. */
export const OPCODES: readonly Opcode[] = table;

const BY_CODE = new Map<number, Opcode>(OPCODES.map((opcode) => [opcode.code, opcode]));

/** The instruction of `code` in `fork`, or null where the fork does not know it. */
export function opcodeOf(code: number, fork: Fork): Opcode | null {
  const opcode = BY_CODE.get(code);
  return opcode !== undefined && atLeast(fork, opcode.since) ? opcode : null;
}
