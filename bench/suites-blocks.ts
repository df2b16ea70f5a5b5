/** Real blocks: `SerialExecutor` against @ethereumjs/vm's `runBlock`, and each side's recovery of senders. */
import { FixtureError } from '../runners/fixtures/cases.js';
import type { FixtureSource } from '../runners/fixtures/sources.js';
import { loadReplayBlocks, type ReplayBlock, replayableBlock, replayTransactions } from '../runners/replay/load.js';
import { SerialExecutor } from '../src/executor/serial.js';
import { equalBytes } from '../src/primitives/bytes.js';
import { Database } from '../src/state/database.js';
import { receiptsRoot } from '../src/transition/block/receipts.js';
import type { BlockOutcome } from '../src/transition/types.js';
import { createPeer, type Peer, type PeerSource, peerTransactions, RunBlockSide } from './peer-block.js';
import { drawBlocks, replayPeer } from './replay-blocks.js';
import { SerialSide } from './serial-side.js';
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

// ---- Ours ------------------------------------------------------------------------------------------------

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

class TheirSenders implements Side {
  constructor(private readonly source: PeerSource) {}

  async prepare(): Promise<() => Promise<null>> {
    return async () => {
      peerTransactions(this.source);
      return null;
    };
  }
}

// ---- The bench -------------------------------------------------------------------------------------------

async function peersOf(block: PeerSource): Promise<[Peer, Peer] | string> {
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
    const theirs = replayPeer(block);
    const peers = await peersOf(theirs);
    if (typeof peers === 'string') {
      leftOut.push({ name, reason: `@ethereumjs cannot make it: ${peers}` });
      continue;
    }
    const executable = replayableBlock(block, replayTransactions(block));
    const serial = new SerialSide(executor, Database.from(block.pre), executable, block.raw.header);
    const sides: Side[] = [
      new RunBlockSide(peers[0], theirs, false),
      new RunBlockSide(peers[1], theirs, true),
      new TheirSenders(theirs),
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
