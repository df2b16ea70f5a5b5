/**
 * What an executor has learnt from the blocks before: for calls of one code with one selector, storage
 * locations that they write and on which they ran into one another. Sets are known by the hash of the
 * code that stands at the called address when a block begins, so that other code is never meant.
 *
 * A rule names a location: a slot of whatever contract is called (each pool's reserves), or of one
 * account (the pool behind a router). It may hold for all such calls, or only for those that have a
 * certain word among their arguments (transfers to one busy holder). Nothing here knows how a compiler
 * lays out storage: rules are read off the locations on which transactions met.
 *
 * Rules age: one that did not come true loses more than one that did wins, and is dropped when nothing
 * is left. Sets that nobody has called for longest make room for new ones.
 */
import {
  ACCOUNT_CODE,
  CODE_HASH,
  CODE_HASH_WORDS,
  CODE_LENGTH,
  RECORD_CREATES,
  RECORD_DATA,
  RECORD_DATA_LENGTH,
  RECORD_FLAGS,
  RECORD_TO,
} from '../layout.js';
import { ADDRESS_WORDS, equalWords, U256_WORDS } from '../primitives/words.js';
import type { Database } from '../state/database.js';
import { finishHash, hashWords } from '../state/hash.js';

/** Sets that one executor remembers, and rules in each. */
export const MOST_SETS = 256;
export const MOST_RULES = 8;
/** Arguments that a rule may look at. */
export const MOST_ARGUMENTS = 8;
/** The rule holds whatever the arguments are. */
export const NO_ARGUMENT = -1;

const SELECTOR_BYTES = 4;
const WORD_BYTES = 32;
/** What a new rule is worth, the most that it can be, and what it gains and loses by coming true or not. */
const FIRST_SCORE = 2;
const MOST_SCORE = 8;
const GAIN = 1;
const LOSS = 2;
/** Selectors are looked up in this many places first (a power of two). */
const FILTER = 1024;

/** A block's transactions as records (`transition/transaction/record.ts`). */
export interface Records {
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  /** First word of each record. */
  readonly places: Uint32Array;
}

export interface Rule {
  /** Position of the argument that decides, or {@link NO_ARGUMENT}. */
  readonly argument: number;
  /** What it has to be, 32 bytes; empty where no argument decides. */
  readonly value: Uint8Array;
  /** The contract that has to be called, 5 words; null for any with this code. */
  readonly called: Uint32Array | null;
  /** The account whose storage it is, 5 words; null for the called contract itself. */
  readonly account: Uint32Array | null;
  /** 8 words. */
  readonly slot: Uint32Array;
}

interface ScoredRule extends Rule {
  score: number;
}

/** What is known of calls of one code with one selector. */
export interface LearntSet {
  /** 8 words. */
  readonly codeHash: Uint32Array;
  readonly selector: number;
  readonly rules: readonly Rule[];
}

interface OwnSet extends LearntSet {
  readonly rules: ScoredRule[];
}

/** The first four bytes of the calldata as one word, 0 where there are fewer. */
export function selectorOf({ u32: words }: Records, at: number): number {
  if ((words[at + RECORD_DATA_LENGTH] as number) < SELECTOR_BYTES) return 0;
  return words[at + (words[at + RECORD_DATA] as number)] as number;
}

/** First byte of an argument in the records' bytes, or -1 where the calldata ends before it. */
export function argumentAt({ u32: words }: Records, at: number, argument: number): number {
  const end = SELECTOR_BYTES + WORD_BYTES * (argument + 1);
  if ((words[at + RECORD_DATA_LENGTH] as number) < end) return -1;
  return 4 * (at + (words[at + RECORD_DATA] as number)) + end - WORD_BYTES;
}

/** Whether the argument of a record is `value` (32 bytes). */
export function hasArgument(records: Records, at: number, argument: number, value: Uint8Array): boolean {
  const start = argumentAt(records, at, argument);
  if (start < 0) return false;
  const { u8: bytes } = records;
  // The last bytes differ most.
  for (let i = WORD_BYTES - 1; i >= 0; i--) if (bytes[start + i] !== value[i]) return false;
  return true;
}

/** Whether `rule` of a record's set is meant for the record. */
export function applies({ called, argument, value }: Rule, records: Records, at: number): boolean {
  if (called !== null && !equalWords(called, 0, records.u32, at + RECORD_TO, ADDRESS_WORDS)) return false;
  return argument === NO_ARGUMENT || hasArgument(records, at, argument, value);
}

function filterPlace(selector: number): number {
  return Math.imul(selector, 0x9e3779b1) >>> 22;
}

export class LearntSets {
  /** By hash of code hash and selector, those called last behind; of two with one hash only one is remembered. */
  private readonly sets = new Map<number, OwnSet>();
  /** Number of sets whose selector falls into a place. */
  private readonly filter = new Uint16Array(FILTER);

  get size(): number {
    return this.sets.size;
  }

  /** Whether any set could have this selector. */
  knows(selector: number): boolean {
    return this.filter[filterPlace(selector)] !== 0;
  }

  /** The set for a call of the contract at `words[to]` of the database as it stands, or null. */
  find(database: Database, words: Uint32Array, to: number, selector: number): LearntSet | null {
    if (!this.knows(selector)) return null;
    const code = codeAt(database, words, to);
    if (code === 0) return null;
    const { u32 } = database.heap;
    const key = setKey(u32, code + CODE_HASH, selector);
    const set = this.sets.get(key);
    if (set === undefined || !isFor(set, u32, code + CODE_HASH, selector)) return null;
    // Called last, so forgotten last.
    this.sets.delete(key);
    this.sets.set(key, set);
    return set;
  }

  /** The set for calls with `selector` of the code at the address, made where there is none; null where there is no code. */
  private own(database: Database, words: Uint32Array, to: number, selector: number): OwnSet | null {
    const found = this.find(database, words, to, selector);
    if (found !== null) return found as OwnSet;
    const code = codeAt(database, words, to);
    if (code === 0) return null;
    const { u32 } = database.heap;
    const key = setKey(u32, code + CODE_HASH, selector);
    const set: OwnSet = {
      codeHash: u32.slice(code + CODE_HASH, code + CODE_HASH + CODE_HASH_WORDS),
      selector,
      rules: [],
    };
    this.forget(key);
    if (this.sets.size >= MOST_SETS) this.forget(this.sets.keys().next().value as number);
    this.sets.set(key, set);
    const place = filterPlace(selector);
    this.filter[place] = (this.filter[place] as number) + 1;
    return set;
  }

  private forget(key: number): void {
    const set = this.sets.get(key);
    if (set === undefined) return;
    this.sets.delete(key);
    const place = filterPlace(set.selector);
    this.filter[place] = (this.filter[place] as number) - 1;
  }

  /**
   * Learns `rule` for calls like that of the record at `at`; false where it is known already, or where no
   * code is called. Of too many rules the one of least worth goes.
   */
  learn(database: Database, records: Records, at: number, rule: Rule): boolean {
    const { u32: words } = records;
    if (((words[at + RECORD_FLAGS] as number) & RECORD_CREATES) !== 0) return false;
    const set = this.own(database, words, at + RECORD_TO, selectorOf(records, at));
    if (set === null || set.rules.some((known) => sameRule(known, rule))) return false;
    if (set.rules.length >= MOST_RULES) {
      let least = 0;
      for (let i = 1; i < set.rules.length; i++) {
        if ((set.rules[i] as ScoredRule).score < (set.rules[least] as ScoredRule).score) least = i;
      }
      set.rules.splice(least, 1);
    }
    set.rules.push({ ...rule, score: FIRST_SCORE });
    return true;
  }

  /** Says whether what `rule` of `set` foresaw has come true; a rule that fails too often is dropped. */
  judge(set: LearntSet, rule: Rule, cameTrue: boolean): void {
    const own = set as OwnSet;
    const index = own.rules.indexOf(rule as ScoredRule);
    if (index < 0) return;
    const scored = own.rules[index] as ScoredRule;
    scored.score = Math.min(MOST_SCORE, scored.score + (cameTrue ? GAIN : -LOSS));
    if (scored.score < 0) own.rules.splice(index, 1);
    if (own.rules.length > 0) return;
    const key = setKey(own.codeHash, 0, own.selector);
    if (this.sets.get(key) === own) this.forget(key);
  }

  /** What is known, for whoever wants to look. */
  *all(): Generator<LearntSet> {
    yield* this.sets.values();
  }
}

/** Code record of the account at `words[to]`, or 0 where it has no code. */
function codeAt(database: Database, words: Uint32Array, to: number): number {
  const account = database.findAccount(words, to);
  if (account === 0) return 0;
  const { u32 } = database.heap;
  const code = u32[account + ACCOUNT_CODE] as number;
  return code !== 0 && u32[code + CODE_LENGTH] !== 0 ? code : 0;
}

function setKey(words: Uint32Array, hashAt: number, selector: number): number {
  return finishHash(hashWords(words, hashAt, CODE_HASH_WORDS, selector));
}

function isFor(set: LearntSet, words: Uint32Array, hashAt: number, selector: number): boolean {
  return set.selector === selector && equalWords(set.codeHash, 0, words, hashAt, CODE_HASH_WORDS);
}

function sameWords(a: Uint32Array | null, b: Uint32Array | null, count: number): boolean {
  return a === null || b === null ? a === b : equalWords(a, 0, b, 0, count);
}

function sameRule(a: Rule, b: Rule): boolean {
  return (
    a.argument === b.argument &&
    equalWords(a.slot, 0, b.slot, 0, U256_WORDS) &&
    sameWords(a.called, b.called, ADDRESS_WORDS) &&
    sameWords(a.account, b.account, ADDRESS_WORDS) &&
    a.value.every((byte, i) => byte === b.value[i])
  );
}
