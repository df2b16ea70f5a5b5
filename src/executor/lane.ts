/**
 * The commit lane: the one place where anything is decided (engine protocol, "Commit lane").
 *
 * Whoever swaps the lane word from 0 holds it and commits transactions in order as long as the next
 * one can move. Transaction i is committed only with reads equal to what resolving below i gives when
 * everything below is committed, so by induction the block's state is the serial one. A holder needs
 * nobody: what has not run, is parked, or is stale, it runs itself, and that run is exact.
 *
 * The lane word's swap (acquire) and store (release) order the holders: each sees the gas counters,
 * receipts and folded fees of the one before. `frontier` is stored last, so a reader that sees it
 * sees everything below it.
 */
import {
  CONTROL_BLOB_GAS,
  CONTROL_FRONTIER,
  CONTROL_GAS,
  CONTROL_LANE,
  CONTROL_RECEIPT_ROOTS,
  STAT_ABORTS,
  TX_EXACT,
  TX_RESULT,
  TX_ROOT,
  VERDICT_DONE,
  VERDICT_REJECTED,
} from '../layout.js';
import {
  COMMITTED,
  EXECUTED,
  EXECUTING,
  incarnationOf,
  PARKED,
  READY,
  stateOf,
  statusWord,
} from '../mvmemory/statuses.js';
import { bytesToWords, readWords, writeWords } from '../primitives/words.js';
import { collectDiff, leavesAfter } from '../state/collect.js';
import { stateRoot } from '../state/root.js';
import { TRANSACTION_ERRORS } from '../transition/errors.js';
import type { TransactionOutcome } from '../transition/types.js';
import type { BlockEngine } from './block-engine.js';
import { decodeOutcome, type FailedIncarnation } from './codec.js';
import type { Incarnations } from './incarnation.js';
import { judge } from './judge.js';

/** Gas counters are two words each. */
const U64_WORDS = 2;

export class CommitLane {
  constructor(
    private readonly engine: BlockEngine,
    private readonly incarnations: Incarnations,
  ) {}

  /** Takes the lane if it is free and commits what can be committed; true where anything moved. */
  async advance(): Promise<boolean> {
    const { heap, scheduler, statuses, worker } = this.engine;
    const first = scheduler.frontier();
    if (first < scheduler.count) {
      const state = stateOf(statuses.load(first));
      if (state === EXECUTING) return false;
    }
    if (Atomics.load(heap.i32, CONTROL_LANE) !== 0) return false;
    if (Atomics.compareExchange(heap.i32, CONTROL_LANE, 0, worker + 1) !== 0) return false;
    let moved = false;
    try {
      while (scheduler.running() && (await this.commitNext())) moved = true;
    } finally {
      Atomics.store(heap.i32, CONTROL_LANE, 0);
    }
    return moved;
  }

  /** Commits the transaction at the frontier; false where somebody else is running it, or the block is decided. */
  private async commitNext(): Promise<boolean> {
    const { scheduler, statuses } = this.engine;
    const index = scheduler.frontier();
    if (index === scheduler.count) {
      this.engine.decide(VERDICT_DONE, -1, 0, '');
      return false;
    }
    const status = statuses.load(index);
    const state = stateOf(status);
    if (state === READY || state === PARKED) {
      // A parked attempt has spent its incarnation; its wake-up will find another word.
      const incarnation = incarnationOf(status) + (state === PARKED ? 1 : 0);
      if (!statuses.change(index, status, statusWord(incarnation, EXECUTING))) return true;
      return this.runAndCommit(index, incarnation);
    }
    if (state !== EXECUTED) return false;
    const outcome = this.outcome(index);
    const exact = this.word(index, TX_EXACT) === 1;
    if (!exact && (outcome.kind === 'failed' || !this.incarnations.validate(index, status))) {
      // Nothing below can change any more, so this answer is final: run it here, now.
      const incarnation = incarnationOf(status) + 1;
      if (!statuses.change(index, status, statusWord(incarnation, EXECUTING))) return true;
      this.incarnations.stat(STAT_ABORTS);
      this.incarnations.markEstimates(index);
      return this.runAndCommit(index, incarnation);
    }
    return this.commit(index, status, outcome);
  }

  private async runAndCommit(index: number, incarnation: number): Promise<boolean> {
    const outcome = await this.incarnations.runExact(index, incarnation);
    return outcome === null ? false : this.commit(index, statusWord(incarnation, EXECUTED), outcome);
  }

  /**
   * Commits `outcome`, which was published, and found valid, under the status word `status`.
   *
   * The swap comes first, and only then is anything decided on the outcome, a rejection included: an
   * early validator may have aborted this incarnation since the word was loaded, and another worker
   * may have published the next one, so that outcome, exactness and read set belong to different
   * incarnations. Words never come back, so a swap that succeeds proves that they belong together.
   */
  private commit(index: number, status: number, outcome: TransactionOutcome | FailedIncarnation): boolean {
    const { statuses, heap } = this.engine;
    if (!statuses.change(index, status, statusWord(incarnationOf(status), COMMITTED))) return true;
    if (outcome.kind === 'failed') {
      this.engine.fail(`transaction ${index}: ${outcome.detail}`);
      return false;
    }
    const gasUsed = this.counter(CONTROL_GAS);
    const blobGasUsed = this.counter(CONTROL_BLOB_GAS);
    const { environment, maxBlobGas } = this.engine;
    if (environment === null) return false;
    const rejection = judge(this.engine.transaction(index), environment, maxBlobGas, gasUsed, blobGasUsed, outcome);
    if (rejection !== null) {
      this.engine.decide(VERDICT_REJECTED, index, TRANSACTION_ERRORS.indexOf(rejection.code), rejection.detail);
      return false;
    }
    if (outcome.kind === 'executed') {
      writeWords(gasUsed + outcome.gasUsed, heap.u32, CONTROL_GAS, U64_WORDS);
      writeWords(blobGasUsed + outcome.blobGasUsed, heap.u32, CONTROL_BLOB_GAS, U64_WORDS);
    }
    this.foldFee(index);
    if (this.engine.heap.i32[CONTROL_RECEIPT_ROOTS] === 1) this.storeRoot(index);
    Atomics.store(heap.i32, CONTROL_FRONTIER, index + 1);
    return true;
  }

  /** Folds the transaction's deferred fee, or its own write of the beneficiary, into the running balance. */
  private foldFee(index: number): void {
    const { fees, memory } = this.engine;
    let absolute = 0;
    this.incarnations.eachWrite(index, (row, entry) => {
      if (row === fees.location) absolute = memory.entryCell(entry);
    });
    fees.commit(index, absolute);
  }

  /** State root after the transaction (EIP-658 ended this with Byzantium). */
  private storeRoot(index: number): void {
    const { heap, arena, table, codes, memory, statuses, database } = this.engine;
    if (database === null) return;
    const state = memory.after(index + 1);
    const root = stateRoot(leavesAfter(database, collectDiff({ heap, table, codes, database, state })));
    const at = arena.alloc(8);
    bytesToWords(root, heap.u32, at);
    heap.i32[statuses.words(index) + TX_ROOT] = at;
  }

  private outcome(index: number): TransactionOutcome | FailedIncarnation {
    return decodeOutcome(this.engine.heap, this.word(index, TX_RESULT));
  }

  private word(index: number, which: number): number {
    return this.engine.heap.i32[this.engine.statuses.words(index) + which] as number;
  }

  private counter(word: number): bigint {
    return readWords(this.engine.heap.u32, word, U64_WORDS);
  }
}
