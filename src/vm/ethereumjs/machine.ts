/** The reference machine: {@link Vm} on @ethereumjs/evm, slow and independent of the engine's own. */
import { EVMError, type EVMResult } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { bytesToHex, EMPTY_BYTES, type Hex } from '../../primitives/bytes.js';
import { keccak256 } from '../../primitives/crypto.js';
import { atLeast, type Fork } from '../../primitives/fork.js';
import { type Code, READ_OK, type StateView, type WriteSink } from '../../state/view.js';
import { blockHashOf } from '../block-hash.js';
import { MachineError } from '../errors.js';
import type { Tracer } from '../trace.js';
import type { BlockEnvironment, Message, MessageResult, Vm } from '../vm.js';
import { NO_CODE } from './account.js';
import { blockOf, HostedEvm } from './evm.js';
import { Execution } from './execution.js';
import { Overlay } from './overlay.js';
import type { Suspend } from './stateManager.js';

/** Machines of forks and chains already met; each serves one message at a time. All report to `tracer`. */
class EvmPool {
  readonly #evms = new Map<string, HostedEvm>();

  constructor(private readonly tracer: Tracer | null) {}

  take(fork: Fork, chainId: bigint): HostedEvm {
    const key = `${fork}/${chainId}`;
    let evm = this.#evms.get(key);
    if (evm === undefined) {
      evm = new HostedEvm(fork, chainId, this.tracer);
      this.#evms.set(key, evm);
    }
    return evm;
  }

  discard(evm: HostedEvm): void {
    for (const [key, pooled] of this.#evms) if (pooled === evm) this.#evms.delete(key);
  }
}

/** What `begin` sets up: it ends with the next `begin`. */
interface Incarnation {
  readonly environment: BlockEnvironment;
  readonly overlay: Overlay;
  readonly evm: HostedEvm;
}

/** An entry of the access set (EIP-2929): an address, or a slot of it. */
interface WarmEntry {
  readonly address: Hex;
  readonly slot: Hex | null;
}

class EthereumjsVm implements Vm {
  readonly name = 'ethereumjs';
  #pool = new EvmPool(null);
  #incarnation: Incarnation | null = null;
  #message: Message | null = null;
  #execution: Execution<EVMResult> | null = null;
  /** The message whose destroyed and touched accounts have been dealt with. */
  #settled: Execution<EVMResult> | null = null;
  #warm: WarmEntry[] = [];

  setTracer(tracer: Tracer | null): void {
    this.#abandon();
    this.#pool = new EvmPool(tracer);
  }

  begin(environment: BlockEnvironment, view: StateView): void {
    this.#abandon();
    const { fork, chainId } = environment;
    this.#incarnation = {
      environment,
      overlay: new Overlay(view, atLeast(fork, 'EIP158')),
      evm: this.#pool.take(fork, chainId),
    };
  }

  /** Drops the incarnation before. An EVM that failed, or could still move by itself, is never used again. */
  #abandon(): void {
    const { evm, overlay } = this.#incarnation ?? {};
    if (evm !== undefined && overlay !== undefined) {
      if (this.#execution === null || this.#execution.idle) evm.clear(overlay.openCheckpoints);
      else this.#pool.discard(evm);
    }
    this.#incarnation = null;
    this.#message = null;
    this.#execution = null;
    this.#settled = null;
    this.#warm = [];
  }

  get #current(): Incarnation {
    if (this.#incarnation === null) throw new MachineError('NOT_STARTED', 'begin was not called');
    return this.#incarnation;
  }

  get #overlay(): Overlay {
    return this.#current.overlay;
  }

  load(address: Uint8Array): number {
    return this.#overlay.load(this.#overlay.entry(address));
  }

  exists(address: Uint8Array): boolean {
    return this.#overlay.loaded(address).basics.exists;
  }

  balance(address: Uint8Array): bigint {
    return this.#overlay.loaded(address).basics.balance;
  }

  nonce(address: Uint8Array): bigint {
    return this.#overlay.loaded(address).basics.nonce;
  }

  code(address: Uint8Array): Code {
    return this.#overlay.loaded(address).code;
  }

  isLoaded(address: Uint8Array): boolean {
    return this.#overlay.isLoaded(address);
  }

  setBalance(address: Uint8Array, balance: bigint): void {
    const account = this.#overlay.loaded(address);
    this.#overlay.setBasics(account, { ...account.basics, exists: true, balance });
    this.#overlay.mark(account);
  }

  setNonce(address: Uint8Array, nonce: bigint): void {
    const account = this.#overlay.loaded(address);
    this.#overlay.setBasics(account, { ...account.basics, exists: true, nonce });
    this.#overlay.mark(account);
  }

  setCode(address: Uint8Array, bytes: Uint8Array): void {
    const account = this.#overlay.loaded(address);
    this.#overlay.setBasics(account, { ...account.basics, exists: true });
    this.#overlay.setCode(account, bytes.length === 0 ? NO_CODE : { hash: keccak256(bytes), bytes });
    this.#overlay.mark(account);
  }

  touch(address: Uint8Array): void {
    const overlay = this.#overlay;
    if (overlay.clearsEmpty) {
      overlay.mark(overlay.entry(address));
      return;
    }
    const account = overlay.loaded(address);
    overlay.setBasics(account, { ...account.basics, exists: true });
  }

  warmAddress(address: Uint8Array): void {
    this.#warm.push({ address: bytesToHex(address), slot: null });
  }

  warmSlot(address: Uint8Array, slot: Uint8Array): void {
    this.#warm.push({ address: bytesToHex(address), slot: bytesToHex(slot) });
  }

  start(message: Message): void {
    const before = this.#execution;
    if (before !== null && !before.done) throw new MachineError('NOT_DONE', 'the message before is not done');
    const incarnation = this.#current;
    const warm = this.#warm;
    this.#warm = [];
    const execution: Execution<EVMResult> = new Execution(async () => {
      // A second message within one `begin` (system calls) is a transaction of its own.
      if (before !== null && before !== this.#settled) {
        await settled(() => settle(incarnation, before), execution.suspend);
      }
      return execute(incarnation, message, warm, execution.suspend);
    });
    this.#message = message;
    this.#execution = execution;
  }

  run(): Promise<number> {
    if (this.#execution === null) return Promise.reject(new MachineError('NOT_STARTED', 'start was not called'));
    return this.#execution.run();
  }

  result(): MessageResult {
    const { environment } = this.#current;
    if (this.#execution === null || this.#message === null) {
      throw new MachineError('NOT_STARTED', 'start was not called');
    }
    return resultOf(this.#message, this.#execution.result, environment.fork);
  }

  finish(): number {
    const execution = this.#execution;
    if (execution !== null && !execution.done) throw new MachineError('NOT_DONE', 'the message is not done');
    const status = settle(this.#current, execution === this.#settled ? null : execution);
    if (status === READ_OK) this.#settled = execution;
    return status;
  }

  writes(sink: WriteSink): void {
    this.#overlay.writes(sink);
  }
}

/** Ends the transaction of `execution`. {@link READ_OK}, or the blocker. */
function settle({ environment, overlay }: Incarnation, execution: Execution<EVMResult> | null): number {
  return overlay.settle(execution === null ? [] : destroyedBy(execution.result, environment.fork));
}

async function settled(attempt: () => number, suspend: Suspend): Promise<void> {
  for (let status = attempt(); status !== READ_OK; status = attempt()) await suspend(status);
}

/** Runs one message to its end, from an empty access set and transient storage. */
async function execute(
  { environment, evm, overlay }: Incarnation,
  message: Message,
  warm: readonly WarmEntry[],
  suspend: Suspend,
): Promise<EVMResult> {
  evm.clear(overlay.openCheckpoints);
  evm.state.bind(overlay, suspend);
  evm.blockHash = (number) => blockHashOf(environment, number);
  if (message.system !== true) {
    for (const address of evm.precompileAddresses) evm.journal.addAlwaysWarmAddress(address);
  }
  for (const { address, slot } of warm) {
    if (slot === null) evm.journal.addAlwaysWarmAddress(address);
    else evm.journal.addAlwaysWarmSlot(address, slot);
  }
  return evm.runCall({
    block: blockOf(environment),
    caller: new Address(message.caller),
    origin: new Address(message.origin),
    ...(message.to === null ? {} : { to: new Address(message.to) }),
    value: message.value,
    data: message.data,
    gasLimit: message.gas,
    gasPrice: message.gasPrice,
    blobVersionedHashes: message.blobVersionedHashes.map(bytesToHex),
    skipNonceIncrement: true,
  });
}

/**
 * A creation that could not pay for its code is a success without code before Homestead (EIP-2);
 * the library reports it as an error all the same.
 */
function failed(outcome: EVMResult, fork: Fork): boolean {
  const { exceptionError } = outcome.execResult;
  if (exceptionError === undefined) return false;
  return fork !== 'Frontier' || exceptionError.error !== EVMError.errorMessages.CODESTORE_OUT_OF_GAS;
}

/** Accounts to delete: all that destroyed themselves, from Cancun on only those just created (EIP-6780). */
function destroyedBy({ execResult }: EVMResult, fork: Fork): readonly Hex[] {
  const destroyed = [...(execResult.selfdestruct?.keys() ?? [])];
  if (!atLeast(fork, 'Cancun')) return destroyed;
  return destroyed.filter((address) => execResult.createdAddresses?.has(address) === true);
}

function resultOf(message: Message, outcome: EVMResult, fork: Fork): MessageResult {
  const { execResult, createdAddress } = outcome;
  const success = !failed(outcome, fork);
  const creation = message.to === null;
  return {
    success,
    gasLeft: message.gas - execResult.executionGasUsed,
    refund: success ? (execResult.gasRefund ?? 0n) : 0n,
    logs: success ? (execResult.logs ?? []).map(([address, topics, data]) => ({ address, topics, data })) : [],
    output: success && creation ? EMPTY_BYTES : execResult.returnValue,
    created: success && creation && createdAddress !== undefined ? createdAddress.bytes : null,
    halt: success ? null : (execResult.exceptionError?.error ?? null),
  };
}

/**
 * The reference machine. It serves every fork and chain, one transaction at a time, and its `run`
 * is asynchronous; `run` rejects with whatever the EVM throws that is no outcome of a message.
 */
export async function createEthereumjsVm(): Promise<Vm> {
  return new EthereumjsVm();
}
