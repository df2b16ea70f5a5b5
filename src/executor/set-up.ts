/**
 * A block written into shared memory, for the threads that are to execute it: the words of the control block, a record
 * of words for each transaction, the environment. The thread that owns the block does this while nobody else is in it;
 * nothing is read by others before the verdict word says RUNNING and the block is open, both of which are stored last.
 */
import {
  CONTROL_BENEFICIARY,
  CONTROL_BLOCK,
  CONTROL_BUCKET_MASK,
  CONTROL_BUCKETS,
  CONTROL_CHECK_FROM,
  CONTROL_COUNT,
  CONTROL_ENVIRONMENT,
  CONTROL_EXEC_CURSOR,
  CONTROL_FRONTIER,
  CONTROL_HOT,
  CONTROL_INPUTS,
  CONTROL_INPUTS_END,
  CONTROL_LANE,
  CONTROL_LENT,
  CONTROL_OPEN,
  CONTROL_POSTED,
  CONTROL_RECEIPT_ROOTS,
  CONTROL_REJECTED,
  CONTROL_REJECTION,
  CONTROL_STATS,
  CONTROL_TRANSACTIONS,
  CONTROL_WAITING,
  KIND_BASICS,
  STAT_WORDS,
  TX_HINT,
  TX_WORDS,
} from '../layout.js';
import { ADDRESS_WORDS, bytesToWords } from '../primitives/words.js';
import { type EncodedAdvice, isGiven, writeAdvice } from '../scheduler/advice.js';
import { SpeculationControl } from '../scheduler/control.js';
import type { TablePlace } from '../state/locations.js';
import { RecordWriter } from '../state/record.js';
import type { RecordedTransactions } from '../transition/transaction/index.js';
import type { Block } from '../transition/types.js';
import { MESSAGE_BYTES } from './block-engine.js';
import { encodeEnvironment } from './codec.js';
import { reserveHotLocations } from './images.js';
import { hasReceiptRoots } from './receipt-root.js';
import type { BlockScope } from './scope.js';

/** Words of the buffer for a rejection's or failure's text. */
const VERDICT_WORDS = 2 + MESSAGE_BYTES / 4;

export interface BlockPlan {
  readonly block: Block;
  /** Where the location table stands: what `BlockScope.begin` answered. */
  readonly table: TablePlace;
  /** By transaction, the nearest lower one that should run first, or -1. */
  readonly hints: Int32Array;
  readonly advice: EncodedAdvice;
  /** The window of speculation that is expected to do, or 0. */
  readonly window: number;
}

export class BlockSetUp {
  private readonly writer = new RecordWriter();

  constructor(private readonly scope: BlockScope) {}

  /** Number of the block that was written last. */
  get number(): number {
    return this.scope.heap.i32[CONTROL_BLOCK] as number;
  }

  /** Writes everything but what only other threads need, environment and records; the block is closed, and its verdict is not touched. */
  write({ block, table: { buckets, mask, lent }, hints, advice, window }: BlockPlan): void {
    const { heap, table } = this.scope;
    const count = block.transactions.length;
    const transactions = heap.reserve(count * TX_WORDS);
    heap.i32.fill(0, transactions, transactions + count * TX_WORDS);
    for (let i = 0; i < count; i++) heap.i32[transactions + i * TX_WORDS + TX_HINT] = hints[i] as number;
    const rejection = heap.reserve(VERDICT_WORDS);
    const address = new Uint32Array(ADDRESS_WORDS);
    bytesToWords(block.environment.coinbase, address, 0);
    const beneficiary = table.account(KIND_BASICS, address, 0);
    const images = isGiven(advice, 'suspension') || isGiven(advice, 'checkpoints');
    const hot = images ? reserveHotLocations(heap) : 0;
    const { i32 } = heap;
    i32[CONTROL_BLOCK] = (this.number + 1) | 0;
    i32[CONTROL_COUNT] = count;
    i32[CONTROL_TRANSACTIONS] = transactions;
    i32[CONTROL_POSTED] = 0;
    i32[CONTROL_INPUTS] = 0;
    i32[CONTROL_INPUTS_END] = 0;
    i32[CONTROL_REJECTION] = rejection;
    i32[CONTROL_REJECTED] = -1;
    i32[CONTROL_ENVIRONMENT] = 0;
    i32[CONTROL_BENEFICIARY] = beneficiary;
    i32[CONTROL_BUCKETS] = buckets;
    i32[CONTROL_BUCKET_MASK] = mask;
    i32[CONTROL_LENT] = lent;
    i32[CONTROL_RECEIPT_ROOTS] = hasReceiptRoots(block) ? 1 : 0;
    // Before the verdict says RUNNING: the block is not open yet.
    i32[CONTROL_OPEN] = 0;
    i32[CONTROL_WAITING] = 0;
    i32[CONTROL_FRONTIER] = 0;
    i32[CONTROL_EXEC_CURSOR] = 0;
    i32[CONTROL_CHECK_FROM] = count;
    i32[CONTROL_LANE] = 0;
    i32[CONTROL_HOT] = hot;
    new SpeculationControl(heap).reset(window);
    writeAdvice(heap, advice);
    i32.fill(0, CONTROL_STATS, CONTROL_STATS + STAT_WORDS);
  }

  /** Writes the environment for other threads; the one that owns the block has it. */
  writeEnvironment({ environment, maxBlobGas }: Block): void {
    const { heap, arena } = this.scope;
    heap.i32[CONTROL_ENVIRONMENT] = encodeEnvironment(this.writer, arena, environment, maxBlobGas);
  }

  /** Says that each thread has been sent the memory in which the transactions' records stand. */
  announceRecords(): void {
    this.scope.heap.i32[CONTROL_POSTED] = 1;
  }

  /** Copies the transactions' records to the heap. */
  copyRecords({ u32, places }: RecordedTransactions): void {
    const { heap } = this.scope;
    const first = heap.reserve(u32.length);
    heap.u32.set(u32, first);
    const inputs = heap.reserve(places.length);
    for (let i = 0; i < places.length; i++) heap.i32[inputs + i] = first + (places[i] as number);
    heap.i32[CONTROL_INPUTS] = inputs;
    heap.i32[CONTROL_INPUTS_END] = inputs + places.length;
  }
}
