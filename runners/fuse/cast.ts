/** Who takes part in a fused block: senders, coinbase, the test's own contracts, and what is added to its pre-state. */
import { bytesToHex, EMPTY_BYTES, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import { keccak256, sha256 } from '../../src/primitives/crypto.js';
import { atLeast } from '../../src/primitives/fork.js';
import type { AccountState } from '../../src/state/account.js';
import type { Allocation, StateCase } from '../fixtures/cases.js';
import { addressOfKey, type ScenarioRules } from '../scenario/scenario.js';
import { withSystemContracts } from '../scenario/system-contracts.js';
import type { Random } from '../selftest/random.js';
import type { FusedPlan } from '../verdict/fused.js';
import { DIRECTOR_CODE } from './director.js';
import type { Templates } from './templates.js';

/** A key that signs. */
export interface Actor {
  readonly secretKey: Uint8Array;
  readonly address: Uint8Array;
  /** Of its next transaction or authorization. */
  nonce: bigint;
}

/** Wei that every sender has at least: more than any block can take from it. */
export const FUNDS = 10n ** 24n;
/**
 * Wei that anybody has at most: no payment may overflow a balance, which no chain can come to and machines treat as
 * they please.
 */
const MOST_BALANCE = 2n ** 200n;
/** A sender beyond this nonce might run out of them in the block. */
const MOST_NONCE = 2n ** 64n - 1024n;
const PRECOMPILES = 9;
/** Copies of the test's contract in blocks that are spread. */
const CLONES = 16;
const FEWEST_SENDERS = { conflict: 4, spread: 16 } as const;
const MORE_SENDERS = { conflict: 13, spread: 17 } as const;

function derived(seed: string, role: string, number: number): Uint8Array {
  return sha256(new TextEncoder().encode(`lockstep fuse\n${seed}\n${role} ${number}`));
}

/** The key of a role: the same in all blocks of one seed. */
function actor(seed: string, role: string, number: number, pre: Allocation): Actor {
  const secretKey = derived(seed, role, number);
  const address = addressOfKey(secretKey);
  return { secretKey, address, nonce: pre.get(bytesToHex(address))?.nonce ?? 0n };
}

export function addressNumber(value: number): Uint8Array {
  const address = new Uint8Array(20);
  new DataView(address.buffer).setUint32(16, value);
  return address;
}

/** The test's own sender, where it can send any number of transactions. */
function ownSender({ fields, pre }: StateCase): Actor | null {
  if (fields.secretKey === null) return null;
  const address = addressOfKey(fields.secretKey);
  const account = pre.get(bytesToHex(address));
  if (account === undefined || account.code.length > 0 || account.nonce > MOST_NONCE) return null;
  return { secretKey: fields.secretKey, address, nonce: account.nonce };
}

export class Cast {
  readonly senders: readonly Actor[];
  /** Keys that send nothing and only authorize (EIP-7702). */
  readonly authorities: readonly Actor[];
  /** Pays nothing at first: lives on what others of the block pay it. */
  readonly poor: Actor;
  /** What the test calls, or another contract of its; null where it has none. */
  readonly target: Uint8Array | null;
  readonly director: Uint8Array;
  /** Copies of the target. */
  readonly clones: readonly Uint8Array[];
  readonly coinbase: Uint8Array;
  /** The coinbase, where it is a sender. */
  readonly coinbaseSender: Actor | null;
  readonly pre: Allocation;

  constructor(
    readonly one: StateCase,
    readonly rules: ScenarioRules,
    readonly templates: Templates,
    readonly plan: FusedPlan,
    seed: string,
    readonly random: Random,
  ) {
    const { pre } = one;
    const count = FEWEST_SENDERS[plan] + random.below(MORE_SENDERS[plan]);
    const own = ownSender(one);
    const others = Array.from({ length: count }, (_, number) => actor(seed, 'sender', number, pre));
    this.senders = own === null ? others : [own, ...others];
    this.authorities = [0, 1, 2].map((number) => actor(seed, 'authority', number, pre));
    this.poor = actor(seed, 'poor', 0, pre);
    this.director = keccak256(derived(seed, 'director', 0)).slice(12);
    this.target = this.#target();
    this.clones = this.#clones(seed);
    const { address, sender } = this.#coinbase();
    this.coinbase = address;
    this.coinbaseSender = sender;
    this.pre = this.#allocation();
  }

  sender(): Actor {
    return this.random.pick(this.senders) as Actor;
  }

  /** A precompile's address. */
  precompile(): Uint8Array {
    return addressNumber(1 + this.random.below(PRECOMPILES));
  }

  #target(): Uint8Array | null {
    const called = this.templates.valid.flatMap(({ transaction }) => (transaction.to === null ? [] : [transaction.to]));
    const contracts = [...this.one.pre]
      .filter(([, { code }]) => code.length > 0)
      .map(([address]) => hexToBytes(address));
    return this.random.pick(called) ?? this.random.pick(contracts);
  }

  #clones(seed: string): Uint8Array[] {
    const account = this.target === null ? undefined : this.one.pre.get(bytesToHex(this.target));
    if (this.plan === 'conflict' || account === undefined || account.code.length === 0) return [];
    return Array.from({ length: CLONES }, (_, number) => keccak256(derived(seed, 'clone', number)).slice(12));
  }

  #coinbase(): { address: Uint8Array; sender: Actor | null } {
    const { random, one } = this;
    const own = { address: one.environment.coinbase, sender: null };
    if (this.plan === 'spread') return random.below(4) === 0 ? { address: this.precompile(), sender: null } : own;
    const contracts = [...one.pre].filter(([, { code }]) => code.length > 0).map(([address]) => hexToBytes(address));
    switch (random.below(6)) {
      case 0:
        return own;
      case 1:
        return { address: this.target ?? own.address, sender: null };
      case 2:
        return { address: random.pick(contracts) ?? own.address, sender: null };
      case 3:
        return { address: this.precompile(), sender: null };
      case 4:
        return { address: this.poor.address, sender: this.poor };
      default: {
        const sender = this.sender();
        return { address: sender.address, sender };
      }
    }
  }

  #allocation(): Allocation {
    const { one, rules } = this;
    const pre = new Map<Hex, AccountState>(one.pre);
    for (const [address, account] of one.pre) {
      if (account.balance > MOST_BALANCE) pre.set(address, { ...account, balance: MOST_BALANCE });
    }
    for (const { address } of this.senders) {
      const known = pre.get(bytesToHex(address));
      const account = known ?? { nonce: 0n, balance: 0n, code: EMPTY_BYTES, storage: new Map() };
      if (account.balance < FUNDS) pre.set(bytesToHex(address), { ...account, balance: FUNDS });
    }
    const target = this.target === null ? undefined : pre.get(bytesToHex(this.target));
    if (target !== undefined) for (const clone of this.clones) pre.set(bytesToHex(clone), target);
    pre.set(bytesToHex(this.director), { nonce: 1n, balance: FUNDS, code: DIRECTOR_CODE, storage: new Map() });
    // Before EIP-158 a call to an absent account costs more, ECRECOVER's included.
    const recover = bytesToHex(addressNumber(1));
    if (!atLeast(rules.fork, 'EIP158') && !pre.has(recover)) {
      pre.set(recover, { nonce: 0n, balance: 1n, code: EMPTY_BYTES, storage: new Map() });
    }
    return withSystemContracts(pre, rules.fork);
  }
}
