/**
 * The first divergence of a parallel run from the serial one: the transaction, what differs after it, which of its
 * reads was answered otherwise than in the serial run, whose value that was, and what stood there in truth.
 */
import {
  type InspectedBlock,
  type InspectedTransaction,
  type Place,
  type PlaceValue,
  placeKey,
} from '../../src/index.js';
import { bytesToHex } from '../../src/primitives/bytes.js';
import type { Block, ExecutionResult } from '../../src/transition/types.js';
import type { Comparison } from '../verdict/compare.js';
import type { ExplainedRead, ExplainedTransaction, Explanation } from '../verdict/explanation.js';
import type { Difference } from '../verdict/verdict.js';
import { conclude, type FirstDifference } from './conclude.js';
import { ParallelState, type Standing } from './parallel-state.js';
import { type SerialAccesses, SerialState } from './serial-accesses.js';
import { originText, placeName, shownValue, valueText, versionText } from './values.js';

export interface DivergentRun {
  readonly block: Block;
  readonly serial: ExecutionResult;
  readonly parallel: ExecutionResult;
  /** Of the two; serial is the expected side. */
  readonly comparison: Comparison;
  /** What the parallel run left. */
  readonly memory: InspectedBlock;
  /** What the serial run read and wrote. */
  readonly accesses: SerialAccesses;
  /** Lines of the schedule's event log, where the run was under one. */
  readonly events?: readonly string[];
}

/** Reads and locations that are listed. */
const LISTED = 12;

export function explain(run: DivergentRun): Explanation {
  const state = new ParallelState(run.memory);
  const first = firstDifference(run, state);
  const reads = first.transaction === null ? [] : differingReads(run, state, first.transaction, first.before);
  const involved = involvedTransactions(first.transaction, reads);
  return {
    transaction: first.transaction,
    subject: first.transaction === null ? null : subjectOf(run.block, first.transaction),
    outcome: first.outcome.slice(0, LISTED),
    writes: first.writes.slice(0, LISTED),
    reads: reads.slice(0, LISTED).map(({ read }) => read),
    finding: conclude(run, first, reads),
    incarnations: involved.flatMap((index) => historyOf(run.memory, index)),
    schedule: eventsAbout(run.events ?? [], involved),
  };
}

/** A read that differs, with the transactions that have to do with it. */
export interface FoundRead {
  readonly read: ExplainedRead;
  /** The engine kept that it was answered so; otherwise it is what a read would be answered now. */
  readonly recorded: boolean;
  readonly origin: Standing['origin'];
  readonly standing: Standing | null;
  /** What stands there is what the serial run read. */
  readonly standingIsSerial: boolean;
  /** A balance on which nothing depends, as the machine said: the transaction could be committed all the same. */
  readonly unseenBalance: boolean;
}

// ---- Which transaction -----------------------------------------------------------------------------------

function firstDifference(run: DivergentRun, state: ParallelState): FirstDifference {
  const limit = lowest([run.comparison.transaction, run.block.transactions.length]);
  const serialState = new SerialState();
  for (let index = 0; index <= limit && index < run.block.transactions.length; index++) {
    const accesses = run.accesses.at(index);
    serialState.before(accesses);
    const before = new Map([...accesses.reads].map(([key, { value }]) => [key, value]));
    const outcome = outcomeDifferences(run.comparison, index);
    if (run.accesses.transactions.length > index) serialState.after(accesses);
    const writes = index < run.memory.frontier ? writeDifferences(run, state, serialState, index) : [];
    if (outcome.length + writes.length > 0 || index === run.comparison.transaction) {
      return { transaction: index, outcome, writes, before };
    }
  }
  return { transaction: null, outcome: run.comparison.differences, writes: [], before: new Map() };
}

function lowest(indexes: readonly (number | null)[]): number {
  return Math.min(...indexes.filter((index) => index !== null));
}

/** What the comparison has about transaction `index`; about the block as a whole where that is all that there is. */
function outcomeDifferences(comparison: Comparison, index: number): Difference[] {
  const about = comparison.differences.filter(
    ({ what }) => what.match(/^(?:transactions|receipts)\[(\d+)\]/)?.[1] === `${index}`,
  );
  if (about.length > 0 || index !== comparison.transaction) return about;
  return comparison.differences.filter(({ what }) => /^(?:block|error)\b/.test(what));
}

/** Places that either run wrote in transaction `index` and that have another value after it; unknown ones are left out. */
function writeDifferences(
  run: DivergentRun,
  state: ParallelState,
  serialState: SerialState,
  index: number,
): Difference[] {
  const places = new Map<string, Place>();
  for (const { place } of run.accesses.at(index).writes.values()) places.set(placeName(place), place);
  for (const place of state.written(index)) places.set(placeName(place), place);
  const differences: Difference[] = [];
  for (const [what, place] of places) {
    // A reset shows in the slots.
    if (place.kind === 'reset') continue;
    const parallel = state.below(place, index + 1);
    const serial = serialState.value(place) ?? state.initial(place);
    if (parallel === null || serial === undefined) continue;
    if (valueText(serial) === valueText(parallel.value)) continue;
    differences.push({ what, expected: shownValue(serial), actual: leftText(parallel, index) });
  }
  return differences;
}

/** What stands after transaction `index`; whose it is where it is not the transaction's own. */
function leftText({ value, origin }: Standing, index: number): string {
  const isOwn = origin.from === 'sum' || (origin.from === 'transaction' && origin.transaction === index);
  return isOwn ? shownValue(value) : `${shownValue(value)}, from ${originText(origin)}`;
}

// ---- Which read ------------------------------------------------------------------------------------------

/**
 * Reads of transaction `index` that the serial run was answered otherwise. Where its reads are not recorded, those
 * of the serial run are looked at, with what stands there now.
 */
function differingReads(
  run: DivergentRun,
  state: ParallelState,
  index: number,
  before: ReadonlyMap<string, PlaceValue>,
): FoundRead[] {
  const recorded = run.memory.transactions[index]?.reads ?? null;
  const found: FoundRead[] = [];
  const serialReads = run.accesses.at(index).reads;
  const compare = (place: Place, key: string, actual: Standing, wasRecorded: boolean, unseenBalance = false): void => {
    const serial = before.get(key);
    if (serial === undefined || valueText(serial) === valueText(actual.value)) return;
    const standing = state.below(place, index);
    found.push({
      read: {
        location: placeName(place),
        serial: shownValue(serial),
        parallel: shownValue(actual.value),
        origin: wasRecorded ? ageOf(state, place, actual) : originText(actual.origin),
        standing: standingText(standing),
      },
      recorded: wasRecorded,
      origin: actual.origin,
      standing,
      standingIsSerial: standing !== null && valueText(standing.value) === valueText(serial),
      unseenBalance,
    });
  };
  if (recorded !== null) {
    for (const { place, value, origin, unseenBalance } of recorded) {
      compare(place, placeKey(place), { value, origin }, true, unseenBalance);
    }
    return found;
  }
  for (const [key, { place }] of serialReads) {
    const standing = state.below(place, index);
    if (standing !== null) compare(place, key, standing, false);
  }
  return found;
}

/** Whose value was read, and whether that version is still the transaction's. */
function ageOf(state: ParallelState, place: Place, { origin }: Standing): string {
  if (origin.from !== 'transaction') return originText(origin);
  const now = state.version(place, origin.transaction);
  const text = originText(origin);
  if (now === null) return place.kind === 'slot' || origin.incarnation === null ? text : `${text}, since withdrawn`;
  if (now.incarnation === origin.incarnation || now.incarnation === null || origin.incarnation === null) return text;
  return `${text}, since replaced by its incarnation ${now.incarnation}`;
}

function standingText(standing: Standing | null): string {
  return standing === null
    ? 'not known any more'
    : `${shownValue(standing.value)}, from ${originText(standing.origin)}`;
}

// ---- Who else ----------------------------------------------------------------------------------------------

function involvedTransactions(transaction: number | null, reads: readonly FoundRead[]): number[] {
  if (transaction === null) return [];
  const involved = new Set([transaction]);
  for (const { origin, standing } of reads.slice(0, LISTED)) {
    for (const one of [origin, standing?.origin]) if (one?.from === 'transaction') involved.add(one.transaction);
  }
  return [...involved].sort((a, b) => a - b);
}

function historyOf(memory: InspectedBlock, index: number): ExplainedTransaction[] {
  const one = memory.transactions[index];
  if (one === undefined) return [];
  const { incarnations, state } = one;
  return [{ transaction: index, incarnations, state, history: historyText(one) }];
}

function historyText({
  incarnations,
  exact,
  earlierReads,
  reads,
  credited,
  deferredFee,
}: InspectedTransaction): string {
  const parts = [incarnations === 1 ? 'ran once' : `ran or was taken up ${incarnations} times`];
  parts.push(
    exact
      ? 'last with everything below it committed (exact)'
      : `last speculatively, ${countedReads((reads ?? []).length)} recorded`,
  );
  if (earlierReads !== null) {
    const from = new Set(
      earlierReads.flatMap(({ origin }) =>
        origin.from === 'transaction' ? [versionText(origin.transaction, origin.incarnation)] : [],
      ),
    );
    parts.push(
      from.size === 0
        ? 'before that it had read the state before the block only'
        : `before that it had read of ${[...from].join('; ')}`,
    );
  }
  if (credited !== null) parts.push(`credited ${credited} unread`);
  if (deferredFee > 0n) parts.push(`deferred a fee of ${deferredFee}`);
  return parts.join(', ');
}

function countedReads(count: number): string {
  return count === 1 ? '1 read' : `${count} reads`;
}

/** Lines of the log about one of the transactions, `step worker event transaction.incarnation`, and remarks. */
function eventsAbout(events: readonly string[], involved: readonly number[]): string[] {
  const names = new Set(involved.map(String));
  return events.filter((line) => line.startsWith('#') || names.has(/ (\d+)\.\d+$/.exec(line)?.[1] ?? ''));
}

function subjectOf(block: Block, index: number): string | null {
  const transaction = block.transactions[index];
  if (transaction === undefined) return null;
  const { sender, to, nonce, value } = transaction;
  const target = to === null ? 'creates a contract' : `to ${bytesToHex(to)}`;
  return `${bytesToHex(sender)} ${target}, nonce ${nonce}, value ${value}`;
}
