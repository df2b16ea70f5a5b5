/**
 * Code objects: bytes with length, hash and, once run, the bitmap of their jump destinations. Code of
 * the state lives in the store over many transactions; code created in a transaction lives in a
 * window of its own; init code lives in the creating frame's memory. Where one transaction meets more code
 * than the store holds, the rest are stubs, whose bytes the host gives when they are run or copied.
 */
import { keccak256Word } from './keccak';
import { hostCodeBytes } from './host';
import {
  CODE_ABSENT,
  CODE_BITMAP,
  CODE_BYTES,
  CODE_DELEGATION,
  CODE_HASH,
  CODE_LENGTH,
  CODE_STORE,
  CODE_STUB_BYTES,
  CODE_STUBS,
  EMPTY_CODE,
  EVM_MEMORY,
  NEW_CODE,
} from './layout';
import { fits, LIMIT_NEW_CODE } from './limits';

/** Zero bytes behind the code: STOP, and what an immediate cut off at the end reads. */
const PADDING: usize = 64;

const JUMPDEST: u32 = 0x5b;
const PUSH1: u32 = 0x60;
const PUSH32: u32 = 0x7f;

/** A delegation designator is 0xef0100 and an address (EIP-7702). */
const DELEGATION_LENGTH: u32 = 23;

const STUB_SIZE: usize = CODE_BYTES + CODE_STUB_BYTES;

/** Bytes of the store in use. */
let storeUsed: usize = 0;
/** Bytes of the stubs. */
let stubsUsed: usize = 0;
let newTop: usize = 0;

/** Bytes that an object for `length` bytes of code takes, with its bitmap. */
@inline
export function codeObjectSize(length: u32): u64 {
  return (<u64>CODE_BYTES + <u64>length + <u64>PADDING + <u64>(length >> 3) + 16 + 31) & ~(<u64>31);
}

/** Finishes an object whose bytes lie behind its header at `object`. */
export function sealCode(object: usize, length: u32): void {
  store<u32>(object, length, CODE_LENGTH);
  store<u32>(object, 0, CODE_BITMAP);
  store<u32>(object, 0, CODE_ABSENT);
  memory.fill(object + CODE_BYTES + length, 0, PADDING);
  markDelegation(object, length);
}

function markDelegation(object: usize, length: u32): void {
  const bytes = object + CODE_BYTES;
  const delegation =
    length == DELEGATION_LENGTH && load<u16>(bytes) == 0x01ef && load<u8>(bytes, 2) == 0;
  store<u32>(object, delegation ? 1 : 0, CODE_DELEGATION);
}

@inline
export function isAbsent(object: usize): bool {
  return load<u32>(object, CODE_ABSENT) != 0;
}

/** Copies `length` bytes from `offset` on to `out`; what lies behind the code's end is zero. */
export function copyAbsent(object: usize, offset: u64, length: u32, out: usize): void {
  const size = load<u32>(object, CODE_LENGTH);
  const present = offset < <u64>size ? min(length, size - <u32>offset) : 0;
  if (present > 0) hostCodeBytes(object, <u32>offset, present, out);
  memory.fill(out + present, 0, length - present);
}

/** Marks the bytes that are JUMPDEST and no immediate data, one bit each. */
export function analyse(object: usize): void {
  const length = load<u32>(object, CODE_LENGTH);
  const bytes = object + CODE_BYTES;
  const bitmap = bytes + length + PADDING;
  memory.fill(bitmap, 0, (length >> 3) + 1);
  for (let i: u32 = 0; i < length; i++) {
    const opcode = <u32>load<u8>(bytes + i);
    if (opcode == JUMPDEST) {
      const at = bitmap + (i >> 3);
      store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(i & 7)));
    } else if (opcode >= PUSH1 && opcode <= PUSH32) {
      i += opcode - PUSH1 + 1;
    }
  }
  store<u32>(object, <u32>bitmap, CODE_BITMAP);
}

/** Writes the address that a delegation designator names as a 256-bit value. */
export function delegationTarget(object: usize, out: usize): void {
  const from = object + CODE_BYTES + 3;
  store<u64>(out, 0, 16);
  store<u64>(out, 0, 24);
  for (let i: usize = 0; i < 20; i++) store<u8>(out + 19 - i, load<u8>(from + i));
}

/** Forgets code created in the incarnation before; makes sure that the empty code is there. */
export function clearNewCode(): void {
  newTop = NEW_CODE;
  if (load<u64>(EMPTY_CODE, CODE_HASH) == 0) {
    keccak256Word(EMPTY_CODE, 0, EMPTY_CODE + CODE_HASH);
    sealCode(EMPTY_CODE, 0);
  }
}

export function newCodeEnd(): usize {
  return newTop;
}

/** Goes on with created codes that stand in their window up to `end`. */
export function restoreNewCode(end: usize): void {
  newTop = end;
}

/** Makes an object of the `length` bytes at `from`, created in this transaction. */
export function newCode(from: usize, length: u32): usize {
  if (length == 0) return EMPTY_CODE;
  const object = newTop;
  const size = codeObjectSize(length);
  fits(object, size, CODE_STORE, LIMIT_NEW_CODE);
  newTop = object + <usize>size;
  memory.copy(object + CODE_BYTES, from, length);
  keccak256Word(from, length, object + CODE_HASH);
  sealCode(object, length);
  return object;
}

// ---- Exports for the host ------------------------------------------------------------------------

/** Room for `length` bytes in the store; 0 where it is full. */
export function codeAlloc(length: u32): usize {
  const size = codeObjectSize(length);
  const object = CODE_STORE + storeUsed;
  if (<u64>object + size > <u64>CODE_STUBS) return 0;
  storeUsed += <usize>size;
  store<u32>(object, length, CODE_LENGTH);
  store<u32>(object, 0, CODE_ABSENT);
  return object;
}

/** Room for a code of `length` bytes without all but the first of them; 0 where there are too many. */
export function codeStub(length: u32): usize {
  const object = CODE_STUBS + stubsUsed;
  if (object + STUB_SIZE > EVM_MEMORY) return 0;
  stubsUsed += STUB_SIZE;
  store<u32>(object, length, CODE_LENGTH);
  store<u32>(object, 1, CODE_ABSENT);
  return object;
}

/** Finishes an object in the store, or a stub, whose hash and bytes the host has written. */
export function codeSeal(object: usize): void {
  const length = load<u32>(object, CODE_LENGTH);
  if (isAbsent(object)) markDelegation(object, length);
  else sealCode(object, length);
}

/** Empties the store; every pointer into it dies. */
export function codeReset(): void {
  storeUsed = 0;
  stubsUsed = 0;
}

export function codeUsed(): u32 {
  return <u32>storeUsed;
}

export function emptyCode(): usize {
  return EMPTY_CODE;
}
