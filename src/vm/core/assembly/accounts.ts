/**
 * Accounts of the incarnation: one record each, found by address. Basics and code are asked of the
 * host once, when something depends on them; what was read stays beside what it has become.
 */
import { add256, lt256, sub256 } from './u256';
import { copy32, isZero32 } from './bits';
import { delegationTarget } from './code';
import { hostBasics, hostCode } from './host';
import { set32, set64, set256 } from './journal';
import {
  ACCOUNT_BALANCE,
  ACCOUNT_CODE,
  ACCOUNT_CREATED,
  ACCOUNT_DESTROYED,
  ACCOUNT_EXISTS,
  ACCOUNT_FLAGS,
  ACCOUNT_INDEX,
  ACCOUNT_LEAST,
  ACCOUNT_NONCE,
  ACCOUNT_PRECOMPILE,
  ACCOUNT_READ_CODE,
  ACCOUNT_READ_EXISTS,
  ACCOUNT_SIZE,
  ACCOUNT_TOUCHED,
  ACCOUNT_WARM,
  ACCOUNTS,
  BYZANTIUM,
  CANCUN,
  CODE_DELEGATION,
  CODE_LENGTH,
  EMPTY_CODE,
  FLAG_BALANCE_SEEN,
  FLAG_BASICS,
  FLAG_CODE,
  FLAG_LOADED,
  FLAG_PAID,
  IS_SYSTEM,
  ISTANBUL,
  OSAKA,
  PRAGUE,
  SCRATCH_ADDRESS,
  SCRATCH_ANSWER,
  SCRATCH_VALUE,
  SLOT_INDEX,
} from './layout';
import { LIMIT_ACCOUNTS, within } from './limits';
import { fork, message, mix, seedA } from './rules';

/**
 * Index entries of 8 bytes: tag, record. The index begins small, since entries far apart would each
 * cost a miss of the caches, and grows to twice as many entries as there is room for records.
 */
const FIRST_MASK: u32 = 0xff;
const LAST_MASK: u32 = 0xfffff;
const RECORDS_END: usize = SLOT_INDEX;

const P256VERIFY: u64 = 0x100;
const RIPEMD160: u64 = 3;
const BASICS_BYTES: usize = 44;

let top: usize = 0;
let mask: u32 = 0;
/** Entries with another tag are free. */
let tag: u32 = 0;

export function clearAccounts(): void {
  top = ACCOUNTS;
  mask = FIRST_MASK;
  nextTag();
}

function nextTag(): void {
  // After 2^32 tags old entries could come back to life: start over from an empty index.
  if (++tag == 0) {
    memory.fill(ACCOUNT_INDEX, 0, (<usize>LAST_MASK + 1) << 3);
    tag = 1;
  }
}

@inline
function hashOf(low: u64, middle: u64, high: u64): u32 {
  return <u32>(mix(mix(mix(seedA, low), middle), high) >> 32);
}

@inline
function setEntry(i: u32, record: usize): void {
  const entry = ACCOUNT_INDEX + (<usize>i << 3);
  store<u32>(entry, tag);
  store<u32>(entry, <u32>record, 4);
}

/** Makes the index eight times as large and enters every record anew. */
function grow(): void {
  mask = min((mask << 3) | 7, LAST_MASK);
  enter();
}

/** Goes on with records that stand in their window up to `end`: makes their index. */
export function restoreAccounts(end: usize): void {
  top = end;
  mask = FIRST_MASK;
  while (mask < LAST_MASK && accountCount() * 2 > mask) mask = min((mask << 3) | 7, LAST_MASK);
  enter();
}

/** Enters every record into an empty index. */
function enter(): void {
  nextTag();
  for (let record = ACCOUNTS; record < top; record += ACCOUNT_SIZE) {
    let i = hashOf(load<u64>(record), load<u64>(record, 8), <u64>load<u32>(record, 16)) & mask;
    while (load<u32>(ACCOUNT_INDEX + (<usize>i << 3)) == tag) i = (i + 1) & mask;
    setEntry(i, record);
  }
}

export function accountCount(): u32 {
  return <u32>((top - ACCOUNTS) / ACCOUNT_SIZE);
}

export function accountsEnd(): usize {
  return top;
}

/** Number of the precompile active at an address of which only the lowest limb is not zero; 0: none. */
function activePrecompile(low: u64): u32 {
  let last: u64 = 4;
  if (fork >= PRAGUE) last = 0x11;
  else if (fork >= CANCUN) last = 0x0a;
  else if (fork >= ISTANBUL) last = 9;
  else if (fork >= BYZANTIUM) last = 8;
  return low <= last || (fork >= OSAKA && low == P256VERIFY) ? <u32>low : 0;
}

/** The record of the account whose address is the low 20 bytes at `address`; made where there is none. */
export function account(address: usize): usize {
  const low = load<u64>(address);
  const middle = load<u64>(address, 8);
  const high = <u64>load<u32>(address, 16);
  let i = hashOf(low, middle, high) & mask;
  while (true) {
    const entry = ACCOUNT_INDEX + (<usize>i << 3);
    if (load<u32>(entry) != tag) {
      const record = create(low, middle, high);
      setEntry(i, record);
      if (mask < LAST_MASK && accountCount() * 2 > mask) grow();
      return record;
    }
    const record = load<usize>(entry, 4);
    if (load<u64>(record) == low && load<u64>(record, 8) == middle && load<u64>(record, 16) == high) return record;
    i = (i + 1) & mask;
  }
}

function create(low: u64, middle: u64, high: u64): usize {
  const record = top;
  top = record + ACCOUNT_SIZE;
  within(top, RECORDS_END, LIMIT_ACCOUNTS);
  memory.fill(record + 24, 0, ACCOUNT_SIZE - 24);
  store<u64>(record, low);
  store<u64>(record, middle, 8);
  store<u64>(record, high, 16);
  if ((middle | high) == 0 && low <= P256VERIFY) store<u32>(record, activePrecompile(low), ACCOUNT_PRECOMPILE);
  return record;
}

/** Makes sure that basics and code are known: false where a read is blocked. */
@inline
export function loadAccount(record: usize): bool {
  return (load<u32>(record, ACCOUNT_FLAGS) & FLAG_LOADED) == FLAG_LOADED || readAccount(record);
}

/** Makes sure that the basics are known: false where their read is blocked. */
export function loadBasics(record: usize): bool {
  const flags = load<u32>(record, ACCOUNT_FLAGS);
  if ((flags & FLAG_BASICS) != 0) return true;
  if (hostBasics(record, record + ACCOUNT_READ_EXISTS) == 0) return false;
  memory.copy(record + ACCOUNT_EXISTS, record + ACCOUNT_READ_EXISTS, BASICS_BYTES);
  store<u32>(record, flags | FLAG_BASICS, ACCOUNT_FLAGS);
  return true;
}

function readAccount(record: usize): bool {
  if (!loadBasics(record)) return false;
  // An absent account has no code: the host need not be asked, and no dependency arises.
  let code: usize = EMPTY_CODE;
  if (load<u32>(record, ACCOUNT_READ_EXISTS) != 0) {
    if (hostCode(record, SCRATCH_ANSWER) == 0) return false;
    code = load<usize>(SCRATCH_ANSWER);
  }
  store<usize>(record, code, ACCOUNT_CODE);
  store<usize>(record, code, ACCOUNT_READ_CODE);
  store<u32>(record, load<u32>(record, ACCOUNT_FLAGS) | FLAG_CODE, ACCOUNT_FLAGS);
  return true;
}

/** The account to which `record`'s code delegates (EIP-7702), or 0. `record` must be loaded. */
export function delegate(record: usize): usize {
  const code = load<usize>(record, ACCOUNT_CODE);
  if (fork < PRAGUE || load<u32>(code, CODE_DELEGATION) == 0) return 0;
  delegationTarget(code, SCRATCH_ADDRESS);
  return account(SCRATCH_ADDRESS);
}

// ---- Questions (of loaded accounts) ----------------------------------------------------------------

@inline
export function accountExists(record: usize): bool {
  return load<u32>(record, ACCOUNT_EXISTS) != 0;
}

@inline
export function codeOf(record: usize): usize {
  return load<usize>(record, ACCOUNT_CODE);
}

@inline
export function hasCode(record: usize): bool {
  return load<u32>(load<usize>(record, ACCOUNT_CODE), CODE_LENGTH) != 0;
}

/** What must be known to tell whether the account is empty: false where a read is blocked. The code of most does not matter. */
export function loadForEmptiness(record: usize): bool {
  if (!loadBasics(record)) return false;
  return load<u64>(record, ACCOUNT_NONCE) != 0 || !isZero32(record + ACCOUNT_BALANCE) || loadAccount(record);
}

/** Empty as EIP-161 defines it; an absent account is empty too. */
export function isEmptyAccount(record: usize): bool {
  return load<u64>(record, ACCOUNT_NONCE) == 0 && isZero32(record + ACCOUNT_BALANCE) && !hasCode(record);
}

/** Whether the balance is enough for `value`. What is left of it, or that it is not, is remembered (`writes.ts`). */
export function canPay(record: usize, value: usize): bool {
  if (lt256(record + ACCOUNT_BALANCE, value) != 0) {
    // With more it might have been.
    seeBalance(record);
    return false;
  }
  const flags = load<u32>(record, ACCOUNT_FLAGS);
  if ((flags & FLAG_BALANCE_SEEN) == 0) {
    sub256(record + ACCOUNT_BALANCE, value, SCRATCH_VALUE);
    if ((flags & FLAG_PAID) == 0 || lt256(SCRATCH_VALUE, record + ACCOUNT_LEAST) != 0) {
      copy32(record + ACCOUNT_LEAST, SCRATCH_VALUE);
      store<u32>(record, flags | FLAG_PAID, ACCOUNT_FLAGS);
    }
  }
  return true;
}

/** Somebody depends on the balance itself. That stays so when what depends on it is reverted: gas was spent on it. */
export function seeBalance(record: usize): void {
  store<u32>(record, load<u32>(record, ACCOUNT_FLAGS) | FLAG_BALANCE_SEEN, ACCOUNT_FLAGS);
}

/** In the access set (EIP-2929). Precompiles always are, but for system calls, whose access set begins empty. */
@inline
export function isWarm(record: usize): bool {
  if (load<u32>(record, ACCOUNT_WARM) == message) return true;
  return load<u32>(record, ACCOUNT_PRECOMPILE) != 0 && load<u32>(IS_SYSTEM) == 0;
}

@inline
export function isCreated(record: usize): bool {
  return load<u32>(record, ACCOUNT_CREATED) == message;
}

// ---- Changes, journalled ---------------------------------------------------------------------------

@inline
export function warm(record: usize): void {
  set32(record + ACCOUNT_WARM, message);
}

/** Touches the account (EIP-161); it exists from now on, and before EIP-158 stays even where it is empty. */
export function touch(record: usize): void {
  set32(record + ACCOUNT_EXISTS, 1);
  // RIPEMD-160 stays touched even where the frame that touched it is reverted: mainnet deleted it that
  // way in block 2,675,119, and clients agreed to keep the artefact.
  if (load<u64>(record) == RIPEMD160 && (load<u64>(record, 8) | load<u64>(record, 16)) == 0) {
    store<u32>(record, message, ACCOUNT_TOUCHED);
  } else {
    set32(record + ACCOUNT_TOUCHED, message);
  }
}

/** Moves `value` between two accounts, the first of which can pay it. */
export function transfer(from: usize, to: usize, value: usize): void {
  if (isZero32(value)) return;
  sub256(from + ACCOUNT_BALANCE, value, SCRATCH_VALUE);
  set256(from + ACCOUNT_BALANCE, SCRATCH_VALUE);
  add256(to + ACCOUNT_BALANCE, value, SCRATCH_VALUE);
  // Near its bound the sum could wrap around with another balance.
  if (<i64>(load<u64>(SCRATCH_VALUE, 24) | load<u64>(value, 24)) < 0) seeBalance(to);
  set256(to + ACCOUNT_BALANCE, SCRATCH_VALUE);
}

export function setBalance(record: usize, value: usize): void {
  seeBalance(record);
  set256(record + ACCOUNT_BALANCE, value);
  touch(record);
}

export function setNonce(record: usize, nonce: u64): void {
  set64(record + ACCOUNT_NONCE, nonce);
  touch(record);
}

export function setCode(record: usize, code: usize): void {
  set32(record + ACCOUNT_CODE, <u32>code);
}

export function markCreated(record: usize): void {
  set32(record + ACCOUNT_CREATED, message);
}

/** The account is deleted at the end of the transaction. False where it was so already. */
export function markDestroyed(record: usize): bool {
  if (load<u32>(record, ACCOUNT_DESTROYED) == message) return false;
  set32(record + ACCOUNT_DESTROYED, message);
  return true;
}
