/**
 * All that is known of a block before it runs, as one blocker per transaction: the nearest lower one
 * that should run first. Several sources may name one; the highest counts, since whatever it waits for
 * has mostly run by then.
 *
 * | Source | Edges |
 * |---|---|
 * | `chains` | a sender's transactions (nonces), and transfers into a later sender (`graph.ts`) |
 * | `accessLists` | slots that transactions list (EIP-2930), unless they turned out not to be written, or blocks go well without |
 * | `blockAccessList` | writers that the block's list names (EIP-7928); instead of the two beside it |
 * | `learnt` | slots that calls of the same code and selector wrote in earlier blocks (`learnt.ts`) |
 *
 * All of it is advice (`advice.ts`): wrong hints cost time, never correctness.
 */

import { RECORD_ACCESS_COUNT } from '../layout.js';
import { transactionWrote, wrote } from '../mvmemory/chains.js';
import type { Database } from '../state/database.js';
import { type Advice, falseHints, HINT_SOURCES, otherHints, sourceSetting } from './advice.js';
import { type AccountWriters, blockListHints } from './block-list.js';
import { Foresight } from './foresight.js';
import { hintsOf } from './graph.js';
import type { LearntSets, Records } from './learnt.js';
import { type FinishedBlock, learnFrom, worthLearning } from './observe.js';

/** Entries of a version chain that are walked to see whether a hint came true. */
const MOST_STEPS = 64;

/**
 * Blocks in which access lists of transactions are read before one is run without, to see whether it takes
 * many aborts: to read them costs some per cent of a block in which nobody meets anybody.
 */
export const LISTED_BLOCKS = 16;

/** What a block says about itself. */
export interface KnownBlock {
  readonly records: Records;
  readonly database: Database;
  /** 20 bytes. */
  readonly coinbase: Uint8Array;
  /** EIP-7928; null where there is none. */
  readonly accessList: readonly AccountWriters[] | null;
  /** Its number among the executor's blocks, from which lies are drawn. */
  readonly number: number;
}

/** What was made of a block's records: the same however often it is executed. */
interface Graph {
  readonly chains: Int32Array;
  /** With the block access list's edges; null until it is asked for. */
  listed: Int32Array | null;
  /** Whether two transactions or more have access lists. */
  readonly hasLists: boolean;
}

/** What one executor knows; it learns from each block that it has executed. */
export class PriorKnowledge {
  private readonly graphs = new WeakMap<Records, Graph>();
  private readonly foresight = new Foresight();
  /** Whether the block's hints are from what {@link foresight} presumed, so that it is to be judged. */
  private foreseen = false;

  /** Blocks for which access lists are still read. */
  private listedBlocks = LISTED_BLOCKS;
  /** Whether the block's access lists were left aside. */
  private unlisted = false;

  get learnt(): LearntSets {
    return this.foresight.learnt;
  }

  /** Blockers of the block's transactions. Nobody may change them. */
  hints(block: KnownBlock, advice: Partial<Advice>, threads: number): Int32Array {
    this.foreseen = false;
    this.unlisted = false;
    const { records } = block;
    const others = otherHints(advice, records.places.length, block.number);
    if (others !== null) return others;
    const hints = this.advised(block, advice, threads);
    const lying = HINT_SOURCES.filter((source) => sourceSetting(advice, source) === 'false');
    return lying.length === 0 ? hints : falseHints(advice, lying.length, hints, block.number);
  }

  private advised(block: KnownBlock, advice: Partial<Advice>, threads: number): Int32Array {
    const { records, accessList } = block;
    const graph = this.graph(records);
    const on = (source: (typeof HINT_SOURCES)[number]): boolean => sourceSetting(advice, source) === 'on';
    const chains = on('chains') ? graph.chains : new Int32Array(records.places.length).fill(-1);
    // A thread that is alone runs everything in order.
    if (threads === 1) return chains;
    if (accessList !== null && on('blockAccessList')) {
      if (chains === graph.chains && graph.listed !== null) return graph.listed;
      const listed = chains.slice();
      blockListHints(accessList, block.coinbase, records.u32, records.places, listed);
      if (chains === graph.chains) graph.listed = listed;
      return listed;
    }
    const listed = graph.hasLists && on('accessLists');
    this.unlisted = listed && this.listedBlocks === 0;
    if (listed && !this.unlisted) this.listedBlocks--;
    const sources = {
      accessLists: listed && !this.unlisted,
      learnt: this.foresight.hasLearnt && on('learnt'),
    };
    if (!sources.accessLists && !sources.learnt) return chains;
    const hints = chains.slice();
    this.foresight.clear();
    this.foresight.raise(block.database, records, sources, hints);
    this.foreseen = true;
    return hints;
  }

  private graph(records: Records): Graph {
    let graph = this.graphs.get(records);
    if (graph === undefined) {
      const { u32: words, places } = records;
      let lists = 0;
      for (const at of places) if (words[at + RECORD_ACCESS_COUNT] !== 0) lists++;
      graph = { chains: hintsOf(words, places), listed: null, hasLists: lists > 1 };
      this.graphs.set(records, graph);
    }
    return graph;
  }

  /** Learns from the block whose hints were asked for last, once it is over and its versions still stand. */
  learn(block: FinishedBlock, advice: Partial<Advice>): void {
    if (this.foreseen) {
      const { heap, table } = block;
      this.foresight.judge(
        (words, address, slot) => table.slotIfKnown(words, address, slot),
        (row, transaction) =>
          transaction === null ? transactionWrote(heap, row) : wrote(heap, row, transaction, MOST_STEPS),
      );
    }
    this.foreseen = false;
    if (this.unlisted && worthLearning(block.aborts, block.records.places.length)) this.listedBlocks = LISTED_BLOCKS;
    if ((advice.hints ?? 'on') === 'on' && sourceSetting(advice, 'learnt') === 'on')
      learnFrom(block, this.foresight.learnt);
  }
}
