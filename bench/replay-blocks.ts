/** Real blocks: which of them are drawn, and what the other side needs of one. */
import { createHash } from 'node:crypto';
import { FixtureError } from '../runners/fixtures/cases.js';
import type { FixtureSource } from '../runners/fixtures/sources.js';
import { ancestorHash, loadReplayBlocks, type ReplayBlock } from '../runners/replay/load.js';
import { atLeast } from '../src/primitives/fork.js';
import type { PeerSource } from './peer-block.js';

export interface DrawOptions {
  readonly source: FixtureSource;
  readonly count: number;
  /** Another seed draws other blocks. */
  readonly seed: string;
}

/** Numbers of `count` blocks: one from each of as many classes of equal size, by gas. */
export async function drawBlocks({ source, count, seed }: DrawOptions): Promise<Set<bigint>> {
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

/** A replayed block for the other side. */
export function replayPeer(block: ReplayBlock): PeerSource {
  return { fork: block.rules.fork, pre: block.pre, raw: block.raw, ancestor: (number) => ancestorHash(block, number) };
}
