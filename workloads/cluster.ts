/** People and contracts that may meet each other; what the contracts hold in the genesis. */
import { Contract } from '../contracts/artifacts.js';
import { ContractStorage } from '../contracts/storage.js';
import { bytesToHex, EMPTY_BYTES, type Hex } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import type { AccountState } from '../src/state/account.js';
import type { CheckedOptions } from './options.js';
import type { People } from './people.js';

/** A contract in the genesis. */
export interface Placed {
  readonly address: Uint8Array;
  readonly contract: Contract;
}

export interface PlaceOptions {
  /** Left out: one of the contract's own, made from its label. */
  readonly address?: Uint8Array;
  readonly immutables?: Readonly<Record<string, Uint8Array>>;
  readonly balance?: bigint;
  /** Writes the storage down; called when the genesis is walked, not before. */
  readonly storage?: (storage: ContractStorage) => void;
}

/** Each person's ether in the genesis. */
export const WEALTH = 10n ** 24n;
/** Each person's tokens of a sort. */
export const HOLDING = 10n ** 24n;
/** Seconds at which the state of the genesis was last touched. */
export const GENESIS_TIME = 1n;

export class Cluster {
  private readonly placed = new Map<Hex, { readonly placed: Placed; readonly options: PlaceOptions }>();
  private readonly shared = new Map<string, unknown>();

  constructor(
    readonly index: number,
    readonly options: CheckedOptions,
    private readonly people: People,
    /** Number of the cluster's first person. */
    readonly first: number,
    /** How many people there are. */
    readonly size: number,
  ) {}

  address(person: number): Uint8Array {
    return this.people.address(person);
  }

  secret(person: number): Uint8Array {
    return this.people.secret(person);
  }

  /** Makes something once and hands the same out to every kind that asks for it by this key. */
  once<T>(key: string, make: () => T): T {
    if (!this.shared.has(key)) this.shared.set(key, make());
    return this.shared.get(key) as T;
  }

  /** Something of which there is one for each venue. */
  everyVenue<T>(key: string, make: (venue: number) => T): readonly T[] {
    return this.once(key, () => Array.from({ length: this.options.venues }, (_, venue) => make(venue)));
  }

  /** An address of the cluster's that belongs to no person. */
  addressOf(label: string): Uint8Array {
    const text = `lockstep workload/${this.options.seed}/cluster/${this.index}/${label}`;
    return keccak256(new TextEncoder().encode(text)).subarray(12);
  }

  /** Puts a contract into the genesis. */
  place(label: string, name: string, options: PlaceOptions = {}): Placed {
    const placed = { address: options.address ?? this.addressOf(label), contract: Contract.named(name) };
    this.placed.set(bytesToHex(placed.address), { placed, options });
    return placed;
  }

  /** The venue to which a person keeps. */
  venueOf(person: number): number {
    const { venues } = this.options;
    return venues === 1 ? 0 : 1 + ((person - this.first) % (venues - 1));
  }

  /** Numbers of all people. */
  *everybody(): Generator<number> {
    for (let i = 0; i < this.size; i++) yield this.first + i;
  }

  /** Numbers of those who may act at a venue: all at the first, and else who keeps to it. */
  *guests(venue: number): Generator<number> {
    const { venues } = this.options;
    const step = venue === 0 ? 1 : venues - 1;
    for (let i = venue === 0 ? 0 : venue - 1; i < this.size; i += step) yield this.first + i;
  }

  /** The contracts, made as they are asked for. */
  *contracts(): Generator<readonly [Hex, AccountState]> {
    for (const [address, { placed, options }] of this.placed) {
      const storage = new ContractStorage(placed.contract);
      options.storage?.(storage);
      const { balance = 0n, immutables } = options;
      yield [address, { nonce: 1n, balance, code: placed.contract.runtime(immutables), storage: storage.slots }];
    }
  }

  /** The people, all with the same wealth. */
  *persons(): Generator<readonly [Hex, AccountState]> {
    const state: AccountState = { nonce: 0n, balance: WEALTH, code: EMPTY_BYTES, storage: new Map() };
    for (const person of this.everybody()) yield [this.people.hex(person), state];
  }
}
