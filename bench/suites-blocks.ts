/** Real blocks: `SerialExecutor` against @ethereumjs/vm's `runBlock`, and each side's recovery of senders. */
import { createHash } from 'node:crypto';
import { createBlock, type HeaderData, type Block as PeerBlock } from '@ethereumjs/block';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx';
import { Address, createWithdrawal } from '@ethereumjs/util';
import { createVM, runBlock, type VM } from '@ethereumjs/vm';
import { commonOf } from '../corpus/chain.js';
import { FixtureError } from '../runners/fixtures/cases.js';
import type { FixtureSource } from '../runners/fixtures/sources.js';
import {
  ancestorHash,
  loadReplayBlocks,
  type ReplayBlock,
  replayableBlock,
  replayTransactions,
} from '../runners/replay/load.js';
import { SerialExecutor } from '../src/executor/serial.js';
import { equalBytes } from '../src/primitives/bytes.js';
import { atLeast } from '../src/primitives/fork.js';
import { Database } from '../src/state/database.js';
import { receiptsRoot } from '../src/transition/block/receipts.js';
import type { Block, BlockOutcome } from '../src/transition/types.js';
import { load, warmUp } from './ethereumjs.js';
import { type Measured, runPass, type Side } from './suites-measure.js';
import type { LeftOut } from './suites-state.js';

/** Least processor time of a side in a round, seconds: some of the runs are short. */
const SECONDS = 0.2;

/** Places of the sides in what is measured. */
export const BLOCK_SIDES = { runBlock: 0, withStateRoot: 1, theirSenders: 2, serial: 3, ourSenders: 4 } as const;

export interface BlockFigures extends Measured {
  readonly number: number;
  readonly fork: string;
  readonly transactions: number;
  readonly gasUsed: number;
}

export interface BlockOptions {
  readonly source: FixtureSource;
  readonly count: number;
  readonly seed: string;
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

/** Numbers of `count` blocks: one from each of as many classes of equal size, by gas. */
async function drawBlocks({ source, count, seed }: BlockOptions): Promise<Set<bigint>> {
  const found: { number: bigint; gas: bigint; rank: string }[] = [];
  for await (const block of loadReplayBlocks(source)) {
    if (block instanceof FixtureError) throw block;
    // Before Byzantium (EIP-658) receipts hold state roots, which a partial state does not give.
    if (!atLeast(block.rules.fork, 'Byzantium')) continue;
    const rank = createHash('sha256').update(`${seed}${block.number}`).digest('hex');
    found.push({ number: block.number, gas: block.raw.header.gasUsed, rank });
  }
  found.sort((a, b) => (a.gas < b.gas ? -1 : 1));
  const classes = Math.min(count, found.length);
  const drawn = new Set<bigint>();
  for (let at = 0; at < classes; at++) {
    const members = found.slice(
      Math.round((at * found.length) / classes),
      Math.round(((at + 1) * found.length) / classes),
    );
    drawn.add(members.reduce((best, one) => (one.rank < best.rank ? one : best)).number);
  }
  return drawn;
}

// ---- Ours ------------------------------------------------------------------------------------------------

class SerialSide implements Side {
  outcome: BlockOutcome | null = null;

  constructor(
    private readonly executor: SerialExecutor,
    private readonly database: Database,
    private readonly block: Block,
    private readonly source: ReplayBlock,
  ) {}

  async prepare(): Promise<() => Promise<string | null>> {
    return async () => {
      const result = await this.executor.execute(this.database, this.block);
      if (!result.ok) throw result.error;
      this.outcome = result;
      // Receipts, bloom and changes are made when they are read: that is part of the work.
      const { receipts, diff, logsBloom, gasUsed } = result;
      const { header } = this.source.raw;
      if (receipts.length !== this.block.transactions.length || diff.size === 0) throw new Error('no whole outcome');
      if (gasUsed !== header.gasUsed || !equalBytes(logsBloom, header.logsBloom)) {
        throw new Error(`block ${header.number}: Lockstep differs from the header`);
      }
      return null;
    };
  }
}

class OurSenders implements Side {
  constructor(private readonly block: ReplayBlock) {}

  async prepare(): Promise<() => Promise<null>> {
    return async () => {
      replayTransactions(this.block);
      return null;
    };
  }
}

// ---- Theirs ----------------------------------------------------------------------------------------------

function headerOf({ raw: { header } }: ReplayBlock): HeaderData {
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

function peerTransactions(block: ReplayBlock): TypedTransaction[] {
  const common = commonOf(block.rules.fork);
  return block.raw.transactions.map((bytes) => {
    const tx = createTxFromRLP(bytes, { common });
    // The library keeps the recovered key on the transaction.
    tx.getSenderAddress();
    return tx;
  });
}

/** A block made ready for `runBlock`. */
interface Peer {
  readonly vm: VM;
  readonly state: MerkleStateManager;
  readonly root: Uint8Array;
  readonly block: PeerBlock;
}

/** Throws what the library throws where it cannot make the block. */
async function createPeer(block: ReplayBlock, withStateRoot: boolean): Promise<Peer> {
  const common = commonOf(block.rules.fork);
  const state = new MerkleStateManager({ common, caches: new Caches() });
  await load(state, block.pre);
  const root = await state.getStateRoot();
  const blockchain = {
    getBlock: async (number: number) => {
      const hash = ancestorHash(block, BigInt(number));
      if (hash === null) throw new Error(`the hash of block ${number} is not known`);
      return { hash: () => hash };
    },
    putBlock: async () => {},
    shallowCopy: () => blockchain,
  };
  const vm = await createVM({ common, stateManager: state, blockchain });
  const withdrawals = block.raw.withdrawals?.map(({ index, validatorIndex, address, amount }) =>
    createWithdrawal({ index, validatorIndex, address: new Address(address), amount }),
  );
  const peerBlock = createBlock(
    {
      header: headerOf(block),
      transactions: peerTransactions(block),
      ...(withdrawals === undefined ? {} : { withdrawals }),
    },
    { common, skipConsensusFormatValidation: true, setHardfork: false },
  );
  // The state is partial, so its root says nothing: the header's stands for it, computed or not.
  const compute = state.getStateRoot.bind(state);
  state.getStateRoot = async () => {
    if (withStateRoot) await compute();
    return block.raw.header.stateRoot;
  };
  return { vm, state, root, block: peerBlock };
}

/** `runBlock` compares gas used, receipts root, bloom and requests with the header itself. */
class RunBlockSide implements Side {
  #pending = false;

  constructor(
    private readonly peer: Peer,
    private readonly source: ReplayBlock,
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

class TheirSenders implements Side {
  constructor(private readonly block: ReplayBlock) {}

  async prepare(): Promise<() => Promise<null>> {
    return async () => {
      peerTransactions(this.block);
      return null;
    };
  }
}

// ---- The bench -------------------------------------------------------------------------------------------

async function peersOf(block: ReplayBlock): Promise<[Peer, Peer] | string> {
  try {
    return [await createPeer(block, false), await createPeer(block, true)];
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

/** Measures the drawn blocks one after the other; those that the other side cannot run are named. */
export async function benchBlocks(
  options: BlockOptions,
): Promise<{ readonly blocks: readonly BlockFigures[]; readonly leftOut: readonly LeftOut[] }> {
  const { source, rounds, onProgress } = options;
  const blocks: BlockFigures[] = [];
  const leftOut: LeftOut[] = [];
  const executor = await SerialExecutor.create({ vm: 'wasm' });
  for await (const block of loadReplayBlocks(source, await drawBlocks(options))) {
    if (block instanceof FixtureError) throw block;
    const name = `block ${block.number}`;
    const peers = await peersOf(block);
    if (typeof peers === 'string') {
      leftOut.push({ name, reason: `@ethereumjs cannot make it: ${peers}` });
      continue;
    }
    const executable = replayableBlock(block, replayTransactions(block));
    const serial = new SerialSide(executor, Database.from(block.pre), executable, block);
    const sides: Side[] = [
      new RunBlockSide(peers[0], block, false),
      new RunBlockSide(peers[1], block, true),
      new TheirSenders(block),
      serial,
      new OurSenders(block),
    ];
    const { faults } = await runPass(sides, false, SECONDS);
    const { header } = block.raw;
    if (!equalBytes(receiptsRoot((serial.outcome as BlockOutcome).receipts), header.receiptsRoot)) {
      throw new Error(`${name}: Lockstep's receipts root differs from the header`);
    }
    const fault = faults.find((one) => one !== null) ?? null;
    if (fault !== null) {
      leftOut.push({ name, reason: `runBlock: ${fault}` });
      continue;
    }
    const passes: (readonly number[])[] = [];
    for (let round = 0; round < rounds; round++) passes.push((await runPass(sides, round % 2 === 1, SECONDS)).cpu);
    blocks.push({
      name,
      number: Number(block.number),
      fork: block.rules.label,
      transactions: block.raw.transactions.length,
      gasUsed: Number(header.gasUsed),
      rounds: passes,
    });
    onProgress(`${name} (${block.rules.label}, ${block.raw.transactions.length} transactions)`);
  }
  return { blocks, leftOut };
}
