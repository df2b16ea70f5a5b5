/** From a state test to the block that holds its one transaction. */
import { bigIntToBytes } from '../../src/primitives/bytes.js';
import { keccak256 } from '../../src/primitives/crypto.js';
import { atLeast, type BlobSchedule, type Fork } from '../../src/primitives/fork.js';
import { blobBaseFee, blobFeeOverflows, maxBlobGas, nextExcessBlobGas } from '../../src/transition/block/blob-gas.js';
import type { Block, Transaction } from '../../src/transition/types.js';
import { FixtureError, type StateCase } from '../fixtures/cases.js';
import { type ForkRules, network } from '../fixtures/networks.js';

/** Base fee (wei) where the fork needs one and the fixture gives none. */
const DEFAULT_BASE_FEE = 0x0an;
/** Chain of the official suites where the fixture names none. */
const DEFAULT_CHAIN_ID = 1n;
const BLOCK_HASH_WINDOW = 256n;
const NO_HASH = new Uint8Array(32);

export interface StateRules extends ForkRules {
  readonly chainId: bigint;
}

export function stateRules(one: StateCase): StateRules {
  const { number, timestamp } = one.environment;
  // A state test names a fork, never a transition, so the place in the chain decides nothing.
  const rules = network(one.network, one.config).forkAt({ number, timestamp, parentTotalDifficulty: 0n });
  return { ...rules, chainId: one.config?.chainId ?? DEFAULT_CHAIN_ID };
}

/** State tests have no chain: BLOCKHASH answers the keccak of the number's decimal digits (geth's convention). */
function syntheticBlockHash(current: bigint): (number: bigint) => Uint8Array | null {
  return (number) =>
    number >= 0n && number < current && number + BLOCK_HASH_WINDOW >= current
      ? keccak256(new TextEncoder().encode(number.toString()))
      : null;
}

/** Wei. Throws {@link FixtureError} where it does not fit in 256 bits. */
function blobFee({ source, file, test, environment }: StateCase, fork: Fork, schedule: BlobSchedule): bigint {
  const { excessBlobGas: given, parentBlobs: parent } = environment;
  const [name, stated] =
    given !== null || parent === null
      ? ['currentExcessBlobGas', given ?? 0n]
      : ['parentExcessBlobGas', parent.excessBlobGas + parent.blobGasUsed];
  if (blobFeeOverflows(stated, schedule)) {
    throw new FixtureError(source, file, test, `env.${name}`, 'gives a blob base fee beyond 256 bits');
  }
  if (given !== null || parent === null) return blobBaseFee(stated, schedule);
  // Without a base fee of the parent there is no reserve price either (EIP-7918).
  return blobBaseFee(nextExcessBlobGas({ ...parent, baseFeePerGas: null }, fork, schedule), schedule);
}

/** The block of a state test: the transaction alone, without system calls, withdrawals or rewards. */
export function stateBlock(one: StateCase, rules: StateRules, transaction: Transaction): Block {
  const { environment: given } = one;
  const { fork, blobSchedule, chainId } = rules;
  const merged = atLeast(fork, 'Paris');
  return {
    environment: {
      fork,
      chainId,
      number: given.number,
      timestamp: given.timestamp,
      coinbase: given.coinbase,
      gasLimit: given.gasLimit,
      difficulty: merged ? 0n : given.difficulty,
      // Older fillers put the random value in the field of the difficulty.
      prevRandao: given.random ?? (merged ? bigIntToBytes(given.difficulty, 32) : NO_HASH),
      baseFee: atLeast(fork, 'London') ? (given.baseFee ?? DEFAULT_BASE_FEE) : 0n,
      blobBaseFee: blobSchedule === null ? 0n : blobFee(one, fork, blobSchedule),
      blockHash: syntheticBlockHash(given.number),
    },
    maxBlobGas: blobSchedule === null ? 0n : maxBlobGas(blobSchedule),
    transactions: [transaction],
    mode: 'state-test',
    withdrawals: [],
    ommers: [],
    daoFork: false,
    parentHash: NO_HASH,
    parentBeaconBlockRoot: null,
  };
}
