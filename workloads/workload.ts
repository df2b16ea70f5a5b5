/** The generator: a genesis and blocks over it, as the options ask. */
import { word } from '../contracts/abi.js';
import { withSystemContracts } from '../runners/scenario/system-contracts.js';
import type { Hex } from '../src/primitives/bytes.js';
import { concatBytes } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import { atLeast, BLOB_SCHEDULES } from '../src/primitives/fork.js';
import type { AccountState } from '../src/state/account.js';
import { createBlock, createTransaction } from '../src/transition/create.js';
import { GAS_PER_BLOB } from '../src/transition/transaction/rules.js';
import type { AccessListEntry, Authorization, Block, Transaction } from '../src/transition/types.js';
import { BLOB_HASHES } from './blobs.js';
import { Cluster } from './cluster.js';
import { KINDS, type KindName } from './kinds/index.js';
import type { Draft, Turn } from './kinds/kind.js';
import { type CheckedOptions, checkOptions, WorkloadOptionError, type WorkloadOptions } from './options.js';
import { People } from './people.js';
import { Random, Weighted } from './random.js';
import { type PlannedTurn, Turns } from './turns.js';

/** A transaction, the number of the person who sends it, and those of its authorities (EIP-7702) in order. */
export interface GeneratedTransaction extends Transaction {
  readonly from: number;
  readonly authorities: readonly number[];
}

/** Wei per gas above the base fee that a transaction is ready to pay beside its tip. */
const FEE_SLACK = 20n;
/** Tips go round, so that a lost or doubled one shows. */
const TIPS = 5;
/** Above every blob base fee that a workload meets. */
const MAX_FEE_PER_BLOB_GAS = 1_000n;
const CHAIN_ID = 1n;
const TIMESTAMP = 1_000n;
const NONE: readonly never[] = [];

/** Blobs that a block of this fork may hold. */
function maxBlobs(fork: CheckedOptions['fork']): number {
  if (!atLeast(fork, 'Cancun')) return 0;
  const schedule = atLeast(fork, 'Osaka') ? 'Osaka' : atLeast(fork, 'Prague') ? 'Prague' : 'Cancun';
  return BLOB_SCHEDULES[schedule].max;
}

/**
 * A genesis and the blocks over it. Blocks are made in order, each over the state that the ones before it leave:
 * nonces go on, and so does what the kinds know of their contracts. Equal options give equal workloads.
 */
export class Workload {
  readonly people: People;
  private readonly clusters: readonly Cluster[];
  private readonly plays: readonly ReadonlyMap<KindName, (turn: Turn) => Draft>[];
  private readonly turns: Turns;
  private readonly types: Weighted<0 | 1 | 2>;
  private readonly random: Random;
  private readonly nonces: Uint32Array;
  private count = 0;
  private blobs = 0;

  private constructor(readonly options: CheckedOptions) {
    const { accounts, clusters, seed, keys, mix, types } = options;
    this.random = new Random(seed);
    this.people = new People(seed, keys, accounts);
    const size = Math.floor(accounts / clusters);
    this.clusters = Array.from(
      { length: clusters },
      (_, index) => new Cluster(index, options, this.people, index * size, size),
    );
    this.plays = this.clusters.map((cluster) => {
      return new Map(mix.map(([name]) => [name, kindNamed(name).place(cluster)] as const));
    });
    this.turns = new Turns(options, this.clusters, this.random);
    this.types = new Weighted(types);
    this.nonces = new Uint32Array(accounts);
  }

  /** Throws `WorkloadOptionError` where an option is out of its range or does not go with another. */
  static create(options: WorkloadOptions): Workload {
    const checked = checkOptions(options);
    const blobsOnly = checked.mix.every(([name]) => kindNamed(name).blobs !== undefined);
    const { transactions, fork } = checked;
    if (blobsOnly && transactions * 3 > maxBlobs(fork)) {
      const detail = `${transactions} blob transactions alone; a block of ${fork} holds ${maxBlobs(fork)} blobs`;
      throw new WorkloadOptionError('mix', detail);
    }
    return new Workload(checked);
  }

  /** The genesis, made as it is walked: people, contracts, and the fork's system contracts. */
  *accounts(): Generator<readonly [Hex, AccountState]> {
    for (const cluster of this.clusters) {
      yield* cluster.contracts();
      yield* cluster.persons();
    }
    yield* withSystemContracts(new Map(), this.options.fork);
  }

  /** The transactions of the next block: as many as the options say, or `count`. */
  transactions(count = this.options.transactions): GeneratedTransaction[] {
    this.turns.newBlock();
    this.blobs = 0;
    const most = maxBlobs(this.options.fork);
    const allowed = (name: KindName): boolean => this.blobs + (kindNamed(name).blobs ?? 0) <= most;
    return Array.from({ length: count }, () => this.transaction(this.turns.plan(allowed)));
  }

  /**
   * The next block, ready to execute over the genesis or the state after the block before it. Its gas limit is the
   * sum of its transactions'. Throws nothing: the options were checked.
   */
  block(): Block {
    const transactions = this.transactions();
    const { fork, coinbase, baseFee, seed } = this.options;
    const number = BigInt(++this.count);
    return createBlock({
      fork,
      coinbase,
      transactions,
      maxBlobGas: BigInt(maxBlobs(fork)) * GAS_PER_BLOB,
      environment: {
        number,
        timestamp: TIMESTAMP + 12n * number,
        gasLimit: transactions.reduce((sum, { gasLimit }) => sum + gasLimit, 30_000_000n),
        baseFee,
        difficulty: atLeast(fork, 'Paris') ? 0n : 131_072n,
        prevRandao: keccak256(concatBytes(word(seed), word(number))),
        blobBaseFee: atLeast(fork, 'Cancun') ? 1n : 0n,
      },
    });
  }

  private transaction(turn: PlannedTurn): GeneratedTransaction {
    const play = this.plays[turn.cluster]?.get(turn.kind) as (turn: Turn) => Draft;
    const draft = play(turn);
    const nonce = this.nonceOf(turn.sender);
    // The sender's nonce is used before those of the authorities (EIP-7702).
    const authorizations = draft.authorizations?.map((one) => this.authorization(one)) ?? NONE;
    const tip = 1n + BigInt(turn.random.below(TIPS));
    const type = this.typeOf(draft);
    const { baseFee } = this.options;
    if (draft.blobs !== undefined) this.blobs += draft.blobs;
    const transaction = createTransaction({
      type,
      chainId: CHAIN_ID,
      nonce,
      gasLimit: draft.gas + (type === 1 ? listGas(draft) : 0n),
      maxFeePerGas: baseFee + tip + (type < 2 ? 0n : FEE_SLACK),
      maxPriorityFeePerGas: type < 2 ? baseFee + tip : tip,
      to: draft.to,
      value: draft.value,
      data: draft.data,
      accessList: type === 1 ? accessList(draft) : NONE,
      maxFeePerBlobGas: type === 3 ? MAX_FEE_PER_BLOB_GAS : 0n,
      blobVersionedHashes: draft.blobs === undefined ? NONE : this.blobHashes(draft.blobs),
      authorizations,
      sender: this.people.address(turn.sender),
    });
    const authorities = draft.authorizations?.map(({ authority }) => authority) ?? NONE;
    return Object.assign(transaction, { from: turn.sender, authorities });
  }

  private nonceOf(person: number): bigint {
    const nonce = this.nonces[person] as number;
    this.nonces[person] = nonce + 1;
    return BigInt(nonce);
  }

  private authorization({ authority, delegate }: NonNullable<Draft['authorizations']>[number]): Authorization {
    const address = this.people.address(authority);
    return { chainId: CHAIN_ID, address: delegate, nonce: this.nonceOf(authority), authority: address };
  }

  private typeOf({ authorizations, blobs, to }: Draft): 0 | 1 | 2 | 3 | 4 {
    if (authorizations !== undefined) return 4;
    if (blobs !== undefined) return 3;
    const type = this.types.draw(this.random);
    // An access list needs somebody to be about.
    return type === 1 && to === null ? 0 : type;
  }

  private blobHashes(count: number): Uint8Array[] {
    return Array.from({ length: count }, () => BLOB_HASHES[this.random.below(BLOB_HASHES.length)] as Uint8Array);
  }
}

function kindNamed(name: KindName): NonNullable<ReturnType<(typeof KINDS)['get']>> {
  return KINDS.get(name) as NonNullable<ReturnType<(typeof KINDS)['get']>>;
}

function accessList({ to, slots = NONE }: Draft): AccessListEntry[] {
  return to === null ? [] : [{ address: to, slots }];
}

/** EIP-2930: what the list itself costs. */
function listGas({ slots = NONE }: Draft): bigint {
  return 2_400n + 1_900n * BigInt(slots.length);
}
