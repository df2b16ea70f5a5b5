/** The block environment as a record in shared memory: written once, read by any worker. */
import { FORKS, forkIndex } from '../primitives/fork.js';
import type { Arena, SharedHeap } from '../state/heap.js';
import { RecordReader, type RecordWriter } from '../state/record.js';
import { BLOCK_HASH_WINDOW } from '../transition/block/environment.js';
import { blockHashOf } from '../vm/block-hash.js';
import type { BlockEnvironment } from '../vm/vm.js';

const U256 = 8;
const HASH_BYTES = 32;
/** Words of a block hash: whether there is one, its length, its bytes. */
const HASH_WORDS = 2 + HASH_BYTES / 4;
const NO_HASH = new Uint8Array(HASH_BYTES);

export function encodeEnvironment(
  writer: RecordWriter,
  arena: Arena,
  environment: BlockEnvironment,
  maxBlobGas: bigint,
): number {
  writer.clear().word(forkIndex(environment.fork)).integer(environment.chainId, U256).integer(environment.number, U256);
  writer.integer(environment.timestamp, U256).data(environment.coinbase).integer(environment.gasLimit, U256);
  writer.integer(environment.difficulty, U256).data(environment.prevRandao);
  writer.integer(environment.baseFee, U256).integer(environment.blobBaseFee, U256).integer(maxBlobGas, U256);
  const first = environment.number > BLOCK_HASH_WINDOW ? environment.number - BLOCK_HASH_WINDOW : 0n;
  writer.integer(first, U256);
  for (let number = first; number < environment.number; number++) {
    // Each has its place, which one of another length would move.
    const hash = blockHashOf(environment, number);
    writer.word(hash === null ? 0 : 1).data(hash ?? NO_HASH);
  }
  return writer.finish(arena);
}

/** The environment at `at`. Its block hashes are read when they are asked for, so the record must stay as long as that may happen. */
export function decodeEnvironment(heap: SharedHeap, at: number): { environment: BlockEnvironment; maxBlobGas: bigint } {
  const reader = new RecordReader(heap, at);
  const fixed = {
    fork: FORKS[reader.word()] as BlockEnvironment['fork'],
    chainId: reader.integer(U256),
    number: reader.integer(U256),
    timestamp: reader.integer(U256),
    coinbase: reader.data(),
    gasLimit: reader.integer(U256),
    difficulty: reader.integer(U256),
    prevRandao: reader.data(),
    baseFee: reader.integer(U256),
    blobBaseFee: reader.integer(U256),
  };
  const maxBlobGas = reader.integer(U256);
  const first = reader.integer(U256);
  const hashes = reader.place;
  const blockHash = (number: bigint): Uint8Array | null => {
    if (number < first || number >= fixed.number) return null;
    const hash = new RecordReader(heap, hashes + HASH_WORDS * Number(number - first));
    return hash.word() === 0 ? null : hash.data();
  };
  return { environment: { ...fixed, blockHash }, maxBlobGas };
}
