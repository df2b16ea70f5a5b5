/** Ethash against the vectors of ethereum/tests (PoWTests/ethash_tests.json). */
import { expect } from 'chai';
import { ethash } from '../../runners/blockchain/ethash.js';
import { bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';

const VECTORS = [
  {
    headerHash: '2a8de2adf89af77358250bf908bf04ba94a6e8c3ba87775564a41d269a05e4ce',
    nonce: '4242424242424242',
    mixHash: '0x58f759ede17a706c93f13030328bcea40c1d1341fb26f2facd21ceb0dae57017',
    result: '0xdd47fd2d98db51078356852d7c4014e6a5d6c387c35f40e2875b74a256ed7906',
  },
  {
    headerHash: '100cbec5e5ef82991290d0d93d758f19082e71f234cf479192a8b94df6da6bfe',
    nonce: '307692cf71b12f6d',
    mixHash: '0xe55d02c555a7969361cf74a9ec6211d8c14e4517930a00442f171bdb1698d175',
    result: '0xab9b13423cface72cbec8424221651bc2e384ef0f7a560e038fc68c8d8684829',
  },
];

describe('ethash', function () {
  // The first proof builds the cache of the epoch.
  this.timeout(60_000);

  for (const { headerHash, nonce, mixHash, result } of VECTORS) {
    it(`proves nonce ${nonce}`, () => {
      const proof = ethash(0n, hexToBytes(headerHash), hexToBytes(nonce));
      expect(bytesToHex(proof.mixHash)).to.equal(mixHash);
      expect(bytesToHex(proof.result)).to.equal(result);
    });
  }
});
