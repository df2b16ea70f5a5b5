/** From a decoded block to what the executors take. */
import type { BlobSchedule, Fork } from '../../primitives/fork.js';
import type { BlockEnvironment } from '../../vm/vm.js';
import type { Block, Transaction } from '../types.js';
import { blobBaseFee, maxBlobGas } from './blob-gas.js';
import type { RawBlock } from './block.js';
import type { BlockHeader } from './header.js';

/** What a header does not say about its chain. */
export interface ChainContext {
  readonly fork: Fork;
  readonly chainId: bigint;
  /** Schedule of the block's fork; needed from Cancun on. */
  readonly blobSchedule: BlobSchedule | null;
  /** Hash of an ancestor by number, or null; bounded to the 256 latest by {@link blockEnvironment}. */
  readonly blockHash: (number: bigint) => Uint8Array | null;
}

/** Blocks back that BLOCKHASH reaches (yellow paper, section 9.4). */
export const BLOCK_HASH_WINDOW = 256n;

/** The block as opcodes see it. Throws as {@link executableBlock} does. */
export function blockEnvironment(header: BlockHeader, chain: ChainContext): BlockEnvironment {
  const { number, excessBlobGas } = header;
  return {
    fork: chain.fork,
    chainId: chain.chainId,
    number,
    timestamp: header.timestamp,
    coinbase: header.coinbase,
    gasLimit: header.gasLimit,
    difficulty: header.difficulty,
    prevRandao: header.mixHash,
    baseFee: header.baseFeePerGas ?? 0n,
    blobBaseFee: excessBlobGas === null ? 0n : blobBaseFee(excessBlobGas, scheduleOf(chain)),
    blockHash: (wanted) =>
      wanted < number && wanted + BLOCK_HASH_WINDOW >= number && wanted >= 0n ? chain.blockHash(wanted) : null,
  };
}

/**
 * A block ready to execute, from one whose header and body have been validated and whose
 * transactions have been decoded. `daoFork`: the irregular state change happens in it. Throws TypeError
 * where the fork has blobs and `chain` has no schedule for them, and RangeError where the header's excess blob gas
 * gives a blob base fee beyond 256 bits.
 */
export function executableBlock(
  raw: RawBlock,
  transactions: readonly Transaction[],
  chain: ChainContext,
  daoFork = false,
): Block {
  const { header } = raw;
  return {
    environment: blockEnvironment(header, chain),
    maxBlobGas: header.excessBlobGas === null ? 0n : maxBlobGas(scheduleOf(chain)),
    transactions,
    mode: 'block',
    withdrawals: raw.withdrawals ?? [],
    ommers: raw.ommers.map(({ number, coinbase }) => ({ number, coinbase })),
    daoFork,
    parentHash: header.parentHash,
    parentBeaconBlockRoot: header.parentBeaconBlockRoot,
  };
}

function scheduleOf(chain: ChainContext): BlobSchedule {
  if (chain.blobSchedule === null) throw new TypeError(`chain context of ${chain.fork} without a blob schedule`);
  return chain.blobSchedule;
}
