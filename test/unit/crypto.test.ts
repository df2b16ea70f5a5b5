import { expect } from 'chai';
import { bytesToHex } from '../../src/primitives/bytes.js';
import {
  addressOfSecretKey,
  codeHash,
  EMPTY_CODE_HASH,
  keccak256,
  recoverAddress,
  recoverSigner,
  signHash,
} from '../../src/primitives/crypto.js';

const KEY = new Uint8Array(32).fill(7);

function hashOf(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text));
}

describe('primitives/crypto', () => {
  it('hashes codes as keccak does, those that it knows and those that only look like them', () => {
    expect(codeHash(new Uint8Array(0))).to.deep.equal(EMPTY_CODE_HASH);
    for (const length of [1, 15, 16, 17, 1000, 24_576, 24_577]) {
      const code = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
      for (let round = 0; round < 2; round++) expect(codeHash(code), `${length}`).to.deep.equal(keccak256(code));
      // Each byte in turn: only few of them choose the place.
      for (let at = 0; at < length; at += Math.max(1, length >> 4) + 1) {
        const other = code.slice();
        other[at] = (other[at] as number) ^ 1;
        expect(codeHash(other), `${length}, byte ${at}`).to.deep.equal(keccak256(other));
      }
    }
  });

  it('does not take a code that was changed in place for the one before', () => {
    const code = new Uint8Array(300).fill(1);
    const before = codeHash(code);
    code[1] = 2;
    expect(codeHash(code)).to.deep.equal(keccak256(code));
    expect(codeHash(code)).to.not.deep.equal(before);
  });

  it('recovers signers as recoverAddress does, asked again or not', () => {
    const expected = bytesToHex(addressOfSecretKey(KEY));
    for (let i = 0; i < 20; i++) {
      const hash = hashOf(`${i}`);
      const signature = signHash(hash, KEY);
      const parity = signature[0] as 0 | 1;
      const r = signature.slice(1, 33);
      const s = signature.slice(33);
      for (let round = 0; round < 2; round++) {
        const signer = recoverSigner(hash, parity, r, s);
        expect(bytesToHex(signer as Uint8Array)).to.equal(expected);
        // What the caller does to an answer is the caller's affair.
        signer?.fill(0);
      }
      // One hash has one place: every other part of the input must tell.
      const flipped = (1 - parity) as 0 | 1;
      expect(recoverSigner(hash, flipped, r, s)).to.deep.equal(recoverAddress(hash, flipped, r, s));
      expect(recoverSigner(hash, parity, s, r)).to.deep.equal(recoverAddress(hash, parity, s, r));
      const late = hash.slice();
      late[31] = (late[31] as number) ^ 1;
      expect(recoverSigner(late, parity, r, s)).to.deep.equal(recoverAddress(late, parity, r, s));
      expect(bytesToHex(recoverSigner(hash, parity, r, s) as Uint8Array)).to.equal(expected);
    }
  });

  it('remembers that there is no signer', () => {
    const zero = new Uint8Array(32);
    for (let round = 0; round < 2; round++) expect(recoverSigner(hashOf('none'), 0, zero, zero)).to.equal(null);
  });
});
