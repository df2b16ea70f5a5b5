/** Deploys and calls the contracts of `contracts/` one transaction at a time, on the WASM machine and serially. */
import { expect } from 'chai';
import { type AbiValue, encode } from '../../contracts/abi.js';
import { createdAddress } from '../../contracts/addresses.js';
import { Contract } from '../../contracts/artifacts.js';
import {
  type AccountState,
  bytesToBigInt,
  bytesToHex,
  concatBytes,
  createBlock,
  createTransaction,
  Database,
  EMPTY_BYTES,
  type Fork,
  type Hex,
  hexToBytes,
  type Log,
  type NewTransaction,
  SerialExecutor,
} from '../../src/index.js';

export interface Deployed {
  readonly contract: Contract;
  readonly address: Uint8Array;
}

export interface SendOptions extends Partial<Omit<NewTransaction, 'sender' | 'to' | 'data'>> {
  readonly timestamp?: bigint;
}

export interface Sent {
  readonly success: boolean;
  readonly output: Uint8Array;
  readonly gasUsed: bigint;
  readonly logs: readonly Log[];
  /** Return data in words; empty after a revert. */
  readonly words: readonly bigint[];
}

export const COINBASE: Hex = `0x${'c0'.repeat(20)}`;

/** Address number `index` of the rig's users. */
export function user(index: number): Uint8Array {
  return hexToBytes(`0x${(0xabc0_0000 + index).toString(16).padStart(40, 'a')}`);
}

/** Data of static types as numbers, one for each whole word. */
export function decodeWords(data: Uint8Array): bigint[] {
  const count = Math.floor(data.length / 32);
  return Array.from({ length: count }, (_, i) => bytesToBigInt(data.subarray(32 * i, 32 * (i + 1))));
}

const WEALTH = 10n ** 24n;

export class ContractRig {
  readonly database = Database.create();
  private readonly nonces = new Map<Hex, bigint>();
  /** Seconds; each transaction stands in a block of its own, and all of them at this time unless they say otherwise. */
  timestamp = 1_000_000n;

  private constructor(
    private readonly executor: SerialExecutor,
    readonly fork: Fork,
  ) {}

  static async create(fork: Fork = 'Osaka', users = 8): Promise<ContractRig> {
    const rig = new ContractRig(await SerialExecutor.create({ vm: 'wasm' }), fork);
    for (let i = 0; i < users; i++) rig.place(user(i), { balance: WEALTH });
    return rig;
  }

  close(): Promise<void> {
    return this.executor.close();
  }

  /** Puts an account into the state. */
  place(address: Uint8Array, state: Partial<AccountState>): Uint8Array {
    const account: AccountState = { nonce: 0n, balance: 0n, code: EMPTY_BYTES, storage: new Map(), ...state };
    this.database.load([[bytesToHex(address), account]]);
    return address;
  }

  balance(address: Uint8Array): bigint {
    return this.database.account(bytesToHex(address))?.balance ?? 0n;
  }

  async transact(from: Uint8Array, to: Uint8Array | null, data: Uint8Array, options: SendOptions = {}): Promise<Sent> {
    const { timestamp = this.timestamp, ...fields } = options;
    const key = bytesToHex(from);
    const nonce = this.nonces.get(key) ?? 0n;
    this.nonces.set(key, nonce + 1n);
    const transaction = createTransaction({ type: 0, gasLimit: 10_000_000n, ...fields, sender: from, to, data, nonce });
    const result = await this.executor.execute(
      this.database,
      createBlock({
        fork: this.fork,
        coinbase: COINBASE,
        mode: 'state-test',
        maxBlobGas: 786_432n,
        environment: { timestamp, blobBaseFee: 3n },
        transactions: [transaction],
      }),
    );
    if (!result.ok) throw result.error;
    const [outcome] = result.transactions;
    if (outcome?.kind !== 'executed') throw new TypeError('a valid block holds executed transactions');
    const sent: Sent = { ...outcome, words: outcome.success ? decodeWords(outcome.output) : [] };
    result.applyTo(this.database);
    return sent;
  }

  async deploy(name: string, args: readonly AbiValue[] = [], from = user(0)): Promise<Deployed> {
    const contract = Contract.named(name);
    const nonce = this.nonces.get(bytesToHex(from)) ?? 0n;
    const { success, output } = await this.transact(from, null, concatBytes(contract.creation, encode(args)));
    expect(success, `deployment of ${name}: ${bytesToHex(output)}`).to.equal(true);
    return { contract, address: createdAddress(from, nonce) };
  }

  /** Sends a call that may revert. */
  try(from: Uint8Array, to: Deployed, signature: string, args: readonly AbiValue[] = [], options: SendOptions = {}) {
    return this.transact(from, to.address, callData(to.contract, signature, args), options);
  }

  /** Sends a call that must succeed. */
  async send(from: Uint8Array, to: Deployed, signature: string, args: readonly AbiValue[] = [], options = {}) {
    const sent = await this.try(from, to, signature, args, options);
    expect(sent.success, `${to.contract.name}.${signature}: ${bytesToHex(sent.output)}`).to.equal(true);
    return sent;
  }

  /** Sends a call that must revert with this error; the words after its selector. */
  async fail(
    from: Uint8Array,
    to: Deployed,
    signature: string,
    args: readonly AbiValue[],
    error: string,
    options = {},
  ) {
    const sent = await this.try(from, to, signature, args, options);
    expect(sent.success, `${to.contract.name}.${signature}`).to.equal(false);
    expect(sent.logs, 'a revert leaves no logs').to.have.length(0);
    expect(bytesToHex(sent.output.subarray(0, 4)), error).to.equal(bytesToHex(to.contract.selector(error)));
    return decodeWords(sent.output.subarray(4));
  }

  /** First word of what a call answers. */
  async read(to: Deployed, signature: string, args: readonly AbiValue[] = []): Promise<bigint> {
    return (await this.send(user(0), to, signature, args)).words[0] as bigint;
  }
}

/** Calldata of a call. */
export function callData(contract: Contract, signature: string, args: readonly AbiValue[] = []): Uint8Array {
  return concatBytes(contract.selector(signature), encode(args));
}

/** Signature of an event that a log holds. */
export function eventOf(contract: Contract, log: Log): string {
  const topic = bytesToHex(log.topics[0] as Uint8Array);
  return Object.entries(contract.artifact.events).find(([, hash]) => hash === topic)?.[0] ?? 'unknown';
}
