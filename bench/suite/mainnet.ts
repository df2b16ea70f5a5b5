/** Real blocks of the main chain, all in one unit. */
import { FixtureError } from '../../runners/fixtures/cases.js';
import { openSource } from '../../runners/fixtures/sources.js';
import { loadReplayBlocks, type ReplayBlock } from '../../runners/replay/load.js';
import { atLeast } from '../../src/primitives/fork.js';
import { drawBlocks } from '../replay-blocks.js';
import { BARS } from '../verdict.js';
import type { MainnetSpec, Unit } from './unit.js';

const SAMPLE = 12;

export function mainnetUnit(source: string): Unit {
  return {
    name: 'mainnet/all',
    group: 'mainnet',
    title: 'real blocks, Byzantium to Cancun, one after the other',
    spec: { kind: 'mainnet', source, sample: SAMPLE },
    bars: { runBlock: BARS.runBlockMainnet },
    cost: { fixed: 29, round: 3, peer: 40 },
    peer: true,
    profiled: true,
  };
}

/**
 * Blocks with transactions since Byzantium (EIP-658): receipts before it hold state roots, which a partial state does
 * not give. Throws `FixtureError` and `SourceError`.
 */
async function* blocksOf(source: string, only: ReadonlySet<bigint> | null): AsyncGenerator<ReplayBlock> {
  for await (const block of loadReplayBlocks(await openSource(source), only)) {
    if (block instanceof FixtureError) throw block;
    if (atLeast(block.rules.fork, 'Byzantium') && block.raw.transactions.length > 0) yield block;
  }
}

export function mainnetBlocks({ source }: MainnetSpec): AsyncGenerator<ReplayBlock> {
  return blocksOf(source, null);
}

/** Those that `runBlock` is measured on. */
export async function* mainnetSample({ source, sample }: MainnetSpec): AsyncGenerator<ReplayBlock> {
  yield* blocksOf(source, await drawBlocks({ source: await openSource(source), count: sample, seed: '' }));
}
