/**
 * What a scenario writes down: accounts, blocks and transactions of one test, before anything is
 * signed or executed. {@link TestBuilder} keeps nonces and keys so that a scenario reads as a story.
 */

import { bigIntToBytes, bytesToHex, type Hex } from '../src/primitives/bytes.js';
import { addressOfSecretKey, keccak256 } from '../src/primitives/crypto.js';
import { atLeast, type Fork } from '../src/primitives/fork.js';
import { BEACON_ROOTS, BLOCK_HASHES, CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS } from './system.js';

/** An externally owned account; `nonce` is the next one to use. */
export interface Key {
  readonly secret: Uint8Array;
  readonly address: Hex;
  nonce: bigint;
}

export interface AccountPlan {
  nonce: bigint;
  balance: bigint;
  code: Hex;
  /** Slot to value. */
  storage: Map<bigint, bigint>;
}

export interface AccessListItem {
  readonly address: Hex;
  readonly storageKeys: readonly Hex[];
}

export interface AuthorizationPlan {
  readonly authority: Key;
  /** Delegate; the zero address clears. */
  readonly address: Hex;
  readonly nonce: bigint;
  /** Zero is valid on every chain. */
  readonly chainId: bigint;
}

export type TransactionType = 0 | 1 | 2 | 3 | 4;

export interface TransactionPlan {
  readonly from: Key;
  readonly type: TransactionType;
  readonly nonce: bigint;
  readonly to: Hex | null;
  readonly value: bigint;
  readonly data: Hex;
  readonly gasLimit: bigint;
  /** Wei per gas paid to the beneficiary, over the base fee. */
  readonly tip: bigint;
  /** Wei per gas that `maxFeePerGas` lies over base fee and tip (types 2 to 4); negative makes it invalid. */
  readonly feeSlack: bigint;
  readonly accessList: readonly AccessListItem[];
  readonly authorizations: readonly AuthorizationPlan[];
  readonly blobHashes: readonly Hex[];
  /** False for the transaction that makes its block invalid. */
  readonly valid: boolean;
}

export interface WithdrawalPlan {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Hex;
  /** Gwei. */
  readonly amount: bigint;
}

/** Header fields changed after filling, to make the block invalid. */
export type HeaderFault =
  | 'stateRoot'
  | 'gasUsed'
  | 'receiptTrie'
  | 'logsBloom'
  | 'transactionsTrie'
  | 'requestsHash'
  | 'withdrawalsRoot'
  | 'blobGasUsed';

export interface BlockPlan {
  readonly coinbase: Hex;
  /** Seconds after the parent. */
  readonly delay: bigint;
  readonly withdrawals: readonly WithdrawalPlan[];
  readonly transactions: TransactionPlan[];
  /** `TransactionException.X` or `BlockException.X`; null where the block is valid. */
  readonly exception: string | null;
  readonly fault: HeaderFault | null;
}

export interface TestPlan {
  readonly name: string;
  readonly fork: Fork;
  readonly description: string;
  readonly gasLimit: bigint;
  readonly baseFee: bigint;
  readonly excessBlobGas: bigint;
  /** Left out of the fixture: what its RLP and its last state root say as well. */
  readonly brief: boolean;
  readonly pre: Map<Hex, AccountPlan>;
  readonly blocks: BlockPlan[];
}

/** What a scenario file exports: one subject, several tests. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  tests(seed: number): TestPlan[];
}

/** What a scenario says of a transaction; everything else has a default. */
export interface TransactionOptions {
  readonly to?: Hex | null;
  readonly value?: bigint;
  readonly data?: Hex;
  readonly gas?: bigint;
  readonly tip?: bigint;
  readonly feeSlack?: bigint;
  readonly type?: TransactionType;
  readonly nonce?: bigint;
  readonly accessList?: readonly AccessListItem[];
  readonly authorizations?: readonly AuthorizationPlan[];
  readonly blobHashes?: readonly Hex[];
}

export interface BlockOptions {
  readonly coinbase?: Hex;
  readonly delay?: bigint;
  readonly withdrawals?: readonly { readonly address: Hex; readonly amount: bigint }[];
  readonly exception?: string;
  readonly fault?: HeaderFault;
}

export interface TestOptions {
  readonly gasLimit?: bigint;
  readonly baseFee?: bigint;
  readonly excessBlobGas?: bigint;
  /** Writes blocks as RLP and header alone, and the state root in place of the post-state: a large test stays small. */
  readonly brief?: boolean;
}

export const ETHER = 10n ** 18n;
export const GWEI = 10n ** 9n;
export const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`;

/** `value` as a 32-byte word in hex. */
export function word(value: bigint | Hex): Hex {
  return bytesToHex(bigIntToBytes(BigInt(value), 32));
}

/** Concatenation of hex strings. */
export function join(...parts: Hex[]): Hex {
  return `0x${parts.map((part) => part.slice(2)).join('')}`;
}

/** Calldata of words. */
export function words(...values: (bigint | Hex)[]): Hex {
  return join(...values.map(word));
}

function hashText(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text));
}

/** The transactions of one block; made by {@link TestBuilder.block}. */
export class BlockBuilder {
  constructor(
    private readonly fork: Fork,
    readonly plan: BlockPlan,
  ) {}

  /** Appends a transaction with the sender's next nonce. */
  send(from: Key, options: TransactionOptions = {}): this {
    return this.append(from, options, true);
  }

  /** Appends the transaction that breaks the block; the sender's nonce does not move. */
  sendInvalid(from: Key, options: TransactionOptions = {}): this {
    return this.append(from, options, false);
  }

  private append(from: Key, options: TransactionOptions, valid: boolean): this {
    const type = options.type ?? this.defaultType(options);
    const nonce = options.nonce ?? from.nonce;
    if (valid) from.nonce = nonce + 1n;
    this.plan.transactions.push({
      from,
      type,
      nonce,
      to: options.to === undefined ? from.address : options.to,
      value: options.value ?? 0n,
      data: options.data ?? '0x',
      gasLimit: options.gas ?? (options.data === undefined && !options.authorizations ? 21_000n : 400_000n),
      // Fees differ from one transaction to the next, so that a lost or doubled one shows.
      tip: options.tip ?? 3n + BigInt(this.plan.transactions.length % 5),
      feeSlack: options.feeSlack ?? 20n,
      accessList: options.accessList ?? [],
      authorizations: options.authorizations ?? [],
      blobHashes: options.blobHashes ?? [],
      valid,
    });
    return this;
  }

  /** The types a fork has, in turn, where the transaction does not ask for one. */
  private defaultType(options: TransactionOptions): TransactionType {
    if (options.authorizations !== undefined) return 4;
    if (options.blobHashes !== undefined) return 3;
    const turn = this.plan.transactions.length % 3;
    if (atLeast(this.fork, 'London') && turn === 1) return 2;
    if (options.accessList !== undefined) return 1;
    return atLeast(this.fork, 'Berlin') && turn === 2 ? 1 : 0;
  }
}

/** Builds one {@link TestPlan}. Keys and addresses follow from the seed, the scenario and a label. */
export class TestBuilder {
  readonly plan: TestPlan;
  private readonly keys: Key[] = [];
  private readonly seedText: string;
  /** Nonces before an invalid block, to which the next block goes back. */
  private rollback: bigint[] | null = null;
  private withdrawalIndex = 0n;

  constructor(seed: number, name: string, fork: Fork, description: string, options: TestOptions = {}) {
    this.seedText = `lockstep corpus/${seed}/${name}`;
    this.plan = {
      name: `${name}_${fork}`,
      fork,
      description,
      gasLimit: options.gasLimit ?? 60_000_000n,
      baseFee: options.baseFee ?? 7n,
      excessBlobGas: options.excessBlobGas ?? 0n,
      brief: options.brief ?? false,
      pre: new Map(),
      blocks: [],
    };
    if (atLeast(fork, 'Cancun')) this.system(BEACON_ROOTS.address, BEACON_ROOTS.code);
    if (atLeast(fork, 'Prague')) {
      for (const { address, code } of [BLOCK_HASHES, WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS]) {
        this.system(address, code);
      }
    }
  }

  get fork(): Fork {
    return this.plan.fork;
  }

  private system(address: Hex, code: Hex): void {
    this.account(address, { nonce: 1n, code });
  }

  /** An address that belongs to nobody, from a label. */
  address(label: string): Hex {
    return bytesToHex(hashText(`${this.seedText}/address/${label}`).subarray(12));
  }

  /** Puts an account into the pre-state; what is not given is zero or empty. */
  account(address: Hex, account: Partial<AccountPlan>): Hex {
    this.plan.pre.set(address, {
      nonce: account.nonce ?? 0n,
      balance: account.balance ?? 0n,
      code: account.code ?? '0x',
      storage: account.storage ?? new Map(),
    });
    return address;
  }

  /** A contract at an address made from its label. */
  contract(label: string, code: Hex, account: Partial<AccountPlan> = {}): Hex {
    return this.account(this.address(label), { nonce: 1n, ...account, code });
  }

  /** A key whose account is in the pre-state with `balance`; null leaves the account out. */
  key(label: string, balance: bigint | null = 100n * ETHER): Key {
    const secret = hashText(`${this.seedText}/key/${label}`);
    const key: Key = { secret, address: bytesToHex(addressOfSecretKey(secret)), nonce: 0n };
    this.keys.push(key);
    if (balance !== null) this.account(key.address, { balance });
    return key;
  }

  /** `count` keys with `balance` each. */
  keyring(label: string, count: number, balance: bigint | null = 100n * ETHER): Key[] {
    return Array.from({ length: count }, (_, i) => this.key(`${label}/${i}`, balance));
  }

  /** An authorization (EIP-7702) with the authority's next nonce, which it uses up. */
  authorize(authority: Key, delegate: Hex, options: { nonce?: bigint; chainId?: bigint } = {}): AuthorizationPlan {
    const nonce = options.nonce ?? authority.nonce;
    if (options.nonce === undefined) authority.nonce += 1n;
    return { authority, address: delegate, nonce, chainId: options.chainId ?? 1n };
  }

  /** The next block; after an invalid one, on the same parent and with the nonces from before it. */
  block(options: BlockOptions = {}): BlockBuilder {
    if (this.rollback !== null) {
      this.keys.forEach((key, i) => {
        key.nonce = this.rollback?.[i] ?? key.nonce;
      });
      this.rollback = null;
    }
    if (options.exception !== undefined) this.rollback = this.keys.map((key) => key.nonce);
    const plan: BlockPlan = {
      coinbase: options.coinbase ?? this.address('coinbase'),
      delay: options.delay ?? 12n,
      withdrawals: (options.withdrawals ?? []).map(({ address, amount }) => {
        const index = this.withdrawalIndex++;
        return { index, validatorIndex: index * 3n + 1n, address, amount };
      }),
      transactions: [],
      exception: options.exception ?? null,
      fault: options.fault ?? null,
    };
    this.plan.blocks.push(plan);
    return new BlockBuilder(this.fork, plan);
  }
}

/** A small deterministic generator (mulberry32) for scenarios that mix at random. */
export function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
