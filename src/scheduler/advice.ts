/**
 * Switches for everything that only advises (docs/block-stm.md, "How it is kept right"). The commit lane alone
 * decides what a block comes to, so each piece of advice may be missing, or wrong, and the result must
 * stay the serial one. To switch a piece off measures its worth; to make it lie tests that principle.
 *
 * | Piece | off | false |
 * |---|---|---|
 * | `hints` | no transaction is known to depend on another | every transaction has a random hint: any other one, a later one, itself |
 * | `earlyValidation` | nobody validates ahead of the lane | random transactions are validated, and found stale or valid by chance |
 * | `estimates` | the writes of an aborted incarnation stay as they are | a random part of them stays as it is |
 * | `wakeUps` | nobody is woken: neither parked transactions nor waiting threads | half of the wake-ups are lost; others come too early, or name an incarnation that is not parked |
 * | `window` | speculation has no bound and is never stopped | bound, batch and stops are random |
 * | `credits` | a transfer reads its recipient's balance like any other | every transfer to an account without code credits it, also where nobody else writes there |
 * | `balances` | a transaction whose balances have changed runs again, whatever it did with them | every other one does, by chance |
 * | `suspension` | a run that meets an estimate is abandoned | it is kept however short it was, and every other time forgotten later |
 * | `checkpoints` | a stale transaction runs again from its start | any read is worth a checkpoint, and every other one is forgotten |
 * | `headStart` | all threads are let in before the first transaction | the calling thread is alone for a random number of transactions |
 * | `order` | the cursor hands out each transaction once, one at a time; nothing is handed back or stolen | any ready transaction in the window is taken |
 *
 * What is no advice cannot be switched: an entry belongs to the thread that holds its transaction, so
 * nobody marks another one's writes; an exact incarnation is never aborted; a parked transaction has
 * been registered before its blocker is looked at again; and no transaction is run speculatively more
 * often than `MAX_INCARNATIONS`.
 */
import { CONTROL_ADVICE, CONTROL_ADVICE_SEED, CONTROL_BLOCK } from '../layout.js';
import type { SharedHeap } from '../state/heap.js';

/** In the order of their numbers in the control block. */
export const ADVICE_SETTINGS = ['on', 'off', 'false'] as const;
export type AdviceSetting = (typeof ADVICE_SETTINGS)[number];

/** Advice that can be switched, in the order of its bits in the control block. */
export const ADVICE_PIECES = [
  'hints',
  'earlyValidation',
  'estimates',
  'wakeUps',
  'window',
  'order',
  'credits',
  'suspension',
  'checkpoints',
  'headStart',
  'balances',
] as const;
export type AdvicePiece = (typeof ADVICE_PIECES)[number];

/** Where hints come from (`prior-knowledge.ts`). */
export const HINT_SOURCES = ['chains', 'accessLists', 'blockAccessList', 'learnt'] as const;
export type HintSource = (typeof HINT_SOURCES)[number];

/** How each piece of advice is given, `on` unless something else is said, and what the lies are drawn from. */
export interface Advice extends Readonly<Record<AdvicePiece, AdviceSetting>> {
  /**
   * How each source of hints is used while `hints` is on; `on` unless something else is said. A source
   * that is `false` has random transactions wait for random lower ones.
   */
  readonly hintSources: Partial<Readonly<Record<HintSource, AdviceSetting>>>;
  /** Any 32-bit number. Every thread draws lies of its own from it, others for every block. */
  readonly seed: number;
}

export const ADVICE_ON = 0;
export const ADVICE_OFF = 1;
export const ADVICE_FALSE = 2;

/** What {@link Advice} has beside the pieces. */
const OTHER_KEYS: readonly string[] = ['hintSources', 'seed'] satisfies (keyof Advice)[];

const PIECE_BITS = 2;
const PIECE_MASK = 3;

function settingNumber(piece: string, setting: AdviceSetting): number {
  const number = ADVICE_SETTINGS.indexOf(setting);
  if (number < 0) throw new RangeError(`advice "${piece}" is one of ${ADVICE_SETTINGS.join(', ')}, not ${setting}`);
  return number;
}

/** Settings as they stand in the control block. */
export interface EncodedAdvice {
  /** All settings of pieces. */
  readonly word: number;
  readonly seed: number;
}

/** All settings of pieces in one word, and the seed. Throws {@link RangeError} for a piece, a setting, or a source of hints that does not exist. */
export function encodeAdvice(advice: Partial<Advice>): EncodedAdvice {
  let word = 0;
  for (const [i, piece] of ADVICE_PIECES.entries()) {
    word |= settingNumber(piece, advice[piece] ?? 'on') << (PIECE_BITS * i);
  }
  for (const key of Object.keys(advice)) {
    if (!OTHER_KEYS.includes(key) && !(ADVICE_PIECES as readonly string[]).includes(key)) {
      throw new RangeError(`pieces of advice are ${ADVICE_PIECES.join(', ')}, not ${key}`);
    }
  }
  for (const [source, setting] of Object.entries(advice.hintSources ?? {})) {
    if (!(HINT_SOURCES as readonly string[]).includes(source)) {
      throw new RangeError(`hints come from ${HINT_SOURCES.join(', ')}, not ${source}`);
    }
    settingNumber(`hintSources.${source}`, setting);
  }
  return { word, seed: advice.seed ?? 0 };
}

/** Whether a piece of advice is given, be it true or false. */
export function isGiven({ word }: EncodedAdvice, piece: AdvicePiece): boolean {
  return settingIn(word, piece) !== ADVICE_OFF;
}

/** How a source of hints is to be used. */
export function sourceSetting(advice: Partial<Advice>, source: HintSource): AdviceSetting {
  return advice.hintSources?.[source] ?? 'on';
}

function settingIn(word: number, piece: AdvicePiece): number {
  return (word >>> (PIECE_BITS * ADVICE_PIECES.indexOf(piece))) & PIECE_MASK;
}

/** Random numbers for lies: xorshift32 (Marsaglia), seeded from three numbers. */
class Lies {
  private state = 1;

  seed(a: number, b: number, c: number): void {
    let h = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ b ^ (h >>> 13), 0xc2b2ae35);
    h = Math.imul(h ^ c ^ (h >>> 16), 0x9e3779b1);
    this.state = h ^ (h >>> 15) || 1;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.floor(((x >>> 0) / 2 ** 32) * bound);
  }
}

/** One thread's view of the settings: plain fields, read from the control block once per block. */
export class AdviceInForce {
  earlyValidation = ADVICE_ON;
  estimates = ADVICE_ON;
  wakeUps = ADVICE_ON;
  window = ADVICE_ON;
  order = ADVICE_ON;
  credits = ADVICE_ON;
  suspension = ADVICE_ON;
  checkpoints = ADVICE_ON;
  headStart = ADVICE_ON;
  balances = ADVICE_ON;
  private readonly lies = new Lies();

  constructor(private readonly heap: SharedHeap) {}

  /** Reads the settings of a block; `worker` is this thread's number. */
  open(worker: number): void {
    const { i32 } = this.heap;
    const word = i32[CONTROL_ADVICE] as number;
    this.earlyValidation = settingIn(word, 'earlyValidation');
    this.estimates = settingIn(word, 'estimates');
    this.wakeUps = settingIn(word, 'wakeUps');
    this.window = settingIn(word, 'window');
    this.order = settingIn(word, 'order');
    this.credits = settingIn(word, 'credits');
    this.suspension = settingIn(word, 'suspension');
    this.checkpoints = settingIn(word, 'checkpoints');
    this.headStart = settingIn(word, 'headStart');
    this.balances = settingIn(word, 'balances');
    this.lies.seed(i32[CONTROL_ADVICE_SEED] as number, i32[CONTROL_BLOCK] as number, worker);
  }

  /** A whole number from 0 to `bound` - 1, to lie with. */
  below(bound: number): number {
    return this.lies.below(bound);
  }

  /** True every other time, by chance. */
  coin(): boolean {
    return this.lies.below(2) === 0;
  }
}

/** Writes settings for the block that is being set up; its number stands there already. */
export function writeAdvice(heap: SharedHeap, { word, seed }: EncodedAdvice): void {
  heap.i32[CONTROL_ADVICE] = word;
  heap.i32[CONTROL_ADVICE_SEED] = seed;
}

/**
 * Hints for `count` transactions where the transaction graph is not to be used: none, or random ones,
 * others for every `block`. Null where it is to be used.
 */
export function otherHints(advice: Partial<Advice>, count: number, block: number): Int32Array | null {
  const setting = advice.hints ?? 'on';
  if (setting === 'on') return null;
  const hints = new Int32Array(count).fill(-1);
  if (setting === 'off') return hints;
  const lies = new Lies();
  lies.seed(advice.seed ?? 0, block, -1);
  return hints.map(() => lies.below(count + 1) - 1);
}

/** `hints` with random edges in them, as of `sources` sources that lie: a transaction waits for any lower one by chance. */
export function falseHints(advice: Partial<Advice>, sources: number, hints: Int32Array, block: number): Int32Array {
  const lies = new Lies();
  lies.seed(advice.seed ?? 0, block, -2);
  return hints.map((hint, index) => {
    let highest = hint;
    for (let i = 0; i < sources; i++) if (lies.below(2) === 0) highest = Math.max(highest, lies.below(index + 1) - 1);
    return highest;
  });
}
