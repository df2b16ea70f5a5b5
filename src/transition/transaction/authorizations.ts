/** EIP-7702 authorizations, applied before the message; they stay even where it reverts. */
import { READ_OK } from '../../state/view.js';
import type { Vm } from '../../vm/vm.js';
import type { Authorization } from '../types.js';
import { delegationCode, isDelegation } from './delegation.js';
import { AUTHORIZATION_GAS } from './intrinsic.js';
import { MAX_U64 } from './rules.js';

/** PER_EMPTY_ACCOUNT_COST - PER_AUTH_BASE_COST: back for each authority that is no new account. */
const EXISTING_AUTHORITY_REFUND = BigInt(AUTHORIZATION_GAS - 12_500);

/** Applies one tuple, or skips it as the EIP says. The refund it earns, or the index of a blocker. */
function applyAuthorization(vm: Vm, tuple: Authorization, chainId: bigint): bigint | number {
  const { authority } = tuple;
  if (tuple.chainId !== 0n && tuple.chainId !== chainId) return 0n;
  if (tuple.nonce >= MAX_U64 || authority === null) return 0n;
  vm.warmAddress(authority);
  const blocker = vm.load(authority);
  if (blocker !== READ_OK) return blocker;
  const code = vm.code(authority).bytes;
  if (code.length !== 0 && !isDelegation(code)) return 0n;
  if (vm.nonce(authority) !== tuple.nonce) return 0n;
  const refund = vm.exists(authority) ? EXISTING_AUTHORITY_REFUND : 0n;
  vm.setCode(authority, delegationCode(tuple.address));
  vm.setNonce(authority, tuple.nonce + 1n);
  return refund;
}

/** Applies the tuples in order. Their refund as a bigint, or the index (a number) of the transaction that blocks a read. */
export function applyAuthorizations(vm: Vm, tuples: readonly Authorization[], chainId: bigint): bigint | number {
  let refund = 0n;
  for (const tuple of tuples) {
    const applied = applyAuthorization(vm, tuple, chainId);
    if (typeof applied === 'number') return applied;
    refund += applied;
  }
  return refund;
}
