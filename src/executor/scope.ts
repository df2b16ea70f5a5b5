/**
 * What executes a block: a heap with its location table, a machine, and the steps around the
 * transactions. Both executors build on it; only the parallel one shares the heap with workers.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { CONTROL_BLOB_GAS, CONTROL_END, CONTROL_GAS } from '../layout.js';
import { atLeast } from '../primitives/fork.js';
import { BlockState, FIRST_STEP } from '../state/block-state.js';
import { CodeReader } from '../state/codes.js';
import { type BlockTables, collectDiff, leavesAfter } from '../state/collect.js';
import type { Database } from '../state/database.js';
import { Arena, SharedHeap, type SharedMemory } from '../state/heap.js';
import { LocationTable, type TablePlace } from '../state/locations.js';
import { stateRoot } from '../state/root.js';
import { READ_OK } from '../state/view.js';
import { type BlockStep, postBlockSteps, preBlockSteps } from '../transition/block/steps.js';
import type { Block, ExecutedBlock, ExecutionStats, Transaction } from '../transition/types.js';
import { createWasmVm } from '../vm/core/index.js';
import { VM_NAMES, type VmName } from '../vm/name.js';
import type { Log, Vm } from '../vm/vm.js';
import { Admission } from './admission.js';
import { ExecutorError, machineFailure } from './errors.js';
import { blockOutcome } from './outcome.js';
import { packAlone, type StoredPart } from './packing.js';
import { hasReceiptRoots } from './receipt-root.js';
import { BlockResults } from './results.js';
import { bucketsFor } from './table-size.js';

/** First word of a heap of outcomes that is not its header. */
const OUTCOMES_START = 16;

/** The shared memory of one executor's heaps. */
export interface ExecutorMemories {
  readonly heap: SharedMemory;
  readonly outcomes: SharedMemory;
}

/** Words that a thread takes from the heap at once. */
const CHUNK_WORDS = 4096;

/** Transactions after which the event loop gets a turn, which takes some microseconds. A block counts for some more. */
const TRANSACTIONS_PER_TURN = 1000;
const TRANSACTIONS_OF_BLOCK = 30;

/** A machine. Throws RangeError where there is none of that name. */
export async function createVm(name: VmName): Promise<Vm> {
  if (!VM_NAMES.includes(name)) throw new RangeError(`vm is one of ${VM_NAMES.join(', ')}, not ${String(name)}`);
  if (name === 'wasm') return createWasmVm();
  // Half of all modules that an executor could need, which a thread takes a quarter of a second to load.
  const { createEthereumjsVm } = await import('../vm/ethereumjs/index.js');
  return createEthereumjsVm();
}

export class BlockScope {
  readonly heap: SharedHeap;
  /** A heap of their own for outcomes, so that they are copied out of it in one piece. */
  readonly outcomes: SharedHeap;
  readonly outcomeArena: Arena;
  readonly arena: Arena;
  readonly table: LocationTable;
  readonly codes: CodeReader;
  readonly state: BlockState;
  readonly admission: Admission;
  /** The database that has lent its places for the block, and for which base; null where none has. */
  private lender: { readonly database: Database; readonly base: number } | null = null;
  /** Results of the block before, which stand in the heap as long as somebody holds them. */
  private latest: WeakRef<BlockResults> | null = null;
  /** Transactions since the event loop had its turn. */
  private sinceTurn = 0;

  constructor(
    readonly vm: Vm,
    memories: ExecutorMemories | null = null,
  ) {
    const heap = memories === null ? SharedHeap.create(CONTROL_END, 65536) : SharedHeap.attach(memories.heap);
    this.heap = heap;
    this.outcomes = memories === null ? SharedHeap.create(OUTCOMES_START, 16384) : SharedHeap.attach(memories.outcomes);
    this.outcomeArena = new Arena(this.outcomes, CHUNK_WORDS);
    this.arena = new Arena(heap, CHUNK_WORDS);
    this.codes = new CodeReader(heap);
    this.table = new LocationTable(heap, this.arena);
    this.state = new BlockState(heap, this.arena, this.table, this.codes);
    this.admission = new Admission(heap, this.outcomes);
  }

  /** What another thread needs to work on the same heaps. */
  get memories(): ExecutorMemories {
    return { heap: this.heap.memory, outcomes: this.outcomes.memory };
  }

  /** Empties the heap and starts a block over `database`; answers where the location table stands. */
  begin(database: Database, block: Block): TablePlace {
    this.giveBack();
    this.latest?.deref()?.detach();
    this.latest = null;
    this.heap.reset(CONTROL_END);
    this.outcomes.reset(OUTCOMES_START);
    this.arena.reset();
    this.outcomeArena.reset();
    this.state.begin();
    // Its owner may be another thread, which has added to it.
    database.heap.refresh();
    this.codes.open(database);
    this.heap.i32.fill(0, CONTROL_GAS, CONTROL_GAS + 2);
    this.heap.i32.fill(0, CONTROL_BLOB_GAS, CONTROL_BLOB_GAS + 2);
    this.admission.open(block.environment, block.maxBlobGas);
    // Roots in receipts are made of the locations while other threads insert some, so that all must be in buckets.
    const lent = hasReceiptRoots(block) ? 0 : database.lend();
    if (lent !== 0) this.lender = { database, base: lent };
    return this.table.create(database, bucketsFor(block), lent);
  }

  /** Gives the database back what it has lent for the block. No thread may be at the block any more. */
  giveBack(): void {
    const lender = this.lender;
    if (lender === null) return;
    this.lender = null;
    lender.database.takeBack(lender.base, this.heap.used);
    this.table.close();
  }

  /**
   * Lets the event loop turn now and then; to be called after each block. Whatever a WeakRef is made of, or answers, stays until
   * then (ECMA-262, KeepDuringJob), and a loop over blocks may never leave the queue of microtasks: all their results would stay.
   */
  async rest(): Promise<void> {
    if (this.sinceTurn < TRANSACTIONS_PER_TURN) return;
    this.sinceTurn = 0;
    await turn();
  }

  /** Takes the outcomes of the block that has begun. */
  results(transactions: readonly Transaction[], roots: readonly Uint8Array[] | null): BlockResults {
    const results = new BlockResults(transactions, roots, this.outcomes);
    this.latest = new WeakRef(results);
    this.sinceTurn += transactions.length + TRANSACTIONS_OF_BLOCK;
    return results;
  }

  /** Runs one step as a transaction of its own. */
  async step(block: Block, step: BlockStep, results: BlockResults | null, requests: Uint8Array[]): Promise<void> {
    const { vm, state } = this;
    try {
      vm.begin(block.environment, state);
      const logsOf = (address: Uint8Array): readonly Log[] => results?.logsOf(address) ?? [];
      await step.run({ vm, block, logsOf, requests });
      if (vm.finish() !== READ_OK)
        throw new ExecutorError('MACHINE_FAILED', `a read of the step "${step.name}" blocked`);
      vm.writes(state.sink);
    } catch (error) {
      throw machineFailure(`step "${step.name}"`, error);
    }
  }

  async before(block: Block): Promise<void> {
    this.state.step = FIRST_STEP;
    for (const step of preBlockSteps(block)) {
      await this.step(block, step, null, []);
      this.state.step++;
    }
  }

  /**
   * Steps after the transactions, and the block's outcome. Nothing of it refers to the heap but the
   * results, which are copied out before that is used again. `pack` collects the changes.
   */
  async after(
    database: Database,
    block: Block,
    results: BlockResults,
    stats: ExecutionStats,
    pack: () => StoredPart[] | Promise<StoredPart[]> = () => packAlone(this, database),
  ): Promise<ExecutedBlock> {
    const requests: Uint8Array[] = [];
    this.state.step = block.transactions.length;
    for (const step of postBlockSteps(block)) {
      await this.step(block, step, results, requests);
      this.state.step++;
    }
    return blockOutcome({
      results,
      gasUsed: this.admission.gasUsed,
      blobGasUsed: this.admission.blobGasUsed,
      requests: block.mode === 'block' && atLeast(block.environment.fork, 'Prague') ? requests : null,
      changes: await pack(),
      stats,
    });
  }

  /** State root with the block's changes so far, for receipts before Byzantium. */
  root(database: Database): Uint8Array {
    return stateRoot(leavesAfter(database, collectDiff(this.tables(database))));
  }

  tables(database: Database): BlockTables {
    return { heap: this.heap, table: this.table, state: this.state, codes: this.codes, database };
  }
}

export function emptyStats(transactions: number, workers: number): ExecutionStats {
  return {
    transactions,
    incarnations: 0,
    aborts: 0,
    reexecutions: 0,
    estimatesHit: 0,
    deferredFeeReads: 0,
    credits: 0,
    rebases: 0,
    resets: 0,
    suspensions: 0,
    resumptions: 0,
    checkpoints: 0,
    restores: 0,
    workers,
  };
}
