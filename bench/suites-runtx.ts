/** One state test through @ethereumjs/vm: what its own tester does, with the VM made beforehand. */
import { createBlock, type HeaderData } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { createVM, runTx, type VM } from '@ethereumjs/vm';
import { commonOf } from '../corpus/chain.js';
import type { StateCase } from '../runners/fixtures/cases.js';
import { stateRules } from '../runners/state/environment.js';
import { bigIntToBytes, bytesToHex, equalBytes } from '../src/primitives/bytes.js';
import { keccak256 } from '../src/primitives/crypto.js';
import { atLeast, type Fork } from '../src/primitives/fork.js';
import { load } from './ethereumjs.js';
import type { Side } from './suites-measure.js';

const NO_HASH = new Uint8Array(32);
/** Base fee (wei) of suites that name none. */
const DEFAULT_BASE_FEE = 10n;

const commons = new Map<Fork, Common>();

/** Times that the library asked for KZG, which it does not bring along. */
let kzgCalls = 0;

/** One Common for all cases of a fork: making it would cost more than many a case. */
function sharedCommon(fork: Fork): Common {
  const known = commons.get(fork);
  if (known !== undefined) return known;
  const common = commonOf(fork);
  const { kzg } = common.customCrypto;
  if (kzg !== undefined) {
    const verifyProof: typeof kzg.verifyProof = (...given) => {
      kzgCalls++;
      return kzg.verifyProof(...given);
    };
    common.customCrypto.kzg = { ...kzg, verifyProof };
  }
  commons.set(fork, common);
  return common;
}

function headerOf(one: StateCase, fork: Fork): HeaderData {
  const { coinbase, gasLimit, number, timestamp, difficulty, baseFee, random, excessBlobGas } = one.environment;
  const merged = atLeast(fork, 'Paris');
  return {
    coinbase: new Address(coinbase),
    gasLimit,
    number,
    timestamp,
    difficulty: merged ? 0n : difficulty,
    mixHash: random ?? (merged ? bigIntToBytes(difficulty, 32) : NO_HASH),
    ...(atLeast(fork, 'London') ? { baseFeePerGas: baseFee ?? DEFAULT_BASE_FEE } : {}),
    ...(atLeast(fork, 'Cancun') ? { excessBlobGas: excessBlobGas ?? 0n, blobGasUsed: 0n } : {}),
  };
}

/** Answers BLOCKHASH with the keccak of the number's digits, as state tests have it. */
const BLOCKCHAIN = {
  getBlock: async (number: number) => ({ hash: () => keccak256(new TextEncoder().encode(String(number))) }),
  putBlock: async () => {},
  shallowCopy: () => BLOCKCHAIN,
};

export class RunTxSide implements Side {
  constructor(
    private readonly one: StateCase,
    private readonly txbytes: Uint8Array,
  ) {}

  async prepare(): Promise<() => Promise<string | null>> {
    const { fork } = stateRules(this.one);
    const common = sharedCommon(fork);
    const stateManager = new MerkleStateManager({ common, caches: new Caches() });
    const vm = await createVM({ common, stateManager, blockchain: BLOCKCHAIN });
    return () => this.#run(vm, stateManager, common, fork);
  }

  async #run(vm: VM, state: MerkleStateManager, common: Common, fork: Fork): Promise<string | null> {
    const { expect, environment, pre } = this.one;
    const calls = kzgCalls;
    await load(state, pre);
    const rejection = await this.#execute(vm, common, fork);
    const coinbase = new Address(environment.coinbase);
    // The suites' clients credit the coinbase even where nothing was executed (execution-specs#1967), unless the
    // fixture's list of accounts is without it; EIP-161 takes the empty account away again.
    const credited = rejection === null || expect.state === null || expect.state.has(bytesToHex(coinbase.bytes));
    if (credited) await vm.evm.journal.putAccount(coinbase, (await state.getAccount(coinbase)) ?? new Account());
    await vm.evm.journal.cleanup();
    const root = await state.getStateRoot();
    // Its precompile then fails, which by chance may be what the fixture wants.
    if (kzgCalls > calls) return 'point evaluation is called, for which the library brings no KZG';
    if (expect.exception === null && rejection !== null) return `rejected: ${rejection}`;
    if (expect.exception !== null && rejection === null) return 'an invalid transaction was executed';
    return equalBytes(root, expect.stateRoot) ? null : 'the state root differs from the fixture';
  }

  /** Why the transaction was rejected, or null. */
  async #execute(vm: VM, common: Common, fork: Fork): Promise<string | null> {
    try {
      const tx: TypedTransaction = createTxFromRLP(this.txbytes, { common });
      const block = createBlock(
        { header: headerOf(this.one, fork) },
        { common, skipConsensusFormatValidation: true, setHardfork: false },
      );
      await runTx(vm, { tx, block });
      return null;
    } catch (error) {
      // The library throws plain errors both for invalid transactions and for its own faults: the root tells.
      if (error instanceof Error) return error.message;
      throw error;
    }
  }
}
