/** Ethash of one header, by the functions that check seals where a suite asks for that. */
import { decodeHeader } from '../../src/transition/block/block.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { BlockError } from '../../src/transition/errors.js';
import { ethash, ethashEpoch, sealHash } from '../blockchain/ethash.js';
import type { PowCase } from '../fixtures/unit-cases.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';
import { expectEqual } from './expect-equal.js';

function headerOf(rlp: Uint8Array): BlockHeader {
  try {
    return decodeHeader(rlp);
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    nonconformant('the header does not decode', [{ what: 'header', expected: 'a header', actual: error.message }]);
  }
}

/** Throws `CaseFailure` where epoch, hash or proof are not the fixture's. */
export function checkPow({ header: rlp, nonce, expect }: PowCase): void {
  const header = headerOf(rlp);
  const differences: Difference[] = [];
  const hash = sealHash(header);
  expectEqual(differences, 'header_hash', expect.headerHash, hash);
  expectEqual(differences, 'header nonce', nonce, header.nonce);
  expectEqual(differences, 'header mixHash', expect.mixHash, header.mixHash);
  const epoch = ethashEpoch(header.number);
  expectEqual(differences, 'seed', expect.seed, epoch.seed);
  expectEqual(differences, 'cache_size', expect.cacheBytes, epoch.cacheBytes);
  expectEqual(differences, 'full_size', expect.datasetBytes, epoch.datasetBytes);
  expectEqual(differences, 'cache_hash', expect.cacheHash, epoch.cacheHash);
  const proof = ethash(header.number, hash, nonce);
  expectEqual(differences, 'mixHash', expect.mixHash, proof.mixHash);
  expectEqual(differences, 'result', expect.result, proof.result);
  if (differences.length > 0) nonconformant('the proof of work differs from the fixture', differences);
}
