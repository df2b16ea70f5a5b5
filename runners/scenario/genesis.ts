/** The genesis of a scenario: chosen such that the block over it has the environment that is asked for. */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, EMPTY_BYTES } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { atLeast } from '../../src/primitives/fork.js';
import { blobFeeOverflows, nextExcessBlobGas } from '../../src/transition/block/blob-gas.js';
import { blockDifficulty } from '../../src/transition/block/difficulty.js';
import { type BlockHeader, headerFromFields } from '../../src/transition/block/header.js';
import { BLOOM_BYTES } from '../../src/transition/block/receipts.js';
import { requestsHash } from '../../src/transition/block/requests.js';
import { GAS_PER_BLOB } from '../../src/transition/transaction/index.js';
import { SCENARIO_NUMBER, type Scenario, ScenarioError } from './scenario.js';

const ZERO_WORD = new Uint8Array(32);
const ZERO_ADDRESS = new Uint8Array(20);
const NO_NONCE = new Uint8Array(8);
const EMPTY_BLOOM = new Uint8Array(BLOOM_BYTES);

/** What of a header is not the same in every scenario. Left out: what an empty block has. */
export interface HeaderContent {
  readonly parentHash?: Uint8Array;
  readonly coinbase?: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactionsRoot?: Uint8Array;
  readonly receiptsRoot?: Uint8Array;
  readonly logsBloom?: Uint8Array;
  /** Not looked at from Paris on. */
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly prevRandao?: Uint8Array;
  readonly baseFee: bigint;
  readonly withdrawalsRoot?: Uint8Array;
  readonly blobGasUsed: bigint;
  readonly excessBlobGas: bigint;
  readonly parentBeaconBlockRoot?: Uint8Array;
  readonly requests?: readonly Uint8Array[];
}

/** A header with the fields that the scenario's fork has. */
export function scenarioHeader({ rules: { fork } }: Scenario, content: HeaderContent): BlockHeader {
  const integer = bigIntToMinimalBytes;
  const merged = atLeast(fork, 'Paris');
  const fields: Uint8Array[] = [
    content.parentHash ?? ZERO_WORD,
    EMPTY_LIST_HASH,
    content.coinbase ?? ZERO_ADDRESS,
    content.stateRoot,
    content.transactionsRoot ?? EMPTY_TRIE_ROOT,
    content.receiptsRoot ?? EMPTY_TRIE_ROOT,
    content.logsBloom ?? EMPTY_BLOOM,
    merged ? EMPTY_BYTES : integer(content.difficulty),
    integer(content.number),
    integer(content.gasLimit),
    integer(content.gasUsed),
    integer(content.timestamp),
    EMPTY_BYTES,
    (merged ? content.prevRandao : undefined) ?? ZERO_WORD,
    NO_NONCE,
  ];
  if (atLeast(fork, 'London')) fields.push(integer(content.baseFee));
  if (atLeast(fork, 'Shanghai')) fields.push(content.withdrawalsRoot ?? EMPTY_TRIE_ROOT);
  if (atLeast(fork, 'Cancun')) {
    fields.push(integer(content.blobGasUsed), integer(content.excessBlobGas));
    fields.push(content.parentBeaconBlockRoot ?? ZERO_WORD);
  }
  if (atLeast(fork, 'Prague')) fields.push(requestsHash(content.requests ?? []));
  return headerFromFields(fields, keccak256(RLP.encode(fields)));
}

/** Difficulty of a genesis before Paris: the lowest that there is. */
const GENESIS_DIFFICULTY = 131072n;

/** Difficulty that the fork's formula gives the block. */
export function scenarioDifficulty({ rules: { fork }, environment }: Scenario): bigint {
  if (atLeast(fork, 'Paris')) return 0n;
  return blockDifficulty(fork, {
    number: SCENARIO_NUMBER,
    timestamp: environment.timestamp,
    parentTimestamp: 0n,
    parentDifficulty: GENESIS_DIFFICULTY,
    parentHasOmmers: false,
  });
}

/** Blob gas fields of a parent after which the excess is what the scenario asks for; null where there is none. */
function blobFields(
  scenario: Pick<Scenario, 'rules' | 'environment'>,
): { readonly blobGasUsed: bigint; readonly excessBlobGas: bigint } | null {
  const { rules, environment } = scenario;
  const { fork, blobSchedule } = rules;
  const wanted = environment.excessBlobGas;
  if (blobSchedule === null) return { blobGasUsed: 0n, excessBlobGas: 0n };
  if (blobFeeOverflows(wanted, blobSchedule)) return null;
  const { target, max } = blobSchedule;
  for (let blobs = 0; blobs <= max; blobs++) {
    const blobGasUsed = BigInt(blobs) * GAS_PER_BLOB;
    // What the parent adds: by EIP-4844, and under the reserve price of EIP-7918.
    const added = [
      blobGasUsed - BigInt(target) * GAS_PER_BLOB,
      (blobGasUsed * BigInt(max - target)) / BigInt(max),
      wanted,
    ];
    for (const excessBlobGas of added.map((one) => wanted - one)) {
      if (excessBlobGas < 0n) continue;
      const parent = { blobGasUsed, excessBlobGas, baseFeePerGas: environment.baseFee };
      if (nextExcessBlobGas(parent, fork, blobSchedule) === wanted) return { blobGasUsed, excessBlobGas };
    }
  }
  return null;
}

/** True where some genesis leads to the scenario's excess blob gas. */
export function hasReachableExcess(scenario: Pick<Scenario, 'rules' | 'environment'>): boolean {
  return blobFields(scenario) !== null;
}

/**
 * Header of the genesis over the state with this root. Its gas used is half its limit, so that the base fee stays
 * (EIP-1559). Throws {@link ScenarioError} where no genesis leads to the environment.
 */
export function genesisHeader(scenario: Scenario, stateRoot: Uint8Array): BlockHeader {
  const { name, environment } = scenario;
  const { gasLimit, baseFee, timestamp } = environment;
  if (timestamp < 1n) throw new ScenarioError('IMPOSSIBLE', name, 'the block stands at the time of its genesis');
  const blobs = blobFields(scenario);
  if (blobs === null) {
    const detail = `no genesis is followed by an excess blob gas of ${environment.excessBlobGas}`;
    throw new ScenarioError('IMPOSSIBLE', name, detail);
  }
  return scenarioHeader(scenario, {
    stateRoot,
    difficulty: GENESIS_DIFFICULTY,
    number: 0n,
    gasLimit,
    gasUsed: gasLimit / 2n,
    timestamp: 0n,
    baseFee,
    ...blobs,
  });
}
