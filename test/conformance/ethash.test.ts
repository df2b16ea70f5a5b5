/** Ethash against the vectors of ethereum/tests (PoWTests/ethash_tests.json). */
import { expect } from 'chai';
import { ethash, sealHash, verifyEthash } from '../../runners/blockchain/ethash.js';
import { bigIntToBytes, bytesToBigInt, bytesToHex, hexToBytes } from '../../src/primitives/bytes.js';
import { headerFromFields } from '../../src/transition/block/header.js';

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

  it('seals a header of which the mix is right and the result small enough', () => {
    const [zero, address, bloom] = [32, 20, 256].map((length) => new Uint8Array(length));
    const none = new Uint8Array(0);
    const header = (mixHash: Uint8Array, nonce: Uint8Array) => {
      const two = Uint8Array.of(2);
      const roots = [zero, zero, zero];
      const fields = [zero, zero, address, ...roots, bloom, two, none, none, none, none, none, mixHash, nonce];
      return headerFromFields(fields as Uint8Array[], zero as Uint8Array);
    };
    const judged = new Set<boolean>();
    for (let number = 0n; number < 6n; number++) {
      const nonce = bigIntToBytes(number, 8);
      const { mixHash, result } = ethash(0n, sealHash(header(zero as Uint8Array, nonce)), nonce);
      // Of difficulty 2: at most half of 2^256.
      const good = bytesToBigInt(result) <= 1n << 255n;
      judged.add(good);
      expect(verifyEthash(header(mixHash, nonce)), `nonce ${number}`).to.equal(good);
      expect(verifyEthash(header(zero as Uint8Array, nonce)), `nonce ${number}, another mix`).to.equal(false);
    }
    expect(judged.size).to.equal(2);
  });
});
