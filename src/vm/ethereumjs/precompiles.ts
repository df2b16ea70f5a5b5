/**
 * The library's precompiled contracts, one call at a time and outside its EVM: their results and
 * gas are those of the reference machine. Other machines take from here what they do not have.
 */
import type { EVM, PrecompileFunc } from '@ethereumjs/evm';
import { EMPTY_BYTES } from '../../primitives/bytes.js';
import { atLeast, type Fork } from '../../primitives/fork.js';
import { MachineError } from '../errors.js';
import { BLS12_381_PRECOMPILES } from './bls12381.js';
import { HARDFORKS } from './hardforks.js';
import { commonLibrary, evmLibrary } from './library.js';
import { evaluatePoint } from './pointEvaluation.js';

export interface PrecompileResult {
  /** False takes all gas of the call. */
  readonly ok: boolean;
  /** Gas used; the whole allowance where the call failed. */
  readonly gasUsed: bigint;
  /** Empty where the call failed. */
  readonly output: Uint8Array;
}

/** Runs a precompile on its input with an allowance of gas. Does not keep or change the input. */
export type Precompile = (input: Uint8Array, gas: bigint) => PrecompileResult;

const POINT_EVALUATION = 0x0a;

const evms = new Map<Fork, EVM>();

function evmOf(fork: Fork): EVM {
  let evm = evms.get(fork);
  if (evm === undefined) {
    const { Common, Mainnet } = commonLibrary();
    const { EVM, NobleBN254 } = evmLibrary();
    const common = new Common({ chain: Mainnet, hardfork: HARDFORKS[fork] });
    evm = new EVM({ common, bn254: new NobleBN254() });
    evms.set(fork, evm);
  }
  return evm;
}

/** The precompile at the address with this low part (1 to 0x11, or 0x100) in `fork`; null where there is none. */
export function referencePrecompile(fork: Fork, address: number): Precompile | null {
  // Where the library answers promises only.
  const synchronous = BLS12_381_PRECOMPILES.get(address);
  if (synchronous !== undefined) return atLeast(fork, 'Prague') ? synchronous : null;
  if (address === POINT_EVALUATION) return atLeast(fork, 'Cancun') ? pointEvaluation : null;
  const evm = evmOf(fork);
  const run = evm.precompiles.get(address.toString(16).padStart(40, '0'));
  return run === undefined ? null : (input, gas) => call(evm, run, input, gas);
}

/** Gas of EIP-4844's precompile. */
const POINT_EVALUATION_GAS = 50_000n;

function pointEvaluation(input: Uint8Array, gas: bigint): PrecompileResult {
  const output = gas < POINT_EVALUATION_GAS ? null : evaluatePoint(input);
  return output instanceof Uint8Array
    ? { ok: true, gasUsed: POINT_EVALUATION_GAS, output }
    : { ok: false, gasUsed: gas, output: EMPTY_BYTES };
}

function call(evm: EVM, run: PrecompileFunc, input: Uint8Array, gas: bigint): PrecompileResult {
  const outcome = run({ data: input, gasLimit: gas, common: evm.common, _EVM: evm });
  if ('then' in outcome) throw new MachineError('UNSUPPORTED', 'a precompile of the library became asynchronous');
  if (outcome.exceptionError !== undefined) return { ok: false, gasUsed: gas, output: EMPTY_BYTES };
  return { ok: true, gasUsed: outcome.executionGasUsed, output: outcome.returnValue };
}
