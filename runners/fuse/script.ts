/** The transactions of a fused block as they are put together: nonces, prices, and bounds on what they may cost. */
import { EMPTY_BYTES } from '../../src/primitives/bytes.js';
import { atLeast } from '../../src/primitives/fork.js';
import { blobBaseFee } from '../../src/transition/block/blob-gas.js';
import { intrinsicGas, type UnsignedTransaction } from '../../src/transition/transaction/index.js';
import type { ScenarioAuthorization, ScenarioEnvironment, ScenarioTransaction } from '../scenario/scenario.js';
import type { Actor, Cast } from './cast.js';
import { isDear } from './dear.js';
import { type Direction, directorData, directorGas } from './director.js';
import type { Template } from './templates.js';

/** Sum of the gas limits of a block's transactions: no block can take longer than so much gas takes. */
export const MOST_BLOCK_GAS = 48_000_000n;
/** Calldata of a block in all. */
export const MOST_BLOCK_BYTES = 1_048_576;
/** Calls of the test's own code where gas is no measure of their time. */
const MOST_DEAR_CALLS = 4;
/** Gas limits that the test's own transactions are cut down to; one for each block. */
const GAS_CAPS = [300_000n, 1_000_000n, 1_000_000n, 2_500_000n] as const;
/** Most wei that a call takes along. */
const MOST_VALUE = 10n ** 18n;
const TRANSFER_GAS = 21_000n;
/** A transfer to an account that may have code. */
const CALLED_TRANSFER_GAS = 80_000n;
const TIPS = [0n, 1n, 10n, 10n] as const;

export class Script {
  readonly transactions: ScenarioTransaction[] = [];
  /** Sum of the gas limits so far. */
  gas = 0n;
  readonly gasCap: bigint;
  private bytes = 0;
  private blobs = 0;
  private readonly blobFee: bigint;
  /** Calls of the test's own code that are left. */
  private callsLeft: number;

  constructor(
    readonly cast: Cast,
    private readonly environment: Pick<ScenarioEnvironment, 'baseFee' | 'excessBlobGas'>,
  ) {
    const { rules, random } = cast;
    const { blobSchedule } = rules;
    this.gasCap = random.pick(GAS_CAPS) as bigint;
    const dear = isDear(cast.one.pre, cast.templates.valid, rules.fork);
    this.callsLeft = dear ? MOST_DEAR_CALLS : Number.POSITIVE_INFINITY;
    this.blobFee = blobSchedule === null ? 0n : blobBaseFee(environment.excessBlobGas, blobSchedule);
  }

  /** Whether the index can be used at all: its gas limit can be cut down to what a block allows. */
  affords({ leastGas }: Template): boolean {
    return leastGas <= this.gasCap;
  }

  /** Appends what the test does, done by `sender`; false where the block is full. `fields` go before the template's. */
  call(sender: Actor, template: Template, fields: Partial<UnsignedTransaction> = {}): boolean {
    if (this.callsLeft <= 0) return this.transfer(sender, this.cast.sender().address, 1n);
    this.callsLeft--;
    const { transaction, leastGas } = template;
    const wanted = transaction.gasLimit > leastGas ? transaction.gasLimit : leastGas;
    const value = transaction.value > MOST_VALUE ? 1n : transaction.value;
    const gasLimit = wanted > this.gasCap ? this.gasCap : wanted;
    return this.append(sender, this.withoutBlobs({ ...transaction, value, gasLimit, ...fields }));
  }

  /** Appends a transfer; false where the block is full. */
  transfer(sender: Actor, to: Uint8Array, value: bigint): boolean {
    return this.append(sender, { ...this.plain(), to, value, gasLimit: CALLED_TRANSFER_GAS });
  }

  /** Appends a call of the director, by which `template` is called too where it has a recipient. */
  direct(sender: Actor, direction: Omit<Direction, 'data' | 'target'>, template: Template | null): boolean {
    const { random, director } = this.cast;
    const called = this.callsLeft > 0 ? (template?.transaction.to ?? null) : null;
    const data = template === null || called === null ? EMPTY_BYTES : template.transaction.data;
    const target = called ?? (this.callsLeft > 0 ? this.cast.target : null) ?? sender.address;
    this.callsLeft--;
    const own = directorGas(direction);
    const gasLimit = own + (called === null ? 100_000n : this.gasCap);
    const fields = { to: director, value: BigInt(random.below(2)), gasLimit };
    return this.append(sender, { ...this.plain(), ...fields, data: directorData({ ...direction, target, data }) });
  }

  /** Appends an EIP-7702 transaction that lets accounts have the target's code; false where the block is full. */
  authorize(sender: Actor, signers: readonly Actor[], template: Template): boolean {
    const { target, rules, random } = this.cast;
    if (target === null || this.callsLeft <= 0) return this.transfer(sender, this.cast.sender().address, 2n);
    this.callsLeft--;
    const base = this.plain();
    const gasLimit = template.leastGas + this.gasCap + BigInt(signers.length) * 25_000n;
    const to = template.transaction.to ?? target;
    const content = {
      ...base,
      type: 4 as const,
      chainId: rules.chainId,
      to,
      gasLimit,
      data: template.transaction.data,
    };
    if (!this.fits(gasLimit, content.data.length)) return false;
    const nonce = sender.nonce++;
    const authorizations = signers.map((signer): ScenarioAuthorization => {
      const address = random.below(4) === 0 ? new Uint8Array(20) : target;
      const chainId = random.below(2) === 0 ? 0n : rules.chainId;
      return { chainId, address, nonce: signer.nonce++, secretKey: signer.secretKey };
    });
    this.push({ ...content, ...this.fees(4), nonce, authorizations, secretKey: sender.secretKey });
    return true;
  }

  /** Appends the content as `sender`'s next transaction; false, and nothing is done, where the block is full. */
  append(sender: Actor, content: UnsignedTransaction): boolean {
    if (!this.fits(content.gasLimit, content.data.length)) return false;
    const fees = this.fees(content.type);
    this.push({ ...content, ...fees, nonce: sender.nonce++, secretKey: sender.secretKey });
    return true;
  }

  /** Appends a transaction as it is, for blocks that are to be rejected. */
  push(transaction: ScenarioTransaction): void {
    this.gas += transaction.gasLimit;
    this.bytes += transaction.data.length;
    this.blobs += transaction.blobVersionedHashes.length;
    this.transactions.push(transaction);
  }

  /** A call without data, value or recipient, of a type that the fork knows. */
  plain(): UnsignedTransaction {
    const { rules, random } = this.cast;
    const typed = atLeast(rules.fork, 'London') && random.below(3) === 0;
    const isProtected = typed || (atLeast(rules.fork, 'EIP158') && random.below(2) === 0);
    return {
      type: typed ? 2 : 0,
      chainId: isProtected ? rules.chainId : null,
      nonce: 0n,
      gasLimit: TRANSFER_GAS,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      to: null,
      value: 0n,
      data: EMPTY_BYTES,
      accessList: [],
      maxFeePerBlobGas: 0n,
      blobVersionedHashes: [],
      authorizations: [],
    };
  }

  /** Prices that the block accepts: with and without a tip for the coinbase. */
  fees(type: number): Pick<UnsignedTransaction, 'maxFeePerGas' | 'maxPriorityFeePerGas' | 'maxFeePerBlobGas'> {
    const { random } = this.cast;
    const tip = random.pick(TIPS) as bigint;
    const price = this.environment.baseFee + tip;
    const slack = type < 2 ? 0n : BigInt(random.below(3));
    const maxPriorityFeePerGas = type < 2 ? price : tip;
    return { maxFeePerGas: price + slack, maxPriorityFeePerGas, maxFeePerBlobGas: type === 3 ? 2n * this.blobFee : 0n };
  }

  /** Least gas limit of `content` in the block's fork. */
  leastGas(content: UnsignedTransaction): bigint {
    const { intrinsic, floor } = intrinsicGas(content, this.cast.rules.fork);
    return intrinsic > floor ? intrinsic : floor;
  }

  private fits(gasLimit: bigint, bytes: number): boolean {
    return this.gas + gasLimit <= MOST_BLOCK_GAS && this.bytes + bytes <= MOST_BLOCK_BYTES;
  }

  /** A blob transaction beyond what the block may hold becomes one without blobs. */
  private withoutBlobs(content: UnsignedTransaction): UnsignedTransaction {
    if (content.type !== 3) return content;
    const most = this.cast.rules.blobSchedule?.max ?? 0;
    if (this.blobs + content.blobVersionedHashes.length <= most) return content;
    return { ...content, type: 2, blobVersionedHashes: [], maxFeePerBlobGas: 0n };
  }
}
