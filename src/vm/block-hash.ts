/** Hashes of ancestors, as the caller answers them. */
import type { BlockEnvironment } from './vm.js';

const HASH_BYTES = 32;

/** What `environment` answers for `number`. Throws RangeError where it is not 32 bytes long. */
export function blockHashOf(environment: BlockEnvironment, number: bigint): Uint8Array | null {
  const hash = environment.blockHash(number) ?? null;
  if (hash !== null && hash.length !== HASH_BYTES) {
    throw new RangeError(`environment.blockHash(${number}): ${HASH_BYTES} bytes expected, ${hash.length} given`);
  }
  return hash;
}
