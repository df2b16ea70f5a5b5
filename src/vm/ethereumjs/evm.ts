/** @ethereumjs/evm set up for one fork and chain, over {@link OverlayStateManager}. */
import { type Common, createCustomCommon, Mainnet } from '@ethereumjs/common';
import {
  type CustomPrecompile,
  EVM,
  EVMError,
  type ExecResult,
  type Message,
  NobleBN254,
  type PrecompileInput,
} from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { bytesToBigInt, EMPTY_BYTES, type Hex, hexToBytes } from '../../primitives/bytes.js';
import { atLeast, type Fork } from '../../primitives/fork.js';
import type { Tracer } from '../trace.js';
import type { BlockEnvironment } from '../vm.js';
import { HARDFORKS } from './hardforks.js';
import { evaluatePoint, type PointEvaluationFailure } from './pointEvaluation.js';
import { OverlayStateManager } from './stateManager.js';
import { tracedOpcodes } from './trace.js';

const POINT_EVALUATION_ADDRESS: Hex = '0x000000000000000000000000000000000000000a';

const POINT_EVALUATION_ERRORS: Readonly<Record<PointEvaluationFailure, ConstructorParameters<typeof EVMError>[0]>> = {
  length: EVMError.errorMessages.INVALID_INPUT_LENGTH,
  commitment: EVMError.errorMessages.INVALID_COMMITMENT,
  inputs: EVMError.errorMessages.INVALID_INPUTS,
  proof: EVMError.errorMessages.INVALID_PROOF,
};

function pointEvaluation({ data, gasLimit, common }: PrecompileInput): ExecResult {
  const gas = common.param('kzgPointEvaluationPrecompileGas');
  const failed = (error: (typeof POINT_EVALUATION_ERRORS)[PointEvaluationFailure]): ExecResult => ({
    executionGasUsed: gasLimit,
    returnValue: EMPTY_BYTES,
    exceptionError: new EVMError(error),
  });
  if (gasLimit < gas) return failed(EVMError.errorMessages.OUT_OF_GAS);
  const output = evaluatePoint(data);
  if (typeof output === 'string') return failed(POINT_EVALUATION_ERRORS[output]);
  return { executionGasUsed: gas, returnValue: output };
}

function commonOf(fork: Fork, chainId: bigint): Common {
  return createCustomCommon({ chainId: chainId.toString() }, Mainnet, { hardfork: HARDFORKS[fork] });
}

/** The part of a header that opcodes read. */
export function blockOf(environment: BlockEnvironment) {
  const { fork, baseFee, blobBaseFee } = environment;
  return {
    header: {
      number: environment.number,
      coinbase: new Address(environment.coinbase),
      timestamp: environment.timestamp,
      difficulty: environment.difficulty,
      prevRandao: environment.prevRandao,
      gasLimit: environment.gasLimit,
      ...(atLeast(fork, 'London') ? { baseFeePerGas: baseFee } : {}),
      getBlobGasPrice: () => (atLeast(fork, 'Cancun') ? blobBaseFee : undefined),
    },
  };
}

export class HostedEvm extends EVM {
  readonly state: OverlayStateManager;
  /** Addresses of the active precompiles. */
  readonly precompileAddresses: readonly Hex[];
  /** Serves BLOCKHASH. */
  blockHash: BlockEnvironment['blockHash'] = () => null;

  constructor(fork: Fork, chainId: bigint, tracer: Tracer | null = null) {
    const state = new OverlayStateManager();
    const customPrecompiles: CustomPrecompile[] = atLeast(fork, 'Cancun')
      ? [{ address: POINT_EVALUATION_ADDRESS, function: pointEvaluation }]
      : [];
    super({ common: commonOf(fork, chainId), stateManager: state, bn254: new NobleBN254(), customPrecompiles });
    this.state = state;
    this.precompileAddresses = [...this.precompiles.keys()].map((address): Hex => `0x${address}`);
    this.#replaceOpcodes();
    if (tracer !== null) this._opcodeMap = tracedOpcodes(this._opcodeMap, tracer);
  }

  /**
   * BLOCKHASH by the whole block number (the library narrows it to a double), and EXTCODESIZE,
   * EXTCODECOPY and EXTCODEHASH of code as it is: no fork here has EIP-3540, whose rules for code
   * that starts with 0xEF00 the library applies in every fork.
   */
  #replaceOpcodes(): void {
    for (const entry of this._opcodeMap) {
      switch (entry.opcodeInfo.code) {
        case 0x40:
          entry.opHandler = (run) => {
            const number = run.stack.pop();
            const distance = run.env.block.header.number - number;
            const hash = distance > 0n && distance <= 256n ? this.blockHash(number) : null;
            run.stack.push(hash === null ? 0n : bytesToBigInt(hash));
          };
          break;
        case 0x3b:
          entry.opHandler = async (run) => {
            const code = await this.state.getCode(addressOf(run.stack.pop()));
            run.stack.push(BigInt(code.length));
          };
          break;
        case 0x3c:
          entry.opHandler = async (run) => {
            const [address, at, from, length] = run.stack.popN(4) as [bigint, bigint, bigint, bigint];
            if (length === 0n) return;
            const code = await this.state.getCode(addressOf(address));
            const data = new Uint8Array(Number(length));
            if (from < BigInt(code.length)) {
              data.set(code.subarray(Number(from), Math.min(code.length, Number(from + length))));
            }
            run.memory.write(Number(at), data.length, data);
          };
          break;
        case 0x3f:
          entry.opHandler = async (run) => {
            const account = await this.state.getAccount(addressOf(run.stack.pop()));
            const absent = account === undefined || account.isEmpty();
            run.stack.push(absent ? 0n : bytesToBigInt(account.codeHash));
          };
          break;
      }
    }
  }

  /** Drops warm entries, touched marks, transient storage and frames of the message before. */
  clear(openFrames: number): void {
    this.journal.cleanJournal();
    if (this.common.isActivatedEIP(1153)) {
      // Frames that an abandoned message left open: one transient checkpoint each.
      for (let i = 0; i < openFrames; i++) this.transientStorage.commit();
      this.transientStorage.clear();
    }
  }

  protected override async _generateAddress(message: Message): Promise<Address> {
    const address = await super._generateAddress(message);
    this.state.expectCreation(address);
    return address;
  }
}

function addressOf(word: bigint): Address {
  return new Address(hexToBytes((word & ((1n << 160n) - 1n)).toString(16).padStart(40, '0')));
}
