/**
 * The contracts the scenarios call. Every one of them is small, and every one reads state that other
 * transactions of the block write: an executor that reads a stale value ends with other storage,
 * other logs or other gas.
 */

import type { Hex } from '../src/primitives/bytes.js';
import { assemble, initCode } from './assemble.js';

const SELECTOR = '0 CALLDATALOAD 0x100000000000000000000000000000000000000000000000000000000 SWAP1 DIV';

/** keccak256('Transfer(address,address,uint256)'). */
const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

/**
 * ERC-20-like token. `transfer(address,uint256)` (0xa9059cbb) moves between balances at
 * keccak(holder, 0), reverts where the holder has too little, and logs Transfer.
 */
export const TOKEN: Hex = assemble(`
  ${SELECTOR} 0xa9059cbb EQ @transfer JUMPI  0 0 REVERT
  transfer:
    CALLER 0 MSTORE  0 0x20 MSTORE  0x40 0 KECCAK256
    DUP1 SLOAD 0x24 CALLDATALOAD                     ; amount balance slot
    DUP1 DUP3 LT @poor JUMPI
    DUP1 SWAP2 SUB SWAP1 SWAP2 SSTORE                ; amount
    4 CALLDATALOAD 0 MSTORE  0x40 0 KECCAK256        ; slot amount
    DUP1 SLOAD DUP3 ADD SWAP1 SSTORE                 ; amount
    0 MSTORE  4 CALLDATALOAD CALLER ${TRANSFER_TOPIC} 0x20 0 LOG3
    1 0 MSTORE  0x20 0 RETURN
  poor: 0 0 REVERT
`);

/** One hot slot: slot 0 becomes 3 x slot 0 + caller + calldata word, and the result is logged, so order shows. */
export const COUNTER: Hex = assemble(`
  0 SLOAD 3 MUL CALLER ADD 0 CALLDATALOAD ADD
  DUP1 0 SSTORE  0 MSTORE  0x20 0 LOG0
`);

/** Counts calls at slot 0 and stores the caller at the count: a list that grows in transaction order. */
export const REGISTER: Hex = assemble(`
  0 SLOAD 1 ADD DUP1 0 SSTORE  CALLER SWAP1 SSTORE
`);

/**
 * Stores the coinbase's balance at the slot given in calldata, and adds to slot 0x1000 or 0x1001 as
 * that balance is even or odd: both the value and the write set depend on the fees paid before.
 */
export const COINBASE_READER: Hex = assemble(`
  COINBASE BALANCE DUP1 0 CALLDATALOAD SSTORE
  1 AND @odd JUMPI
    0x1000 SLOAD 1 ADD 0x1000 SSTORE STOP
  odd: 0x1001 SLOAD 1 ADD 0x1001 SSTORE STOP
`);

/** Reads BALANCE of its own address and of its caller, stores both at slots 2n and 2n+1 (n in calldata). */
export const BALANCE_READER: Hex = assemble(`
  ADDRESS BALANCE 0 CALLDATALOAD 2 MUL SSTORE
  CALLER BALANCE 0 CALLDATALOAD 2 MUL 1 ADD SSTORE
`);

/** Calldata: salt, init code. CREATE2 with the call's value; the address (0 on failure) goes to slot ++0. */
export const CREATE2_FACTORY: Hex = assemble(`
  0x20 CALLDATASIZE SUB DUP1 0x20 0 CALLDATACOPY
  0 CALLDATALOAD SWAP1 0 CALLVALUE CREATE2
  0 SLOAD 1 ADD DUP1 0 SSTORE SSTORE
`);

/** As CREATE2_FACTORY, with CREATE: calldata is the init code. */
export const CREATE_FACTORY: Hex = assemble(`
  CALLDATASIZE DUP1 0 0 CALLDATACOPY  0 CALLVALUE CREATE
  0 SLOAD 1 ADD DUP1 0 SSTORE SSTORE
`);

/**
 * Calldata: salt, init code of a {@link CHILD}. In one transaction: CREATE2 with 3 wei, use it, let it
 * destroy itself in favour of the caller, then send it 1 wei (which vanishes with it); slot ++0 holds
 * its address.
 */
export const EPHEMERAL_FACTORY: Hex = assemble(`
  0x20 CALLDATASIZE SUB DUP1 0x20 0 CALLDATACOPY
  0 CALLDATALOAD SWAP1 0 3 CREATE2                     ; child
  0 0 MSTORE  CALLER 0x20 MSTORE
  0 0 0x40 0 0 DUP6 GAS CALL POP                       ; use
  1 0 MSTORE
  0 0 0x40 0 0 DUP6 GAS CALL POP                       ; destroy
  0 0 0 0 1 DUP6 GAS CALL POP                          ; ether after the end
  0 SLOAD 1 ADD DUP1 0 SSTORE SSTORE
`);

/**
 * Calldata word 0 = 0: count calls in slot 1, sum callers in slot 2, log the count and slot 7.
 * Otherwise: SELFDESTRUCT in favour of calldata word 1.
 */
export const CHILD: Hex = assemble(`
  0 CALLDATALOAD @kill JUMPI
  1 SLOAD 1 ADD DUP1 1 SSTORE 0 MSTORE
  2 SLOAD CALLER ADD 2 SSTORE
  7 SLOAD 0x20 MSTORE  0x40 0 LOG0 STOP
  kill: 0x20 CALLDATALOAD SELFDESTRUCT
`);

/** Init code of {@link CHILD}; the constructor adds 7 to slot 7, so that surviving storage would show. */
export const CHILD_INIT: Hex = initCode(CHILD, '7 SLOAD 7 ADD 7 SSTORE');

/** SELFDESTRUCT in favour of calldata word 0. */
export const MORTAL: Hex = assemble('0 CALLDATALOAD SELFDESTRUCT');

/** Reverts while slot 0 is odd, else adds 1; with calldata word 0 set, adds that without a check. */
export const REVERT_IF_ODD: Hex = assemble(`
  0 CALLDATALOAD @add JUMPI
  0 SLOAD 1 AND @odd JUMPI
  0 SLOAD 1 ADD 0 SSTORE STOP
  add: 0 SLOAD 0 CALLDATALOAD ADD 0 SSTORE STOP
  odd: 0 0 REVERT
`);

/** Calldata: first slot, count, value. Writes the value to each slot; zero clears, and earns refunds. */
export const SLOT_WRITER: Hex = assemble(`
  0x20 CALLDATALOAD                                    ; count
  loop:
    DUP1 ISZERO @done JUMPI
    1 SWAP1 SUB
    0x40 CALLDATALOAD DUP2 0 CALLDATALOAD ADD SSTORE
    @loop JUMP
  done: STOP
`);

/** Slot of the proxy that holds its implementation. */
export const PROXY_IMPLEMENTATION_SLOT = '0x360894';

/** 32 bytes of calldata set the implementation; anything else is delegated to it, success in slot 0x360895. */
export const PROXY: Hex = assemble(`
  0x20 CALLDATASIZE EQ @upgrade JUMPI
  CALLDATASIZE 0 0 CALLDATACOPY
  0 0 CALLDATASIZE 0 ${PROXY_IMPLEMENTATION_SLOT} SLOAD GAS DELEGATECALL
  0x360895 SLOAD ADD 0x360895 SSTORE STOP
  upgrade: 0 CALLDATALOAD ${PROXY_IMPLEMENTATION_SLOT} SSTORE
`);

/** Calldata: address, first slot. Stores EXTCODESIZE, BALANCE and (Constantinople) EXTCODEHASH of the address. */
export const PROBER: Hex = assemble(`
  0 CALLDATALOAD EXTCODESIZE 0x20 CALLDATALOAD SSTORE
  0 CALLDATALOAD BALANCE 0x20 CALLDATALOAD 1 ADD SSTORE
  0 CALLDATALOAD EXTCODEHASH 0x20 CALLDATALOAD 2 ADD SSTORE
`);

/** {@link PROBER} for forks without EXTCODEHASH. */
export const PROBER_EARLY: Hex = assemble(`
  0 CALLDATALOAD EXTCODESIZE 0x20 CALLDATALOAD SSTORE
  0 CALLDATALOAD BALANCE 0x20 CALLDATALOAD 1 ADD SSTORE
`);

/** Stores block facts from the slot in calldata on: hashes of the last two blocks and of this one, then the rest. */
export const BLOCK_READER: Hex = assemble(`
  1 NUMBER SUB BLOCKHASH 0 CALLDATALOAD SSTORE
  2 NUMBER SUB BLOCKHASH 0 CALLDATALOAD 1 ADD SSTORE
  NUMBER BLOCKHASH 0 CALLDATALOAD 2 ADD SSTORE
  PREVRANDAO 0 CALLDATALOAD 3 ADD SSTORE
  TIMESTAMP 0 CALLDATALOAD 4 ADD SSTORE
  GASLIMIT COINBASE XOR 0 CALLDATALOAD 5 ADD SSTORE
  GASPRICE ORIGIN XOR 0 CALLDATALOAD 6 ADD SSTORE
`);

/** EIP-1153. Stores the transient slot 0 it finds (always zero at the start) plus 1 at the slot in calldata, then sets it. */
export const TRANSIENT: Hex = assemble(`
  0 TLOAD 1 ADD 0 CALLDATALOAD SSTORE
  0 CALLDATALOAD 0 TSTORE
  0 TLOAD 0 CALLDATALOAD 0x1000 ADD SSTORE
  0x2000 SLOAD 0 TLOAD ADD 0x2000 SSTORE
`);

/** Calldata word 0 = n: emits n rounds of LOG0 to LOG4, each with the round and a running count from slot 0. */
export const LOGGER: Hex = assemble(`
  0 CALLDATALOAD
  loop:
    DUP1 ISZERO @done JUMPI
    0 SLOAD 1 ADD DUP1 0 SSTORE  0 MSTORE  DUP1 0x20 MSTORE
    0x40 0 LOG0
    0 MLOAD 0x20 0x20 LOG1
    DUP1 0 MLOAD 0 0 LOG2
    CALLER DUP2 0 MLOAD 0x40 0 LOG3
    ORIGIN CALLER DUP3 0 MLOAD 0x20 0 LOG4
    1 SWAP1 SUB @loop JUMP
  done: STOP
`);

/** Calldata: pairs (address, value). Calls each with that value; slot 0 counts successes, slot 1 failures. */
export const MULTICALL: Hex = assemble(`
  0
  loop:
    CALLDATASIZE DUP2 LT ISZERO @done JUMPI
    0 0 0 0 DUP5 0x20 ADD CALLDATALOAD DUP6 CALLDATALOAD 0x186a0 CALL
    @good JUMPI
      1 SLOAD 1 ADD 1 SSTORE @next JUMP
    good: 0 SLOAD 1 ADD 0 SSTORE
    next: 0x40 ADD @loop JUMP
  done: STOP
`);

/** Constant-product pool: slots 0 and 1 hold the reserves; calldata word 0 goes in, the output is logged and credited. */
export const POOL: Hex = assemble(`
  0 CALLDATALOAD 0 SLOAD                               ; x dx
  DUP2 DUP2 ADD DUP1 0 SSTORE                          ; x+dx x dx
  1 SLOAD DUP4 MUL DIV                                 ; dy x dx
  DUP1 1 SLOAD SUB 1 SSTORE
  CALLER 0x100 MSTORE  2 0x120 MSTORE  0x40 0x100 KECCAK256
  DUP1 SLOAD DUP3 ADD SWAP1 SSTORE
  0 MSTORE  CALLER 0x20 0 LOG1
`);

/** EIP-7702 delegate X: the caller's and the account's own view; slot 0 counts, slot 1 sums callers. */
export const DELEGATE_X: Hex = assemble(`
  0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE
  1 SLOAD CALLER ADD 1 SSTORE
  ADDRESS BALANCE 0x20 MSTORE  ADDRESS 0x40 0 LOG1
`);

/** EIP-7702 delegate Y: slot 0 counts in hundreds, and half of the account's balance goes to calldata word 0. */
export const DELEGATE_Y: Hex = assemble(`
  0 SLOAD 100 ADD DUP1 0 SSTORE 0 MSTORE  0x20 0 LOG0
  0 0 0 0 2 ADDRESS BALANCE DIV 0 CALLDATALOAD GAS CALL POP
`);

/** Emits the calldata as a log with the EIP-6110 deposit topic; placed at the deposit contract's address. */
export const DEPOSIT_LOGGER: Hex = assemble(`
  CALLDATASIZE 0 0 CALLDATACOPY
  0 SLOAD 1 ADD 0 SSTORE
  0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5 CALLDATASIZE 0 LOG1
`);

/** Stores BLOBBASEFEE and BLOBHASH(0) at the slot in calldata and the next. */
export const BLOB_READER: Hex = assemble(`
  BLOBBASEFEE 0 CALLDATALOAD SSTORE
  0 BLOBHASH 0 CALLDATALOAD 1 ADD SSTORE
`);
