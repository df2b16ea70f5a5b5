/** A block's shared words without an executor: what the multi-version memory and the scheduler need to stand on. */
import {
  CELL_VALUE,
  CONTROL_CHECK_FROM,
  CONTROL_COUNT,
  CONTROL_END,
  CONTROL_TRANSACTIONS,
  CONTROL_VERDICT,
  TX_HINT,
  TX_STATUS,
  TX_WORDS,
  VERDICT_RUNNING,
} from '../../src/layout.js';
import { BeneficiaryFees } from '../../src/mvmemory/fees.js';
import { MultiVersionMemory, RESOLVED } from '../../src/mvmemory/mvmemory.js';
import { Statuses } from '../../src/mvmemory/statuses.js';
import { ADDRESS_WORDS, readWords, U256_WORDS, writeWords } from '../../src/primitives/words.js';
import { Scheduler } from '../../src/scheduler/scheduler.js';
import { CodeReader } from '../../src/state/codes.js';
import { Database } from '../../src/state/database.js';
import { Arena, SharedHeap, type SharedMemory } from '../../src/state/heap.js';
import { LocationTable } from '../../src/state/locations.js';
import { slotWords } from './keys.js';

/** The account of slots that are written by hand. */
const ACCOUNT = 0xabc;

/** Everything that one thread builds over a block's heap. */
export class EngineWords {
  readonly arena: Arena;
  readonly codes: CodeReader;
  readonly table: LocationTable;
  readonly statuses: Statuses;
  readonly fees: BeneficiaryFees;
  readonly memory: MultiVersionMemory;
  readonly scheduler: Scheduler;

  private constructor(
    readonly heap: SharedHeap,
    chunkWords: number,
  ) {
    this.arena = new Arena(heap, chunkWords);
    this.codes = new CodeReader(heap);
    this.table = new LocationTable(heap, this.arena);
    this.statuses = new Statuses(heap);
    this.fees = new BeneficiaryFees(heap, this.arena, this.statuses);
    this.memory = new MultiVersionMemory(heap, this.arena, this.codes);
    this.scheduler = new Scheduler(heap, this.arena, this.statuses);
    this.memory.open(this.fees);
  }

  /** A block of `count` transactions, all READY and without hints, over `database`. */
  static create(count: number, database = Database.create(), chunkWords = 512): EngineWords {
    const words = new EngineWords(SharedHeap.create(CONTROL_END, 1024), chunkWords);
    const { heap } = words;
    words.codes.open(database);
    words.table.create(database, 16);
    const transactions = heap.reserve(count * TX_WORDS);
    heap.i32.fill(0, transactions, transactions + count * TX_WORDS);
    for (let i = 0; i < count; i++) heap.i32[transactions + i * TX_WORDS + TX_HINT] = -1;
    heap.i32[CONTROL_COUNT] = count;
    heap.i32[CONTROL_TRANSACTIONS] = transactions;
    heap.i32[CONTROL_CHECK_FROM] = count;
    heap.i32[CONTROL_VERDICT] = VERDICT_RUNNING;
    words.openWords();
    words.scheduler.control.reset();
    return words;
  }

  /** The same block in another thread, or through another mapping. The location table is not opened. */
  static attach(memory: SharedMemory, chunkWords = 512): EngineWords {
    const words = new EngineWords(SharedHeap.attach(memory), chunkWords);
    words.openWords();
    return words;
  }

  private openWords(): void {
    this.statuses.open();
    this.scheduler.open();
    this.heap.map(this.statuses.words(this.scheduler.count));
  }

  setStatus(index: number, word: number): void {
    Atomics.store(this.heap.i32, this.statuses.words(index) + TX_STATUS, word);
  }

  /** The row of a storage slot of one account. */
  slotRow(slot = 1): number {
    return this.table.slot(slotWords(ACCOUNT, slot), 0, ADDRESS_WORDS);
  }

  /** Publishes a version of a slot, written by hand; answers its entry. */
  put(row: number, transaction: number, incarnation: number, value: bigint): number {
    const cell = this.memory.newCell(transaction, incarnation, false, U256_WORDS);
    writeWords(value, this.heap.u32, cell + CELL_VALUE, U256_WORDS);
    return this.memory.publish(row, transaction, cell, { cell: 0 });
  }

  /** What a read of a slot gives, or `blocked by`. */
  get(row: number, transaction: number): bigint | string {
    const blocked = this.memory.resolve(row, transaction);
    if (blocked !== RESOLVED) return `blocked by ${blocked}`;
    return readWords(this.heap.u32, this.memory.cell + CELL_VALUE, U256_WORDS);
  }
}
