/**
 * The blocks of one blockchain test, valid ones only: headers by hash with what later blocks need of
 * them, and a database that can be moved to the state after any of them. Moving undoes and applies
 * the blocks' state diffs, so that a side chain costs no copy.
 */
import { bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { StateDiff } from '../../src/state/diff.js';
import type { ChainReader } from '../../src/transition/block/body.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import type { Database } from '../job/engine.js';

export interface ChainBlock {
  readonly header: BlockHeader;
  readonly ommers: readonly BlockHeader[];
  readonly parent: ChainBlock | null;
  /** Sum of the difficulties from the genesis to this block. */
  readonly totalDifficulty: bigint;
  /** What the block changed; empty for the genesis, which the database starts from. */
  readonly diff: StateDiff;
}

export class Chain implements ChainReader {
  readonly #blocks = new Map<Hex, ChainBlock>();
  /** The canonical head by the rules of fork choice. */
  #head: ChainBlock;
  /** The block after which the database stands. */
  #state: ChainBlock;

  /** `database` holds the state of the genesis. */
  constructor(
    private readonly database: Database,
    genesis: BlockHeader,
  ) {
    this.#head = { header: genesis, ommers: [], parent: null, totalDifficulty: genesis.difficulty, diff: new Map() };
    this.#state = this.#head;
    this.#blocks.set(bytesToHex(genesis.hash), this.#head);
  }

  get head(): ChainBlock {
    return this.#head;
  }

  block(hash: Uint8Array): ChainBlock | null {
    return this.#blocks.get(bytesToHex(hash)) ?? null;
  }

  header(hash: Uint8Array): BlockHeader | null {
    return this.block(hash)?.header ?? null;
  }

  ommers(hash: Uint8Array): readonly BlockHeader[] | null {
    return this.block(hash)?.ommers ?? null;
  }

  /** Hash of the ancestor `number` of a child of `parent`, or null where the chain does not reach so far. */
  ancestorHash(parent: ChainBlock, number: bigint): Uint8Array | null {
    let block: ChainBlock | null = parent;
    while (block !== null && block.header.number > number) block = block.parent;
    return block !== null && block.header.number === number ? block.header.hash : null;
  }

  /** Moves the database to the state after `target`. */
  moveTo(target: ChainBlock): void {
    const forward: ChainBlock[] = [];
    let from = this.#state;
    let to = target;
    while (from !== to) {
      if (to.header.number >= from.header.number && to.parent !== null) {
        forward.push(to);
        to = to.parent;
      } else {
        this.database.revert(from.diff);
        from = from.parent as ChainBlock;
      }
    }
    for (const block of forward.reverse()) this.database.apply(block.diff);
    this.#state = target;
  }

  /**
   * Adds a valid block and chooses the head: before the merge the heavier total difficulty, the
   * first seen on a tie; after it the block itself, as a consensus client that follows the suite
   * would have it. The database stays where it is.
   */
  add(header: BlockHeader, ommers: readonly BlockHeader[], parent: ChainBlock, diff: StateDiff, merged: boolean): void {
    const known = this.block(header.hash);
    const block = known ?? {
      header,
      ommers,
      parent,
      totalDifficulty: parent.totalDifficulty + header.difficulty,
      diff,
    };
    this.#blocks.set(bytesToHex(header.hash), block);
    if (merged || block.totalDifficulty > this.#head.totalDifficulty) this.#head = block;
  }
}
