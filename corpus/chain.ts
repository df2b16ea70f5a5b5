/**
 * A chain of @ethereumjs/vm over one pre-state: what fills the corpus, and what checks it afterwards.
 * None of Lockstep's own execution code is involved.
 */

import { type Block, createBlock, type HeaderData } from '@ethereumjs/block';
import { type Blockchain, createBlockchain } from '@ethereumjs/blockchain';
import { type Common, createCustomCommon, Hardfork, type HardforkTransitionConfig, Mainnet } from '@ethereumjs/common';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { Account, createAddressFromString, type KZG } from '@ethereumjs/util';
import { createVM, type VM } from '@ethereumjs/vm';
import { hexNumber } from '../runners/scenario/json.js';
import { bigIntToBytes, bytesToHex, type Hex, hexToBytes } from '../src/primitives/bytes.js';
import { atLeast, FORKS, type Fork, forkIndex } from '../src/primitives/fork.js';
import type { AccountPlan } from './plan.js';

const HARDFORKS: Readonly<Record<Fork, Hardfork>> = {
  Frontier: Hardfork.Chainstart,
  Homestead: Hardfork.Homestead,
  EIP150: Hardfork.TangerineWhistle,
  EIP158: Hardfork.SpuriousDragon,
  Byzantium: Hardfork.Byzantium,
  Constantinople: Hardfork.Constantinople,
  ConstantinopleFix: Hardfork.Petersburg,
  Istanbul: Hardfork.Istanbul,
  MuirGlacier: Hardfork.MuirGlacier,
  Berlin: Hardfork.Berlin,
  London: Hardfork.London,
  ArrowGlacier: Hardfork.ArrowGlacier,
  GrayGlacier: Hardfork.GrayGlacier,
  Paris: Hardfork.Paris,
  Shanghai: Hardfork.Shanghai,
  Cancun: Hardfork.Cancun,
  Prague: Hardfork.Prague,
  Osaka: Hardfork.Osaka,
};

function refuseKzg(): never {
  throw new Error('the corpus holds no blobs and no proofs: KZG must not be called');
}

/** @ethereumjs/tx wants a KZG object before it makes a blob transaction, though nothing is computed without blobs. */
const NO_KZG: KZG = {
  blobToKzgCommitment: refuseKzg,
  computeBlobProof: refuseKzg,
  verifyProof: refuseKzg,
  verifyBlobProofBatch: refuseKzg,
  computeCells: refuseKzg,
  computeCellsAndProofs: refuseKzg,
  recoverCellsAndProofs: refuseKzg,
  verifyCellKzgProofBatch: refuseKzg,
};

export interface Chain {
  readonly common: Common;
  readonly vm: VM;
  readonly blockchain: Blockchain;
  readonly genesis: Block;
  /** Full state at the head, by address: every account that was ever written and still exists. */
  dump(): Promise<Map<Hex, AccountPlan>>;
}

/** Every fork up to `fork`, all active from genesis on. */
function schedule(fork: Fork): HardforkTransitionConfig[] {
  return FORKS.slice(0, forkIndex(fork) + 1).map((name) =>
    atLeast(name, 'Shanghai')
      ? { name: HARDFORKS[name], block: null, timestamp: 0 }
      : { name: HARDFORKS[name], block: 0 },
  );
}

/** Common of `fork` on mainnet's chain id, with the forks before it at genesis. */
export function commonOf(fork: Fork): Common {
  return createCustomCommon({ hardforks: schedule(fork) }, Mainnet, {
    hardfork: HARDFORKS[fork],
    customCrypto: { kzg: NO_KZG },
  });
}

/** Notes every address and slot written, since the state trie keeps only their hashes. */
function recordWrites(vm: VM): Map<Hex, Set<bigint>> {
  const written = new Map<Hex, Set<bigint>>();
  const slotsOf = (address: Hex): Set<bigint> => {
    const known = written.get(address);
    if (known !== undefined) return known;
    const fresh = new Set<bigint>();
    written.set(address, fresh);
    return fresh;
  };
  const manager = vm.stateManager;
  const putAccount = manager.putAccount.bind(manager);
  manager.putAccount = async (address, account) => {
    slotsOf(bytesToHex(address.bytes));
    await putAccount(address, account);
  };
  const putStorage = manager.putStorage.bind(manager);
  manager.putStorage = async (address, key, value) => {
    slotsOf(bytesToHex(address.bytes)).add(BigInt(bytesToHex(key)));
    await putStorage(address, key, value);
  };
  return written;
}

async function load(vm: VM, pre: ReadonlyMap<Hex, AccountPlan>): Promise<void> {
  const manager = vm.stateManager;
  for (const [hex, { nonce, balance, code, storage }] of pre) {
    const address = createAddressFromString(hex);
    await manager.putAccount(address, new Account(nonce, balance));
    if (code !== '0x') await manager.putCode(address, hexToBytes(code));
    for (const [slot, value] of storage) {
      await manager.putStorage(address, bigIntToBytes(slot, 32), hexToBytes(hexNumber(value)));
    }
  }
}

async function dump(vm: VM, written: ReadonlyMap<Hex, ReadonlySet<bigint>>): Promise<Map<Hex, AccountPlan>> {
  const state = new Map<Hex, AccountPlan>();
  for (const hex of [...written.keys()].sort()) {
    const address = createAddressFromString(hex);
    const account = await vm.stateManager.getAccount(address);
    if (account === undefined) continue;
    const storage = new Map<bigint, bigint>();
    for (const slot of [...(written.get(hex) ?? [])].sort((a, b) => (a < b ? -1 : 1))) {
      const bytes = await vm.stateManager.getStorage(address, bigIntToBytes(slot, 32));
      const value = bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes));
      if (value !== 0n) storage.set(slot, value);
    }
    const code = bytesToHex(await vm.stateManager.getCode(address));
    state.set(hex, { nonce: account.nonce, balance: account.balance, code, storage });
  }
  return state;
}

/** State root of `state` under @ethereumjs/statemanager. */
export async function stateRootOf(fork: Fork, state: ReadonlyMap<Hex, AccountPlan>): Promise<Uint8Array> {
  const vm = await createVM({ common: commonOf(fork) });
  await load(vm, state);
  return vm.stateManager.getStateRoot();
}

/** Opens a chain whose genesis has `header` and the state `pre`. */
export async function openChain(fork: Fork, pre: ReadonlyMap<Hex, AccountPlan>, header: HeaderData): Promise<Chain> {
  const common = commonOf(fork);
  // Without caches each write would rebuild its trie's path at once, which takes most of the time.
  const stateManager = new MerkleStateManager({ common, caches: new Caches() });
  const loader = await createVM({ common, stateManager });
  const written = recordWrites(loader);
  await load(loader, pre);
  const stateRoot = await loader.stateManager.getStateRoot();
  const genesis = createBlock({ header: { ...header, stateRoot } }, { common });
  const blockchain = await createBlockchain({
    common,
    genesisBlock: genesis,
    validateBlocks: false,
    validateConsensus: false,
  });
  const vm = await createVM({ common, stateManager: loader.stateManager, blockchain });
  return { common, vm, blockchain, genesis, dump: () => dump(vm, written) };
}
