/**
 * A debugging aid: what a block left in the multi-version memory, copied out of it. It is read from the records that
 * the block needs anyway, once it is over, so that execution does nothing for it. What the engine does not keep is
 * said to be unknown: the reads of an exact incarnation, and versions whose place a later, final one took.
 */
import {
  CELL_FROM_DATABASE,
  CELL_TAG,
  CELL_VALUE,
  CELL_WRITER,
  ENTRY_CELL,
  ENTRY_CREDIT,
  ENTRY_ESTIMATE,
  ENTRY_NEXT,
  ENTRY_REFERENCE,
  ENTRY_TRANSACTION,
  KIND_BASICS,
  KIND_CODE,
  KIND_PRESENCE,
  KIND_RESET,
  KIND_STORAGE,
  LOCATION_BASE,
  LOCATION_HEAD,
  LOCATION_KIND,
  LOCATION_ORIGIN,
  ROW_ADDRESS,
  ROW_SLOT,
  TX_BENEFICIARY_AFTER,
  TX_CREDIT_LOCATION,
  TX_EXACT,
  TX_FEE,
  TX_READ_COUNT,
  TX_READS,
} from '../layout.js';
import { incarnationOf, stateOf } from '../mvmemory/statuses.js';
import { EMPTY_BYTES, type Hex } from '../primitives/bytes.js';
import { readWords, U256_WORDS } from '../primitives/words.js';
import { accountOf } from '../state/locations.js';
import type { BlockEngine } from './block-engine.js';
import { addressAt, basicsAt, type Place, type PlaceValue, slotAt } from './place.js';

/** States of a transaction, by their number in a status word. */
const STATES = ['ready', 'executing', 'executed', 'aborting', 'parked', 'committed'] as const;

const PLACE_KINDS: Readonly<Record<number, Place['kind']>> = {
  [KIND_BASICS]: 'account',
  [KIND_CODE]: 'code',
  [KIND_STORAGE]: 'slot',
  [KIND_RESET]: 'reset',
  [KIND_PRESENCE]: 'presence',
};

/**
 * Where a value that was read comes from: the state before the block, a step before the transactions, the version of
 * a transaction, or a sum made for this read of an absolute version with the deferred fees or credits above it.
 */
export type ReadOrigin =
  | { readonly from: 'state' | 'step' | 'sum' }
  | {
      readonly from: 'transaction';
      readonly transaction: number;
      /** Counts from 0; null where the lane has folded fees or a credit into the version. */
      readonly incarnation: number | null;
    };

export interface InspectedRead {
  readonly place: Place;
  readonly value: PlaceValue;
  readonly origin: ReadOrigin;
  /** An account's balance on which nothing depends, as the machine said: there may have been another one below in the end. */
  readonly unseenBalance?: boolean;
}

export interface InspectedTransaction {
  readonly index: number;
  readonly state: (typeof STATES)[number];
  /** How many incarnations there were. */
  readonly incarnations: number;
  /** The last incarnation began with everything below it committed. */
  readonly exact: boolean;
  /** In the order of reading; null where the last incarnation is exact, since nobody asks what it read. */
  readonly reads: readonly InspectedRead[] | null;
  /** What an incarnation before an exact one read, where that was kept: mostly what made it stale. */
  readonly earlierReads: readonly InspectedRead[] | null;
  /**
   * Wei that the transaction leaves to the beneficiary: beside the versions, or in them already where it ran while one thread
   * was alone in the block.
   */
  readonly deferredFee: bigint;
  /** Account whose balance the last incarnation raised without having read it. */
  readonly credited: Hex | null;
}

/** What a transaction wrote to a location. */
export interface InspectedVersion {
  readonly transaction: number;
  /** As in {@link ReadOrigin}. */
  readonly incarnation: number | null;
  readonly value: PlaceValue;
  readonly estimate: boolean;
  /** The balance is to be added to the version below: a credit that was not committed. */
  readonly credit: boolean;
}

export interface InspectedLocation {
  readonly place: Place;
  /** Before the first transaction. */
  readonly before: PlaceValue;
  /** Ascending by transaction. */
  readonly versions: readonly InspectedVersion[];
  /** What transactions below this one wrote is not known; 0 where all is. */
  readonly forgottenBelow: number;
}

export interface InspectedBlock {
  /** Committed transactions. */
  readonly frontier: number;
  /** Whose fees are deferred. */
  readonly beneficiary: Hex;
  readonly transactions: readonly InspectedTransaction[];
  /** Every location that the block met; accounts with all their locations. */
  readonly locations: readonly InspectedLocation[];
}

/** Copies the block that `engine` executed last out of its memory. No thread may be inside the block. */
export function inspectBlock(engine: BlockEngine): InspectedBlock {
  const { heap, outcomes, table, fees, scheduler } = engine;
  heap.refresh();
  outcomes.refresh();
  const inspector = new Inspector(engine);
  return {
    frontier: scheduler.frontier(),
    beneficiary: addressAt(heap.u32, fees.location + ROW_ADDRESS),
    transactions: Array.from({ length: scheduler.count }, (_, index) => inspector.transaction(index)),
    locations: [...table.rows()].map((row) => inspector.location(row)),
  };
}

class Inspector {
  constructor(private readonly engine: BlockEngine) {}

  transaction(index: number): InspectedTransaction {
    const { heap, outcomes, statuses } = this.engine;
    const words = statuses.words(index);
    const status = statuses.load(index);
    const exact = heap.i32[words + TX_EXACT] === 1;
    const fee = heap.i32[words + TX_FEE] as number;
    const credited = heap.i32[words + TX_CREDIT_LOCATION] as number;
    const reads = this.reads(index, words);
    return {
      index,
      state: STATES[stateOf(status)] as InspectedTransaction['state'],
      incarnations: incarnationOf(status) + 1,
      exact,
      reads: exact ? null : reads,
      earlierReads: exact && reads.length > 0 ? reads : null,
      deferredFee: fee === 0 ? 0n : readWords(outcomes.u32, fee, U256_WORDS),
      credited: credited === 0 ? null : addressAt(heap.u32, credited + ROW_ADDRESS),
    };
  }

  private reads(index: number, words: number): InspectedRead[] {
    const { i32 } = this.engine.heap;
    const first = i32[words + TX_READS] as number;
    const count = i32[words + TX_READ_COUNT] as number;
    const unseen = count === 0 ? new Set<number>() : this.unseenBalances(first);
    return Array.from({ length: count }, (_, i) => {
      const row = i32[first + 2 * i] as number;
      const cell = i32[first + 2 * i + 1] as number;
      const read = { place: this.place(row), value: this.value(row, cell), origin: this.origin(row, cell, index) };
      return unseen.has(row) ? { ...read, unseenBalance: true } : read;
    });
  }

  /** Locations of the balances on which nothing depends, which stand before the read set at `reads`. */
  private unseenBalances(reads: number): Set<number> {
    const { i32 } = this.engine.heap;
    const end = reads - 1;
    const count = i32[end] as number;
    return new Set(Array.from({ length: count }, (_, i) => i32[end - 2 * count + 2 * i] as number));
  }

  private origin(row: number, cell: number, reader: number): ReadOrigin {
    const { i32 } = this.engine.heap;
    const writer = cell === 0 ? CELL_FROM_DATABASE : (i32[cell + CELL_WRITER] as number);
    if (writer < 0) return { from: writer === CELL_FROM_DATABASE ? 'state' : 'step' };
    // Nobody reads a version of its own: a cell that bears the reader's number was made for the read.
    if (writer === reader && this.place(row).kind === 'account') return { from: 'sum' };
    return { from: 'transaction', transaction: writer, incarnation: this.incarnation(row, cell) };
  }

  location(row: number): InspectedLocation {
    const { i32 } = this.engine.heap;
    const versions: InspectedVersion[] = [];
    for (let entry = i32[row + LOCATION_HEAD] as number; entry !== 0; entry = i32[entry + ENTRY_NEXT] as number) {
      const word = i32[entry + ENTRY_CELL] as number;
      if (word === 0) continue;
      versions.unshift({
        ...this.version(row, word & ENTRY_REFERENCE, i32[entry + ENTRY_TRANSACTION] as number),
        estimate: (word & ENTRY_ESTIMATE) !== 0,
        credit: (word & ENTRY_CREDIT) !== 0,
      });
    }
    return { place: this.place(row), ...this.below(row, versions) };
  }

  /** What stands below the chain's entries: the value before the transactions, or a final version that took its place. */
  private below(row: number, versions: InspectedVersion[]): Omit<InspectedLocation, 'place'> {
    const { i32 } = this.engine.heap;
    const origin = i32[row + LOCATION_ORIGIN] as number;
    const base = i32[row + LOCATION_BASE] as number;
    const writer = base === origin ? CELL_FROM_DATABASE : (i32[base + CELL_WRITER] as number);
    if (writer < 0) return { before: this.value(row, base), versions, forgottenBelow: 0 };
    const count = this.engine.scheduler.count;
    const before = this.value(row, origin);
    // A step after the transactions wrote here.
    if (writer >= count) {
      // Of the beneficiary's base value only a thread that is alone in the block makes anything else.
      const forgets = row !== this.engine.fees.location || this.paidAtOnce();
      return { before, versions, forgottenBelow: forgets ? (versions[0]?.transaction ?? count) : 0 };
    }
    const settled = { ...this.version(row, base, writer), estimate: false, credit: false };
    return { before, versions: [settled, ...versions], forgottenBelow: writer };
  }

  /**
   * Whether what the first transactions made of the beneficiary went into its base value. Otherwise nothing is kept after
   * the first of all unless that wrote the beneficiary itself, which is a version.
   */
  private paidAtOnce(): boolean {
    const { heap, statuses, scheduler } = this.engine;
    return scheduler.count > 0 && heap.i32[statuses.words(0) + TX_BENEFICIARY_AFTER] !== 0;
  }

  private version(row: number, cell: number, transaction: number) {
    return { transaction, incarnation: this.incarnation(row, cell), value: this.value(row, cell) };
  }

  /** Incarnation that wrote a cell; cells that the lane made of fees and credits bear none. */
  private incarnation(row: number, cell: number): number | null {
    const { heap, statuses, fees, scheduler } = this.engine;
    const writer = heap.i32[cell + CELL_WRITER] as number;
    const folded =
      row === fees.location ||
      (writer < scheduler.count && heap.i32[statuses.words(writer) + TX_CREDIT_LOCATION] === row);
    return folded ? null : (heap.u32[cell + CELL_TAG] as number) >>> 1;
  }

  private place(row: number): Place {
    const { u32 } = this.engine.heap;
    const kind = PLACE_KINDS[u32[row + LOCATION_KIND] as number] as Place['kind'];
    return {
      kind,
      address: addressAt(u32, accountOf(u32, row) + ROW_ADDRESS),
      slot: kind === 'slot' ? slotAt(u32, row + ROW_SLOT) : null,
    };
  }

  private value(row: number, cell: number): PlaceValue {
    const { heap, codes } = this.engine;
    const { u32 } = heap;
    const kind = u32[row + LOCATION_KIND];
    const reset = cell !== 0 && ((u32[cell + CELL_TAG] as number) & 1) === 1;
    if (cell === 0) return kind === KIND_BASICS ? null : kind === KIND_CODE ? EMPTY_BYTES : kind === KIND_STORAGE && 0n;
    switch (kind) {
      case KIND_BASICS:
        return basicsAt(u32, cell + CELL_VALUE);
      case KIND_CODE:
        return codes.read(cell + CELL_VALUE).bytes;
      case KIND_STORAGE:
        return reset ? 0n : readWords(u32, cell + CELL_VALUE, U256_WORDS);
      case KIND_RESET:
        return reset;
      default:
        return !reset && u32[cell + CELL_VALUE] !== 0;
    }
  }
}
