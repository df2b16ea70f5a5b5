/**
 * Precompiled contracts of the machine, but for identity, which is the core's own. Those that
 * ordinary blocks call often run on WebAssembly or native code; the others are the library's, behind
 * the reference machine's door, and slow, so that their results are kept. All answer alike: the same output and gas as the reference machine.
 */
import { EMPTY_BYTES } from '../../primitives/bytes.js';
import { recoverAddress, ripemd160, sha256 } from '../../primitives/crypto.js';
import type { Fork } from '../../primitives/fork.js';
import { MachineError } from '../errors.js';
import { type Precompile, type PrecompileResult, referencePrecompile } from '../ethereumjs/precompiles.js';
import { PrecompileResults } from './precompile-results.js';

/**
 * The compression function of BLAKE2b on `state`: 209 bytes, EIP-152's input without its rounds. The
 * first 64 bytes are replaced by the result.
 */
export type Blake2f = (state: Uint8Array, rounds: number) => void;

const EMPTY_SUCCESS = (gasUsed: bigint): PrecompileResult => ({ ok: true, gasUsed, output: EMPTY_BYTES });

function outOfGas(gas: bigint): PrecompileResult {
  return { ok: false, gasUsed: gas, output: EMPTY_BYTES };
}

/** Gas of the precompiles below: yellow paper, appendix E, and EIP-152. */
const ECRECOVER_GAS = 3000n;
const SHA256_GAS = { base: 60, word: 12 };
const RIPEMD160_GAS = { base: 600, word: 120 };
const BLAKE2F_ROUND_GAS = 1n;

/** A function of all bytes of the input, priced by words of 32 bytes. */
function byWords(price: { base: number; word: number }, output: (input: Uint8Array) => Uint8Array): Precompile {
  return (input, gas) => {
    const gasUsed = BigInt(price.base + price.word * Math.ceil(input.length / 32));
    return gas < gasUsed ? outOfGas(gas) : { ok: true, gasUsed, output: output(input) };
  };
}

function leftPadded(bytes: Uint8Array): Uint8Array {
  const word = new Uint8Array(32);
  word.set(bytes, 32 - bytes.length);
  return word;
}

const ECRECOVER_INPUT = 128;

/** `hash (32) ‖ v (32) ‖ r (32) ‖ s (32)`, padded with zeros. An input that recovers no key has no output. */
function ecrecover(input: Uint8Array, gas: bigint): PrecompileResult {
  if (gas < ECRECOVER_GAS) return outOfGas(gas);
  let data = input;
  if (input.length < ECRECOVER_INPUT) {
    data = new Uint8Array(ECRECOVER_INPUT);
    data.set(input);
  }
  for (let i = 32; i < 63; i++) if (data[i] !== 0) return EMPTY_SUCCESS(ECRECOVER_GAS);
  const v = data[63] as number;
  if (v !== 27 && v !== 28) return EMPTY_SUCCESS(ECRECOVER_GAS);
  const parity = v === 27 ? 0 : 1;
  const address = recoverAddress(data.subarray(0, 32), parity, data.subarray(64, 96), data.subarray(96, 128));
  return address === null
    ? EMPTY_SUCCESS(ECRECOVER_GAS)
    : { ok: true, gasUsed: ECRECOVER_GAS, output: leftPadded(address) };
}

const BLAKE2F_INPUT = 213;
const BLAKE2F_OUTPUT = 64;

/** `rounds (4, big-endian) ‖ state (64) ‖ message (128) ‖ counters (16) ‖ final (1)`. */
function blake2f(compress: Blake2f): Precompile {
  return (input, gas) => {
    if (input.length !== BLAKE2F_INPUT || (input[BLAKE2F_INPUT - 1] as number) > 1) return outOfGas(gas);
    const rounds = new DataView(input.buffer, input.byteOffset).getUint32(0);
    const gasUsed = BLAKE2F_ROUND_GAS * BigInt(rounds);
    if (gas < gasUsed) return outOfGas(gas);
    const state = input.slice(4);
    compress(state, rounds);
    return { ok: true, gasUsed, output: state.subarray(0, BLAKE2F_OUTPUT) };
  };
}

/** The precompiles of one fork. */
export class Precompiles {
  /** By the low part of their address: the machine's own, and those of the others that were called. */
  readonly #known: Map<number, Precompile>;
  readonly #results = new PrecompileResults();

  constructor(
    private readonly fork: Fork,
    compress: Blake2f,
  ) {
    this.#known = new Map([
      [1, ecrecover],
      [2, byWords(SHA256_GAS, sha256)],
      [3, byWords(RIPEMD160_GAS, (input) => leftPadded(ripemd160(input)))],
      [9, blake2f(compress)],
    ]);
  }

  /**
   * The precompile at the address with this low part (1 to 0x11, or 0x100), of which the core says that it is active in the fork.
   * Throws {@link MachineError} `UNSUPPORTED` where there is none.
   */
  at(address: number): Precompile {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const reference = referencePrecompile(this.fork, address);
    if (reference === null) throw new MachineError('UNSUPPORTED', `there is no precompile ${address} in this fork`);
    const remembered = this.#results.remember(address, reference);
    this.#known.set(address, remembered);
    return remembered;
  }
}
