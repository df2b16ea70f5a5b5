/** Calls that the protocol makes to system contracts (EIP-4788, EIP-2935, EIP-7002, EIP-7251). */
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../../primitives/bytes.js';
import { READ_OK } from '../../state/view.js';
import { type MessageResult, RUN_DONE, RUN_YIELDED, type Vm } from '../../vm/vm.js';
import { BlockError } from '../errors.js';

export const SYSTEM_ADDRESS: Uint8Array = hexToBytes('fffffffffffffffffffffffffffffffffffffffe');
export const BEACON_ROOTS_ADDRESS: Uint8Array = hexToBytes('000f3df6d732807ef1319fb7b8bb8522d0beac02');
export const HISTORY_STORAGE_ADDRESS: Uint8Array = hexToBytes('0000f90827f1c53a10cb7a02335b175320002935');
export const WITHDRAWAL_REQUESTS_ADDRESS: Uint8Array = hexToBytes('00000961ef480eb55e80d19ad83579a64c007002');
export const CONSOLIDATION_REQUESTS_ADDRESS: Uint8Array = hexToBytes('0000bbddc7ce488642fb579f8b00f3a590007251');

/** Gas of a system call; it counts neither for the block nor for anyone's balance. */
const SYSTEM_CALL_GAS = 30000000n;

/** Throws where a read did not answer: the views under block steps hold final state and never block. */
export function mustLoad(vm: Vm, address: Uint8Array): void {
  const status = vm.load(address);
  if (status !== READ_OK) {
    throw new Error(`block step: read of ${bytesToHex(address)} is blocked by transaction ${status}`);
  }
}

/** Drives `run` to the end; stays synchronous with a synchronous machine. */
function runToEnd(vm: Vm): void | Promise<void> {
  for (;;) {
    const status = vm.run();
    if (typeof status !== 'number') return status.then((first) => finishAsync(vm, first));
    if (isDone(status)) return;
  }
}

async function finishAsync(vm: Vm, first: number): Promise<void> {
  let status = first;
  while (!isDone(status)) status = await vm.run();
}

function isDone(status: number): boolean {
  if (status === RUN_DONE) return true;
  if (status === RUN_YIELDED) return false;
  throw new Error(`block step: the message is blocked by transaction ${status}`);
}

/** Starts the call, from an empty access set; false where the contract has no code and nothing was started. */
function startCall(vm: Vm, target: Uint8Array, data: Uint8Array, gasPrice: bigint): boolean {
  mustLoad(vm, target);
  if (vm.code(target).bytes.length === 0) return false;
  vm.start({
    caller: SYSTEM_ADDRESS,
    origin: SYSTEM_ADDRESS,
    to: target,
    value: 0n,
    data,
    gas: SYSTEM_CALL_GAS,
    gasPrice,
    blobVersionedHashes: [],
    system: true,
  });
  return true;
}

/**
 * Calls `target` with `data`, whatever comes of it (EIP-4788, EIP-2935): a contract without code is
 * left alone, and a failed call has no effect. `gasPrice` is what GASPRICE answers: the base fee.
 */
export function callUnchecked(vm: Vm, target: Uint8Array, data: Uint8Array, gasPrice: bigint): void | Promise<void> {
  if (startCall(vm, target, data, gasPrice)) return runToEnd(vm);
}

/**
 * Calls `target` and hands its output to `receive` (EIP-7002, EIP-7251). Throws {@link BlockError},
 * `SYSTEM_CONTRACT_EMPTY` where there is no code, `SYSTEM_CONTRACT_CALL_FAILED` where the call fails.
 */
export function callChecked(
  vm: Vm,
  target: Uint8Array,
  gasPrice: bigint,
  receive: (output: Uint8Array) => void,
): void | Promise<void> {
  if (!startCall(vm, target, EMPTY_BYTES, gasPrice)) {
    const detail = `no code at system contract ${bytesToHex(target)}`;
    throw new BlockError('BlockException.SYSTEM_CONTRACT_EMPTY', null, detail);
  }
  const pending = runToEnd(vm);
  if (pending === undefined) return receive(outputOf(vm.result(), target));
  return pending.then(() => receive(outputOf(vm.result(), target)));
}

function outputOf(result: MessageResult, target: Uint8Array): Uint8Array {
  if (!result.success) {
    const detail = `call to system contract ${bytesToHex(target)} failed: ${result.halt ?? 'reverted'}`;
    throw new BlockError('BlockException.SYSTEM_CONTRACT_CALL_FAILED', null, detail);
  }
  return result.output;
}
