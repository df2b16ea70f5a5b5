/**
 * CREATE and CREATE2 (yellow paper, section 7; EIP-2, EIP-161, EIP-170, EIP-684, EIP-1014, EIP-2681,
 * EIP-3541, EIP-3860, EIP-7610), and what creations by instruction and by transaction have in common.
 */
import { warmAccount } from './access';
import {
  account,
  accountExists,
  canPay,
  hasCode,
  loadAccount,
  markCreated,
  setCode,
  setNonce,
  touch,
  transfer,
} from './accounts';
import { bswap64, copy32, storeBigEndian } from './bits';
import { allButOne64th, resume } from './calls';
import { newCode, sealCode } from './code';
import { GAS_CREATE } from './dispatch';
import { freeMemory, mayNest, pushFrame, reserveCode, setReturnData } from './frames';
import { journalMark } from './journal';
import {
  ACCOUNT_NONCE,
  CODE_BYTES,
  EIP150,
  EIP158,
  FRAME_CREATION,
  FRAME_FLAGS,
  FRAME_GAS,
  FRAME_MEMORY,
  FRAME_SELF,
  FRAME_SP,
  FRAME_STATIC,
  HALT_CODE_DEPOSIT,
  HALT_CODE_FORMAT,
  HALT_CODE_SIZE,
  HALT_INIT_CODE_SIZE,
  HALT_OUT_OF_GAS,
  HALT_STATIC,
  HOMESTEAD,
  LONDON,
  OK,
  SCRATCH_ADDRESS,
  SCRATCH_BYTES,
  SHANGHAI,
  SUSPENDED,
} from './layout';
import { keccak256Word } from './keccak';
import { expand, keepGas, rangeEnd, wordsOf } from './memory';
import { fork } from './rules';
import { hasStorage, loadHasStorage, resetStorage } from './storage';

const CREATE2: i32 = 0xf5;

const INIT_CODE_WORD_GAS: i64 = 2;
const HASH_WORD_GAS: i64 = 6;
const DEPOSIT_GAS: i64 = 200;
/** EIP-170 and EIP-3860, bytes. */
const MAX_CODE: u32 = 24576;
const MAX_INIT_CODE: u64 = 49152;

/** Writes an address's 20 bytes in their usual order. */
function storeAddress(address: usize, out: usize): void {
  for (let i: usize = 0; i < 20; i++) store<u8>(out + i, load<u8>(address + 19 - i));
}

/** SCRATCH_ADDRESS = the low 20 bytes of the hash of the bytes at SCRATCH_BYTES. */
function addressFromHash(length: u32): void {
  keccak256Word(SCRATCH_BYTES, length, SCRATCH_ADDRESS);
  store<u32>(SCRATCH_ADDRESS, 0, 20);
  store<u64>(SCRATCH_ADDRESS, 0, 24);
}

/** Address of a creation by `creator` with `nonce`: keccak256(rlp([creator, nonce])). At SCRATCH_ADDRESS. */
export function createAddress(creator: usize, nonce: u64): void {
  let length: u32 = 22;
  store<u8>(SCRATCH_BYTES, 0x94, 1);
  storeAddress(creator, SCRATCH_BYTES + 2);
  if (nonce == 0) {
    store<u8>(SCRATCH_BYTES, 0x80, 22);
    length = 23;
  } else if (nonce < 0x80) {
    store<u8>(SCRATCH_BYTES, <u8>nonce, 22);
    length = 23;
  } else {
    const size = 8 - (<u32>clz<u64>(nonce) >> 3);
    store<u8>(SCRATCH_BYTES, <u8>(0x80 + size), 22);
    store<u64>(SCRATCH_BYTES, bswap64(nonce << (64 - 8 * <u64>size)), 23);
    length = 23 + size;
  }
  store<u8>(SCRATCH_BYTES, <u8>(0xc0 + length - 1));
  addressFromHash(length);
}

/** Address of CREATE2 (EIP-1014): keccak256(0xff ‖ creator ‖ salt ‖ keccak256(init code)). At SCRATCH_ADDRESS. */
function create2Address(creator: usize, salt: usize, code: usize, length: u32): void {
  store<u8>(SCRATCH_BYTES, 0xff);
  storeAddress(creator, SCRATCH_BYTES + 1);
  storeBigEndian(salt, SCRATCH_BYTES + 21);
  keccak256Word(code, length, SCRATCH_BYTES + 53);
  storeBigEndian(SCRATCH_BYTES + 53, SCRATCH_BYTES + 53);
  addressFromHash(85);
}

/** Loads what decides whether `target` can be created: false where a read is blocked. */
export function loadTarget(target: usize): bool {
  if (!loadAccount(target)) return false;
  // An account that is absent has no storage.
  if (!accountExists(target) || load<u64>(target, ACCOUNT_NONCE) != 0 || hasCode(target)) return true;
  return loadHasStorage(target);
}

/** Whether the address is taken (EIP-684, EIP-7610), after `loadTarget`. */
export function collides(target: usize): bool {
  return load<u64>(target, ACCOUNT_NONCE) != 0 || hasCode(target) || hasStorage(target);
}

/** Makes the account, with `value` from its creator. */
export function establish(target: usize, creator: usize, value: usize): void {
  touch(target);
  resetStorage(target);
  markCreated(target);
  if (fork >= EIP158) setNonce(target, 1);
  transfer(creator, target, value);
}

/** Pushes the frame of the init code at `from`, which is copied behind the creating frame's memory. */
export function pushCreation(
  target: usize,
  creator: usize,
  value: usize,
  from: usize,
  length: u32,
  gas: i64,
  mark: usize,
): void {
  const object = freeMemory();
  const end = reserveCode(object, length);
  memory.copy(object + CODE_BYTES, from, length);
  sealCode(object, length);
  pushFrame(object, target, creator, value, gas, FRAME_CREATION, mark, end);
}

/**
 * Deposits what the init code returned (EIP-2, EIP-170, EIP-3541). OK, or the halt by which the creation fails. Gas
 * left goes to the frame.
 */
export function deposit(frame: usize, from: usize, length: u32): i32 {
  if (length == 0) return OK;
  if (fork >= LONDON && load<u8>(from) == 0xef) return HALT_CODE_FORMAT;
  if (fork >= EIP158 && length > MAX_CODE) return HALT_CODE_SIZE;
  const gas = load<i64>(frame, FRAME_GAS) - DEPOSIT_GAS * <i64>length;
  if (gas < 0) {
    // Before Homestead the account stays, without code, and the gas is kept.
    return fork >= HOMESTEAD ? HALT_CODE_DEPOSIT : OK;
  }
  keepGas(frame, gas);
  setCode(load<usize>(frame, FRAME_SELF), newCode(from, length));
  return OK;
}

/** Executes a creating instruction of the frame, whose PC stands on it. OK: go on with the innermost frame. */
export function create(frame: usize, opcode: i32): i32 {
  if ((load<u32>(frame, FRAME_FLAGS) & FRAME_STATIC) != 0) return HALT_STATIC;
  const sp = load<usize>(frame, FRAME_SP);
  const value = sp;
  const lengthItem = sp + 64;
  let before = expand(frame, rangeEnd(sp + 32, lengthItem), load<i64>(frame, FRAME_GAS));
  if (before < 0) return HALT_OUT_OF_GAS;
  // The memory has grown and is paid for; whatever follows may be done again after a blocked read.
  keepGas(frame, before);

  let gas = before - GAS_CREATE;
  if (fork >= SHANGHAI) {
    if (load<u64>(lengthItem) > MAX_INIT_CODE) return HALT_INIT_CODE_SIZE;
    gas -= INIT_CODE_WORD_GAS * wordsOf(lengthItem);
  }
  if (opcode == CREATE2) gas -= HASH_WORD_GAS * wordsOf(lengthItem);
  if (gas < 0) return HALT_OUT_OF_GAS;

  const next = opcode == CREATE2 ? sp + 96 : sp + 64;
  const self = load<usize>(frame, FRAME_SELF);
  const nonce = load<u64>(self, ACCOUNT_NONCE);
  setReturnData(0, 0);
  if (!mayNest() || !canPay(self, value) || nonce == u64.MAX_VALUE) {
    keepGas(frame, gas);
    resume(frame, next, 0);
    return OK;
  }

  const length = <u32>load<u64>(lengthItem);
  const memoryBase = load<usize>(frame, FRAME_MEMORY);
  const code = length == 0 ? memoryBase : memoryBase + <usize>load<u64>(sp + 32);
  if (opcode == CREATE2) create2Address(self, sp + 96, code, length);
  else createAddress(self, nonce);
  const target = account(SCRATCH_ADDRESS);
  if (!loadTarget(target)) return SUSPENDED;

  // Every read is answered: from here on nothing is done twice.
  const given = fork >= EIP150 ? allButOne64th(gas) : gas;
  gas -= given;
  setNonce(self, nonce + 1);
  warmAccount(target);
  if (collides(target)) {
    keepGas(frame, gas);
    resume(frame, next, 0);
    return OK;
  }
  const mark = journalMark();
  establish(target, self, value);
  if (length == 0) {
    keepGas(frame, gas + given);
    resume(frame, next, 0);
    copy32(next, target);
    return OK;
  }
  keepGas(frame, gas);
  resume(frame, next, 0);
  pushCreation(target, self, value, code, length, given, mark);
  return OK;
}
