/**
 * Status words. One word per transaction holds its incarnation and its state. Whoever wants a transaction that nobody holds
 * swaps the whole word (pitfall 36), so a late wake-up or validation of an earlier incarnation finds another word and does
 * nothing. Whoever holds it ({@link isBeingChanged}) stores the word that follows, since nobody else may touch it; so does
 * a thread that is alone in the block.
 */
import { CONTROL_TRANSACTIONS, TX_STATUS, TX_WORDS } from '../layout.js';
import type { SharedHeap } from '../state/heap.js';

export const READY = 0;
export const EXECUTING = 1;
export const EXECUTED = 2;
export const ABORTING = 3;
export const PARKED = 4;
export const COMMITTED = 5;

const STATE_BITS = 3;
const STATE_MASK = 7;

export function statusWord(incarnation: number, state: number): number {
  return (incarnation << STATE_BITS) | state;
}

export function stateOf(word: number): number {
  return word & STATE_MASK;
}

export function incarnationOf(word: number): number {
  return word >>> STATE_BITS;
}

/** True where the transaction's last incarnation has published its results. */
export function isFinished(word: number): boolean {
  const state = stateOf(word);
  return state === EXECUTED || state === COMMITTED;
}

/** True while one worker holds the transaction: it runs it, or marks its estimates. */
export function isBeingChanged(word: number): boolean {
  const state = stateOf(word);
  return state === EXECUTING || state === ABORTING;
}

export class Statuses {
  private base = 0;

  constructor(private readonly heap: SharedHeap) {}

  open(): void {
    this.base = this.heap.i32[CONTROL_TRANSACTIONS] as number;
  }

  /** Reference of a transaction's words. */
  words(index: number): number {
    return this.base + index * TX_WORDS;
  }

  /**
   * The word without an atomic load, which costs ten times as much: for whoever holds the transaction, and so wrote the
   * word, or is going to swap it from what it saw here.
   */
  glance(index: number): number {
    return this.heap.i32[this.words(index) + TX_STATUS] as number;
  }

  load(index: number): number {
    return Atomics.load(this.heap.i32, this.words(index) + TX_STATUS);
  }

  /** Changes the whole word from `from` to `to`; false where it was something else. */
  change(index: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.heap.i32, this.words(index) + TX_STATUS, from, to) === from;
  }
}
