/**
 * What a transaction does around its message, from its record: the checks that need the sender's
 * account, the upfront payment and the access set before it; refunds and fees after it (yellow paper,
 * section 6.2). `src/transition/transaction/execute.ts` says the same for machines without this.
 */
import { account, hasCode, loadAccount, loadBasics, setBalance, setNonce, touch } from './accounts';
import { warmAccount } from './access';
import { copy32, isZero32, zero32 } from './bits';
import {
  ACCOUNT_BALANCE,
  ACCOUNT_CODE,
  ACCOUNT_FLAGS,
  ACCOUNT_NONCE,
  AUTHORIZATION_REFUND,
  CODE_DELEGATION,
  COINBASE,
  FLAG_BASICS,
  GAS_PRICE,
  IS_CREATE,
  LONDON,
  MESSAGE_CALLER,
  MESSAGE_GAS,
  MESSAGE_TO,
  MESSAGE_VALUE,
  ORIGIN,
  PRAGUE,
  LOGS,
  OUTCOME,
  OUTCOME_BLOB_GAS,
  OUTCOME_CREATED,
  OUTCOME_CREATED_ADDRESS,
  OUTCOME_FEE,
  OUTCOME_GAS_USED,
  OUTCOME_HALT,
  OUTCOME_LOG_COUNT,
  OUTCOME_LOG_WORDS,
  OUTCOME_OUTPUT_LENGTH,
  RESULT_CREATED,
  RESULT_CREATED_FLAG,
  RESULT_GAS_LEFT,
  RESULT_HALT,
  RESULT_LOG_COUNT,
  RESULT_LOG_END,
  RESULT_OUTPUT_LENGTH,
  RESULT_REFUND,
  RESULT_SUCCESS,
  SCRATCH_AMOUNT,
  SCRATCH_FACTOR,
  SCRATCH_VALUE,
  SHANGHAI,
  TRANSACTION_BLOB_GAS,
  TRANSACTION_DUE,
  TRANSACTION_FLAGS,
  TRANSACTION_FLOOR,
  TRANSACTION_GAS_LIMIT,
  TRANSACTION_MESSAGE_GAS,
  TRANSACTION_NONCE,
  TRANSACTION_PRICE,
  TRANSACTION_SENDER,
  TRANSACTION_TIP,
  TRANSACTION_TO,
  TRANSACTION_UPFRONT,
  TRANSACTION_VALUE,
} from './layout';
import { finish } from './messages';
import { fork, hasAccessSet } from './rules';
import { add256, lt256, mul256, sub256 } from './u256';

/** Flags of a record: src/layout.ts. */
const CREATES: u32 = 1;
const UNPAYABLE: u32 = 4;
const INVOLVES_BENEFICIARY: u32 = 8;

/** Answers of `prologue`. */
const READY: i32 = 0;
const BLOCKED: i32 = 1;
const NONCE_TOO_LOW: i32 = 2;
const NONCE_TOO_HIGH: i32 = 3;
const NO_FUNDS: i32 = 4;
const SENDER_HAS_CODE: i32 = 5;

/** The epilogue has paid out: a second call, after a blocked read, goes on from there. */
let paid: bool = false;

export function clearTransaction(): void {
  paid = false;
}

/**
 * Judges the sender, takes the upfront payment, fills the access set but for access lists, and sets up
 * the message (calldata and blob hashes are the host's). Changes nothing where it does not answer READY.
 */
export function prologue(): i32 {
  const sender = account(TRANSACTION_SENDER);
  if (!loadAccount(sender)) return BLOCKED;
  const nonce = load<u64>(sender, ACCOUNT_NONCE);
  const wanted = load<u64>(TRANSACTION_NONCE);
  if (nonce > wanted) return NONCE_TOO_LOW;
  if (nonce < wanted) return NONCE_TOO_HIGH;
  const flags = load<u32>(TRANSACTION_FLAGS);
  if ((flags & UNPAYABLE) != 0 || lt256(sender + ACCOUNT_BALANCE, TRANSACTION_DUE) != 0) return NO_FUNDS;
  // EIP-3607, but for delegations (EIP-7702).
  if (hasCode(sender) && (fork < PRAGUE || load<u32>(load<usize>(sender, ACCOUNT_CODE), CODE_DELEGATION) == 0)) {
    return SENDER_HAS_CODE;
  }
  sub256(sender + ACCOUNT_BALANCE, TRANSACTION_UPFRONT, SCRATCH_AMOUNT);
  setBalance(sender, SCRATCH_AMOUNT);
  setNonce(sender, wanted + 1);
  const creates = (flags & CREATES) != 0;
  if (hasAccessSet) {
    warmAccount(sender);
    if (!creates) warmAccount(account(TRANSACTION_TO));
    // EIP-3651.
    if (fork >= SHANGHAI) warmAccount(account(COINBASE));
  }
  copy32(ORIGIN, TRANSACTION_SENDER);
  copy32(MESSAGE_CALLER, TRANSACTION_SENDER);
  copy32(MESSAGE_TO, TRANSACTION_TO);
  copy32(MESSAGE_VALUE, TRANSACTION_VALUE);
  copy32(GAS_PRICE, TRANSACTION_PRICE);
  store<u64>(MESSAGE_GAS, load<u64>(TRANSACTION_MESSAGE_GAS));
  store<u32>(IS_CREATE, creates ? 1 : 0);
  store<u64>(AUTHORIZATION_REFUND, 0);
  return READY;
}

/** Gas of the whole transaction after refunds (EIP-3529) and the floor (EIP-7623). */
function gasUsed(): u64 {
  const spent = load<u64>(TRANSACTION_GAS_LIMIT) - load<u64>(RESULT_GAS_LEFT);
  const counter = load<u64>(AUTHORIZATION_REFUND) + load<u64>(RESULT_REFUND);
  const cap = spent / (fork >= LONDON ? 5 : 2);
  return max(spent - min(counter, cap), load<u64>(TRANSACTION_FLOOR));
}

/** Adds `gas` times the price at `price` to the account's balance. */
function credit(record: usize, gas: u64, price: usize): void {
  zero32(SCRATCH_FACTOR);
  store<u64>(SCRATCH_FACTOR, gas);
  mul256(SCRATCH_FACTOR, price, SCRATCH_AMOUNT);
  add256(record + ACCOUNT_BALANCE, SCRATCH_AMOUNT, SCRATCH_VALUE);
  setBalance(record, SCRATCH_VALUE);
}

/** The outcome's fixed words but for gas and fee. */
function writeOutcome(): void {
  store<u32>(OUTCOME, 1);
  store<u32>(OUTCOME, load<u32>(RESULT_SUCCESS), 4);
  store<u32>(OUTCOME_HALT, load<u32>(RESULT_HALT));
  store<u32>(OUTCOME_OUTPUT_LENGTH, load<u32>(RESULT_OUTPUT_LENGTH));
  store<u32>(OUTCOME_LOG_COUNT, load<u32>(RESULT_LOG_COUNT));
  store<usize>(OUTCOME_LOG_WORDS, (load<usize>(RESULT_LOG_END) - LOGS) >> 2);
  store<u32>(OUTCOME_CREATED, load<u32>(RESULT_CREATED_FLAG));
  for (let i: usize = 0; i < 20; i += 4) store<u32>(OUTCOME_CREATED_ADDRESS + i, load<u32>(RESULT_CREATED + i));
  store<u64>(OUTCOME_BLOB_GAS, load<u64>(TRANSACTION_BLOB_GAS));
}

/**
 * Gives back what the message left, pays the beneficiary and ends the transaction: 1, or 0 where a
 * read is blocked. With `defer` the fee is left in the outcome instead, unless the beneficiary is a
 * party or was read by the message (pitfall 3).
 */
export function epilogue(defer: i32): i32 {
  if (!paid) {
    const used = gasUsed();
    const free = isZero32(TRANSACTION_TIP) || used == 0;
    const beneficiary = account(COINBASE);
    const deferred =
      defer != 0 &&
      !free &&
      (load<u32>(TRANSACTION_FLAGS) & INVOLVES_BENEFICIARY) == 0 &&
      (load<u32>(beneficiary, ACCOUNT_FLAGS) & FLAG_BASICS) == 0;
    if (!deferred && !loadBasics(beneficiary)) return 0;
    const left = load<u64>(TRANSACTION_GAS_LIMIT) - used;
    if (left > 0 && !isZero32(TRANSACTION_PRICE)) credit(account(TRANSACTION_SENDER), left, TRANSACTION_PRICE);
    zero32(OUTCOME_FEE);
    if (deferred) {
      zero32(SCRATCH_FACTOR);
      store<u64>(SCRATCH_FACTOR, used);
      mul256(SCRATCH_FACTOR, TRANSACTION_TIP, OUTCOME_FEE);
    } else if (free) {
      touch(beneficiary);
    } else {
      credit(beneficiary, used, TRANSACTION_TIP);
    }
    store<u64>(OUTCOME_GAS_USED, used);
    writeOutcome();
    paid = true;
  }
  return finish();
}
