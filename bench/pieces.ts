/**
 * What of a large block's cost per transaction its length costs. A block of 1,000 that is run again and again finds its
 * state in the processor's caches, so one of 100,000 is dearer by whatever its memory costs, however long it is. The same
 * transactions in blocks of 1,000, one after the other, meet the same memory.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Block, StateDiff } from '../src/index.js';
import { benchBlock, type Contender, runBlock, type Subject } from './contender.js';

export class Pieces {
  private readonly blocks: readonly Block[];

  /** Cuts the subject's block into blocks of `length` transactions, each over the state that the ones before it leave. */
  constructor(
    private readonly subject: Subject,
    length: number,
  ) {
    const { transactions } = subject.block;
    this.blocks = Array.from({ length: Math.ceil(transactions.length / length) }, (_, at) =>
      benchBlock(transactions.slice(at * length, (at + 1) * length)),
    );
  }

  /**
   * Microseconds that the blocks take on `contender`, by the wall clock; to move the state on from one to the next is not
   * timed. The database is in the end what it was. Throws the error of a block that is invalid.
   */
  async time(contender: Contender): Promise<number> {
    const { database } = this.subject;
    const diffs: StateDiff[] = [];
    let taken = 0;
    try {
      for (const block of this.blocks) {
        const start = performance.now();
        const outcome = await runBlock(contender, database, block);
        taken += performance.now() - start;
        const { diff } = outcome;
        outcome.applyTo(database);
        diffs.push(diff);
        outcome.release();
        // What V8 collects of the diffs it shall collect here and not in the time of the next block, which gives it a turn too.
        await breathe();
      }
    } finally {
      for (const diff of diffs.reverse()) database.revert(diff);
    }
    return 1000 * taken;
  }
}
