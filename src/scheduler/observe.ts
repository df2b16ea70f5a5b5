/**
 * Learns from a block that is over: where the commit lane had to run transactions again, it finds the
 * slot on which each of them was stale, and which calls wrote it. Only such transactions are looked at,
 * and only some of them, so a block without conflicts costs nothing here.
 */
import {
  CELL_WRITER,
  KIND_STORAGE,
  LOCATION_KIND,
  RECORD_CREATES,
  RECORD_FLAGS,
  RECORD_TO,
  ROW_ADDRESS,
  ROW_SLOT,
  TX_EXACT,
  TX_READ_COUNT,
  TX_READS,
  TX_WORDS,
} from '../layout.js';
import { cellBelow, markWriters, wrote } from '../mvmemory/chains.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import type { Database } from '../state/database.js';
import type { SharedHeap } from '../state/heap.js';
import { accountOf, type LocationTable } from '../state/locations.js';
import {
  applies,
  argumentAt,
  hasArgument,
  type LearntSets,
  MOST_ARGUMENTS,
  NO_ARGUMENT,
  type Records,
  selectorOf,
} from './learnt.js';

/** Hints are worth something where more than one transaction of so many was run again, and more than a few were. */
const LEAST_ABORTS = 4;
const TRANSACTIONS_PER_ABORT = 128;
/** Transactions that are looked at for signs of a re-execution, and re-executed ones that are looked into. */
const MOST_LOOKS = 8192;
const MOST_SAMPLES = 16;
/** Rules learnt from one block. */
const MOST_NEW_RULES = 8;
/** Transactions on either side of a stale one among which its like are sought. */
const WINDOW = 64;
/** Entries of a version chain that are walked. */
const MOST_STEPS = 2048;
/** Of those for which a rule is to hold at least so many, and so large a part, must have written the location. */
const LEAST_WRITERS = 2;
const LEAST_PART = 0.75;
const WORD_BYTES = 32;
/** Arguments below 2^16 are amounts, flags and lengths, which are equal by chance. */
const SMALL_BYTES = 30;

/** A block that is over, with all of its heap mapped. */
export interface FinishedBlock {
  readonly heap: SharedHeap;
  /** Reference of the words of transaction 0. */
  readonly transactions: number;
  readonly database: Database;
  readonly table: LocationTable;
  readonly records: Records;
  readonly aborts: number;
}

/** Whether looking into a block with so many aborts is worth while. */
export function worthLearning(aborts: number, transactions: number): boolean {
  return aborts >= LEAST_ABORTS && aborts * TRANSACTIONS_PER_ABORT >= transactions;
}

/** Learns from `block` what its re-executed transactions met on; answers the number of new rules. */
export function learnFrom(block: FinishedBlock, learnt: LearntSets): number {
  const count = block.records.places.length;
  if (!worthLearning(block.aborts, count)) return 0;
  const { i32 } = block.heap;
  const seen = new Set<number>();
  let samples = 0;
  let rules = 0;
  // From the end: chains are walked newest first.
  const end = Math.max(0, count - MOST_LOOKS);
  for (let index = count - 1; index >= end && samples < MOST_SAMPLES && rules < MOST_NEW_RULES; index--) {
    const words = block.transactions + index * TX_WORDS;
    // An exact run saves no reads: what stands here is of a run before it, which was stale.
    if (i32[words + TX_EXACT] !== 1 || i32[words + TX_READ_COUNT] === 0) continue;
    samples++;
    const row = staleSlot(block.heap, words, index);
    if (row === 0 || seen.has(row)) continue;
    seen.add(row);
    if (learnRule(block, index, row, learnt)) rules++;
  }
  return rules;
}

/** First slot among the saved reads of transaction `index` that has another version now, or 0. */
function staleSlot(heap: SharedHeap, words: number, index: number): number {
  const { i32 } = heap;
  const reads = i32[words + TX_READS] as number;
  const end = reads + 2 * (i32[words + TX_READ_COUNT] as number);
  for (let at = reads; at < end; at += 2) {
    const row = i32[at] as number;
    if (i32[row + LOCATION_KIND] !== KIND_STORAGE) continue;
    const cell = cellBelow(heap, row, index, MOST_STEPS);
    if (cell !== 0 && cell !== i32[at + 1]) return row;
  }
  return 0;
}

/** Finds the calls like that of transaction `index` that wrote the slot at `row`, and what they have in common. */
function learnRule(block: FinishedBlock, index: number, row: number, learnt: LearntSets): boolean {
  const { heap, records, database } = block;
  const { u32: words, places } = records;
  const at = places[index] as number;
  if (((words[at + RECORD_FLAGS] as number) & RECORD_CREATES) !== 0) return false;
  const first = Math.max(0, index - WINDOW);
  const writers = new Uint8Array(Math.min(places.length, index + WINDOW + 1) - first);
  markWriters(heap, row, first, writers, MOST_STEPS);
  // Whoever only reads the slot waits for nobody's sake.
  if (writers[index - first] === 0 || isForeseen(block, index, row, learnt)) return false;
  const argument = commonArgument(records, at, peersOf(records, at, first, writers.length), writers, first);
  if (argument === null) return false;
  const { u32 } = heap;
  const account = accountOf(u32, row);
  const own = equalWords(u32, account + ROW_ADDRESS, words, at + RECORD_TO, ADDRESS_WORDS);
  const called = words.slice(at + RECORD_TO, at + RECORD_TO + ADDRESS_WORDS);
  const start = argument === NO_ARGUMENT ? 0 : argumentAt(records, at, argument);
  return learnt.learn(database, records, at, {
    argument,
    value: argument === NO_ARGUMENT ? new Uint8Array(0) : records.u8.slice(start, start + WORD_BYTES),
    // A slot that every call of a code writes in its own contract is one in each contract of this code.
    called: own && argument === NO_ARGUMENT ? null : called,
    account: own ? null : u32.slice(account + ROW_ADDRESS, account + ROW_ADDRESS + ADDRESS_WORDS),
    slot: u32.slice(row + ROW_SLOT, row + ROW_SLOT + U256_WORDS),
  });
}

/** Whether a rule says already that transaction `index` writes what the transaction that it met at `row` wrote too. */
function isForeseen(
  { heap, table, records, database }: FinishedBlock,
  index: number,
  row: number,
  learnt: LearntSets,
): boolean {
  const { u32: words, places } = records;
  const at = places[index] as number;
  const set = learnt.find(database, words, at + RECORD_TO, selectorOf(records, at));
  if (set === null) return false;
  const other = heap.i32[cellBelow(heap, row, index, MOST_STEPS) + CELL_WRITER] as number;
  return set.rules.some((rule) => {
    if (!applies(rule, records, at)) return false;
    const key = new Uint32Array(ADDRESS_WORDS + U256_WORDS);
    key.set(rule.account ?? words.subarray(at + RECORD_TO, at + RECORD_TO + ADDRESS_WORDS));
    key.set(rule.slot, ADDRESS_WORDS);
    const known = table.slotIfKnown(key, 0, ADDRESS_WORDS);
    if (known === 0) return false;
    return wrote(heap, known, index, MOST_STEPS) === true && wrote(heap, known, other, MOST_STEPS) === true;
  });
}

/** Transactions among `count` from `first` on that call what the record at `at` calls, with its selector. */
function peersOf(records: Records, at: number, first: number, count: number): number[] {
  const { u32: words, places } = records;
  const selector = selectorOf(records, at);
  const peers: number[] = [];
  for (let index = first; index < first + count; index++) {
    const place = places[index] as number;
    if (!equalWords(words, place + RECORD_TO, words, at + RECORD_TO, ADDRESS_WORDS)) continue;
    if (((words[place + RECORD_FLAGS] as number) & RECORD_CREATES) !== 0) continue;
    if (selectorOf(records, place) === selector) peers.push(index);
  }
  return peers;
}

/**
 * The argument that tells best which of `peers` write the slot: those that have the same one as the
 * record at `at`. {@link NO_ARGUMENT} where all do anyway; null where nothing tells.
 */
function commonArgument(
  records: Records,
  at: number,
  peers: readonly number[],
  writers: Uint8Array,
  first: number,
): number | null {
  let best: number | null = null;
  let most = LEAST_WRITERS - 1;
  for (let argument = NO_ARGUMENT; argument < MOST_ARGUMENTS; argument++) {
    let value: Uint8Array | null = null;
    if (argument !== NO_ARGUMENT) {
      const start = argumentAt(records, at, argument);
      if (start < 0) break;
      value = records.u8.subarray(start, start + WORD_BYTES);
      if (value.subarray(0, SMALL_BYTES).every((byte) => byte === 0)) continue;
    }
    let held = 0;
    let wrote = 0;
    for (const index of peers) {
      if (value !== null && !hasArgument(records, records.places[index] as number, argument, value)) continue;
      held++;
      wrote += writers[index - first] as number;
    }
    if (wrote > most && wrote >= LEAST_PART * held) {
      best = argument;
      most = wrote;
    }
  }
  return best;
}
