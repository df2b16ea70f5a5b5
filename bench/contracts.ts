/**
 * Contracts of the benchmarks, written by hand in the manner of compiled Solidity: a dispatcher,
 * checks of calldata, mappings, checked arithmetic, events and return values.
 */
import { assemble } from '../corpus/assemble.js';
import type { Hex } from '../src/primitives/bytes.js';

const ADDRESS_MASK = '0xffffffffffffffffffffffffffffffffffffffff';
const RESERVE_MASK = '0xffffffffffffffffffffffffffff';
/** keccak256('Transfer(address,address,uint256)'). */
const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** keccak256('Sync(uint112,uint112)') and keccak256('Swap(address,uint256,uint256,uint256,uint256,address)'). */
const SYNC_TOPIC = '0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1';
const SWAP_TOPIC = '0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822';

/** ERC-20 selectors: transfer, transferFrom, balanceOf. */
export const TRANSFER = '0xa9059cbb';
const TRANSFER_FROM = '0x23b872dd';
const BALANCE_OF = '0x70a08231';
/** `swap(uint256 amountIn, uint256 minimumOut)`. */
export const SWAP = '0xd96073cf';

/** Balances are in mapping 0, allowances (owner, spender) in mapping 1. */
export const ERC20: Hex = assemble(`
  0x80 0x40 MSTORE
  CALLVALUE @bad JUMPI
  4 CALLDATASIZE LT @bad JUMPI
  0 CALLDATALOAD 0xe0 SHR
  DUP1 0x095ea7b3 EQ @bad JUMPI
  DUP1 0x18160ddd EQ @bad JUMPI
  DUP1 ${TRANSFER_FROM} EQ @transferFrom JUMPI
  DUP1 ${BALANCE_OF} EQ @balanceOf JUMPI
  DUP1 ${TRANSFER} EQ @transfer JUMPI
  bad: 0 0 REVERT

  transfer:
    POP  0x44 CALLDATASIZE LT @bad JUMPI
    4 CALLDATALOAD DUP1 ${ADDRESS_MASK} AND EQ ISZERO @bad JUMPI
    @done CALLER 4 CALLDATALOAD 0x24 CALLDATALOAD @move JUMP
  done: 1 0x40 MLOAD MSTORE  0x20 0x40 MLOAD RETURN

  transferFrom:
    POP  0x64 CALLDATASIZE LT @bad JUMPI
    4 CALLDATALOAD 0 MSTORE  1 0x20 MSTORE  0x40 0 KECCAK256
    0x20 MSTORE  CALLER 0 MSTORE  0x40 0 KECCAK256
    DUP1 SLOAD                                        ; allowance slot
    0x44 CALLDATALOAD DUP2 LT @bad JUMPI
    0x44 CALLDATALOAD SWAP1 SUB SWAP1 SSTORE
    @done 4 CALLDATALOAD 0x24 CALLDATALOAD 0x44 CALLDATALOAD @move JUMP

  balanceOf:
    POP  0x24 CALLDATASIZE LT @bad JUMPI
    4 CALLDATALOAD 0 MSTORE  0 0x20 MSTORE  0x40 0 KECCAK256
    SLOAD 0x40 MLOAD MSTORE  0x20 0x40 MLOAD RETURN

  move:                                               ; amount to from return
    DUP3 ISZERO @bad JUMPI  DUP2 ISZERO @bad JUMPI
    DUP3 0 MSTORE  0 0x20 MSTORE  0x40 0 KECCAK256
    DUP1 SLOAD                                        ; balance slot amount to from return
    DUP3 DUP2 LT @bad JUMPI
    DUP3 SWAP1 SUB SWAP1 SSTORE
    DUP2 0 MSTORE  0x40 0 KECCAK256
    DUP1 SLOAD DUP3 DUP2 ADD                          ; sum balance slot amount to from return
    DUP1 SWAP2 GT @bad JUMPI
    SWAP1 SSTORE
    0x40 MLOAD MSTORE
    SWAP1 ${TRANSFER_TOPIC} 0x20 0x40 MLOAD LOG3
    JUMP
`);

/** Calls `token` with the `length` bytes at 0x100; its answer goes to `out`. */
function callToken(opcode: 'CALL' | 'STATICCALL', token: Hex, length: number, out: number): string {
  const value = opcode === 'CALL' ? '0' : '';
  return `
    0x20 ${out} ${length} 0x100 ${value} ${token} GAS ${opcode} ISZERO @bad JUMPI
    0x20 RETURNDATASIZE LT @bad JUMPI
  `;
}

/**
 * A pair as Uniswap's second version has it: packed reserves (slot 0), a lock (slot 1), the input
 * token taken by transferFrom, the output sent, both balances read back, the product checked with a
 * fee of 0.3 %, and two events.
 */
export function pair(token0: Hex, token1: Hex, before = '', after = ''): Hex {
  return assemble(`
    0x80 0x40 MSTORE
    CALLVALUE @bad JUMPI
    0x44 CALLDATASIZE LT @bad JUMPI
    0 CALLDATALOAD 0xe0 SHR ${SWAP} EQ @swap JUMPI
    bad: 0 0 REVERT
    swap:
      ${before}
      1 SLOAD 1 EQ ISZERO @bad JUMPI
      2 1 SSTORE
      0 SLOAD DUP1 ${RESERVE_MASK} AND 0x80 MSTORE  112 SHR 0xa0 MSTORE
      4 CALLDATALOAD DUP1 ISZERO @bad JUMPI
      997 MUL
      DUP1 0xa0 MLOAD MUL
      SWAP1 0x80 MLOAD 1000 MUL ADD SWAP1 DIV
      DUP1 0x24 CALLDATALOAD GT @bad JUMPI
      0xe0 MSTORE

      ${TRANSFER_FROM} 0xe0 SHL 0x100 MSTORE  CALLER 0x104 MSTORE  ADDRESS 0x124 MSTORE
      4 CALLDATALOAD 0x144 MSTORE
      ${callToken('CALL', token0, 0x64, 0x200)}
      0x200 MLOAD ISZERO @bad JUMPI
      ${TRANSFER} 0xe0 SHL 0x100 MSTORE  CALLER 0x104 MSTORE  0xe0 MLOAD 0x124 MSTORE
      ${callToken('CALL', token1, 0x44, 0x200)}
      0x200 MLOAD ISZERO @bad JUMPI
      ${BALANCE_OF} 0xe0 SHL 0x100 MSTORE  ADDRESS 0x104 MSTORE
      ${callToken('STATICCALL', token0, 0x24, 0x180)}
      ${callToken('STATICCALL', token1, 0x24, 0x1a0)}

      4 CALLDATALOAD 3 MUL 0x180 MLOAD 1000 MUL SUB
      0x1a0 MLOAD 1000 MUL MUL
      0x80 MLOAD 0xa0 MLOAD MUL 1000000 MUL GT @bad JUMPI
      ${RESERVE_MASK} 0x180 MLOAD GT @bad JUMPI  ${RESERVE_MASK} 0x1a0 MLOAD GT @bad JUMPI
      0x1a0 MLOAD 112 SHL 0x180 MLOAD OR 0 SSTORE
      ${SYNC_TOPIC} 0x40 0x180 LOG1
      4 CALLDATALOAD 0x1c0 MSTORE  0 0x1e0 MSTORE  0 0x200 MSTORE  0xe0 MLOAD 0x220 MSTORE
      CALLER CALLER ${SWAP_TOPIC} 0x80 0x1c0 LOG3
      1 1 SSTORE
      ${after}
      0xe0 MLOAD 0 MSTORE  0x20 0 RETURN
  `);
}

/** `body` once for each i from calldata word 0 down to 1, i on top of the stack and an accumulator below; returns that. */
function loop(body: string, start = '0'): Hex {
  return assemble(`
    ${start} 0 CALLDATALOAD                           ; i accumulator
    next:
      DUP1 ISZERO @done JUMPI
      ${body}
      1 SWAP1 SUB @next JUMP
    done: POP 0 MSTORE 0x20 0 RETURN
  `);
}

/** r = (31 r + i) ^ (r >> 3). */
export const ARITHMETIC_LOOP: Hex = loop('SWAP1 DUP1 3 SHR SWAP1 31 MUL DUP3 ADD XOR SWAP1', '7');

/** h = keccak256(h, i), 64 bytes. */
export const KECCAK_LOOP: Hex = loop('SWAP1 0 MSTORE DUP1 0x20 MSTORE 0x40 0 KECCAK256 SWAP1');

/** m[i mod 128] = m[7 i mod 128] + i over 4 KiB, and the sum of m[i mod 32]. */
export const MEMORY_LOOP: Hex = loop(
  'DUP1 7 MUL 127 AND 5 SHL MLOAD DUP2 ADD DUP2 127 AND 5 SHL MSTORE DUP1 31 AND 5 SHL MLOAD SWAP1 SWAP2 ADD SWAP1',
);

/** s[i mod 16] += i. */
export const STORAGE_LOOP: Hex = loop('DUP1 15 AND DUP1 SLOAD DUP3 ADD SWAP1 SSTORE');

/** Returns its first calldata word xor 1. */
export const CALLEE: Hex = assemble('0 CALLDATALOAD 1 XOR 0 MSTORE 0x20 0 RETURN');

/** Sums what {@link CALLEE} at `callee` answers to i. */
export function callLoop(callee: Hex): Hex {
  return loop(`
    DUP1 0 MSTORE  0x20 0x20 0x20 0 0 ${callee} GAS CALL ISZERO @failed JUMPI
    SWAP1 0x20 MLOAD ADD SWAP1  @resume JUMP
    failed: 0 0 REVERT
    resume:
  `);
}
