/** Whole blocks on @ethereumjs/vm: `runBlock` over caches that hold the pre-state, senders recovered beforehand. */
import { createBlock, type HeaderData, type Block as PeerBlock } from '@ethereumjs/block';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx';
import { Address, createWithdrawal } from '@ethereumjs/util';
import { createVM, runBlock, type VM } from '@ethereumjs/vm';
import { commonOf } from '../corpus/chain.js';
import type { Allocation } from '../runners/fixtures/cases.js';
import type { Fork } from '../src/primitives/fork.js';
import type { RawBlock } from '../src/transition/block/block.js';
import { load, warmUp } from './ethereumjs.js';
import type { Side } from './suites-measure.js';

/** A block with what `runBlock` needs besides. */
export interface PeerSource {
  readonly fork: Fork;
  /** Accounts and slots before the block: all of them, or those that it touches. */
  readonly pre: Allocation;
  readonly raw: RawBlock;
  /** Hash of an ancestor, 32 bytes; null where it is not known. */
  readonly ancestor: (number: bigint) => Uint8Array | null;
}

/** A block made ready for `runBlock`. */
export interface Peer {
  readonly vm: VM;
  readonly state: MerkleStateManager;
  readonly root: Uint8Array;
  readonly block: PeerBlock;
}

function headerOf({ header }: RawBlock): HeaderData {
  const { coinbase, transactionsRoot, receiptsRoot, ommersHash, fields: _fields, hash: _hash, ...same } = header;
  const given = Object.entries(same).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(given),
    coinbase: new Address(coinbase),
    transactionsTrie: transactionsRoot,
    receiptTrie: receiptsRoot,
    uncleHash: ommersHash,
  };
}

/** Decodes the block's transactions and recovers their senders, which the library keeps. */
export function peerTransactions({ fork, raw }: Pick<PeerSource, 'fork' | 'raw'>): TypedTransaction[] {
  const common = commonOf(fork);
  return raw.transactions.map((bytes) => {
    const tx = createTxFromRLP(bytes, { common });
    tx.getSenderAddress();
    return tx;
  });
}

/** Throws what the library throws where it cannot make the block. */
export async function createPeer(source: PeerSource, withStateRoot: boolean): Promise<Peer> {
  const { pre, raw } = source;
  const common = commonOf(source.fork);
  const state = new MerkleStateManager({ common, caches: new Caches() });
  await load(state, pre);
  const root = await state.getStateRoot();
  const blockchain = {
    getBlock: async (number: number) => {
      const hash = source.ancestor(BigInt(number));
      if (hash === null) throw new Error(`the hash of block ${number} is not known`);
      return { hash: () => hash };
    },
    putBlock: async () => {},
    shallowCopy: () => blockchain,
  };
  const vm = await createVM({ common, stateManager: state, blockchain });
  const withdrawals = raw.withdrawals?.map(({ index, validatorIndex, address, amount }) =>
    createWithdrawal({ index, validatorIndex, address: new Address(address), amount }),
  );
  const block = createBlock(
    {
      header: headerOf(raw),
      transactions: peerTransactions(source),
      ...(withdrawals === undefined ? {} : { withdrawals }),
    },
    { common, skipConsensusFormatValidation: true, setHardfork: false },
  );
  // A partial state's root says nothing, and a whole one's is not asked for: the header's stands for it, computed or not.
  const compute = state.getStateRoot.bind(state);
  state.getStateRoot = async () => {
    if (withStateRoot) await compute();
    return raw.header.stateRoot;
  };
  return { vm, state, root, block };
}

/** `runBlock` compares gas used, receipts root, bloom and requests with the header itself. */
export class RunBlockSide implements Side {
  #pending = false;

  constructor(
    private readonly peer: Peer,
    private readonly source: PeerSource,
    private readonly withStateRoot: boolean,
  ) {}

  async prepare(): Promise<() => Promise<string | null>> {
    const { vm, state, root, block } = this.peer;
    if (this.#pending) await state.revert();
    await state.setStateRoot(root);
    await warmUp(state, this.source.pre);
    // Under one more checkpoint the end of the block writes nothing to the trie.
    if (!this.withStateRoot) await state.checkpoint();
    this.#pending = !this.withStateRoot;
    return async () => {
      try {
        await runBlock(vm, { block, skipBlockValidation: true, skipHeaderValidation: true });
        return null;
      } catch (error) {
        if (error instanceof Error) return error.message;
        throw error;
      }
    };
  }
}
