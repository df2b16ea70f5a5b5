/** SELFDESTRUCT (yellow paper; EIP-150, EIP-161, EIP-2929, EIP-3529, EIP-6780). */
import { COLD_ACCOUNT } from './access';
import {
  account,
  accountExists,
  isCreated,
  isEmptyAccount,
  isWarm,
  loadAccount,
  markDestroyed,
  seeBalance,
  touch,
  transfer,
  warm,
} from './accounts';
import { copy32, isZero32 } from './bits';
import { GAS_SELFDESTRUCT } from './dispatch';
import { addRefund } from './frames';
import { set256 } from './journal';
import {
  ACCOUNT_BALANCE,
  CANCUN,
  EIP150,
  EIP158,
  FRAME_FLAGS,
  FRAME_GAS,
  FRAME_SELF,
  FRAME_STATIC,
  HALT_OUT_OF_GAS,
  HALT_STATIC,
  LONDON,
  OK,
  SCRATCH_AMOUNT,
  SUSPENDED,
  ZERO_VALUE,
} from './layout';
import { keepGas } from './memory';
import { fork, hasAccessSet } from './rules';

const NEW_ACCOUNT_GAS: i64 = 25000;
const REFUND: i64 = 24000;

/** Price of a beneficiary that comes into being. */
function newAccountPrice(beneficiary: usize, movesValue: bool): i64 {
  if (fork < EIP150) return 0;
  if (fork < EIP158) return accountExists(beneficiary) ? 0 : NEW_ACCOUNT_GAS;
  return movesValue && isEmptyAccount(beneficiary) ? NEW_ACCOUNT_GAS : 0;
}

/** OK: the frame ends as with STOP. */
export function selfdestruct(frame: usize, sp: usize): i32 {
  if ((load<u32>(frame, FRAME_FLAGS) & FRAME_STATIC) != 0) return HALT_STATIC;
  const self = load<usize>(frame, FRAME_SELF);
  const beneficiary = account(sp);
  let gas = load<i64>(frame, FRAME_GAS) - GAS_SELFDESTRUCT;
  if (hasAccessSet && !isWarm(beneficiary)) gas -= COLD_ACCOUNT;
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (!loadAccount(beneficiary)) return SUSPENDED;
  seeBalance(self);
  const balance = self + ACCOUNT_BALANCE;
  gas -= newAccountPrice(beneficiary, !isZero32(balance));
  if (gas < 0) return HALT_OUT_OF_GAS;
  if (hasAccessSet) warm(beneficiary);

  // EIP-6780: only an account created in this transaction goes, and only there a balance sent to itself burns.
  const dies = fork < CANCUN || isCreated(self);
  if (beneficiary != self) {
    copy32(SCRATCH_AMOUNT, balance);
    transfer(self, beneficiary, SCRATCH_AMOUNT);
    touch(beneficiary);
  } else if (dies) {
    set256(balance, ZERO_VALUE);
  }
  if (dies && markDestroyed(self) && fork < LONDON) addRefund(REFUND);
  keepGas(frame, gas);
  return OK;
}
