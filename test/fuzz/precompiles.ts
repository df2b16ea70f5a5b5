/** Inputs for precompiles: mostly ones that they accept. */
import { bigIntToBytes, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';
import { signHash } from '../../src/primitives/crypto.js';
import type { Random } from './random.js';

const BN254_PRIME = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Low parts of all precompiles' addresses, with how often to call each: pairings and points are slow. */
export const PRECOMPILES: readonly (readonly [weight: number, address: number])[] = [
  [8, 0x01],
  [10, 0x02],
  [10, 0x03],
  [12, 0x04],
  [10, 0x05],
  [5, 0x06],
  [3, 0x07],
  [1, 0x08],
  [8, 0x09],
  [1, 0x0a],
  [1, 0x0b],
  [1, 0x0c],
  [1, 0x0d],
  [1, 0x0e],
  [1, 0x0f],
  [1, 0x10],
  [1, 0x11],
  [2, 0x12],
  [3, 0x100],
  [1, 0x00],
];

const word = (value: bigint): Uint8Array => bigIntToBytes(value, 32);

function signed(random: Random): Uint8Array {
  const hash = random.bytes(32);
  const key = concatBytes(new Uint8Array(1), random.bytes(30), Uint8Array.of(1));
  const signature = signHash(hash, key);
  return concatBytes(hash, word(BigInt(27 + (signature[0] as number))), signature.subarray(1));
}

function modexp(random: Random): Uint8Array {
  const sizes = [0, 1, 2, 3].map(() => random.pick([0, 1, 2, 8, 31, 32, 33, 64]));
  const [base, exponent, modulus] = sizes as [number, number, number];
  const header = [base, exponent, modulus].map((size) => (random.oneIn(30) ? random.word() : BigInt(size)));
  return concatBytes(...header.map(word), random.bytes(base + exponent + modulus));
}

/** A multiple of the generator (1, 2), or nearly. */
function bn254Point(random: Random): Uint8Array {
  switch (random.below(5)) {
    case 0:
      return new Uint8Array(64);
    case 1:
      return concatBytes(word(1n), word(BN254_PRIME - 2n));
    case 2:
      return concatBytes(word(random.word()), word(random.word()));
    default:
      return concatBytes(word(1n), word(2n));
  }
}

function blake2f(random: Random): Uint8Array {
  const rounds = random.oneIn(20) ? random.u32() : random.below(40);
  return concatBytes(bigIntToBytes(BigInt(rounds), 4), random.bytes(208), Uint8Array.of(random.pick([0, 1, 1, 2])));
}

function accepted(random: Random, address: number): Uint8Array {
  switch (address) {
    case 1:
      return signed(random);
    case 5:
      return modexp(random);
    case 6:
      return concatBytes(bn254Point(random), bn254Point(random));
    case 7:
      return concatBytes(bn254Point(random), word(random.word()));
    case 8:
      return random.oneIn(3) ? new Uint8Array(0) : new Uint8Array(192);
    case 9:
      return blake2f(random);
    case 0x0b:
    case 0x0d:
      return new Uint8Array(address === 0x0b ? 256 : 512);
    case 0x0c:
    case 0x0e:
      return concatBytes(new Uint8Array(address === 0x0c ? 128 : 256), random.bytes(32));
    case 0x0f:
      return new Uint8Array(384);
    case 0x10:
      return concatBytes(new Uint8Array(16), hexToBytes('00'), random.bytes(47));
    case 0x11:
      return concatBytes(new Uint8Array(17), random.bytes(47), new Uint8Array(17), random.bytes(47));
    case 0x100:
      return random.bytes(160);
    default:
      return random.bytes(random.below(100));
  }
}

/** An input for the precompile; sometimes cut, lengthened or changed in one byte. */
export function precompileInput(random: Random, address: number): Uint8Array {
  const input = accepted(random, address);
  switch (random.below(8)) {
    case 0:
      return input.subarray(0, random.below(input.length + 1));
    case 1:
      return concatBytes(input, random.bytes(random.below(33)));
    case 2: {
      if (input.length === 0) return input;
      const changed = input.slice();
      changed[random.below(changed.length)] = random.below(256);
      return changed;
    }
    default:
      return input;
  }
}
