/** Precompiled contracts: identity here, the others through the host. */
import { hostPrecompile } from './host';
import { LOGS, RETURN_DATA, SCRATCH_ANSWER, SCRATCH_GAS } from './layout';
import { fits, LIMIT_RETURN_DATA } from './limits';
import { setReturnData } from './frames';

const IDENTITY: u32 = 4;
const IDENTITY_GAS: i64 = 15;
const IDENTITY_WORD_GAS: i64 = 3;

/** Runs precompile `id`. The gas left, with the output as return data; negative where it failed. */
export function runPrecompile(id: u32, input: usize, length: u32, gas: i64): i64 {
  setReturnData(0, 0);
  if (id == IDENTITY) {
    const left = gas - IDENTITY_GAS - IDENTITY_WORD_GAS * <i64>((<u64>length + 31) >> 5);
    if (left < 0) return left;
    fits(RETURN_DATA, <u64>length, LOGS, LIMIT_RETURN_DATA);
    if (length > 0) memory.copy(RETURN_DATA, input, length);
    setReturnData(RETURN_DATA, length);
    return left;
  }
  store<i64>(SCRATCH_GAS, gas);
  if (hostPrecompile(id, input, length, SCRATCH_GAS, SCRATCH_ANSWER) == 0) return -1;
  setReturnData(load<usize>(SCRATCH_ANSWER), load<u32>(SCRATCH_ANSWER, 4));
  return load<i64>(SCRATCH_GAS);
}
