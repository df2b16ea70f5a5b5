/**
 * Transactions of a thread that is alone in a block. It runs and commits them in order, and nobody else looks at a word of
 * the block before the others are let in, by a store that comes after all of these. So each run is exact and the first,
 * nobody waits and nothing was touched ahead; what others must see in order elsewhere is stored plainly here, the
 * beneficiary gets its fee at once, and only those words of a transaction are written that somebody looks at when it is
 * committed. (The commit lane, which this stands in for, works among others.)
 */
import {
  CONTROL_FRONTIER,
  CONTROL_RECEIPT_ROOTS,
  OUTCOME_FEE,
  STAT_INCARNATIONS,
  TX_EXACT,
  TX_RESULT,
  TX_STATUS,
  VERDICT_DONE,
} from '../layout.js';
import { COMMITTED, statusWord } from '../mvmemory/statuses.js';
import { HeapExhaustedError } from '../state/heap.js';
import { RecordedExecution } from '../transition/transaction/index.js';
import { RUN_DONE } from '../vm/vm.js';
import { AloneView } from './alone-view.js';
import type { BlockEngine } from './block-engine.js';
import { failureOf } from './errors.js';
import { ProtocolError } from './incarnation.js';
import { storeReceiptRoot } from './receipt-root.js';

const DONE = statusWord(0, COMMITTED);

export class AloneRuns {
  /** Transactions since this was set to 0 that read what the one just before them had written. */
  followers = 0;
  private readonly view: AloneView;
  private execution: RecordedExecution | null = null;

  constructor(private readonly engine: BlockEngine) {
    this.view = new AloneView(engine);
  }

  open(): void {
    const { vm, environment, fees, maxBlobGas, recordMemory } = this.engine;
    if (environment === null) throw new ProtocolError('no block is open');
    this.execution = new RecordedExecution({ vm, environment, maxBlobGas, deferFee: fees.mayBeDeferred }, recordMemory);
    this.view.open();
    this.followers = 0;
  }

  /** Lets go of the block's memory. */
  close(): void {
    this.execution = null;
  }

  /** Runs and commits transactions from the frontier to before `stop`; true where there were any. */
  drain(stop: number): boolean | Promise<boolean> {
    const { scheduler } = this.engine;
    const first = scheduler.heldFrontier();
    let index = first;
    for (; index < stop && !scheduler.decided(); index++) {
      const status = this.run(index);
      if (typeof status !== 'number') {
        const place = index;
        return status.then((reached) => this.commit(place, reached) && this.drain(stop)).then(() => true);
      }
      if (!this.commit(index, status)) return true;
    }
    if (index === scheduler.count) this.engine.decide(VERDICT_DONE, -1, 0, '');
    return index > first;
  }

  private run(index: number): number | Promise<number> {
    const { stats } = this.engine;
    const execution = this.execution as RecordedExecution;
    stats[STAT_INCARNATIONS] = (stats[STAT_INCARNATIONS] as number) + 1;
    this.view.begin(index);
    try {
      const status = execution.run(this.engine.record(index), this.view);
      return typeof status === 'number' ? status : status.catch((error: unknown) => this.failed(error));
    } catch (error) {
      return this.failed(error);
    }
  }

  private failed(error: unknown): number {
    if (error instanceof HeapExhaustedError) throw error;
    (this.execution as RecordedExecution).fail(failureOf(error));
    return RUN_DONE;
  }

  /** Writes what the run of transaction `index` came to; false where that, or somebody meanwhile, ends the block. */
  private commit(index: number, status: number): boolean {
    const { fees, heap, outcomeArena, scheduler, statuses, vm } = this.engine;
    const execution = this.execution as RecordedExecution;
    if (status !== RUN_DONE) {
      if (!scheduler.running()) return false;
      throw new ProtocolError(`transaction ${index} was blocked by ${status}, with nobody else in the block`);
    }
    const { executed } = execution;
    if (executed) vm.writes(this.view.sink);
    const result = execution.pack(outcomeArena);
    const words = statuses.words(index);
    const { i32 } = heap;
    i32[words + TX_RESULT] = result;
    i32[words + TX_EXACT] = 1;
    if (!this.engine.admit(index, result)) return false;
    // What was admitted was executed.
    fees.pay(index, result + OUTCOME_FEE);
    if (i32[CONTROL_RECEIPT_ROOTS] === 1) storeReceiptRoot(this.engine, index);
    if (this.view.follows) this.followers++;
    i32[words + TX_STATUS] = DONE;
    i32[CONTROL_FRONTIER] = index + 1;
    return true;
  }
}
