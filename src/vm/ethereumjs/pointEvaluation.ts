/**
 * Point evaluation of KZG commitments (EIP-4844, precompile 0x0a), on the BLS12-381 arithmetic that
 * @ethereumjs/evm brings for EIP-2537. Of the trusted setup only [τ]G2 is needed:
 *
 *     p(z) = y  ⇔  e(C − [y]G1 + [z]π, −G2) · e(π, [τ]G2) = 1
 *
 * which is EIP-4844's e(C − [y]G1, −G2) · e(π, [τ − z]G2) = 1 with the factor z moved into G1.
 */
import { bigIntToBytes, bytesToBigInt, concatBytes, equalBytes, hexToBytes } from '../../primitives/bytes.js';
import { sha256 } from '../../primitives/crypto.js';
import { blsArithmetic, evmLibrary } from './library.js';

/** Order of the base field of BLS12-381. */
const FIELD_MODULUS =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
/** Order of the groups: EIP-4844's BLS_MODULUS. */
const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const FIELD_ELEMENTS_PER_BLOB = 4096n;
const VERSIONED_HASH_VERSION_KZG = 1;

/** A field element as EIP-2537 writes it: 64 bytes. */
const fieldElement = (value: bigint): Uint8Array => bigIntToBytes(value, 64);

/** Coordinates c0, c1 of x, then of y, 48 bytes each in hex, as an EIP-2537 point. */
function g2Point(...coordinates: string[]): Uint8Array {
  return concatBytes(...coordinates.map((hex) => fieldElement(bytesToBigInt(hexToBytes(hex)))));
}

const G1_GENERATOR = concatBytes(
  fieldElement(0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bbn),
  fieldElement(0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1n),
);

const G2_GENERATOR_NEGATED = g2Point(
  '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
  '13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e',
  '0d1b3cc2c7027888be51d9ef691d77bcb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa',
  '13fa4d4a0ad8b1ce186ed5061789213d993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed',
);

/** [τ]G2 of the mainnet ceremony, as an EIP-2537 point (256 bytes). */
export const TRUSTED_SETUP_G2: Uint8Array = g2Point(
  '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
  '15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72',
  '014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99',
  '1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f',
);

const RESULT = concatBytes(bigIntToBytes(FIELD_ELEMENTS_PER_BLOB, 32), bigIntToBytes(GROUP_ORDER, 32));

/** Why an input of the precompile is refused. */
export type PointEvaluationFailure = 'length' | 'commitment' | 'inputs' | 'proof';

/**
 * Runs the precompile on its input `versioned hash (32) ‖ z (32) ‖ y (32) ‖ commitment (48) ‖ proof (48)`.
 * Answers its 64 bytes of output, or why the call fails.
 */
export function evaluatePoint(input: Uint8Array): Uint8Array | PointEvaluationFailure {
  if (input.length !== 192) return 'length';
  const commitment = input.subarray(96, 144);
  const versionedHash = sha256(commitment);
  versionedHash[0] = VERSIONED_HASH_VERSION_KZG;
  if (!equalBytes(versionedHash, input.subarray(0, 32))) return 'commitment';
  const z = bytesToBigInt(input.subarray(32, 64));
  const y = bytesToBigInt(input.subarray(64, 96));
  const c = decompressG1(commitment);
  const proof = decompressG1(input.subarray(144, 192));
  if (z >= GROUP_ORDER || y >= GROUP_ORDER || c === null || proof === null) return 'inputs';
  const bls = blsArithmetic();
  try {
    const minusY = y === 0n ? 0n : GROUP_ORDER - y;
    const left = bls.msmG1(concatBytes(c, scalar(1n), G1_GENERATOR, scalar(minusY), proof, scalar(z)));
    const product = bls.pairingCheck(concatBytes(left, G2_GENERATOR_NEGATED, proof, TRUSTED_SETUP_G2));
    return product[31] === 1 ? RESULT.slice() : 'proof';
  } catch (error) {
    // The arithmetic refuses points outside the prime-order subgroup.
    if (error instanceof evmLibrary().EVMError) return 'inputs';
    throw error;
  }
}

function scalar(value: bigint): Uint8Array {
  return bigIntToBytes(value, 32);
}

/**
 * A compressed point of G1 (48 bytes: flags for compression, infinity and the larger y, then x) in
 * EIP-2537's form (128 bytes; infinity is zeros). Null where it encodes no point of the curve; the
 * subgroup is not checked.
 */
function decompressG1(bytes: Uint8Array): Uint8Array | null {
  const flags = bytes[0] as number;
  const xBytes = bytes.slice();
  xBytes[0] = flags & 0x1f;
  const x = bytesToBigInt(xBytes);
  if ((flags & 0x80) === 0) return null;
  if ((flags & 0x40) !== 0) return (flags & 0x20) === 0 && x === 0n ? new Uint8Array(128) : null;
  if (x >= FIELD_MODULUS) return null;
  const square = (x * x * x + 4n) % FIELD_MODULUS;
  const root = power(square, (FIELD_MODULUS + 1n) / 4n);
  if ((root * root) % FIELD_MODULUS !== square) return null;
  const wantsLarger = (flags & 0x20) !== 0;
  const y = root > FIELD_MODULUS / 2n === wantsLarger ? root : FIELD_MODULUS - root;
  return concatBytes(fieldElement(x), fieldElement(y));
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % FIELD_MODULUS;
    factor = (factor * factor) % FIELD_MODULUS;
  }
  return result;
}
