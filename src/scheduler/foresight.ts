/**
 * Edges from what transactions say and what executors remember: locations that access lists name
 * (EIP-2930), and locations that earlier calls of the same code and selector wrote
 * ({@link LearntSets}). A transaction that is presumed to write a location runs after the last earlier
 * one that is. One pass over the records, in order; after the block {@link judge} looks at some of the
 * locations and remembers what did not come true.
 */
import {
  ACCESS_SLOT_COUNT,
  ACCESS_SLOTS,
  RECORD_ACCESS,
  RECORD_ACCESS_COUNT,
  RECORD_CREATES,
  RECORD_FLAGS,
  RECORD_TO,
} from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import type { Database } from '../state/database.js';
import { finishHash, hashWords, MOST_PROBES } from '../state/hash.js';
import {
  hasArgument,
  type LearntSet,
  LearntSets,
  MOST_RULES,
  NO_ARGUMENT,
  type Records,
  type Rule,
  selectorOf,
} from './learnt.js';
import { locationHash, PresumedWriters } from './presumed.js';

/** Slots of one transaction's access list that are looked at. */
const MOST_LISTED = 64;
/** Locations in access lists that turned out not to be written are remembered in this many places (a power of two). */
const REFUTED = 1024;
/** Calls whose sets are known within a block, to begin with (a power of two). */
const FIRST_CALLS = 64;
/** A larger table of calls is given back when a block is over. */
const KEPT_CALLS = 4096;
/** A call for which there is no place. */
const NO_CALL = -1;
/** Locations that are judged after a block, and those that are looked through for such. */
const MOST_JUDGED = 16;
const MOST_CANDIDATES = 256;

/** Calls with something learnt, of which at least a part must wait for another; else so many transactions are passed over. */
const PROBE = 256;
const LEAST_EDGES = PROBE / 16;
const PASSED_OVER = 16 * PROBE;

/** A rule's location has not been asked for; or the rule is not for this call, or there is no place for its location. */
const NOT_YET = -1;
const NO_LOCATION = -2;

/** Which sources are to be used. */
export interface Sources {
  readonly accessLists: boolean;
  readonly learnt: boolean;
}

/** Who foresaw that a location would be written; null: an access list. */
interface Foreseen {
  readonly set: LearntSet;
  readonly rule: Rule;
}

export class Foresight {
  readonly learnt = new LearntSets();
  private readonly presumed = new PresumedWriters();
  /** By number of the location. */
  private readonly foreseen: (Foreseen | null)[] = [];
  /** Hashes of locations that were listed and not written. */
  private readonly refuted = new Int32Array(REFUTED);
  /** Edges that were learnt, since they were counted last. */
  private edges = 0;
  /** Where the next judgement begins, so that all locations have their turn. */
  private turn = 0;

  // Sets of the calls of this block: 1 + number of the call in a table by address and selector.
  private calls = new Int32Array(2 * FIRST_CALLS);
  /** The call that was met last. */
  private lastCall = -1;
  /** By number of the call: a record that makes it, and what is known of it. */
  private readonly callPlaces: number[] = [];
  private readonly callSets: (LearntSet | null)[] = [];
  /** Location of each rule of each call, or {@link NOT_YET}, or {@link NO_LOCATION}. */
  private locations = new Int32Array(MOST_RULES * FIRST_CALLS);

  /** Whether {@link raise} would have anything to say, but for access lists. */
  get hasLearnt(): boolean {
    return this.learnt.size > 0;
  }

  /** Forgets the block before. */
  clear(): void {
    this.presumed.clear();
    this.foreseen.length = 0;
    if (this.calls.length > KEPT_CALLS) {
      this.calls = new Int32Array(2 * FIRST_CALLS);
      this.locations = new Int32Array(MOST_RULES * FIRST_CALLS);
    } else if (this.callSets.length > 0) this.calls.fill(0);
    this.callPlaces.length = 0;
    this.callSets.length = 0;
    this.lastCall = -1;
  }

  /**
   * Raises `hints` (the nearest lower transaction that should run first, or -1) of a block over
   * `database`, from the first record to the last.
   */
  raise(database: Database, records: Records, sources: Sources, hints: Int32Array): void {
    const { u32: words, places } = records;
    // Where next to nobody meets anybody, looking everybody up costs more than it brings.
    let learntFrom = sources.learnt && this.hasLearnt ? 0 : places.length;
    let probes = 0;
    this.edges = 0;
    for (let index = 0; index < places.length; index++) {
      const at = places[index] as number;
      if (sources.accessLists && words[at + RECORD_ACCESS_COUNT] !== 0) this.listed(words, at, index, hints);
      if (index < learntFrom || ((words[at + RECORD_FLAGS] as number) & RECORD_CREATES) !== 0) continue;
      const selector = selectorOf(records, at);
      if (!this.learnt.knows(selector)) continue;
      this.called(database, records, at, index, selector, hints);
      if (++probes < PROBE) continue;
      if (this.edges < LEAST_EDGES) learntFrom = index + PASSED_OVER;
      probes = 0;
      this.edges = 0;
    }
  }

  /** Transaction `index` writes the location; answers whether somebody did before it. */
  private write(location: number, index: number, hints: Int32Array): boolean {
    const before = this.presumed.write(location, index);
    if (before > (hints[index] as number)) hints[index] = before;
    return before >= 0;
  }

  private listed(words: Uint32Array, at: number, index: number, hints: Int32Array): void {
    let entry = at + (words[at + RECORD_ACCESS] as number);
    let left = MOST_LISTED;
    for (let entries = words[at + RECORD_ACCESS_COUNT] as number; entries > 0 && left > 0; entries--) {
      const count = words[entry + ACCESS_SLOT_COUNT] as number;
      const first = entry + ACCESS_SLOTS;
      for (let i = 0; i < count && left > 0; i++, left--) {
        const slot = first + U256_WORDS * i;
        const hash = locationHash(words, entry, words, slot);
        if (this.refuted[hash & (REFUTED - 1)] === hash) continue;
        const location = this.presumed.number(words, entry, words, slot, hash);
        if (location < 0) continue;
        if (this.foreseen[location] === undefined) this.foreseen[location] = null;
        this.write(location, index, hints);
      }
      entry = first + U256_WORDS * count;
    }
  }

  private called(
    database: Database,
    records: Records,
    at: number,
    index: number,
    selector: number,
    hints: Int32Array,
  ): void {
    const call = this.callOf(database, records, at, selector);
    const set = this.callSets[call];
    if (set === null || set === undefined) return;
    const { rules } = set;
    for (let i = 0; i < rules.length; i++) {
      let location = this.locations[MOST_RULES * call + i] as number;
      if (location === NO_LOCATION) continue;
      const rule = rules[i] as Rule;
      if (rule.argument !== NO_ARGUMENT && !hasArgument(records, at, rule.argument, rule.value)) continue;
      if (location === NOT_YET) {
        location = this.locationOf(rule, records.u32, at);
        this.locations[MOST_RULES * call + i] = location;
        if (location === NO_LOCATION) continue;
        this.foreseen[location] ??= { set, rule };
      }
      if (this.write(location, index, hints)) this.edges++;
    }
  }

  private locationOf(rule: Rule, words: Uint32Array, at: number): number {
    const number =
      rule.account === null
        ? this.presumed.number(words, at + RECORD_TO, rule.slot, 0)
        : this.presumed.number(rule.account, 0, rule.slot, 0);
    return number < 0 ? NO_LOCATION : number;
  }

  /** Number of the call of the record at `at`, or {@link NO_CALL}: calls of one address with one selector are one. */
  private callOf(database: Database, records: Records, at: number, selector: number): number {
    if (this.isCall(this.lastCall, records, at, selector)) return this.lastCall;
    const { u32: words } = records;
    const mask = this.calls.length - 1;
    let i = finishHash(hashWords(words, at + RECORD_TO, ADDRESS_WORDS, selector)) & mask;
    for (let probes = 0; ; probes++) {
      const known = (this.calls[i] as number) - 1;
      if (known < 0) break;
      if (probes === MOST_PROBES) return NO_CALL;
      if (this.isCall(known, records, at, selector)) {
        this.lastCall = known;
        return known;
      }
      i = (i + 1) & mask;
    }
    const call = this.callSets.length;
    if (2 * (call + 1) > this.calls.length) {
      this.growCalls(records);
      return this.callOf(database, records, at, selector);
    }
    this.calls[i] = call + 1;
    this.callPlaces.push(at);
    const set = this.learnt.find(database, words, at + RECORD_TO, selector);
    this.callSets.push(set);
    for (const [rule, { called }] of (set?.rules ?? []).entries()) {
      const other = called !== null && !equalWords(called, 0, words, at + RECORD_TO, ADDRESS_WORDS);
      this.locations[MOST_RULES * call + rule] = other ? NO_LOCATION : NOT_YET;
    }
    this.lastCall = call;
    return call;
  }

  private isCall(call: number, records: Records, at: number, selector: number): boolean {
    const place = this.callPlaces[call];
    if (place === undefined) return false;
    const { u32: words } = records;
    return (
      equalWords(words, place + RECORD_TO, words, at + RECORD_TO, ADDRESS_WORDS) &&
      selectorOf(records, place) === selector
    );
  }

  private growCalls(records: Records): void {
    const { u32: words } = records;
    this.calls = new Int32Array(2 * this.calls.length);
    const mask = this.calls.length - 1;
    for (const [call, at] of this.callPlaces.entries()) {
      let i = finishHash(hashWords(words, at + RECORD_TO, ADDRESS_WORDS, selectorOf(records, at))) & mask;
      for (let probes = 0; this.calls[i] !== 0 && probes < MOST_PROBES; probes++) i = (i + 1) & mask;
      if (this.calls[i] === 0) this.calls[i] = call + 1;
    }
    const locations = new Int32Array(2 * this.locations.length);
    locations.set(this.locations);
    this.locations = locations;
  }

  /**
   * Looks, after the block, whether some of the locations were written as foreseen: a rule says by whom,
   * an access list only that somebody might. `rowOf` finds a location's row, or 0, and `wrote` says
   * whether a transaction, or with null anybody, wrote it (null: it cannot say).
   */
  judge(
    rowOf: (words: Uint32Array, address: number, slot: number) => number,
    wrote: (row: number, transaction: number | null) => boolean | null,
  ): void {
    const { presumed } = this;
    let judged = 0;
    const candidates = Math.min(presumed.count, MOST_CANDIDATES);
    for (let i = 0; i < candidates && judged < MOST_JUDGED; i++) {
      const location = (this.turn + i) % presumed.count;
      // With one writer there was no edge.
      if (presumed.writerCount(location) < 2) continue;
      const foreseen = this.foreseen[location];
      if (foreseen === undefined) continue;
      const key = presumed.keyAt(location);
      const row = rowOf(presumed.keyWords, key, key + ADDRESS_WORDS);
      const writer = foreseen === null ? null : presumed.lastWriter(location);
      const cameTrue = row === 0 ? false : wrote(row, writer);
      judged++;
      if (cameTrue === null) continue;
      if (foreseen !== null) this.learnt.judge(foreseen.set, foreseen.rule, cameTrue);
      else if (!cameTrue) this.refuted[presumed.hash(location) & (REFUTED - 1)] = presumed.hash(location);
    }
    this.turn = (this.turn + MOST_JUDGED) | 0;
    if (this.turn < 0) this.turn = 0;
  }
}
