/** A block through the serial executor, all of its results read, checked against its header. */
import type { SerialExecutor } from '../src/executor/serial.js';
import { equalBytes } from '../src/primitives/bytes.js';
import type { Database } from '../src/state/database.js';
import type { BlockHeader } from '../src/transition/block/header.js';
import type { Block, BlockOutcome } from '../src/transition/types.js';
import type { Side } from './suites-measure.js';

export class SerialSide implements Side {
  outcome: BlockOutcome | null = null;

  constructor(
    private readonly executor: SerialExecutor,
    private readonly database: Database,
    private readonly block: Block,
    private readonly header: BlockHeader,
  ) {}

  /** What is timed throws where the block is invalid, and where gas used or bloom differ from the header. */
  async prepare(): Promise<() => Promise<string | null>> {
    return async () => {
      const result = await this.executor.execute(this.database, this.block);
      if (!result.ok) throw result.error;
      this.outcome = result;
      // Receipts, bloom and changes are made when they are read: that is part of the work.
      const { receipts, diff, logsBloom, gasUsed } = result;
      if (receipts.length !== this.block.transactions.length || diff.size === 0) throw new Error('no whole outcome');
      if (gasUsed !== this.header.gasUsed || !equalBytes(logsBloom, this.header.logsBloom)) {
        throw new Error(`block ${this.header.number}: Lockstep differs from the header`);
      }
      return null;
    };
  }
}
